"""Multinomial logistic regression in numpy, for heads on an encoder that stays as it is."""

import numpy as np
import numpy.typing as npt

from model_artifacts.training.nlu.encoder import Floats

ROUNDS = 200


def fit_softmax(
    features: Floats,
    gold: npt.NDArray[np.int64],
    classes: int,
    decay: float,
    rounds: int = ROUNDS,
    counts: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Weights (features x classes) and bias of multinomial logistic regression, by Nesterov's accelerated gradient.

    `counts` says how much each row counts, their mean being 1; without it all count the same.
    """
    mean, deviation = features.mean(0), features.std(0) + 1e-6
    x = np.concatenate([(features - mean) / deviation, np.ones((len(features), 1), np.float32)], 1).astype(np.float32)
    target = np.zeros((len(x), classes), np.float32)
    target[np.arange(len(x)), gold] = 1
    heaviest = 1.0 if counts is None else float(counts.max())
    step = np.float32(1 / (0.5 * heaviest * _largest_eigenvalue(x) + decay))
    weights: Floats = np.zeros((x.shape[1], classes), np.float32)
    ahead: Floats = weights
    for number in range(1, rounds + 1):
        scores = x @ ahead
        chances = np.exp(scores - scores.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        wrong = chances - target if counts is None else (chances - target) * counts[:, None]
        gradient = x.T @ wrong / np.float32(len(x)) + np.float32(decay) * ahead
        new = (ahead - step * gradient).astype(np.float32)
        momentum = np.float32((number - 1) / (number + 2))
        ahead = new + momentum * (new - weights)
        weights = new
    plain = weights[:-1] / deviation[:, None]
    return plain.astype(np.float32), (weights[-1] - mean @ plain).astype(np.float32)


def _largest_eigenvalue(x: Floats) -> float:
    vector: Floats = np.ones(x.shape[1], np.float32)
    size = 1.0
    for _ in range(20):
        vector = (x.T @ (x @ vector) / np.float32(len(x))).astype(np.float32)
        size = float(np.linalg.norm(vector))
        vector = (vector / np.float32(size)).astype(np.float32)
    return size
