"""The network of the learned policy: a small ONNX file, read and evaluated without a runtime.

    features (0 or 1 each) --MatMul, Add, Tanh--> hidden --MatMul, Add, Softmax--> confidence of each action

Importing onnxruntime and numpy would cost the stage more CPU than all decisions of a conversation, and put both into
its image. The file stays ONNX, for every tool that reads it; a test compares this module with onnxruntime.
"""

import json
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import add, mul

from shared.errors import Unavailable

FORMAT = "1"
FLOAT = 1
"""onnx.TensorProto.FLOAT"""


@dataclass(frozen=True, slots=True)
class Network:
    """The weights, as rows of Python floats."""

    features: Mapping[str, int]
    actions: tuple[str, ...]
    rows: Sequence[Sequence[float]]
    """One of the hidden layer's width for each feature."""
    bias: Sequence[float]
    columns: Sequence[Sequence[float]]
    """One of the hidden layer's width for each action."""
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
    """The network of an ONNX file that the compiler wrote; Unavailable where it is none that this code reads."""
    try:
        tensors, facts = _read_model(memoryview(content))
        if facts.get("format") != FORMAT:
            raise Unavailable(
                f"the learned policy has format {facts.get('format')}, this code reads {FORMAT}; run `task compile`"
            )
        names = json.loads(facts["features"])
        actions = tuple(json.loads(facts["actions"]))
        width = len(tensors["bias"])
        return Network(
            features={name: number for number, name in enumerate(names)},
            actions=actions,
            rows=_rows(tensors["rows"], len(names), width),
            bias=tensors["bias"].tolist(),
            columns=_transposed(_rows(tensors["columns"], width, len(actions))),
            action_bias=tensors["action_bias"].tolist(),
            places={intent: frozenset(after) for intent, after in json.loads(facts["places"]).items()},
        )
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as exc:
        raise Unavailable(f"the learned policy cannot be read ({exc}); compile it again with `task compile`") from exc


def _rows(values: "array[float]", count: int, width: int) -> list[list[float]]:
    if len(values) != count * width:
        raise ValueError(f"{len(values)} weights instead of {count} rows of {width}")
    return [values[start : start + width].tolist() for start in range(0, count * width, width)]


def _transposed(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _read_model(model: memoryview) -> tuple[dict[str, "array[float]"], dict[str, str]]:
    """The initializers and the metadata of onnx.ModelProto, by the field numbers of onnx.proto3."""
    tensors: dict[str, array[float]] = {}
    facts: dict[str, str] = {}
    for field, value in _fields(model):
        if field == 7 and isinstance(value, memoryview):  # ModelProto.graph
            for inner, part in _fields(value):
                if inner == 5 and isinstance(part, memoryview):  # GraphProto.initializer
                    name, weights = _read_tensor(part)
                    tensors[name] = weights
        elif field == 14 and isinstance(value, memoryview):  # ModelProto.metadata_props
            pair = {inner: part for inner, part in _fields(value) if isinstance(part, memoryview)}
            facts[bytes(pair[1]).decode()] = bytes(pair.get(2, b"")).decode()
    return tensors, facts


def _read_tensor(tensor: memoryview) -> tuple[str, "array[float]"]:
    name, kind, weights = "", 0, array("f")
    for field, value in _fields(tensor):
        if field == 2 and isinstance(value, int):  # TensorProto.data_type
            kind = value
        elif field == 8 and isinstance(value, memoryview):  # TensorProto.name
            name = bytes(value).decode()
        elif field == 9 and isinstance(value, memoryview):  # TensorProto.raw_data, little-endian
            weights.frombytes(value)
    if kind != FLOAT:
        raise ValueError(f"the weights '{name}' are no 32-bit floats")
    return name, weights


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field of a protobuf message (wire types 0, 1, 2 and 5)."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind = key & 7
        if kind == 0:
            value, position = _varint(message, position)
            yield key >> 3, value
            continue
        if kind == 2:
            size, position = _varint(message, position)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"there is no protobuf wire type {kind}")
        if position + size > len(message):
            raise ValueError("the file ends within a field")
        yield key >> 3, message[position : position + size]
        position += size


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7
