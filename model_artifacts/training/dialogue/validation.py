"""What a project that compiles may still lack: dead ends, and intents, responses, slots and actions without use."""

from collections.abc import Iterable, Iterator

from functions.dialogue.names import DEFAULT_ACTIONS, DEFAULT_INTENTS, DEFAULT_SLOTS, LISTEN, SNIPPET
from model_artifacts.training.dialogue.compilation import Compiled
from model_artifacts.training.dialogue.problems import Place, Problem, Severity
from model_artifacts.training.dialogue.stories import Happens, Story
from model_artifacts.training.dialogue.translations import describe_untranslated

SAID_BY_DEFAULT_ACTIONS = (
    "utter_restart",
    "utter_default",
    "utter_back",
    "utter_ask_rephrase",
    "utter_ask_which",
    "utter_action_failed",
)
"""Responses that default actions say where they exist."""


def validate(compiled: Compiled) -> tuple[Problem, ...]:
    """Warnings about a compiled project, in the order of its files."""
    found = [
        *_find_unused_intents(compiled),
        *_find_unused_responses(compiled),
        *_find_unasked_slots(compiled),
        *_find_unfilled_slots(compiled),
        *_dead_ends(compiled),
        *_find_unconfirmed(compiled),
        *_find_untranslated(compiled),
    ]
    return tuple(sorted(found, key=lambda problem: (problem.place, problem.text)))


def _find_untranslated(compiled: Compiled) -> Iterator[Problem]:
    draft = compiled.draft
    for _, text in describe_untranslated(draft.response_data, draft.languages):
        yield Problem(Place("config.yml", 1), text, "note")


def _make_warning(place: Place, text: str) -> Problem:
    return Problem(place, text, "warning")


def _list_names(stories: Iterable[Story], kind: str) -> Iterator[str]:
    for story in stories:
        for step in story.steps:
            if isinstance(step, Happens):
                for event in step.events:
                    if event["event"] == kind:
                        yield str(event["parse_data"]["intent"]["name"] if kind == "user" else event["name"])


def _find_unused_intents(compiled: Compiled) -> Iterator[Problem]:
    used = set(_list_names(compiled.stories, "user"))
    for slot in compiled.draft.slot_data.values():
        for mapping in slot["mappings"]:
            used.update(mapping.get("intent", ()))
    for name, place in compiled.draft.intents.items():
        if name not in used and name not in DEFAULT_INTENTS:
            yield _make_warning(
                place, f"no rule, story or slot uses the intent '{name}'; outside forms it gets the fallback"
            )


def _find_unused_responses(compiled: Compiled) -> Iterator[Problem]:
    draft = compiled.draft
    used = {*_list_names(compiled.stories, "action"), *SAID_BY_DEFAULT_ACTIONS}
    for form, data in draft.form_data.items():
        for slot in data["required_slots"]:
            used |= {f"utter_ask_{form}_{slot}", f"utter_ask_{slot}"}
    if draft.actions:
        # The project's own actions may say any response; only their code would tell.
        return
    for name, place in draft.responses.items():
        if name not in used and name.split("/", 1)[0] not in used:
            yield _make_warning(place, f"nothing says the response '{name}'; use it in a rule or story, or remove it")


def _find_unasked_slots(compiled: Compiled) -> Iterator[Problem]:
    """Errors, but for forms with a validation of their own, which may ask by itself."""
    draft = compiled.draft
    known = draft.known_actions
    for form, data in draft.form_data.items():
        severity: Severity = "warning" if f"validate_{form}" in draft.actions else "error"
        for slot in data["required_slots"]:
            asks = (f"action_ask_{form}_{slot}", f"utter_ask_{form}_{slot}", f"action_ask_{slot}", f"utter_ask_{slot}")
            if not any(name in known for name in asks):
                text = f"the form '{form}' has nothing to ask for '{slot}' with, so it waits in silence"
                yield Problem(draft.forms[form], f"{text}; write utter_ask_{slot}", severity)


def _find_unfilled_slots(compiled: Compiled) -> Iterator[Problem]:
    draft = compiled.draft
    for name, place in draft.slots.items():
        if (
            name in DEFAULT_SLOTS
            or draft.slot_data[name]["mappings"]
            or draft.slot_data[name].get("initial") is not None
        ):
            continue
        yield _make_warning(place, f"nothing fills the slot '{name}'; give it a mapping, or remove it")
    for name, place in draft.slots.items():
        mappings = draft.slot_data[name]["mappings"]
        if mappings and all(mapping["type"] == "custom" for mapping in mappings) and not draft.actions:
            yield _make_warning(
                place, f"the slot '{name}' waits for an action to fill it, and the project has no actions"
            )


def _dead_ends(compiled: Compiled) -> Iterator[Problem]:
    """Stories that end with a message, so that nothing answers it; forms that nothing starts or finishes."""
    for story in compiled.stories:
        last = story.steps[-1]
        if isinstance(last, Happens) and last.events[0]["event"] == "user":
            yield _make_warning(
                last.place, f"'{story.name}' ends with a message that nothing answers; add an `- action:`"
            )
    done = set(_list_names(compiled.stories, "action"))
    for form, place in compiled.draft.forms.items():
        if form not in done:
            yield _make_warning(place, f"no rule or story starts the form '{form}'; add a rule that does")
    for name, place in compiled.draft.actions.items():
        if name in done or name in DEFAULT_ACTIONS or name in (LISTEN, SNIPPET) or _is_called_by_forms(name, compiled):
            continue
        if name.startswith(("validate_", "action_ask_", "action_validate_slot_mappings", "utter_")):
            continue
        yield _make_warning(place, f"no rule or story runs the action '{name}'; another action may, else remove it")


ACTING = frozenset(
    ("order", "book", "buy", "pay", "purchase", "transfer", "send", "submit", "reserve", "delete", "charge", "refund")
)
"""Words of an action's name that say that it changes something outside of the conversation."""
HARMLESS = frozenset(("ask", "show", "get", "list", "check", "cancel", "validate", "find", "search", "about", "track"))
"""Words that an action's name begins with where it does not, whatever follows."""


def _find_unconfirmed(compiled: Compiled) -> Iterator[Problem]:
    """Actions that act on the world by their name, and run without a clear yes."""
    run = set(_list_names(compiled.stories, "action"))
    for name, place in compiled.draft.actions.items():
        words = name.removeprefix("action_").casefold().split("_")
        acts = name.startswith("action_") and words[0] not in HARMLESS and bool(ACTING & set(words))
        if acts and name in run and name not in compiled.draft.confirmed:
            yield _make_warning(
                place,
                f"the action '{name}' seems to act on the world and runs without a question: write "
                f"`- {name}: {{confirm: true}}`, and it runs after a clear yes only",
            )


def _is_called_by_forms(action: str, compiled: Compiled) -> bool:
    return any(
        mapping.get("action") == action for slot in compiled.draft.slot_data.values() for mapping in slot["mappings"]
    )
