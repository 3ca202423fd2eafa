"""What intents are called when a person is asked which one was meant: in people's words, never by the intent's name.

`metadata: {title: Find a film}` of an intent in the NLU data (Rasa lets any metadata stand there) says it, and `title:
false` keeps an intent out of such questions. Otherwise it is the example that resembles the others most, among the
short ones without entities.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from functions.dialogue.names import DEFAULT_INTENTS
from model_artifacts.training.dialogue.documents import Object, iterate_items
from model_artifacts.training.dialogue.problems import Problems
from model_artifacts.training.dialogue.project import Project
from model_artifacts.training.languages import language_of
from model_artifacts.training.nlu.annotation import InvalidAnnotation, read_annotated
from shared.events.wire import JSON

LONGEST = 40
"""Characters of a phrase: what a button of any channel shows on a phone."""
WORDS = (2, 7)
"""A phrase has at least and at most so many words."""


def read_phrases(project: Project) -> dict[str, str]:
    """Intent -> phrase, for every intent that can be asked about; retrieval intents with their response."""
    titles: dict[str, str] = {}
    unnamed: set[str] = set()
    texts: dict[str, list[str]] = {}
    for document in project.training:
        if language_of(Path(document.place.file)) is not None:
            # A button says what it means in the language of the examples.
            continue
        for item, _ in iterate_items(document, "nlu", Problems()):
            intent = str(item.get("intent") or "").strip() if isinstance(item, Object) else ""
            if not intent or intent in DEFAULT_INTENTS:
                continue
            metadata = item.get("metadata")
            title = metadata.get("title") if isinstance(metadata, Object) else None
            if title is False:
                unnamed.add(intent)
            elif isinstance(title, str) and 0 < len(title.strip()) <= LONGEST:
                titles[intent] = title.strip()
            elif title is not None:
                project.problems.add_error(
                    item.locate("metadata"),
                    f"`title` is what a button says: a text of at most {LONGEST} characters, or false for none",
                )
            texts.setdefault(intent, []).extend(_plain_examples(item.get("examples")))
    common = Counter(word for found in texts.values() for text in found for word in set(_split_words(text)))
    chosen = {intent: _find_typical(found, common) for intent, found in texts.items() if intent not in titles}
    phrases = {**{intent: text for intent, text in chosen.items() if text}, **titles}
    return {intent: phrases[intent] for intent in sorted(phrases) if intent not in unnamed}


def list_phrases(responses: Mapping[str, Sequence[JSON]], languages: Sequence[str]) -> dict[str, dict[str, str]]:
    """Language -> intent -> phrase, from the buttons of responses in that language that mean an intent and no more."""
    found: dict[str, dict[str, str]] = {language: {} for language in languages}
    for variation in (one for variations in responses.values() for one in variations):
        phrases = found.get(str(variation.get("language") or "").partition("-")[0])
        for button in (*(variation.get("buttons") or ()), *(variation.get("quick_replies") or ())):
            payload, title = str(button.get("payload") or ""), str(button.get("title") or "")
            if phrases is not None and re.fullmatch(r"/\w+", payload) and 0 < len(title) <= LONGEST:
                phrases.setdefault(payload[1:], title)
    return found


def _plain_examples(examples: Any) -> Iterator[str]:
    """The examples without entities, as text."""
    if isinstance(examples, str):
        lines = [line.strip().removeprefix("-").strip() for line in examples.splitlines()]
    elif isinstance(examples, list):
        lines = [str(item.get("text") if isinstance(item, Mapping) else item).strip() for item in examples]
        lines = [line.removeprefix("- ").strip() for line in lines]
    else:
        return
    for line in lines:
        try:
            text, annotations = read_annotated(line)
        except InvalidAnnotation:
            # The training of the understanding names it.
            continue
        if text and not annotations:
            yield text


def _find_typical(texts: Sequence[str], common: Mapping[str, int]) -> str:
    """The text whose words the others share most; words that stand everywhere count little. Empty where none fits."""
    shared = Counter(word for text in texts for word in set(_split_words(text)))
    total = sum(common.values())
    best, score = "", 0.0
    for text in texts:
        words = _split_words(text)
        if not WORDS[0] <= len(words) <= WORDS[1] or len(text) > LONGEST:
            continue
        value = sum(shared[word] * math.log(total / common[word]) for word in set(words)) / len(words)
        # Of equals the shorter, then the first.
        if value > score or (value == score and len(text) < len(best)):
            best, score = text, value
    best = best.strip(" .!")
    return best[:1].upper() + best[1:]


def _split_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
