"""What the compiler knows of an assistant for reading words in their context."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.events.wire import JSON

YES, NO = ("affirm", "yes", "confirm"), ("deny", "no")
"""Intents that answer a question with yes or no, by the names that projects give them."""


@dataclass(frozen=True, slots=True)
class Context:
    """Where an assistant reads answers in their context; what its examples say about intents, slots and words."""

    answers: bool = False
    """Whether typed answers, form answers, negations and several requests are read in their context."""
    confirmed: frozenset[str] = frozenset()
    """Actions that run after a clear yes only."""
    stances: Mapping[str, str] = field(default_factory=dict)
    """Intent -> yes, no, wait (not sure yet) or wrong (what was read out is not right)."""
    yes_words: frozenset[str] = frozenset()
    """Words that a yes may consist of."""
    yes_words_in: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The same in each of the assistant's other languages."""
    yes_heads: frozenset[str] = frozenset()
    """Words with which a yes begins."""
    plain_yes: frozenset[str] = frozenset()
    """Words of what everybody says for yes, in the language's own table."""
    common: frozenset[str] = frozenset()
    """Words that examples have outside of entities: said of anything."""
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Slot -> the words of its values, where examples or lookup tables have them."""
    digits: frozenset[str] = frozenset()
    """Slots whose values mostly hold a number and something else: addresses."""
    takes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Task intent -> the entities that its examples mark."""
    telling: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of entities that several tasks take: value -> the one task in whose examples it stands."""
    starts: Mapping[str, str] = field(default_factory=dict)
    """Intent -> the form that a rule starts for it."""
    several: frozenset[str] = frozenset()
    """Forms that hold several values of what holds one: their validation takes up the requests that wait."""
    fragments: frozenset[str] = frozenset()
    """Intents that add to the newest task that takes their entities."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Word -> the task that it names: "that movie again"."""
    again: frozenset[str] = frozenset()
    """Intents that ask for the newest task once more."""
    leaves: frozenset[str] = frozenset()
    """Intents with which rules leave a form."""
    named: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Slot of a form -> the words of its name and of its question that no other has."""
    dated: frozenset[str] = frozenset()
    """Entities that are read as days or times."""
    asks: Mapping[str, str] = field(default_factory=dict)
    """Entity that names what is asked about the newest task ("length") -> the intent that asks it."""

    @classmethod
    def from_json(cls, data: Mapping[str, JSON]) -> "Context":
        """What `dialogue.json` has at `context`; what an older bundle lacks is empty."""
        return cls(
            answers=data.get("answers", False),
            confirmed=frozenset(data.get("confirmed", ())),
            stances=data.get("stances", {}),
            yes_words=frozenset(data.get("yes_words", ())),
            yes_words_in={code: frozenset(words) for code, words in data.get("yes_words_in", {}).items()},
            yes_heads=frozenset(data.get("yes_heads", ())),
            plain_yes=frozenset(data.get("plain_yes", ())),
            common=frozenset(data.get("common", ())),
            values={name: frozenset(words) for name, words in data.get("values", {}).items()},
            digits=frozenset(data.get("digits", ())),
            takes={name: frozenset(entities) for name, entities in data.get("takes", {}).items()},
            telling=data.get("telling", {}),
            starts=data.get("starts", {}),
            several=frozenset(data.get("several", ())),
            fragments=frozenset(data.get("fragments", ())),
            kinds=data.get("kinds", {}),
            again=frozenset(data.get("again", ())),
            leaves=frozenset(data.get("leaves", ())),
            named={name: frozenset(words) for name, words in data.get("named", {}).items()},
            dated=frozenset(data.get("dated", ())),
            asks=data.get("asks", {}),
        )
