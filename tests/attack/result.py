"""What came of one attack."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    attack: str
    promise: str
    measured: str
    held: bool
