"""Names of lookup tables as examples: alone, and in short phrases that say nothing but that something is wanted.

A person who writes "Alien" wants what is done with titles. Which intent that is, the assistant's own examples say:
those that are one entity and nothing else, or else the intent that has the entity most often. The phrases are the
examples' own: short ones, and those whose words stand in the examples of several intents ("anything by ...",
"... please"), which are as right around a name of another kind.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from functions.nlu.intent import REJECTED
from functions.nlu.tables import fold
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.augmentation import Variations, choose_learned_phrases, is_held_out
from model_artifacts.training.nlu.evaluation import Judged
from model_artifacts.training.nlu.reading import Example

AROUND = 4
"""Words around a name at most."""
GENERAL = 3
"""A word says nothing of the intent where the examples of so many intents have it, none of them more than half."""
BARE = 0.4
"""Share of the names that stand alone."""
PRETENDED = 0.4
"""Share of the names of large tables that are made of two, or another table's of the same intent, and learned as if
they stood in this one: so that the table is believed, and not the names that training knows by heart. Words of
another kind would teach that words say nothing: "pizzas" is no number, whatever a table says."""
PLACE = "a lookup table"
JUDGED = 40
"""Names of each table that choose or are judged."""


@dataclass(frozen=True, slots=True)
class Phrase:
    before: str
    after: str
    intent: str


@dataclass(frozen=True, slots=True)
class Named:
    """An entity with a table, and how its names are said."""

    entity: str
    learned: tuple[str, ...]
    held_out: tuple[str, ...]
    """Phrases of the table that no text has which is learned."""
    alone: str
    """The intent of a name by itself."""
    phrases: tuple[Phrase, ...]
    strangers: tuple[str, ...] = ()
    """Names of the other large tables of the same intent."""

    def draw(self, rng: random.Random, variations: Variations) -> Example:
        """A name of the table, or one like them, alone or in a phrase."""
        invented = variations.draw_name(self.entity, rng)
        pretends = bool(invented or self.strangers) and rng.random() < PRETENDED
        name = invented or rng.choice(self.strangers if pretends else self.learned)
        return replace(self.say(name, rng if rng.random() >= BARE else None), pretends=pretends)

    def say(self, name: str, rng: random.Random | None = None) -> Example:
        """The name as an example: alone, or in one of the phrases, drawn by `rng`."""
        phrase = rng.choice(self.phrases) if rng is not None and self.phrases else Phrase("", "", self.alone)
        start = len(phrase.before)
        text = f"{phrase.before}{name}{phrase.after}"
        return Example(text, phrase.intent, (Annotation(start, start + len(name), self.entity),), PLACE, authored=False)


def make_fresh_names(named: Sequence[Named]) -> list[Example]:
    """Names that stand in the tables and in no text that was learned, each alone and in a phrase."""
    rng = random.Random("fresh names")
    found = []
    for names in named:
        for name in rng.sample(names.held_out, min(JUDGED, len(names.held_out))):
            found += [names.say(name), names.say(name, rng)]
    return found


def measure_names(judged: Sequence[Judged]) -> dict[str, float | int]:
    """Shares of the names whose intent is right, whose entity is right, and of which both are."""
    count = max(1, len(judged))
    spans = [item.gold_spans <= item.predicted_spans for item in judged]
    return {
        "examples": len(judged),
        "intent_accuracy": round(sum(item.right_intent for item in judged) / count, 4),
        "entity_accuracy": round(sum(spans) / count, 4),
        "both": round(sum(span and item.right_intent for span, item in zip(spans, judged, strict=True)) / count, 4),
    }


def find_named_entities(examples: Sequence[Example], lookups: Mapping[str, Sequence[str]]) -> list[Named]:
    """The entities whose tables can be said alone: marked in some example without a role or group."""
    authored = [example for example in examples if example.authored and example.intent not in REJECTED]
    most: dict[str, Counter[str]] = defaultdict(Counter)
    bare: dict[str, Counter[str]] = defaultdict(Counter)
    own: dict[str, list[Phrase]] = defaultdict(list)
    general: list[Phrase] = []
    said_in = _intents_of_words(authored)
    for example in authored:
        for a in example.annotations:
            if a.role is not None or a.group is not None:
                continue
            most[a.entity][example.intent] += 1
            if len(example.annotations) > 1:
                continue
            before, after = example.text[: a.start], example.text[a.end :]
            around = _words(before) + _words(after)
            if not around:
                bare[a.entity][example.intent] += 1
            elif len(around) <= AROUND:
                own[a.entity].append(Phrase(before, after, example.intent))
                if all(_is_general(said_in[word]) for word in around):
                    general.append(Phrase(before, after, example.intent))
    owners: dict[str, set[str]] = defaultdict(set)
    for entity, phrases in lookups.items():
        for phrase in phrases:
            owners[fold(phrase)].add(entity)
    found: list[Named] = []
    usual: dict[str, str] = {}
    for entity, phrases in sorted(lookups.items()):
        if entity not in most:
            continue
        often = usual[entity] = _commonest(most[entity])
        alone = _commonest(bare[entity]) if bare[entity] else often
        clear = sorted({phrase for phrase in phrases if len(owners[fold(phrase)]) == 1})
        learned = [phrase for phrase in choose_learned_phrases(phrases) if phrase in set(clear)]
        if learned:
            said = {(phrase.before, phrase.after): phrase for phrase in own[entity]}
            for carrier in general:
                # An intent that never has the entity cannot be meant: what is done with it is what its name asks for.
                intent = carrier.intent if most[entity][carrier.intent] else often
                said.setdefault((carrier.before, carrier.after), replace(carrier, intent=intent))
            held_out = [phrase for phrase in clear if is_held_out(phrase)] if len(learned) < len(clear) else []
            found.append(Named(entity, tuple(learned), tuple(held_out), alone, tuple(said.values())))
    large = [names for names in found if names.held_out]
    return [
        replace(names, strangers=tuple(
            name for other in large if other is not names and usual[other.entity] == usual[names.entity]
            for name in other.learned
        )) if names in large else names
        for names in found
    ]  # fmt: skip


def _is_general(intents: Counter[str]) -> bool:
    return len(intents) >= GENERAL and max(intents.values()) <= intents.total() / 2


def _intents_of_words(examples: Sequence[Example]) -> Mapping[str, Counter[str]]:
    """For each word outside of entities, how many examples of each intent have it."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for example in examples:
        position, outside = 0, ""
        for a in sorted(example.annotations, key=lambda a: a.start):
            outside += example.text[position : a.start] + " "
            position = a.end
        for word in set(_words(outside + example.text[position:])):
            found[word][example.intent] += 1
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _commonest(counts: Counter[str]) -> str:
    return min(counts, key=lambda intent: (-counts[intent], intent))
