"""The coordinates in which a head is fitted to an encoder that stays as it is.

With few examples of an intent, a plain logistic regression takes for its mark whatever they happen to share. How
examples of one intent differ from each other, over all intents, says which directions tell little: in coordinates
where these differences are even, such directions are shorter and cost more weight (as in linear discriminant analysis).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_artifacts.training.nlu.encoder import Floats

LOWER = 0.5
"""How much the mean of the layers counts beside the last one. Fine distinctions want less of it, templates more."""
SHRUNK = 0.8
"""How far the measured differences are drawn to even ones: a few hundred examples measure hundreds of directions.
Both were chosen on validation examples (tests/bench/README.md, "Understanding")."""


@dataclass(frozen=True, slots=True)
class Basis:
    """Features x become (x - mean) @ matrix."""

    mean: Floats
    matrix: Floats
    """features x features"""

    def with_standardised(self, more: Floats) -> "Basis":
        """The same with more features after its own (rows x more), each scaled by its deviation."""
        own, new = len(self.mean), more.shape[1]
        matrix = np.zeros((own + new, own + new), np.float32)
        matrix[:own, :own] = self.matrix
        matrix[range(own, own + new), range(own, own + new)] = 1 / (more.std(0) + 1e-6)
        return Basis(np.concatenate([self.mean, more.mean(0)]).astype(np.float32), matrix)


def even_out_differences(features: Floats, gold: npt.NDArray[np.int64], hidden: int) -> Basis:
    """The basis in which rows of one class differ about evenly in all directions; `features` is rows x hidden, or
    rows x 2 hidden with the mean of the layers beside the last one."""
    scale = 1 / (features.std(0) + 1e-6)
    scale[hidden:] *= LOWER
    mean = features.mean(0)
    x = (features - mean) * scale
    _, places, counts = np.unique(gold, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), x.shape[1]), np.float32)
    np.add.at(sums, places, x)
    x -= (sums / counts[:, None])[places]
    free = max(1, len(x) - len(counts))
    spread = x.T.astype(np.float64) @ x / free
    size = max(1e-6, float(np.trace(spread)) / len(spread))
    # Any root serves, for the penalty on the weights does not mind a rotation: the triangular one is cheapest.
    root = np.linalg.cholesky((1 - SHRUNK) * spread / size + SHRUNK * np.eye(len(spread)))
    matrix = scale[:, None] * np.linalg.inv(root).T
    # As long as standardised features are, on the whole, so that a decay means the same.
    length = np.sqrt((((features - mean) @ matrix) ** 2).mean())
    return Basis(mean.astype(np.float32), (matrix / max(1e-6, length)).astype(np.float32))
