"""What an assistant can be told: sentences over words and classes, from its examples, lookups, synonyms and buttons."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.nlu.gazetteer import fold
from functions.nlu.spoken import list_spoken_words
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.reading import Example

Words = tuple[str, ...]
SHORTHAND = re.compile(r"/[^{@]+(?:@[0-9.]+)?(\{.+\})?")


@dataclass(slots=True)
class Corpus:
    sentences: list[Words] = field(default_factory=list)
    """Words, and names of classes such as `[dish]`."""
    classes: dict[str, Counter[Words]] = field(default_factory=lambda: defaultdict(Counter))
    """The members of each, with how often each was given."""
    written: dict[tuple[str, Words], str] = field(default_factory=dict)
    """A class's member as it was first written."""

    def add_member(self, entity: str, text: str) -> bool:
        """Whether `text` can be said as an `entity`."""
        words = tuple(list_spoken_words(text))
        if not words:
            return False
        self.classes[f"[{entity}]"][words] += 1
        self.written.setdefault((f"[{entity}]", words), text)
        return True


def read_corpus(
    assistant: Assistant, responses: Mapping[str, Any], known: Callable[[str], bool], without: Collection[str] = ()
) -> Corpus:
    """Everything that the assistant's sources say people say; held-out texts are left out, as in training.

    `known` tells a language's words. An example with another is one for typing: a slip, or keys struck at random.
    """
    corpus = Corpus()
    held = {fold(example.text) for example in assistant.held_out} | {fold(text) for text in without}
    # First the lookups: a name in them is none of the slips that examples hold.
    for entity, phrases in assistant.nlu.lookups.items():
        for phrase in phrases:
            corpus.add_member(entity, phrase)
    for example in assistant.nlu.examples:
        if fold(example.text) not in held and (words := _read_sentence(corpus, example, known)):
            corpus.sentences.append(words)
    for title, entities in _list_buttons(responses):
        fitting = [entity for entity, value in entities.items() if str(value).casefold() == title.casefold()]
        if fitting and corpus.add_member(fitting[0], title):
            corpus.sentences.append((f"[{fitting[0]}]",))
        elif words := tuple(list_spoken_words(title)):
            corpus.sentences.append(words)
    return corpus


def _read_sentence(corpus: Corpus, example: Example, known: Callable[[str], bool]) -> Words:
    """The example's words and classes; nothing where nobody would say it."""
    found: list[str] = []
    at = 0
    for annotation in sorted(example.annotations, key=lambda one: one.start):
        # Of annotations that overlap the first counts, as in training.
        if annotation.start < at:
            continue
        found += list_spoken_words(example.text[at : annotation.start])
        text = example.text[annotation.start : annotation.end]
        if (
            not all(map(known, list_spoken_words(text)))
            and tuple(list_spoken_words(text)) not in corpus.classes[f"[{annotation.entity}]"]
        ):
            return ()
        if corpus.add_member(annotation.entity, text):
            found.append(f"[{annotation.entity}]")
        at = annotation.end
    found += list_spoken_words(example.text[at:])
    return tuple(found) if all(word.startswith("[") or known(word) for word in found) else ()


def _list_buttons(responses: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Title and entities of each button, once."""
    seen = set()
    for variations in responses.values():
        for variation in variations:
            for button in variation.get("buttons") or ():
                title, payload = str(button.get("title", "")), str(button.get("payload", ""))
                if title and "{" not in title and (title, payload) not in seen:
                    seen.add((title, payload))
                    yield title, _read_entities(payload)


def _read_entities(payload: str) -> Mapping[str, Any]:
    match = SHORTHAND.fullmatch(payload.replace("{{", "{").replace("}}", "}"))
    try:
        found = json.loads(match[1]) if match and match[1] else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
