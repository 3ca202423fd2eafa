"""Temperature and the energy threshold, chosen on validation examples alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from functions.nlu.intent import FALLBACK, OUT_OF_SCOPE, energy

REFUSED_AT_MOST = 0.02
"""Share of the validation examples in scope that the energy threshold may refuse (facts/models 3b)."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    temperature: float
    min_energy: float


def calibrate(intents: Sequence[str], logits: npt.NDArray[np.float32], gold: Sequence[int]) -> Calibrated:
    """The temperature that makes confidences honest, and the energy under which a text resembles nothing trained."""
    temperatures = np.geomspace(0.5, 5.0, 60)
    losses = [_loss(logits / temperature, gold) for temperature in temperatures]
    names = tuple(intents)
    energies = [energy(names, row) for row in logits]
    inside = [e for e, g in zip(energies, gold, strict=True) if names[g] not in (FALLBACK, OUT_OF_SCOPE)]
    outside = [e for e, g in zip(energies, gold, strict=True) if names[g] in (FALLBACK, OUT_OF_SCOPE)]
    return Calibrated(round(float(temperatures[int(np.argmin(losses))]), 4), round(_threshold(inside, outside), 4))


def _threshold(inside: Sequence[float], outside: Sequence[float]) -> float:
    """Refuse as much of what is outside as possible for what it costs inside, and never more than the limit."""
    if len(inside) < 20:
        return -1e3  # Too few to tell what is unusual.
    ceiling = float(np.quantile(inside, REFUSED_AT_MOST))
    if not outside:
        return ceiling
    candidates = sorted({e for e in (*inside, *outside) if e <= ceiling} | {ceiling})
    ins, outs = np.sort(inside), np.sort(outside)
    gains = [np.searchsorted(outs, c) / len(outs) - 2 * np.searchsorted(ins, c) / len(ins) for c in candidates]
    return float(candidates[int(np.argmax(gains))])


def _loss(logits: npt.NDArray[np.float32], gold: Sequence[int]) -> float:
    top = logits.max(axis=1, keepdims=True)
    normalised = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    return float(-normalised[np.arange(len(gold)), np.array(gold)].mean())
