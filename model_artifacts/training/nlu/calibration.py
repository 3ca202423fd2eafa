"""Temperature and the threshold of energy, chosen on validation examples alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from functions.nlu.intent import REJECTED, compute_energy

REFUSED_AT_MOST = 0.03
"""Share of the validation examples in scope that the threshold may refuse. What it is worth decides below this."""
ENOUGH = 20
"""So many examples in scope tell what is usual; so many out of scope, which score tells them apart."""
AGAINST = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Calibrated:
    temperature: float = 1.0
    min_energy: float = -1e3
    against: float = 0.0
    """How much the logits of what is not understood count against those in scope."""


def calibrate(
    intents: Sequence[str],
    logits: npt.NDArray[np.float32],
    gold: Sequence[int],
    costs: Mapping[str, float] | None = None,
) -> Calibrated:
    """The temperature that makes confidences honest, and the energy under which a text resembles nothing trained.

    With few examples, what needs more of them keeps its default. With `costs` of what is `wrong` and what is
    `refused`, the threshold is the one that costs least on these examples.
    """
    names = tuple(intents)
    strange = np.array([names[index] in REJECTED for index in gold], np.bool_)
    if len(strange) - strange.sum() < ENOUGH:
        return Calibrated()
    temperature = round(fit_temperature(logits, np.array(gold)), 4)
    best, chosen = -1.0, Calibrated()
    for against in AGAINST if strange.sum() >= ENOUGH else (0.0,):
        energies = np.array([compute_energy(names, row.tolist(), against) for row in logits])
        apart = compute_auroc(energies[~strange], energies[strange]) if strange.any() else 1.0
        # Half a thousandth is noise: the plainer score stays.
        if apart > best + 0.0005:
            threshold = (
                _cheapest(energies, *_outcomes(names, logits, gold), costs)
                if costs
                else _threshold(energies[~strange], energies[strange])
            )
            best, chosen = apart, Calibrated(temperature, round(threshold, 4), against)
    return chosen


def fit_temperature(logits: npt.NDArray[np.float32], gold: npt.NDArray[np.int64]) -> float:
    """The temperature at which the answers have the greatest likelihood, between a half and five."""
    temperatures = np.geomspace(0.5, 5.0, 60)
    return float(temperatures[int(np.argmin([compute_likelihood_loss(logits / t, gold) for t in temperatures]))])


def compute_auroc(inside: npt.NDArray[np.float64], outside: npt.NDArray[np.float64]) -> float:
    """The chance that something in scope has more than something out of scope; ties count half."""
    both = np.concatenate([inside, outside])
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    above = ranks[: len(inside)].sum() - len(inside) * (len(inside) + 1) / 2
    return float(above / (len(inside) * len(outside)))


def _threshold(inside: npt.NDArray[np.float64], outside: npt.NDArray[np.float64]) -> float:
    """Refuse as much of what is outside as possible for what it costs inside, and never more than the limit."""
    ceiling = float(np.quantile(inside, REFUSED_AT_MOST))
    if not len(outside):
        return ceiling
    candidates = sorted({float(s) for s in (*inside, *outside) if s <= ceiling} | {ceiling})
    ins, outs = np.sort(inside), np.sort(outside)
    gains = [np.searchsorted(outs, c) / len(outs) - 2 * np.searchsorted(ins, c) / len(ins) for c in candidates]
    return float(candidates[int(np.argmax(gains))])


def _outcomes(
    names: tuple[str, ...], logits: npt.NDArray[np.float32], gold: Sequence[int]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which texts are answered rightly, and which wrongly, where no threshold refuses them."""
    best = logits.argmax(axis=1)
    answered = np.array([names[index] not in REJECTED for index in best], np.bool_)
    right = answered & (best == np.array(gold))
    return right, answered & ~right


def _cheapest(
    energies: npt.NDArray[np.float64],
    right: npt.NDArray[np.bool_],
    wrong: npt.NDArray[np.bool_],
    costs: Mapping[str, float],
) -> float:
    """The energy below which refusing costs least; of two that cost as much, the one that refuses less."""
    candidates = sorted({-1e3, *(float(energy) for energy in energies)})
    paid = [
        costs["wrong"] * int((wrong & (energies >= c)).sum()) + costs["refused"] * int((right & (energies < c)).sum())
        for c in candidates
    ]
    return candidates[int(np.argmin(paid))]


def compute_likelihood_loss(logits: npt.NDArray[np.float32], gold: npt.NDArray[np.int64]) -> float:
    """Negative log-likelihood of the right classes, the mean over all rows."""
    top = logits.max(axis=1, keepdims=True)
    normalised = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    return float(-normalised[np.arange(len(gold)), gold].mean())
