"""Fitting the small network of the learned policy, in numpy."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WIDTH = 32
"""Of the hidden layer."""
VISITS = 60_000
"""Examples that are looked at in all, repetitions included."""
EPOCHS = 120
BATCH = 128
RATE = 0.01
DECAY = 1e-4
STRANGE = 0.25
"""The share of examples that are shown with the past of another one: the present counts wherever it is enough."""
HOLES = 0.2
"""The share of earlier steps' features that are left out, anew each time."""
BLIND = 0.05
"""The share of present features that are left out."""


@dataclass(frozen=True, slots=True)
class Weights:
    rows: Floats
    bias: Floats
    columns: Floats
    action_bias: Floats

    def compute_logits(self, x: Floats) -> Floats:
        hidden: Floats = np.tanh(x @ self.rows + self.bias)
        return hidden @ self.columns + self.action_bias

    def scale(self, temperature: float) -> "Weights":
        """The same preferences, with confidences of this temperature."""
        scale = np.float32(1.0 / temperature)
        return replace(self, columns=self.columns * scale, action_bias=self.action_bias * scale)


def fit(x: Floats, y: NDArray[np.int64], actions: int, depths: Floats, seed: int) -> Weights:
    """Weights that tell `y` from `x`, also where the past is only partly known; the same for the same input."""
    random = np.random.default_rng(seed)
    count, features = x.shape
    weights = [
        random.normal(0, 0.1, (features, WIDTH)).astype(np.float32),
        np.zeros(WIDTH, np.float32),
        random.normal(0, 0.1, (WIDTH, actions)).astype(np.float32),
        np.zeros(actions, np.float32),
    ]
    optimizer = _Adam(weights)
    past = depths > 0
    deepest = int(depths.max(initial=0.0))
    epochs = max(3, min(EPOCHS, VISITS // max(1, count)))
    steps, taken = epochs * -(-count // BATCH), 0
    for _ in range(epochs):
        order = random.permutation(count)
        for start in range(0, count, BATCH):
            chosen = order[start : start + BATCH]
            seen = _hide_depths(x[chosen], depths, past, deepest, random)
            optimizer.step(_compute_gradients(weights, seen, y[chosen]), RATE * (1 - taken / steps))
            taken += 1
    return Weights(*weights)


def _hide_depths(
    x: Floats, depths: Floats, past: NDArray[np.bool_], deepest: int, random: np.random.Generator
) -> Floats:
    """The examples as they are seen this time: with a history of some length, with holes, or with another's."""
    rows = len(x)
    strange = np.flatnonzero(random.random(rows) < STRANGE)
    if len(strange):
        x[np.ix_(strange, past)] = x[np.ix_(random.integers(0, rows, len(strange)), past)]
    length = np.where(random.random(rows) < 0.5, deepest, random.integers(0, deepest + 1, rows))
    kept = random.random(x.shape, np.float32) >= np.where(past, HOLES, BLIND)
    seen: Floats = x * (kept & (depths[None, :] <= length[:, None]))
    return seen


def _compute_gradients(weights: list[Floats], x: Floats, y: NDArray[np.int64]) -> list[Floats]:
    rows, bias, columns, action_bias = weights
    hidden = np.tanh(x @ rows + bias)
    logits = hidden @ columns + action_bias
    likely = np.exp(logits - logits.max(axis=1, keepdims=True))
    likely /= likely.sum(axis=1, keepdims=True)
    likely[np.arange(len(y)), y] -= 1.0
    likely /= len(y)
    back = (likely @ columns.T) * (1.0 - hidden * hidden)
    return [x.T @ back, back.sum(axis=0), hidden.T @ likely, likely.sum(axis=0)]


class _Adam:
    """Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019)."""

    def __init__(self, weights: list[Floats]) -> None:
        self._weights = weights
        self._first = [np.zeros_like(part) for part in weights]
        self._second = [np.zeros_like(part) for part in weights]
        self._count = 0

    def step(self, gradients: list[Floats], rate: float) -> None:
        self._count += 1
        for weight, first, second, gradient in zip(self._weights, self._first, self._second, gradients, strict=True):
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient * gradient - second)
            size = np.sqrt(second / (1 - 0.999**self._count)) + 1e-8
            weight -= np.float32(rate) * ((first / (1 - 0.9**self._count)) / size + DECAY * weight)


def fit_temperature(logits: Floats, y: NDArray[np.int64]) -> float:
    """The temperature from 1 to 8 under which these outcomes were likeliest, by golden section over its logarithm."""

    def surprise(log: float) -> float:
        scaled = logits / np.exp(log)
        peak = scaled.max(axis=1)
        normal = np.log(np.exp(scaled - peak[:, None]).sum(axis=1)) + peak
        return float((normal - scaled[np.arange(len(y)), y]).mean())

    low, high, ratio = 0.0, np.log(8.0), (5**0.5 - 1) / 2
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if surprise(left) < surprise(right) else (left, high)
    return float(np.exp((low + high) / 2))
