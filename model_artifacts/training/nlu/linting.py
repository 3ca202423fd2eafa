"""`task nlu:lint`: examples that contradict each other or are too few, each with its place and a proposed fix."""

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path

from functions.nlu.gazetteer import fold
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.assistant import Assistant, read_assistant
from model_artifacts.training.nlu.reading import Example, InvalidData

FEW_EXAMPLES = 10
FEW_VALUES = 5
ALIKE = 0.92
"""Share of the letters that examples of two intents have in common, in order, to be called near-duplicates."""
SHORTEST = 6
"""Letters of patterns that are too short to be called near-duplicates, at most."""
COMPARED = 12
"""Examples that share something are compared with so many of the last that do."""
MOSTLY = 0.5
"""A single word counts as forgotten where at least this share of its occurrences is marked."""
ARTICLES = ("the ", "a ", "an ")
POLITE = re.compile(r"\b(please|pls|hey|um|uh)\b")


@dataclass(frozen=True, slots=True)
class Finding:
    kind: str
    place: str
    """`file:line`"""
    message: str
    fix: str
    error: bool = False
    """True where the examples cannot both be learned."""


def lint(assistant: Assistant) -> list[Finding]:
    """What to look at in the assistant's own examples, contradictions first."""
    examples = [example for example in assistant.nlu.examples if example.authored]
    found = [
        *_two_intents(examples),
        *_two_annotations(examples),
        *_near_duplicates(examples),
        *_forgotten(examples),
        *_borders(examples),
        *_few(assistant, examples),
        *_find_held_out(assistant, examples),
    ]
    return sorted(found, key=lambda finding: not finding.error)


def find_contradictions(assistant: Assistant) -> list[Finding]:
    """What cannot both be learned: the errors among the findings, without what takes long to look for."""
    examples = [example for example in assistant.nlu.examples if example.authored]
    found = [*_two_intents(examples), *_two_annotations(examples), *_find_held_out(assistant, examples)]
    return [finding for finding in found if finding.error]


def _two_intents(examples: Sequence[Example]) -> Iterator[Finding]:
    by_text: dict[str, dict[str, Example]] = defaultdict(dict)
    for example in examples:
        by_text[fold(example.text)].setdefault(example.intent, example)
    sizes = Counter(example.intent for example in examples)
    for same in by_text.values():
        if len(same) > 1:
            kept = max(same, key=lambda intent: (sizes[intent], intent))
            for intent, example in sorted(same.items()):
                if intent != kept:
                    yield Finding(
                        "two intents", example.place,
                        f"{example.text!r} is {intent} here and {kept} at {same[kept].place}",
                        f"keep it in the one that should answer it, and delete the other; where both may, make one "
                        f"intent of {kept} and {intent}", error=True,
                    )  # fmt: skip


def _two_annotations(examples: Sequence[Example]) -> Iterator[Finding]:
    by_text: dict[tuple[str, str], Example] = {}
    for example in examples:
        other = by_text.setdefault((fold(example.text), example.intent), example)
        if other is not example and _marks(other) != _marks(example):
            there = f"mark it as there: {mark_entities(other.text, other.annotations)}"
            if _places(other) == _places(example):
                yield Finding(
                    "two readings", example.place, f"{example.text!r} has other entities at {other.place}",
                    f"keep both where a form's question tells which it is, else {there}",
                )  # fmt: skip
            else:
                yield Finding(
                    "two annotations", example.place, f"{example.text!r} is marked otherwise at {other.place}",
                    there, error=True,
                )  # fmt: skip
        elif other is not example and other.text == example.text:
            yield Finding(
                "said twice", example.place, f"{example.text!r} stands already at {other.place}", "delete this line"
            )


def _near_duplicates(examples: Sequence[Example]) -> Iterator[Finding]:
    """Examples of two intents that differ in a few letters, or only in what stands for their entities."""
    seen: dict[str, list[tuple[str, Example]]] = defaultdict(list)
    for example in examples:
        pattern = _pattern(example)
        # "1968 sci-fi" and "80s pop" are alike in form alone: what they name tells them apart.
        if not re.search("[a-z]", pattern) or len(pattern) <= SHORTEST:
            continue
        keys = _keys(pattern)
        near = {id(other): (one, other) for key in keys for one, other in seen[key][-COMPARED:]}
        for one, other in near.values():
            if other.intent == example.intent or fold(other.text) == fold(example.text):
                continue
            if abs(len(one) - len(pattern)) <= 3 and _alike(one, pattern):
                yield Finding(
                    "near-duplicates", example.place,
                    f"{example.text!r} ({example.intent}) is nearly {other.text!r} ({other.intent}, {other.place})",
                    "say it with a word that tells the intents apart, or delete one",
                )  # fmt: skip
                # One is enough to look at; the other pairs show once it is mended.
                break
        for key in keys:
            seen[key].append((pattern, example))


def _keys(pattern: str) -> set[str]:
    """What near-duplicates have in common: the pattern without one of its letters, or without one of its words, so
    that each example is compared with a few others, and not with all."""
    words = pattern.split()
    return (
        {pattern}
        | {pattern[:i] + pattern[i + 1 :] for i in range(len(pattern))}
        | {" ".join(words[:i] + words[i + 1 :]) for i in range(len(words))}
    )


def _forgotten(examples: Sequence[Example]) -> Iterator[Finding]:
    """Phrases that are an entity in one example of an intent and unmarked in another."""
    kinds: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for example in examples:
        for a in example.annotations:
            kinds[example.intent, fold(example.text[a.start : a.end])][a.entity] += 1
    # By their words, so that a phrase is looked for in the few examples that have its rarest one.
    said: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in examples:
        for word in {"", *re.findall(r"\w+", example.text.lower())}:
            said[example.intent, word].append(example)
    for (intent, phrase), entities in sorted(kinds.items()):
        if len(phrase) < 3:
            continue
        pattern = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE)
        few = min((said[intent, word] for word in re.findall(r"\w+", phrase) or ("",)), key=len)
        bare = [(e, m) for e in few for m in pattern.finditer(e.text) if not _is_covered(e, *m.span())]
        times = sum(entities.values())
        if " " not in phrase and times < MOSTLY * (times + len(bare)):
            continue  # More often than not it is an ordinary word here.
        entity = entities.most_common(1)[0][0]
        for example, match in bare:
            whole = sorted((*example.annotations, Annotation(*match.span(), entity)), key=lambda a: a.start)
            yield Finding(
                "unmarked", example.place,
                f"{match[0]!r} is {entity} {times} time{'s' if times > 1 else ''} in {intent}, and unmarked here",
                f"- {mark_entities(example.text, whole)}",
            )  # fmt: skip


def _borders(examples: Sequence[Example]) -> Iterator[Finding]:
    """Values of one entity that are marked with their article in one place and without it in another."""
    places: dict[str, dict[str, list[Example]]] = defaultdict(lambda: defaultdict(list))
    for example in examples:
        for a in example.annotations:
            places[a.entity][fold(example.text[a.start : a.end])].append(example)
    for entity, values in sorted(places.items()):
        for value, here in sorted(values.items()):
            article = next((article for article in ARTICLES if value.startswith(article)), None)
            bare = value.removeprefix(article) if article else ""
            if article and bare in values:
                fewer, more = sorted((value, bare), key=lambda v: (len(values[v]), v))
                example = (here if fewer == value else values[bare])[0]
                # "film noir" beside "a film noir" is wrong only where the article stands outside the mark.
                yield Finding(
                    "two borders", example.place,
                    f"{entity} is marked as {fewer!r} here, and as {more!r} in {len(values[more])} other places",
                    f"mark {more!r} everywhere",
                )  # fmt: skip


def _few(assistant: Assistant, examples: Sequence[Example]) -> Iterator[Finding]:
    firsts: dict[str, Example] = {}
    for example in examples:
        firsts.setdefault(example.intent, example)
    for intent, count in sorted(Counter(example.intent for example in examples).items()):
        if count < FEW_EXAMPLES:
            yield Finding(
                "few examples", firsts[intent].place, f"{intent} has {count} example{'s' if count > 1 else ''}",
                f"write {FEW_EXAMPLES - count} more, each in other words",
            )  # fmt: skip
    values: dict[str, set[str]] = defaultdict(set)
    place: dict[str, str] = {}
    for example in examples:
        for a in example.annotations:
            values[a.entity].add(fold(example.text[a.start : a.end]))
            place.setdefault(a.entity, example.place)
    for entity, different in sorted(values.items()):
        phrases = len(assistant.nlu.lookups.get(entity, ()))
        if len(different) + phrases < FEW_VALUES:
            yield Finding(
                "few values", place[entity], f"{entity} has {len(different)} value{'s' if len(different) > 1 else ''}",
                f"mark {FEW_VALUES - len(different)} others in examples, or give a lookup table of {entity}",
            )  # fmt: skip


def _find_held_out(assistant: Assistant, examples: Sequence[Example]) -> Iterator[Finding]:
    held = {fold(example.text): example for example in (*assistant.held_out, *assistant.validation)}
    for example in examples:
        other = held.get(fold(example.text))
        if other is not None:
            intent = "" if other.intent == example.intent else f", as {other.intent}"
            yield Finding(
                "held out", example.place, f"{example.text!r} is held out at {other.place}{intent}; it is not learned",
                "delete it in one of the two", error=bool(intent),
            )  # fmt: skip


def mark_entities(text: str, annotations: Sequence[Annotation]) -> str:
    """The text as Rasa's format marks it."""
    parts, position = [], 0
    for a in annotations:
        extra = {key: value for key in ("value", "role", "group") if (value := getattr(a, key)) is not None}
        tail = json.dumps({"entity": a.entity, **extra}, ensure_ascii=False) if extra else f"({a.entity})"
        parts.append(f"{text[position : a.start]}[{text[a.start : a.end]}]{tail}")
        position = a.end
    return "".join(parts) + text[position:]


def _marks(example: Example) -> list[tuple[int, int, str, str | None, str | None]]:
    return [(a.start, a.end, a.entity, a.role, a.group) for a in example.annotations]


def _places(example: Example) -> list[tuple[int, int]]:
    return [(a.start, a.end) for a in example.annotations]


def _pattern(example: Example) -> str:
    """The example in small letters, entities by their names, without punctuation and politeness."""
    text, position = "", 0
    for a in example.annotations:
        text += f"{example.text[position : a.start].lower()} {a.entity.upper()} "
        position = a.end
    text += example.text[position:].lower()
    return " ".join(POLITE.sub(" ", re.sub(r"[^\w\s']", " ", text)).split())


def _alike(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _is_covered(example: Example, start: int, end: int) -> bool:
    return any(a.start < end and a.end > start for a in example.annotations)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="task nlu:lint", description=__doc__)
    parser.add_argument("--assistant", type=Path, required=True)
    parser.add_argument("--json", action="store_true", help="for tools")
    parser.add_argument("--strict", action="store_true", help="fail for any finding, not for contradictions alone")
    given = parser.parse_args(arguments)
    try:
        found = lint(read_assistant(given.assistant))
    except InvalidData as exc:
        raise SystemExit(str(exc)) from exc
    if given.json:
        print(json.dumps([asdict(finding) for finding in found], ensure_ascii=False, indent=1))
    else:
        for finding in found:
            print(f"{finding.place}: {'error: ' if finding.error else ''}{finding.message} [{finding.kind}]")
            print(f"    fix: {finding.fix}")
        counts = Counter(finding.kind for finding in found)
        print(", ".join(f"{count} x {kind}" for kind, count in sorted(counts.items())) or "nothing found")
    if any(finding.error or given.strict for finding in found):
        raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
