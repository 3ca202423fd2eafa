"""What simulated people know of an assistant: what can be wanted of it, and in which words that is said."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import yaml

from functions.dialogue.names import DEFAULT_INTENTS, LISTEN, SNIPPET
from functions.dialogue.table import Table
from model_artifacts.training.dialogue.compilation import Compiled
from model_artifacts.training.dialogue.stories import Happens
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.reading import Example

WORDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "en": {
        "correct": ("no, {value}", "sorry, I meant {value}", "make it {value}", "actually {value}", "{value} instead"),
        "add": ("add {value}", "also {value}", "with {value} too", "and {value}"),
        "remove": ("no {value}", "without {value}", "remove the {value}"),
        "hesitate": ("wait", "hang on", "really?", "hmm", "one moment", "ok but", "yes but", "let me think", "huh?"),
        "wrong": ("that's wrong", "that's not right", "no, that is not what I ordered"),
        "nonsense": ("asdf jkl", "qwert zuiop", "lorem ipsum dolor"),
        "question": ("how long will that take?", "is that any good?", "why do you ask?"),
    },
    "de": {
        "correct": ("nein, {value}", "ich meinte {value}", "doch lieber {value}"),
        "add": ("auch {value}", "noch {value} dazu"),
        "remove": ("ohne {value}", "kein {value}"),
        "hesitate": ("Moment", "warte", "wirklich?", "ja, aber"),
        "wrong": ("das stimmt nicht", "das ist falsch"),
        "nonsense": ("asdf jkl", "qwert zuiop"),
        "question": ("wie lange dauert das?", "warum?"),
    },
}
"""Carrier phrases; a language without them says values alone, and nothing else."""
OTHERWISE = "Robin Baker 030 5550199"
"""What people answer where no example says what an answer looks like."""


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that is said and wanted."""

    table: Table
    language: str
    examples: Mapping[str, Sequence[Example]]
    """Intent -> examples; held-out ones where there are enough."""
    values: Mapping[str, Sequence[str]]
    """Entity -> values, as they are said."""
    forms: Mapping[str, str]
    """Intent -> the form that it starts."""
    actions: Mapping[str, frozenset[str]]
    """Intent -> the actions that its rules run, where it starts no form."""
    yes: Sequence[str]
    cancel: Sequence[str]
    confirmed: frozenset[str]
    reacting: frozenset[str] = frozenset()
    """Intents that answer or follow on something, so that nobody begins with them."""
    free: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Slot that only free words fill -> answers to the question for it."""
    settings: Mapping[str, str] = field(default_factory=dict)

    def words(self, kind: str) -> Sequence[str]:
        return WORDS.get(self.language.split("-")[0], {}).get(kind, ())

    def entity_of(self, slot: str) -> str | None:
        """The entity that fills the slot, without a role."""
        for mapping in self.table.domain.slots[slot].mappings:
            if mapping["type"] == "from_entity" and not mapping.get("role"):
                return str(mapping["entity"])
        return None

    def fill(self, example: Example, wanted: Mapping[str, str]) -> str:
        """The example with the values of these entities in place of its own."""
        text, used = example.text, set()
        for annotation in sorted(example.annotations, key=lambda annotation: -annotation.start):
            value = wanted.get(annotation.entity)
            if value is not None and annotation.entity not in used:
                used.add(annotation.entity)
                text = text[: annotation.start] + value + text[annotation.end :]
        return text


def read_material(path: Path, compiled: Compiled, table: Table) -> Material:
    """What people know of the assistant in this folder."""
    assistant = read_assistant(path)
    learned: dict[str, list[Example]] = {}
    for example in assistant.nlu.examples:
        learned.setdefault(example.intent, []).append(example)
    held: dict[str, list[Example]] = {}
    for example in assistant.held_out:
        held.setdefault(example.intent, []).append(example)
    examples = {intent: held[intent] if len(held.get(intent, ())) >= 10 else found for intent, found in learned.items()}
    values: dict[str, set[str]] = {entity: set(phrases) for entity, phrases in assistant.nlu.lookups.items()}
    for example in assistant.nlu.examples:
        for annotation in example.annotations:
            values.setdefault(annotation.entity, set()).add(example.text[annotation.start : annotation.end])
    domain = table.domain
    forms, actions = _find_started(compiled, set(domain.forms))
    context = domain.context
    stances = context.stances if context is not None else {}
    yes = [intent for intent in domain.used_entities if stances.get(intent) == "yes" or intent in ("affirm", "yes")]
    extra = path / "training.yml"
    training = yaml.safe_load(extra.read_text(encoding="utf-8")) if extra.is_file() else None
    settings = ((training or {}).get("people") or {}).get("settings") or {}
    return Material(
        table=table,
        language=assistant.language,
        examples={intent: found for intent, found in examples.items() if intent not in DEFAULT_INTENTS},
        values={entity: sorted(value for value in found if _is_sayable(value)) for entity, found in values.items()},
        forms=forms,
        actions=actions,
        yes=[example.text for intent in yes for example in learned.get(intent, ()) if _is_plain_yes(example.text)],
        cancel=[example.text for example in learned.get("cancel", ())],
        reacting=frozenset(stances) | (context.fragments | context.again if context is not None else frozenset()),
        confirmed=context.confirmed if context is not None else frozenset(),
        free=_free_answers(table, learned),
        settings={str(name): str(value) for name, value in settings.items()},
    )


def _free_answers(table: Table, learned: Mapping[str, Sequence[Example]]) -> dict[str, list[str]]:
    """For each slot of a form that no entity fills: the examples of answers in which nothing is marked, as far as they
    are like it. What is like it, its `pattern:` says; without one any words are."""
    domain = table.domain
    starts = domain.context.starts if domain.context is not None else {}
    answering = [
        found for intent, found in learned.items()
        if intent not in starts and any(example.annotations for example in found)
    ]  # fmt: skip
    bare = [example.text for found in answering for example in found if not example.annotations] or [OTHERWISE]
    free = {}
    for name in {name for form in domain.forms.values() for name in form.required_slots}:
        slot = domain.slots.get(name)
        if slot is not None and slot.mappings and all(mapping["type"] == "from_text" for mapping in slot.mappings):
            pattern = slot.pattern or ""
            free[name] = [text for text in bare if re.search(pattern, text)] or [OTHERWISE]
    return free


def pick(random: Random, options: Sequence[str], otherwise: str = "") -> str:
    return options[random.randrange(len(options))] if options else otherwise


def _find_started(compiled: Compiled, forms: set[str]) -> tuple[dict[str, str], dict[str, frozenset[str]]]:
    """Intent -> form, and intent -> actions, by the rules that begin with a message."""
    started: dict[str, str] = {}
    ran: dict[str, set[str]] = {}
    for story in compiled.stories:
        events = [event for step in story.steps if isinstance(step, Happens) for event in step.events]
        told = [
            event
            for event in events
            if event["event"] in ("user", "active_loop") or event.get("name") not in (LISTEN, SNIPPET)
        ]
        # What holds within a form only is nobody's goal.
        if not story.is_rule or len(told) < 2 or told[0]["event"] != "user" or told[1]["event"] != "action":
            continue
        intent, name = str(told[0]["parse_data"]["intent"]["name"]), str(told[1]["name"])
        if name in forms:
            started.setdefault(intent, name)
        else:
            ran.setdefault(intent, set()).add(name)
    return started, {intent: frozenset(names) for intent, names in ran.items() if intent not in started}


def _is_sayable(value: str) -> bool:
    return 0 < len(value) <= 40 and re.search(r"\w", value) is not None


def _is_plain_yes(text: str) -> bool:
    """A yes of few words: whoever says more may be asked once more."""
    return len(text.split()) <= 3 and "?" not in text
