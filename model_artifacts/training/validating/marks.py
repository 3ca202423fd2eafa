"""Marks of entities that are no marks: `[tomorrow(date)`, `tomorrow](date)`, `[tomorrow] (date)`."""

import re
from collections.abc import Collection, Iterator

from model_artifacts.training.dialogue.problems import Place, Problem
from model_artifacts.training.nlu.annotation import MARK

BROKEN = re.compile(
    r"\[(?P<open>[^\[\]()]{1,40}?)\s*\((?P<a>[\w#-]+)\)"  # [tomorrow(date)
    r"|(?<!\])\b(?P<shut>[\w' -]{1,40}?)\]\s*[({](?P<b>[\w#-]+)[)}]"  # tomorrow](date)
    r"|\[(?P<apart>[^\[\]]{1,40})\]\s+\((?P<c>[\w#-]+)\)"  # [tomorrow] (date)
    r"|\[(?P<half>[^\[\]]{1,40})\]\((?P<d>[\w#-]+)(?!\))$"  # [tomorrow](date
    r"|\((?P<turned>[^()\[\]]{1,40})\)\[(?P<e>[\w#-]+)\]"  # (tomorrow)[date]
)


def find_broken_marks(text: str, place: Place, entities: Collection[str]) -> Iterator[Problem]:
    """What looks like a mark in an example and is none, so that the brackets would be learned as words."""
    left = MARK.sub("", text)
    if match := BROKEN.search(left):
        parts = match.groupdict()
        words = next(str(parts[name]) for name in ("open", "shut", "apart", "half", "turned") if parts[name])
        entity = next(str(parts[name]) for name in "abcde" if parts[name])
        right = f"[{words.strip().split(' ')[-1] if parts['shut'] else words.strip()}]({entity})"
        text = f"{match[0].strip()!r} marks nothing; write {right}"
        yield Problem(place, text, "error" if entity in entities else "warning")
    elif left.count("[") != left.count("]"):
        yield Problem(place, f"a bracket is not closed in {text!r}; entities are marked as [words](entity)", "warning")
    elif empty := re.search(r"\[\s*\]\(|\]\(\s*\)", text):
        yield Problem(place, f"{empty[0]!r} in {text!r} marks nothing; write [words](entity)", "warning")
