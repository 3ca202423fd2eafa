"""What came of test stories: each step as it was written and as it went, and the counts of all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from model_artifacts.training.story_tests.reading import TestStory

Kind = Literal["user", "action", "slot_was_set", "active_loop", "intent"]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a story."""

    kind: Kind
    expected: str
    got: str | None = None
    """Where it went another way, what happened instead, and why."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of how many, how many were right."""

    right: int = 0
    all: int = 0

    def add(self, right: int, all_: int) -> "Counts":
        return Counts(self.right + right, self.all + all_)

    def __str__(self) -> str:
        share = f" ({100 * self.right / self.all:.1f} %)" if self.all else ""
        return f"{self.right} of {self.all}{share}"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one story."""

    story: TestStory
    steps: tuple[Step, ...]
    seconds: float
    intents: Counts = field(default_factory=Counts)
    entities: Counts = field(default_factory=Counts)
    actions: Counts = field(default_factory=Counts)
    not_held: str | None = None
    """Why the conversation could not be held to its end, where that is not the assistant's fault."""

    @property
    def differs(self) -> bool:
        return any(step.got is not None for step in self.steps)


def sum_counts(counts: Iterable[Counts]) -> Counts:
    found = Counts()
    for count in counts:
        found = found.add(count.right, count.all)
    return found


def summarise_results(results: Sequence[Result]) -> list[str]:
    """Stories, intents, entities and actions in words."""
    whole = [result for result in results if result.differs or result.not_held is None]
    left = len(results) - len(whole)
    right = Counts(sum(not result.differs for result in whole), len(whole))
    lines = [f"stories   {right}{f', {left} more not held to the end' if left else ''}"]
    for name in ("intents", "entities", "actions"):
        counts = sum_counts(getattr(result, name) for result in results)
        if counts.all:
            lines.append(f"{name:<9} {counts}")
    return lines
