"""What is wrong with documents as a whole: the same text twice, and passages that contradict each other."""

import re
from collections.abc import Iterator, Sequence

from model_artifacts.training.knowledge.passages import Passage

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_WORD = re.compile(r"[^\W\d_]+")
SHORTEST = 40
"""Characters of a text that counts as a duplicate."""
ALIKE = 5
"""Words that two sentences which differ in a number alone have at least."""


def check_passages(passages: Sequence[Passage]) -> Iterator[str]:
    """A sentence for each duplicate and each contradiction, with both places."""
    seen: dict[str, Passage] = {}
    stated: dict[tuple[str, ...], tuple[tuple[str, ...], Passage]] = {}
    for passage in passages:
        key = " ".join(_WORD.findall(passage.text.lower())) + "".join(_NUMBER.findall(passage.text))
        if len(passage.text) >= SHORTEST and key in seen:
            yield f"{_name(passage)}: the same text stands in {_name(seen[key])}; keep one"
            continue
        seen[key] = passage
        for sentence in passage.sentences:
            words, numbers = tuple(_WORD.findall(sentence.lower())), tuple(_NUMBER.findall(sentence))
            if len(words) < ALIKE or not numbers:
                continue
            before = stated.setdefault(words, (numbers, passage))
            if before[0] != numbers and before[1].document != passage.document:
                yield (
                    f"{_name(passage)} says {', '.join(numbers)} where {_name(before[1])} says {', '.join(before[0])}: "
                    f"{sentence[:80]!r}"
                )


def _name(passage: Passage) -> str:
    return f"{passage.document}{f' ({passage.headings[-1]})' if passage.headings else ''}"
