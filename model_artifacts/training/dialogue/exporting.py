"""The learned policy as a file: its weights, and the names of its features and actions."""

import json
from typing import Any

import numpy as np

from functions.dialogue.network import FORMAT
from model_artifacts.training.dialogue.learning import Learned

DIGITS = 6
"""Of each weight; a 32-bit float has seven."""


def write_policy(policy: Learned) -> bytes:
    """The content of policy.json, as `functions.dialogue.network` describes it: the same policy, the same bytes."""
    weights = policy.weights
    content = {
        "format": FORMAT,
        "features": policy.features,
        "actions": policy.actions,
        "places": policy.places,
        "rows": _round_numbers(weights.rows),
        "bias": _round_numbers(weights.bias),
        "columns": _round_numbers(weights.columns.T),
        "action_bias": _round_numbers(weights.action_bias),
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _round_numbers(values: "np.ndarray[Any, Any]") -> Any:
    """Nested lists of numbers, in as many digits as tell anything."""
    if values.ndim > 1:
        return [_round_numbers(row) for row in values]
    return [float(f"{value:.{DIGITS}g}") for value in values.tolist()]
