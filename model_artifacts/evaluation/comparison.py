"""Two bundles on the same examples: how much better one is, and whether that could be chance."""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from model_artifacts.evaluation.cases import Case
from model_artifacts.evaluation.scores import RESAMPLED, SCORES


def compare(ours: Sequence[Case], theirs: Sequence[Case], seed: int = 0) -> dict[str, dict[str, Any]]:
    """For each score: both values, their difference, and the interval that holds it in 95 % of paired resamples.

    `sure` is false where the interval holds zero: with these examples, the difference may be chance.
    """
    result: dict[str, dict[str, Any]] = {}
    for name, of in SCORES.items():
        mine, other = of(ours), of(theirs)
        if mine is None or other is None:
            continue
        rng, drawn = random.Random(seed), []
        for _ in range(RESAMPLED if len(ours) < 3000 else RESAMPLED // 5):
            chosen = rng.choices(range(len(ours)), k=len(ours))
            one, another = of([ours[i] for i in chosen]), of([theirs[i] for i in chosen])
            if one is not None and another is not None:
                drawn.append(one - another)
        low, high = (round(float(bound), 4) for bound in np.quantile(drawn, (0.025, 0.975)))
        result[name] = {
            "this": round(mine, 4),
            "other": round(other, 4),
            "difference": round(mine - other, 4),
            "interval": [low, high],
            "sure": low > 0 or high < 0,
        }
    return result


def compare_part(ours: Sequence[Case], theirs: Sequence[Case], seed: int = 0) -> dict[str, Any]:
    """How many more of these examples one of the two gets wholly right, as a share, with the interval of `compare`."""
    gained = np.array([int(one.whole) - int(other.whole) for one, other in zip(ours, theirs, strict=True)])
    drawn = np.random.default_rng(seed).integers(0, len(gained), (RESAMPLED, len(gained)))
    low, high = (round(float(bound), 4) for bound in np.quantile(gained[drawn].mean(1), (0.025, 0.975)))
    return {"difference": round(float(gained.mean()), 4), "interval": [low, high], "sure": low > 0 or high < 0}


def list_disagreements(ours: Sequence[Case], theirs: Sequence[Case]) -> list[tuple[Case, Case]]:
    """The examples that one of the two gets wholly right and the other does not."""
    return [(one, other) for one, other in zip(ours, theirs, strict=True) if one.whole != other.whole]
