"""Multinomial logistic regression in numpy, for heads on an encoder that stays as it is."""

import numpy as np
import numpy.typing as npt

from model_artifacts.training.nlu.basis import Basis
from model_artifacts.training.nlu.encoder import Floats

ROUNDS = 60
"""From about 40 on nothing changes that can be judged."""


def fit_softmax(
    features: Floats,
    gold: npt.NDArray[np.int64],
    classes: int,
    decay: float,
    rounds: int = ROUNDS,
    counts: Floats | None = None,
    basis: Basis | None = None,
) -> tuple[Floats, Floats]:
    """Weights (features x classes) and bias of multinomial logistic regression.

    Steps are taken by the bound of the curvature that is the same for all weights (Boehning 1992, "Multinomial logistic
    regression algorithm"), accelerated as Nesterov's; what is correlated in the features costs no more rounds then.
    `counts` says how much each row counts, their mean being 1; without it all count the same. The weights decay in the
    coordinates of `basis`; without it, in those of standardised features.
    """
    if basis is None:
        mean, scale = features.mean(0), 1 / (features.std(0) + 1e-6)
        x = (features - mean) * scale
    else:
        mean = basis.mean
        x = (features - mean) @ basis.matrix
    x = np.concatenate([x, np.ones((len(features), 1), np.float32)], 1).astype(np.float32)
    size = np.float32(len(x))
    target = np.zeros((len(x), classes), np.float32)
    target[np.arange(len(x)), gold] = 1
    counted = x if counts is None else x * counts[:, None]
    curvature = (0.5 * (counted.T @ x) / size).astype(np.float64) + decay * np.eye(x.shape[1])
    step = np.linalg.inv(curvature).astype(np.float32)
    weights: Floats = np.zeros((x.shape[1], classes), np.float32)
    ahead: Floats = weights
    for number in range(1, rounds + 1):
        scores = x @ ahead
        chances = np.exp(scores - scores.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        gradient = counted.T @ (chances - target) / size + np.float32(decay) * ahead
        new = (ahead - step @ gradient).astype(np.float32)
        momentum = np.float32((number - 1) / (number + 2))
        ahead = new + momentum * (new - weights)
        weights = new
    plain = weights[:-1] * scale[:, None] if basis is None else basis.matrix @ weights[:-1]
    return plain.astype(np.float32), (weights[-1] - mean @ plain).astype(np.float32)
