"""From trained weights to the ONNX graph that the nlu stage runs: int8 matrices, fused kernels, mapped weights.

The graph is written by hand, without tracing PyTorch, so that quick training needs no PyTorch and the stored graph is
the one that runs: nothing is left to optimise when a stage wakes (facts/models 3e, facts/runtime "model loading").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from model_artifacts.training.nlu.encoder import MAX_TOKENS, Floats, Shape

OPSET = 17
MICROSOFT = "com.microsoft"
LEVELS = 63
"""Weights take 7 of the 8 bits: pairs of 8-bit products overflow 16 bits on x86 without VNNI, so that the same model
would answer differently there (onnxruntime documentation, "quantization: reduce_range")."""


@dataclass(frozen=True, slots=True)
class Heads:
    """The linear layers on top of the encoder. `mix` weighs the layers' outputs for the entity head."""

    intent_weight: Floats
    """hidden x intents, over the mean of the last layer's pieces; or 2 hidden x intents, over that and the mean of the
    layers' mix, for an encoder that stays as it is: what its last layer leaves out lies below."""
    intent_bias: Floats
    tag_weight: Floats
    """hidden x tags, over the mix of the layers."""
    tag_bias: Floats
    mix: Floats
    """One weight a layer."""
    hit_tags: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """What hits of lookup tables add, outside of the graph: functions.nlu.tables.Features."""
    hit_intents: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))


@dataclass(slots=True)
class _Graph:
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    tensors: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, name: str, value: npt.NDArray[np.generic]) -> str:
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def quantised(self, name: str, weight: Floats) -> tuple[str, str]:
        """Names of the int8 matrix (inputs x outputs) and its scale a column. Without zero points, which would all be
        zero, onnxruntime's kernels are a twentieth faster."""
        scale = np.maximum(np.abs(weight).max(axis=0), 1e-8) / LEVELS
        matrix = np.clip(np.rint(weight / scale), -LEVELS, LEVELS).astype(np.int8)
        return (
            self.constant(f"{name}.int8", matrix),
            self.constant(f"{name}.scale", scale.astype(np.float32)),
        )


def build(shape: Shape, weights: Mapping[str, Floats], heads: Heads) -> onnx.ModelProto:
    """The model: `input_ids` (1 x pieces) -> `intent_logits` (1 x intents), `emissions` (1 x pieces x tags)."""
    graph = _Graph()
    hidden = _embeddings(graph, shape, weights)
    layers = []
    for layer in range(shape.layers):
        hidden = _layer(graph, shape, weights, layer, hidden)
        layers.append(hidden)
    _heads(graph, heads, layers)
    outputs = (("intent_logits", [1, len(heads.intent_bias)]), ("emissions", [1, "pieces", len(heads.tag_bias)]))
    proto = helper.make_graph(
        graph.nodes,
        "nlu",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "pieces"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, dimensions) for name, dimensions in outputs],
        graph.tensors,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(proto, opset_imports=opsets, ir_version=9, producer_name="parley")


def save(model: onnx.ModelProto, directory: Path) -> None:
    """Write model.onnx (the graph) and model.bin (the weights, which onnxruntime maps into memory)."""
    for name in ("model.onnx", "model.bin"):
        (directory / name).unlink(missing_ok=True)
    onnx.save_model(
        model,
        str(directory / "model.onnx"),
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="model.bin",
        size_threshold=1024,
    )


def _embeddings(graph: _Graph, shape: Shape, weights: Mapping[str, Floats]) -> str:
    words = weights["embeddings.word_embeddings.weight"]
    scale = np.maximum(np.abs(words).max(axis=1, keepdims=True), 1e-8) / 127
    graph.constant("words.int8", np.rint(words / scale).astype(np.int8))
    graph.constant("words.scale", scale.astype(np.float32))
    places = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    graph.constant("places", places[:MAX_TOKENS].astype(np.float32))
    graph.constant("zero", np.zeros(1, np.int64))
    graph.constant("embeddings.gamma", weights["embeddings.LayerNorm.weight"])
    graph.constant("embeddings.beta", weights["embeddings.LayerNorm.bias"])
    graph.node("Gather", ["words.int8", "input_ids"], "word.int8", axis=0)
    graph.node("Gather", ["words.scale", "input_ids"], "word.scale", axis=0)
    graph.node("Cast", ["word.int8"], "word.float", to=TensorProto.FLOAT)
    graph.node("Mul", ["word.float", "word.scale"], "word")
    graph.node("Shape", ["input_ids"], "pieces", start=1)
    graph.node("Slice", ["places", "zero", "pieces", "zero"], "place")
    graph.node("Add", ["word", "place"], "embedded")
    return graph.node(
        "LayerNormalization",
        ["embedded", "embeddings.gamma", "embeddings.beta"],
        "embeddings",
        axis=-1,
        epsilon=shape.epsilon,
    )


def _layer(graph: _Graph, shape: Shape, weights: Mapping[str, Floats], index: int, hidden: str) -> str:
    there, here = f"encoder.layer.{index}", f"layer{index}"
    parts = [f"{there}.attention.self.{part}" for part in ("query", "key", "value")]
    matrix, scale = graph.quantised(f"{here}.qkv", np.concatenate([weights[f"{p}.weight"].T for p in parts], 1))
    bias = graph.constant(f"{here}.qkv.bias", np.concatenate([weights[f"{part}.bias"] for part in parts]))
    quantised = [f"{here}.in", f"{here}.in.scale", f"{here}.in.zero"]
    graph.nodes.append(helper.make_node("DynamicQuantizeLinear", [hidden], quantised, name=f"{here}.in"))
    attended = graph.node(
        "QAttention",
        [quantised[0], matrix, bias, quantised[1], scale, "", quantised[2]],
        f"{here}.attended",
        MICROSOFT,
        num_heads=shape.heads,
    )
    projected = _linear(graph, f"{here}.projected", attended, weights, f"{there}.attention.output.dense")
    hidden = _norm(graph, f"{here}.middle", projected, hidden, weights, f"{there}.attention.output", shape)
    inner = _linear(graph, f"{here}.inner", hidden, weights, f"{there}.intermediate.dense", bias=False)
    graph.constant(f"{here}.gelu.bias", weights[f"{there}.intermediate.dense.bias"])
    active = graph.node("BiasGelu", [inner, f"{here}.gelu.bias"], f"{here}.gelu", MICROSOFT)
    outer = _linear(graph, f"{here}.outer", active, weights, f"{there}.output.dense")
    return _norm(graph, f"{here}.out", outer, hidden, weights, f"{there}.output", shape)


def _linear(
    graph: _Graph, name: str, hidden: str, weights: Mapping[str, Floats], source: str, *, bias: bool = True
) -> str:
    inputs = [hidden, *graph.quantised(name, weights[f"{source}.weight"].T), ""]
    if bias:
        inputs.append(graph.constant(f"{name}.bias", weights[f"{source}.bias"]))
    return graph.node("DynamicQuantizeMatMul", inputs, name, MICROSOFT)


def _norm(
    graph: _Graph, name: str, hidden: str, skip: str, weights: Mapping[str, Floats], source: str, shape: Shape
) -> str:
    gamma = graph.constant(f"{name}.gamma", weights[f"{source}.LayerNorm.weight"])
    beta = graph.constant(f"{name}.beta", weights[f"{source}.LayerNorm.bias"])
    # Twice as fast as SkipLayerNormalization in onnxruntime 1.32 at a dozen pieces.
    total = graph.node("Add", [hidden, skip], f"{name}.sum")
    return graph.node("LayerNormalization", [total, gamma, beta], name, axis=-1, epsilon=shape.epsilon)


def _heads(graph: _Graph, heads: Heads, layers: list[str]) -> None:
    graph.constant("intent.weight", heads.intent_weight.astype(np.float32))
    graph.constant("intent.bias", heads.intent_bias.astype(np.float32))
    graph.node("ReduceMean", [layers[-1]], "pooled", axes=[1], keepdims=0)
    graph.constant("tags.weight", heads.tag_weight.astype(np.float32))
    graph.constant("tags.bias", heads.tag_bias.astype(np.float32))
    mixed = []
    for index, layer in enumerate(layers):
        if heads.mix[index] != 0:
            graph.constant(f"mix{index}", np.array(heads.mix[index], np.float32))
            mixed.append(graph.node("Mul", [layer, f"mix{index}"], f"mixed{index}"))
    graph.node("Sum", mixed, "mixed")
    read = "pooled"
    if len(heads.intent_weight) > len(heads.tag_weight):
        graph.node("ReduceMean", ["mixed"], "pooled.mixed", axes=[1], keepdims=0)
        read = graph.node("Concat", ["pooled", "pooled.mixed"], "read", axis=1)
    graph.node("Gemm", [read, "intent.weight", "intent.bias"], "intent_logits")
    graph.node("MatMul", ["mixed", "tags.weight"], "tags")
    graph.node("Add", ["tags", "tags.bias"], "emissions")
