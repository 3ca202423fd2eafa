"""Passages as vectors, and the graph that finds the nearest of them to a question.

Documents are read by the encoder that training starts from, as it came, and questions by nlu's own network, whose
layers are mapped to its vectors (`mapping`). Where that is not possible the encoder lies beside the rows in one ONNX
graph: pieces -> vector -> one int8 product with all rows -> the nearest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.external_data_helper import set_external_data
from tokenizers import Tokenizer

from functions.nlu.layers import LAYERS as LAYERS_INPUT
from model_artifacts.training.nlu.encoder import Encoder, Floats, prune
from model_artifacts.training.nlu.graph import LEVELS, MICROSOFT, Heads, build

if TYPE_CHECKING:
    from model_artifacts.training.knowledge.mapping import Mapped

DIMENSIONS = 96
"""Of a row, by principal components; all of the encoder's where there are few rows."""
NEAREST = 96
"""Rows that a search tells."""
VOCABULARY = 16_000
EMBEDDED = 1024
"""Bytes of a tensor that stays in the graph; larger ones of the encoder are mapped from knowledge.bin."""
FILES = ("knowledge.onnx", "knowledge.bin", "knowledge.tokenizer.json")


class Vectoriser:
    """Texts to vectors of unit length: rows x hidden.

    The vocabulary is cut to the commonest pieces and not to the documents', so that the encoder's file stays the same
    when a page changes.
    """

    def __init__(self, encoder: Encoder, languages: Sequence[str] = ("en",)) -> None:
        import onnxruntime

        self.encoder = _cut_vocabulary(encoder, languages)
        self.tokenizer = Tokenizer.from_str(self.encoder.tokenizer)
        self.model = _sentence_model(self.encoder)
        self._session = onnxruntime.InferenceSession(self.model.SerializeToString(), providers=["CPUExecutionProvider"])

    def encode(self, texts: Sequence[str]) -> Floats:
        rows = [
            self._session.run(["sentence"], {"input_ids": [self.tokenizer.encode(text).ids]})[0][0] for text in texts
        ]
        return np.array(rows, np.float32).reshape(len(texts), self.encoder.shape.hidden)


def _cut_vocabulary(encoder: Encoder, languages: Sequence[str]) -> Encoder:
    if encoder.wordpieces:
        return prune(encoder, VOCABULARY, ())
    # Imported here, because the lists of words are read with a library that only such an encoder needs.
    from model_artifacts.training.nlu.frequencies import count_words
    from model_artifacts.training.nlu.pieces import choose_piece_count, keep_pieces

    return keep_pieces(encoder, choose_piece_count(languages), (), count_words(languages, encoder))


def _sentence_model(encoder: Encoder) -> onnx.ModelProto:
    """The encoder with one output: `sentence` (1 x hidden), the mean of its pieces at unit length."""
    hidden = encoder.shape.hidden
    nothing = np.zeros((hidden, 1), np.float32)
    mix = np.eye(1, encoder.shape.layers, encoder.shape.layers - 1, dtype=np.float32)[0]
    model = build(
        encoder.shape, encoder.weights, Heads(nothing, np.zeros(1, np.float32), nothing, np.zeros(1, np.float32), mix)
    )
    graph = model.graph
    heads = {"intent_logits", "tags", "emissions", "mixed"} | {f"mixed{layer}" for layer in range(encoder.shape.layers)}
    kept = [node for node in graph.node if node.output[0] not in heads]
    tensors = [tensor for tensor in graph.initializer if not tensor.name.startswith(("intent.", "tags.", "mix"))]
    kept.append(helper.make_node("LpNormalization", ["pooled"], ["sentence"], axis=-1, p=2))
    del graph.node[:], graph.initializer[:], graph.output[:]
    graph.node.extend(kept)
    graph.initializer.extend(tensors)
    graph.output.append(helper.make_tensor_value_info("sentence", TensorProto.FLOAT, [1, hidden]))
    return model


def reduce_rows(rows: Floats) -> Floats:
    """hidden x dimensions: the directions in which these rows differ most (without centring, so that angles stay)."""
    if len(rows) <= rows.shape[1]:
        return np.eye(rows.shape[1], dtype=np.float32)
    _, vectors = np.linalg.eigh(rows.T.astype(np.float64) @ rows)
    return vectors[:, ::-1][:, :DIMENSIONS].astype(np.float32)


def normalise_rows(rows: Floats) -> Floats:
    lengths: Floats = np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
    return (rows / lengths).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Space:
    """Where rows are compared: a vector of the encoder times `projection` (hidden x dimensions), less `offset`, what
    all have in common."""

    projection: Floats
    offset: Floats


def write_search(out: Path, vectoriser: Vectoriser, space: Space, rows: Floats, mapped: "Mapped | None" = None) -> None:
    """knowledge.onnx: `input_ids`, or with `mapped` the layers of nlu's network -> `scores` (1 x nearest) and `rows`
    (1 x nearest), their numbers as floats."""
    for name in FILES:
        (out / name).unlink(missing_ok=True)
    model = onnx.ModelProto()
    model.CopyFrom(vectoriser.model)
    graph = model.graph
    scale = np.float32(np.abs(rows).max() / LEVELS)
    # One scale for all rows: their scores are compared with one another.
    matrix = np.clip(np.rint(rows.T / scale), -LEVELS, LEVELS).astype(np.int8)
    nearest = min(NEAREST, len(rows))
    constants: list[tuple[str, Any]] = [
        ("rows.int8", matrix),
        ("rows.scale", np.full(1, scale, np.float32)),
        ("nearest", np.array([nearest], np.int64)),
    ]
    if mapped is None:
        constants += [("projection", space.projection), ("offset", -space.offset)]
        graph.node.append(helper.make_node("Gemm", ["sentence", "projection", "offset"], ["reduced"]))
    else:
        del graph.node[:], graph.initializer[:], graph.input[:]
        width = len(mapped.weights)
        graph.input.append(helper.make_tensor_value_info(LAYERS_INPUT, TensorProto.FLOAT, [1, width]))
        half = (mapped.weights @ space.projection).astype(np.float16)
        constants += [("map.half", half), ("map.bias", mapped.bias @ space.projection - space.offset)]
        graph.node.append(helper.make_node("Cast", ["map.half"], ["map"], to=TensorProto.FLOAT))
        graph.node.append(helper.make_node("Gemm", [LAYERS_INPUT, "map", "map.bias"], ["reduced"]))
    for name, value in constants:
        graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
    graph.node.extend(
        (
            helper.make_node("LpNormalization", ["reduced"], ["question"], axis=-1, p=2),
            helper.make_node(
                "DynamicQuantizeMatMul", ["question", "rows.int8", "rows.scale", ""], ["all"], domain=MICROSOFT
            ),
            helper.make_node("TopK", ["all", "nearest"], ["scores", "row.numbers"], axis=-1),
            helper.make_node("Cast", ["row.numbers"], ["rows"], to=TensorProto.FLOAT),
        )
    )
    del graph.output[:]
    for name in ("scores", "rows"):
        graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, nearest]))
    graph.name = "knowledge"
    if mapped is None:
        _write_weights(out, vectoriser, graph)
    (out / FILES[0]).write_bytes(model.SerializeToString())


def _write_weights(out: Path, vectoriser: Vectoriser, graph: onnx.GraphProto) -> None:
    """knowledge.bin: the encoder's tensors, which the runtime maps; and its tokenizer."""
    rows_of_documents = {"projection", "offset", "rows.int8", "rows.scale"}
    with (out / FILES[1]).open("wb") as weights:
        for tensor in graph.initializer:
            if tensor.name in rows_of_documents or len(tensor.raw_data) < EMBEDDED:
                continue
            weights.write(b"\0" * (-weights.tell() % 4096))
            set_external_data(tensor, FILES[1], offset=weights.tell(), length=len(tensor.raw_data))
            weights.write(tensor.raw_data)
            tensor.ClearField("raw_data")
    (out / FILES[2]).write_text(vectoriser.encoder.tokenizer, encoding="utf-8")
