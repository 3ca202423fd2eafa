"""The assistant's domain as the compiler wrote it: slots, intents, entities, responses, forms and actions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from functions.dialogue.context.settings import Context
from functions.dialogue.names import DEFAULT_ACTIONS, OTHER, UNSET
from shared.events.wire import JSON

Feature = Any
"""What a policy sees of a slot's value: a hashable JSON scalar, or None where the slot shows nothing."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot: what it holds, how it is filled, and what of it influences the conversation."""

    name: str
    type: str
    influence: bool
    initial: JSON = None
    values: tuple[str, ...] = ()
    """Of a categorical slot, in lower case."""
    low: float = 0.0
    high: float = 1.0
    """Of a float slot: the range beyond which values look alike."""
    mappings: tuple[Mapping[str, JSON], ...] = ()
    confirm: bool = False
    """Whether it takes a clear yes or a clear no and nothing else."""
    pattern: str | None = None
    """What a text has to match somewhere to be its value, where it is filled from_text."""

    def convert(self, value: JSON) -> JSON:
        """What is kept when `value` is set: list slots hold lists, everything else holds what it is given."""
        if self.type == "list" and value and not isinstance(value, list) and value != UNSET:
            return [value]
        return value

    def featurise(self, value: JSON) -> Feature:
        """What policies see of `value`; None where they see nothing."""
        if not self.influence:
            return None
        if value == UNSET:
            return UNSET
        match self.type:
            case "text":
                return None if value is None else True
            case "bool":
                return None if value is None else _read_truth(value)
            case "categorical":
                return self._category(value)
            case "float":
                return self._scale(value)
            case "list":
                return True if value else None
        return None

    def _category(self, value: JSON) -> Feature:
        if value is None:
            return None
        text = str(value).lower()
        return text if text in self.values else OTHER

    def _scale(self, value: JSON) -> Feature:
        try:
            capped = max(self.low, min(self.high, float(value)))
        except (TypeError, ValueError):
            return None
        return (capped - self.low) / (abs(self.high - self.low) or 1)


def _read_truth(value: JSON) -> Feature:
    """True or False; None for what is neither, as Rasa's bool slots take it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value == 1
    if isinstance(value, str):
        text = value.strip().lower()
        if value.isnumeric():
            return float(value) == 1
        return {"true": True, "false": False}.get(text)
    return None


@dataclass(frozen=True, slots=True)
class Form:
    required_slots: tuple[str, ...]
    ignored_intents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Domain:
    """Everything that a turn needs to know about the assistant, besides its policies."""

    slots: Mapping[str, Slot]
    """In the order of the domain, the default slots last: slots are filled in this order."""
    used_entities: Mapping[str, frozenset[str]]
    """Intent -> the entities (also `entity#role`, `entity#group`) that influence what comes after it."""
    retrieval_intents: frozenset[str]
    entities: frozenset[str]
    responses: Mapping[str, Sequence[Mapping[str, JSON]]]
    custom_actions: frozenset[str]
    forms: Mapping[str, Form]
    session_minutes: float
    carry_over_slots: bool
    phrases: Mapping[str, str]
    """Intent -> what it is called when a person is asked which one was meant."""
    language: str = "en"
    """Of its responses; compiled where a filter in one of them needs it."""
    languages: tuple[str, ...] = ()
    """All that it speaks, with their regions; empty where it is one."""
    phrases_in: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Language -> the phrases of intents in it."""
    context: Context | None = None
    """Where answers are read in their context, or actions ask for a clear yes."""

    @cached_property
    def form_entities(self) -> Mapping[str, frozenset[str]]:
        """Form -> the entities that its slots, and the intents that start it, take."""
        found = {}
        for name, form in self.forms.items():
            slots = [self.slots[slot] for slot in form.required_slots if slot in self.slots]
            own = {m["entity"] for slot in slots for m in slot.mappings if m["type"] == "from_entity"}
            for intent, started in self.context.starts.items() if self.context is not None else ():
                own |= self.context.takes.get(intent, frozenset()) if started == name and self.context else set()
            found[name] = frozenset(own)
        return found

    @cached_property
    def form_slots(self) -> Mapping[str, frozenset[str]]:
        """Form -> the slots that these entities fill."""
        return {
            name: frozenset(
                slot.name
                for slot in self.slots.values()
                if any(m["type"] == "from_entity" and m["entity"] in own for m in slot.mappings)
            )
            for name, own in self.form_entities.items()
        }

    def language_for(self, locale: str | None, spoken: str | None = None) -> str:
        """The language of responses, with the region of somebody who speaks it; `spoken` is the conversation's, where
        the assistant has several."""
        said = (locale or "").casefold().replace("_", "-")
        ours = self.language
        if spoken is not None:
            ours = next((one for one in self.languages if one.split("-")[0] == spoken), self.language)
        return said if said.split("-")[0] == ours.split("-")[0] else ours

    @cached_property
    def initial_slots(self) -> dict[str, JSON]:
        return {name: slot.initial for name, slot in self.slots.items()}

    @cached_property
    def initial_features(self) -> dict[str, Feature]:
        features = {name: slot.featurise(slot.initial) for name, slot in self.slots.items()}
        return {name: feature for name, feature in features.items() if feature is not None}

    @cached_property
    def user_actions(self) -> frozenset[str]:
        """What the project itself brings: its own actions and responses."""
        return self.custom_actions | frozenset(self.responses) | {f"utter_{name}" for name in self.retrieval_intents}

    @cached_property
    def actions(self) -> frozenset[str]:
        """Everything that can be predicted or followed up."""
        return self.user_actions | frozenset(DEFAULT_ACTIONS) | frozenset(self.forms)

    @classmethod
    def from_json(cls, data: Mapping[str, JSON]) -> "Domain":
        """The domain of a `dialogue.json`, which the compiler has checked."""
        slots = {
            name: Slot(
                name=name,
                type=slot["type"],
                influence=slot["influence"],
                initial=slot.get("initial"),
                values=tuple(slot.get("values", ())),
                low=slot.get("low", 0.0),
                high=slot.get("high", 1.0),
                mappings=tuple(slot.get("mappings", ())),
                confirm=slot.get("confirm", False),
                pattern=slot.get("pattern"),
            )
            for name, slot in data["slots"].items()
        }
        return cls(
            slots=slots,
            used_entities=_share_sets(data["intents"]),
            retrieval_intents=frozenset(data["retrieval_intents"]),
            entities=frozenset(data["entities"]),
            responses=data["responses"],
            custom_actions=frozenset(data["actions"]),
            forms={
                name: Form(tuple(form["required_slots"]), tuple(form["ignored_intents"]))
                for name, form in data["forms"].items()
            },
            session_minutes=data["session"]["minutes"],
            carry_over_slots=data["session"]["carry_over_slots"],
            phrases=data.get("phrases", {}),
            language=data.get("language", "en"),
            languages=tuple(data.get("languages", ())),
            phrases_in=data.get("phrases_in", {}),
            context=Context.from_json(data["context"]) if "context" in data else None,
        )


def _share_sets(given: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """The values as sets, one for all that have the same: nearly all intents use all entities."""
    known: dict[tuple[str, ...], frozenset[str]] = {}
    return {name: known.setdefault(key := tuple(values), frozenset(key)) for name, values in given.items()}
