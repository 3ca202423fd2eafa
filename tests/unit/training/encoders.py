"""Small encoders in the layouts in which others export them, written for the tests of training."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

HIDDEN, INNER, LAYERS, PLACES = 16, 32, 2, 40
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = (
    "play", "jazz", "rock", "hello", "bye", "fly", "from", "to", "Rome", "Paris", "spiele", "etwas", "Musik", "hallo",
    "größer", "música", "por", "favor",
)  # fmt: skip
Arrays = dict[str, npt.NDArray[np.float32]]


def unigram(
    words: Iterable[str] = WORDS, letters: str = LETTERS + LETTERS.upper() + "äöüßúí'!?,."
) -> tuple[list[str], str]:
    """Pieces and tokenizer.json as SentencePiece's exporters write them."""
    pieces = [*SPECIAL, "\u2581", *(f"\u2581{word}" for word in words), "ing", "er", *letters]
    pieces += [f"\u2581{letter}" for letter in letters if letter.isalpha()]
    special = {text: {"id": text, "ids": [pieces.index(text)], "tokens": [text]} for text in ("<s>", "</s>")}
    single = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
              {"SpecialToken": {"id": "</s>", "type_id": 0}}]  # fmt: skip
    scores = [0.0 if piece in SPECIAL else -2.0 - 0.01 * place for place, piece in enumerate(pieces)]
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "decoder": None, "normalizer": None,
        "added_tokens": [
            {"id": place, "content": text, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": True} for place, text in enumerate(SPECIAL)
        ],
        "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
        "post_processor": {"type": "TemplateProcessing", "single": single, "pair": [], "special_tokens": special},
        "model": {"type": "Unigram", "unk_id": 3, "vocab": list(zip(pieces, scores, strict=True)),
                  "byte_fallback": False},
    }  # fmt: skip
    return pieces, json.dumps(tokenizer, ensure_ascii=False)


def random_weights(rows: int, places: int = PLACES) -> Arrays:
    rng = np.random.default_rng(1)
    sizes = {
        "embeddings.word_embeddings.weight": (rows, HIDDEN),
        "embeddings.position_embeddings.weight": (places, HIDDEN),
        "embeddings.token_type_embeddings.weight": (1, HIDDEN),
    }
    for layer in range(LAYERS):
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            sizes[f"encoder.layer.{layer}.{part}.weight"] = (HIDDEN, HIDDEN)
        sizes[f"encoder.layer.{layer}.intermediate.dense.weight"] = (INNER, HIDDEN)
        sizes[f"encoder.layer.{layer}.output.dense.weight"] = (HIDDEN, INNER)
    weights = {name: rng.normal(scale=0.2, size=size).astype(np.float32) for name, size in sizes.items()}
    for name, size in sizes.items():
        if "layer." in name:
            weights[name.removesuffix("weight") + "bias"] = np.zeros(size[0], np.float32)
    norms = [f"encoder.layer.{layer}.{part}" for layer in range(LAYERS) for part in ("attention.output", "output")]
    for norm in ("embeddings", *norms):
        weights[f"{norm}.LayerNorm.weight"] = np.ones(HIDDEN, np.float32)
        weights[f"{norm}.LayerNorm.bias"] = np.zeros(HIDDEN, np.float32)
    return weights


def write_encoder(path: Path, *, onnx: bool = False, weights: Arrays | None = None, **config: object) -> Arrays:
    """An encoder of two layers in the directory `path`, and its weights."""
    path.mkdir(parents=True)
    pieces, tokenizer = unigram()
    weights = random_weights(len(pieces)) if weights is None else weights
    shape = {
        "model_type": "bert", "hidden_act": "gelu", "num_hidden_layers": LAYERS, "hidden_size": HIDDEN,
        "num_attention_heads": 2, "intermediate_size": INNER, "layer_norm_eps": 1e-12,
    }  # fmt: skip
    (path / "config.json").write_text(json.dumps({**shape, **config}))
    (path / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    if onnx:
        write_graph(path / "model.onnx", weights)
    else:
        above = {"pooler.dense.weight": np.eye(HIDDEN, dtype=np.float32)}
        save_file({f"bert.{name}": value for name, value in (weights | above).items()}, path / "model.safetensors")
    return weights


def write_graph(file: Path, weights: Arrays, product: str = "MatMul") -> None:
    """The weights as PyTorch's exporter leaves them: matrices turned round and numbered, biases by their names."""
    nodes, tensors = [], []
    for number, (name, value) in enumerate(weights.items()):
        if ".layer." in name and name.endswith(".weight") and "LayerNorm" not in name:
            bias = name.removesuffix("weight") + "bias"
            tensors.append(numpy_helper.from_array(np.ascontiguousarray(value.T), f"onnx::MatMul_{number}"))
            nodes.append(helper.make_node(product, ["hidden", f"onnx::MatMul_{number}"], [f"product{number}"]))
            nodes.append(helper.make_node("Add", [bias, f"product{number}"], [f"added{number}"]))
        else:
            tensors.append(numpy_helper.from_array(value, f"bert.{name}"))
    for node in nodes:
        if node.op_type == "Add":
            node.input[0] = f"bert.{node.input[0]}"
    hidden = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [1, HIDDEN])
    onnx.save_model(helper.make_model(helper.make_graph(nodes, "exported", [hidden], [], tensors)), str(file))
