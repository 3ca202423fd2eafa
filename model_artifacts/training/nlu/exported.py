"""Encoders as others export them: a folder in Hugging Face's layout, with safetensors or ONNX, and its tokenizer."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt

KINDS = ("bert", "roberta", "xlm-roberta", "camembert")
OFFSET = 2
"""RoBERTa's places begin after its padding piece, at 2."""
PARTS = (
    "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
    "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm",
)  # fmt: skip
"""Of a layer."""
LOWEST = "embeddings.word_embeddings.weight"
Arrays = Mapping[str, npt.NDArray[Any]]


class Unusable(SystemExit):
    """The encoder is not there, or not of a kind that training knows; the message says what to give instead."""


def read_config(path: Path) -> dict[str, Any]:
    """config.json of an encoder that training can use."""
    try:
        config: dict[str, Any] = json.loads((path / "config.json").read_bytes())
    except (OSError, ValueError) as exc:
        raise Unusable(
            f"there is no encoder in {path} ({exc}); give one with --encoder, see model_artifacts/README.md"
        ) from exc
    if config.get("model_type", "bert") not in KINDS:
        raise Unusable(f"{path}: model_type is {config['model_type']!r}; use an encoder of {', '.join(KINDS)}")
    if config.get("hidden_act", "gelu") != "gelu":
        raise Unusable(f"{path}: hidden_act is {config['hidden_act']!r}; only encoders with gelu can be used")
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise Unusable(f"{path}: places are {config['position_embedding_type']!r}; only absolute ones can be used")
    missing = [key for key in ("hidden_size", "num_hidden_layers", "num_attention_heads") if key not in config]
    if missing:
        raise Unusable(f"{path / 'config.json'} does not say {', '.join(missing)}")
    return config


def read_weights(path: Path, config: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """The encoder's weights by BERT's names, without what stands above the last layer.

    Raises Unusable where a file or a weight is missing, or the ONNX file is quantised already.
    """
    from safetensors.numpy import load_file

    graphs = sorted(path.glob("*.onnx")) or sorted(path.glob("onnx/*.onnx"))
    if (path / "model.safetensors").exists():
        found = dict(_shorten_names(load_file(path / "model.safetensors")))
    elif graphs:
        found = dict(_shorten_names(_read_graph(next((g for g in graphs if g.name == "model.onnx"), graphs[0]))))
    else:
        raise Unusable(
            f"there is no encoder in {path}, neither model.safetensors nor an .onnx file; give one with --encoder"
        )
    if config.get("model_type", "bert") != "bert":
        name = "embeddings.position_embeddings.weight"
        found[name] = found[name][OFFSET:] if name in found else found[name]
    _check(path, found, config)
    return found


def _shorten_names(weights: Arrays) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    for name, value in weights.items():
        short = name
        for above in ("0.auto_model.", "auto_model.", "model.", "bert.", "roberta."):
            short = short.removeprefix(above)
        if short.startswith(("embeddings.", "encoder.")) and not short.endswith(("position_ids", "token_type_ids")):
            yield short, value


def _read_graph(file: Path) -> dict[str, npt.NDArray[Any]]:
    """Weights of an exported graph by PyTorch's names. Exporters keep the names of biases, and number the matrices
    that they turned round for MatMul: such a matrix has the name of the bias that is added to its product."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(file)).graph
    if any(node.op_type in ("MatMulInteger", "DynamicQuantizeMatMul", "QLinearMatMul") for node in graph.node):
        raise Unusable(f"{file}: this encoder is quantised already; give the model that it was made from")
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    products = {node.output[0]: node for node in graph.node if node.op_type in ("MatMul", "Gemm")}
    found = {name: value for name, value in arrays.items() if not name.startswith("onnx::")}
    for node in graph.node:
        if node.op_type == "Gemm" and len(node.input) == 3:
            pairs = [(node.input[2], node)]
        elif node.op_type == "Add":
            pairs = [(b, products[a]) for a, b in (node.input, reversed(node.input)) if a in products]
        else:
            continue
        for bias, product in pairs:
            matrix = arrays.get(product.input[1])
            if matrix is not None and bias.endswith(".bias"):
                turned = any(a.name == "transB" and a.i for a in product.attribute)
                found[bias.removesuffix("bias") + "weight"] = matrix if turned else matrix.T
    return found


def _check(path: Path, found: Arrays, config: Mapping[str, Any]) -> None:
    wanted = [f"embeddings.{part}_embeddings.weight" for part in ("word", "position", "token_type")]
    wanted += [f"embeddings.LayerNorm.{kind}" for kind in ("weight", "bias")]
    for layer in range(config["num_hidden_layers"]):
        wanted += [f"encoder.layer.{layer}.{part}.{kind}" for part in PARTS for kind in ("weight", "bias")]
    missing = [name for name in wanted if name not in found]
    if missing:
        raise Unusable(f"{path}: {len(missing)} weights of a BERT-like encoder are missing, {missing[0]} among them")
    hidden = config["hidden_size"]
    if found[LOWEST].shape[1:] != (hidden,):
        raise Unusable(f"{path}: word embeddings are {found[LOWEST].shape}, but config.json says {hidden}")
