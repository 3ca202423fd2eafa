"""Searching with a wish of several parts, and giving up as little of it as can be where nothing fits all."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, TypeVar

W = TypeVar("W")
T = TypeVar("T")


def search_or_relax(wanted: W, parts: Sequence[str], find: Callable[[W], Sequence[T]]) -> tuple[Sequence[T], W]:
    """What fits, and the wish that it fits: the whole, or else the most of it that anything fits; nothing and the wish
    where not even one part can be kept.

    `wanted` is a dataclass of which every field has a default, which means that nothing is wanted of it; `parts` are
    the fields that can be given up, the one that matters least first.
    """
    if found := find(wanted):
        return found, wanted
    value: Any = wanted
    nothing = type(value)()
    given = [part for part in parts if getattr(value, part)]
    for count in range(1, len(given)):
        for dropped in combinations(given, count):
            less: W = replace(value, **{part: getattr(nothing, part) for part in dropped})
            if found := find(less):
                return found, less
    return (), wanted
