"""What is wrong with a project: each problem with its place and what to do about it, all of them together."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from shared.errors import Rejected

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands in a project."""

    file: str
    """Relative to the project."""
    line: int
    """From 1."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or worth knowing."""

    place: Place
    text: str
    """What is wrong, and what to do."""
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.place}: {self.severity}: {self.text}"


class Uncompilable(Rejected):
    """The project has errors; no bundle is built."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Problems:
    """Collects problems while a project is read, so that all are reported together."""

    def __init__(self) -> None:
        self._found: dict[tuple[Place, str], Problem] = {}

    def add_error(self, place: Place, text: str) -> None:
        self._add(Problem(place, text))

    def warn(self, place: Place, text: str) -> None:
        self._add(Problem(place, text, "warning"))

    def note(self, place: Place, text: str) -> None:
        self._add(Problem(place, text, "note"))

    def _add(self, problem: Problem) -> None:
        self._found.setdefault((problem.place, problem.text), problem)

    @property
    def all(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._found.values(), key=lambda problem: (problem.place, problem.severity, problem.text)))

    def raise_errors(self) -> None:
        """Raise Uncompilable with every error, where there is one."""
        errors = [problem for problem in self.all if problem.severity == "error"]
        if errors:
            raise Uncompilable(errors)
