"""The network of the learned policy: `policy.json`, evaluated in plain Python.

    features (0 or 1 each) --times rows, plus bias, tanh--> hidden --times columns, plus bias, softmax--> confidences

The file holds the weights as plain arrays of numbers:

    rows         (features, width)   one row for each name in `features`
    bias         (width,)
    columns      (actions, width)    one row for each name in `actions`
    action_bias  (actions,)

One hidden layer is some thousand additions, 0.1 ms; importing numpy would stop the conversation for 50.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import add, mul
from typing import Any

from shared.errors import Unavailable

FORMAT = 2
"""1 was the same in an ONNX file."""


@dataclass(frozen=True, slots=True)
class Network:
    """The weights and the names that belong to them."""

    features: Mapping[str, int]
    actions: tuple[str, ...]
    rows: Sequence[Sequence[float]]
    """(features, width)"""
    bias: Sequence[float]
    columns: Sequence[Sequence[float]]
    """(actions, width)"""
    action_bias: Sequence[float]
    places: Mapping[str, frozenset[str]]
    """Intent -> the actions after which stories have it."""

    def confidences(self, features: Iterable[str]) -> list[float]:
        """How likely each action is; features that it does not know count for nothing."""
        hidden: Iterable[float] = self.bias
        for name in features:
            number = self.features.get(name)
            if number is not None:
                hidden = map(add, hidden, self.rows[number])
        state = [math.tanh(value) for value in hidden]
        logits = [
            sum(map(mul, column, state)) + bias for column, bias in zip(self.columns, self.action_bias, strict=True)
        ]
        highest = max(logits)
        weights = [math.exp(logit - highest) for logit in logits]
        total = sum(weights)
        return [weight / total for weight in weights]


def read_network(content: bytes) -> Network:
    """The network of a policy.json; Unavailable where it is none that this code reads."""
    try:
        data = json.loads(content)
        if data["format"] != FORMAT:
            raise ValueError(f"it has format {data['format']}, this code reads {FORMAT}")
        names, actions = _read_names(data["features"]), _read_names(data["actions"])
        bias = _read_numbers(data["bias"], len(data["bias"]))
        return Network(
            features={name: number for number, name in enumerate(names)},
            actions=actions,
            rows=_read_matrix(data["rows"], len(names), len(bias)),
            bias=bias,
            columns=_read_matrix(data["columns"], len(actions), len(bias)),
            action_bias=_read_numbers(data["action_bias"], len(actions)),
            places={str(intent): frozenset(after) for intent, after in data["places"].items()},
        )
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as exc:
        raise Unavailable(f"the learned policy cannot be read ({exc}); compile it again with `task compile`") from exc


def _read_names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise ValueError("the names of features and actions must be lists of texts")
    return tuple(value)


def _read_matrix(value: Any, count: int, width: int) -> list[list[float]]:
    if not isinstance(value, list) or len(value) != count:
        raise ValueError(f"there must be {count} rows of weights")
    return [_read_numbers(row, width) for row in value]


def _read_numbers(value: Any, count: int) -> list[float]:
    if not isinstance(value, list) or len(value) != count:
        raise ValueError(f"there must be {count} weights")
    if not all(isinstance(number, int | float) and math.isfinite(number) for number in value):
        raise ValueError("weights must be finite numbers")
    return value
