"""The YAML files of an assistant as JSON Schemas: for editors, which complete and check by them, and for `keys.py`.

Rasa's format as this project reads it. What is free in form (slot values, `custom`, metadata) is free here; a key that
nothing reads is none of a mapping's `properties`.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.nlu.normalise import KINDS
from model_artifacts.training.dialogue.slots import MAPPINGS, TYPES
from model_artifacts.training.languages import NAMES as NAMES_OF_LANGUAGES
from shared.channels.names import NAMES

Schema = Mapping[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"

ANY: Schema = {}
TEXT: Schema = {"type": "string"}
WORD: Schema = {"type": ["string", "number", "boolean"]}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
VERSION: Schema = {"description": "Of Rasa's format.", "type": ["string", "number"], "examples": ["3.1"]}


def build_mapping(description: str, required: tuple[str, ...] = (), **properties: Schema) -> dict[str, Any]:
    """A mapping with these keys and no others; a key that ends with `_` stands for a word of Python's."""
    named = {name.removesuffix("_"): schema for name, schema in properties.items()}
    made: dict[str, Any] = {"type": "object", "description": description, "properties": named}
    return {**made, "additionalProperties": False, **({"required": list(required)} if required else {})}


def mapping_of(description: str, schema: Schema) -> dict[str, Any]:
    """A mapping from names of the author's own."""
    return {"type": ["object", "null"], "description": description, "additionalProperties": schema}


def array_of(schema: Schema, description: str = "") -> dict[str, Any]:
    return {"type": ["array", "null"], "items": schema, **({"description": description} if description else {})}


def build_either(*schemas: Schema) -> dict[str, Any]:
    return {"anyOf": list(schemas)}


NAMES_OR_LIST = build_either(TEXT, array_of(TEXT))

MAPPING = build_mapping(
    "What fills the slot.",
    ("type",),
    type={"enum": list(MAPPINGS)},
    entity=TEXT,
    role=TEXT,
    group=TEXT,
    value=ANY,
    action=TEXT,
    intent=NAMES_OR_LIST,
    not_intent=NAMES_OR_LIST,
    conditions=array_of(
        build_mapping(
            "Only while this form is active, and asks for this slot.",
            active_loop={"type": ["string", "null"]},
            requested_slot={"type": ["string", "null"]},
        )
    ),
)
SLOT = build_mapping(
    "What the assistant remembers of a conversation.",
    ("type", "mappings"),
    type={"enum": list(TYPES)},
    influence_conversation=FLAG,
    initial_value=ANY,
    values=array_of(ANY, "Of a categorical slot."),
    min_value=NUMBER,
    max_value=NUMBER,
    mappings=array_of(MAPPING),
    confirm={"type": "boolean", "description": "It takes a clear yes or no and nothing else."},
    pattern={"type": "string", "description": "What a text has to match somewhere to be its value (from_text)."},
    # Named as an error of its own by the compiler, which says what to write instead.
    auto_fill=FLAG,
    value_reset_delay=ANY,
)
BUTTON = build_mapping(
    "What a person may press.",
    ("title",),
    title=TEXT,
    payload=TEXT,
    type=TEXT,
    url=TEXT,
    content_type=TEXT,
    image_url=TEXT,
    metadata=ANY,
)
VARIATION = build_mapping(
    "One way to say the response; one of them is chosen.",
    text={"type": ["string", "null"], "description": "Slots and variables stand in it as {name}."},
    buttons=array_of(BUTTON),
    quick_replies=array_of(BUTTON),
    image=TEXT,
    attachment=ANY,
    elements=ANY,
    custom=ANY,
    channel={"enum": [*NAMES, "socketio"], "description": "Only said there."},
    voice={"type": "string", "description": "Said in the place of the text where it is heard; may have SSML."},
    language={"type": "string", "description": "Said in this language; without one, in the assistant's first."},
    condition=array_of(
        build_mapping(
            "Only where the slot has this value.", ("name", "value"), type={"enum": ["slot"]}, name=TEXT, value=ANY
        )
    ),
    metadata=ANY,
    id=TEXT,
    button_type=TEXT,
    template_type=TEXT,
)
RESPONSES = mapping_of("What the assistant says, by name (utter_...).", array_of(VARIATION))

INTENT_OPTIONS = build_mapping(
    "How what comes after the intent is decided.",
    use_entities=build_either(FLAG, array_of(TEXT)),
    ignore_entities=array_of(TEXT),
    is_retrieval_intent=FLAG,
    triggers=TEXT,
    fragment={"type": "boolean", "description": "It adds to the newest task that takes its entities."},
    again={"type": "boolean", "description": "It asks for the newest task, or the named one, once more."},
    stance={"enum": ["yes", "no", "wait", "wrong"], "description": "What it says to a question for a yes."},
)
ENTITY_OPTIONS = build_mapping(
    "Parts that the entity plays.", roles=array_of(TEXT), groups=array_of(TEXT), influence_conversation=FLAG
)
FORM = {
    **build_mapping(
        "What the form asks for, in this order.", required_slots=array_of(TEXT), ignored_intents=NAMES_OR_LIST
    ),
    "type": ["object", "null"],
}
ACTION_OPTIONS = build_mapping(
    "How the action runs.",
    confirm={"type": "boolean", "description": "Only after a clear yes."},
    send_domain=FLAG,
)
DOMAIN = build_mapping(
    "What an assistant knows, remembers, asks and says.",
    version=VERSION,
    intents=array_of(build_either(WORD, mapping_of("", INTENT_OPTIONS)), "What people may mean."),
    entities=array_of(
        build_either(WORD, mapping_of("", build_either(ENTITY_OPTIONS, array_of(TEXT)))), "What their words may name."
    ),
    slots=mapping_of("What is remembered.", SLOT),
    forms=build_either(mapping_of("What is asked, slot by slot.", FORM), array_of(ANY)),
    responses=RESPONSES,
    # Rasa 1.x; the compiler says what it is called now.
    templates=ANY,
    actions=array_of(
        build_either(WORD, mapping_of("", ACTION_OPTIONS)), "Functions of the assistant's own, and responses."
    ),
    e2e_actions=array_of(ANY),
    session_config=build_mapping(
        "When a conversation begins anew.",
        session_expiration_time={"type": "number", "description": "Minutes; 0: never."},
        carry_over_slots_to_new_session=FLAG,
    ),
    config=build_mapping("", store_entities_as_slots=FLAG),
)

EXAMPLES = build_either(TEXT, array_of(build_either(WORD, build_mapping("", ("text",), text=TEXT, metadata=ANY))))
NLU_ITEM = build_mapping(
    "An intent with examples, a synonym, a lookup table or a regex.",
    ("examples",),
    intent=TEXT,
    synonym=TEXT,
    lookup=TEXT,
    regex=TEXT,
    examples=EXAMPLES,
    metadata=ANY,
)
STEPS: dict[str, Any] = {}
SLOTS_SET = build_either(mapping_of("", ANY), array_of(build_either(WORD, mapping_of("", ANY))))
STEP = build_mapping(
    "A message, an action, or what became of a slot or a form.",
    intent=TEXT,
    user=TEXT,
    bot=TEXT,
    entities=array_of(build_either(WORD, mapping_of("", ANY))),
    action=TEXT,
    slot_was_set=SLOTS_SET,
    active_loop={"type": ["string", "null"]},
    form=ANY,
    checkpoint=TEXT,
    or_=array_of(
        build_mapping(
            "",
            intent=TEXT,
            user=TEXT,
            bot=TEXT,
            entities=array_of(build_either(WORD, mapping_of("", ANY))),
            slot_was_set=SLOTS_SET,
            metadata=ANY,
        )
    ),
    metadata=ANY,
)
STORY = build_mapping("What once followed on what.", ("story", "steps"), story=TEXT, steps=array_of(STEP), metadata=ANY)
RULE = build_mapping(
    "What always follows on what.",
    ("rule", "steps"),
    rule=TEXT,
    condition=array_of(STEP),
    conversation_start=FLAG,
    wait_for_user_input=FLAG,
    steps=array_of(STEP),
    metadata=ANY,
)
DATA = build_mapping(
    "Examples, stories and rules.",
    version=VERSION,
    nlu=array_of(NLU_ITEM),
    stories=array_of(STORY),
    rules=array_of(RULE),
    responses=RESPONSES,
)

CONFIG = build_mapping(
    "How the assistant understands and decides.",
    recipe=TEXT,
    assistant_id={"type": "string", "description": "Names its images and namespace."},
    language={"type": "string", "description": "Of the examples, e.g. en."},
    languages={
        "type": "array",
        "items": {"type": "string", "pattern": f"^({'|'.join(NAMES_OF_LANGUAGES)})([-_][A-Za-z]+)?$"},
        "minItems": 1,
        "description": "All that it understands and speaks, that of the examples first, e.g. [en, de, es].",
    },
    pipeline=build_either(array_of(build_either(TEXT, {"type": "object", "required": ["name"]})), TEXT),
    policies=array_of({"type": "object", "required": ["name"]}),
    importers=ANY,
    data=ANY,
    spaces=ANY,
)
TRAINING = build_mapping(
    "What training adds to the examples; Rasa does not read it.",
    conversation=build_mapping(
        "How messages are read.",
        answers_in_context={
            "type": "boolean",
            "description": "Answers, offers, negations and several requests are read in the light of what was asked.",
        },
        several=array_of(TEXT, "Forms that hold several values of what holds one, e.g. an order of several dishes."),
    ),
    people=build_mapping("What task test:people sets where the environment does not.", settings=mapping_of("", TEXT)),
    prebuilt=array_of(TEXT, "Entities that need no examples, e.g. time and address."),
    normalise=mapping_of("How the words of an entity become its value.", {"enum": list(KINDS)}),
    costs=build_mapping(
        "What decides how much is refused: what a wrong answer costs, and one refused though it was right.",
        ("wrong", "refused"),
        wrong={"type": "number", "exclusiveMinimum": 0},
        refused={"type": "number", "exclusiveMinimum": 0},
    ),
    public=array_of(
        build_mapping(
            "Examples of a public set, mapped to this assistant's own.",
            ("set",),
            set=TEXT,
            intents=mapping_of("", {"type": ["string", "null"]}),
            entities=mapping_of("", TEXT),
            where=mapping_of("", array_of(ANY)),
            only_with=array_of(TEXT),
            limit={"type": "integer"},
        )
    ),
)

FILES: Mapping[str, Schema] = {"domain": DOMAIN, "data": DATA, "config": CONFIG, "training": TRAINING}
"""The schema of each kind of file."""


def build_document(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file, as editors read it."""
    return {"$schema": DRAFT, "title": f"Parley: {kind}", **FILES[kind]}


FOLDER = Path(__file__).resolve().parents[2] / "schemas"


def write_schema(kind: str) -> str:
    """The text of a schema's file."""
    return json.dumps(build_document(kind), indent=1, ensure_ascii=False) + "\n"


def main(folder: Path = FOLDER) -> int:
    """Write the schemas where the first line of an assistant's files names them (`task docs`)."""
    folder.mkdir(exist_ok=True)
    for kind in FILES:
        (folder / f"{kind}.schema.json").write_text(write_schema(kind), encoding="utf-8")
    print(f"wrote {len(FILES)} schemas to {folder.name}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
