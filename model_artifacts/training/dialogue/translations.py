"""Which responses an assistant does not say in each of its languages yet."""

import re
from collections.abc import Mapping, Sequence

from model_artifacts.training.languages import base_of
from shared.events.wire import JSON

SHOWN = 8
_PLACEHOLDER = re.compile(r"{[^{}]*}")


def find_untranslated(responses: Mapping[str, Sequence[Mapping[str, JSON]]], code: str) -> list[str]:
    """The responses that have words and none in this language."""
    return [
        name
        for name, variations in responses.items()
        if not any(one.get("language") == code for one in variations)
        and any(_has_words(one) for one in variations if "language" not in one)
    ]


def describe_untranslated(
    responses: Mapping[str, Sequence[Mapping[str, JSON]]], languages: Sequence[str]
) -> list[tuple[str, str]]:
    """Language and a sentence, for each in which something is missing."""
    told = []
    for language in map(base_of, languages[1:]):
        missing = find_untranslated(responses, language)
        if missing:
            shown = ", ".join(missing[:SHOWN]) + (f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else "")
            told.append((language, f"{len(missing)} of {len(responses)} responses are not in '{language}' and are said "
                                   f"in '{base_of(languages[0])}': {shown}; `task translate TO={language}` writes what "
                                   "is missing"))  # fmt: skip
    return told


def _has_words(variation: Mapping[str, JSON]) -> bool:
    texts = [variation.get("text"), *(one.get("title") for one in variation.get("buttons") or ())]
    return any(any(char.isalpha() for char in _PLACEHOLDER.sub("", str(text))) for text in texts if text)
