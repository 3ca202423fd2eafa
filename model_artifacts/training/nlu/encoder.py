"""The pretrained encoder that training starts from: its weights, its shape and its vocabulary.

`python -m model_artifacts.training.nlu.encoder --model DIR --out DIR` adopts a BERT-like model in Hugging Face's layout
(model.safetensors, config.json, tokenizer.json), so that training works offline from the repository.
"""

import argparse
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from model_artifacts.training.nlu.exported import Unusable, read_config, read_weights

Floats = npt.NDArray[np.float32]
DEFAULT = Path(__file__).resolve().parents[2] / "encoders" / "minilm-l6"
MAX_TOKENS = 256
KEPT_CONFIG = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "vocab_size",
    "layer_norm_eps",
    "max_position_embeddings",
    "hidden_act",
    "model_type",
)


@dataclass(frozen=True, slots=True)
class Shape:
    layers: int
    hidden: int
    heads: int
    inner: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Encoder:
    """Weights by Hugging Face's names, and the tokenizer whose ids index the word embeddings."""

    name: str
    shape: Shape
    weights: Mapping[str, Floats]
    tokenizer: str
    """tokenizer.json"""

    @property
    def wordpieces(self) -> bool:
        """Whether its pieces are BERT's, which the stage reads."""
        return "continuing_subword_prefix" in json.loads(self.tokenizer)["model"]


def read_encoder(path: Path = DEFAULT) -> Encoder:
    """The encoder in a directory in Hugging Face's layout: config.json, tokenizer.json, and the weights.

    Raises Unusable, saying what is missing or of another kind.
    """
    config = read_config(path)
    if not (path / "tokenizer.json").is_file():
        raise Unusable(f"{path} has no tokenizer.json; save the encoder's fast tokenizer there")
    weights = {name: value.astype(np.float32) for name, value in read_weights(path, config).items()}
    shape = Shape(
        layers=config["num_hidden_layers"],
        hidden=config["hidden_size"],
        heads=config["num_attention_heads"],
        inner=config["intermediate_size"],
        epsilon=config["layer_norm_eps"],
    )
    return Encoder(path.name, shape, weights, (path / "tokenizer.json").read_text(encoding="utf-8"))


def number_pieces(tokenizer: str) -> dict[str, int]:
    """Each piece of a tokenizer.json with its number, which is its row among the word embeddings."""
    vocabulary = json.loads(tokenizer)["model"]["vocab"]
    if isinstance(vocabulary, dict):
        return vocabulary
    return {piece: place for place, (piece, _) in enumerate(vocabulary)}


def keep_layers(encoder: Encoder, layers: int) -> Encoder:
    """The encoder with `layers` of its layers, spread from the first to the last, for a smaller and faster model."""
    if not 0 < layers < encoder.shape.layers:
        return encoder
    kept = [round(i * (encoder.shape.layers - 1) / max(layers - 1, 1)) for i in range(layers)]
    weights = {name: value for name, value in encoder.weights.items() if not name.startswith("encoder.layer.")}
    for new, old in enumerate(kept):
        there = f"encoder.layer.{old}."
        for name, value in encoder.weights.items():
            if name.startswith(there):
                weights[f"encoder.layer.{new}.{name.removeprefix(there)}"] = value
    return replace(encoder, shape=replace(encoder.shape, layers=layers), weights=weights)


def prune(encoder: Encoder, size: int, texts: Collection[str]) -> Encoder:
    """The encoder with a vocabulary of `size` pieces: all that `texts` use, single characters, and the commonest rest.

    BERT's ids run from common to rare, so the lowest ids are kept (facts/models 3e: 0.1 points at 12,000 pieces).
    A size of 0 keeps the vocabulary.
    """
    tokenizer = json.loads(encoder.tokenizer)
    vocabulary: dict[str, int] = tokenizer["model"]["vocab"]
    if size == 0 or size >= len(vocabulary):
        return Encoder(encoder.name, encoder.shape, encoder.weights, limit_tokens(tokenizer, encoder))
    full = Tokenizer.from_str(encoder.tokenizer)
    full.no_truncation()
    full.no_padding()
    kept = {piece for piece in vocabulary if piece.startswith("[") and not piece.startswith("[unused")}
    kept |= {piece for piece in vocabulary if piece.isascii() and len(piece.removeprefix("##")) == 1}
    for encoding in full.encode_batch(sorted(texts)):
        kept.update(encoding.tokens)
    for piece in sorted(vocabulary, key=vocabulary.__getitem__):
        if len(kept) >= size:
            break
        if piece.isascii() and not piece.startswith("[unused"):
            kept.add(piece)
    order = sorted(kept, key=vocabulary.__getitem__)
    old = np.array([vocabulary[piece] for piece in order])
    new = {piece: i for i, piece in enumerate(order)}
    tokenizer["model"]["vocab"] = new
    tokenizer["added_tokens"] = [
        {**token, "id": new[token["content"]]} for token in tokenizer["added_tokens"] if token["content"] in new
    ]
    for special in tokenizer["post_processor"].get("special_tokens", {}).values():
        special["ids"] = [new[token] for token in special["tokens"]]
    for end in ("sep", "cls"):
        if end in tokenizer["post_processor"]:
            piece = tokenizer["post_processor"][end][0]
            tokenizer["post_processor"][end] = [piece, new[piece]]
    name = "embeddings.word_embeddings.weight"
    weights = {**encoder.weights, name: encoder.weights[name][old]}
    return Encoder(encoder.name, encoder.shape, weights, limit_tokens(tokenizer, encoder))


def limit_tokens(tokenizer: dict[str, Any], encoder: Encoder) -> str:
    """tokenizer.json that cuts texts at what the encoder has places for, and pads nothing."""
    places = len(encoder.weights["embeddings.position_embeddings.weight"])
    tokenizer["padding"] = None
    tokenizer["truncation"] = {
        "direction": "Right",
        "max_length": min(MAX_TOKENS, places),
        "strategy": "LongestFirst",
        "stride": 0,
    }
    return json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))


def adopt(model: Path, out: Path) -> None:
    """Write the encoder of `model` to `out`: float16 weights without the pooler, tokenizer and the shape."""
    config = read_config(model)
    weights = {name: value.astype(np.float16) for name, value in read_weights(model, config).items()}
    out.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(value) for name, value in weights.items()}, out / "model.safetensors")
    kept = {key: config[key] for key in KEPT_CONFIG if key in config}
    # The places of another kind were brought into BERT's order.
    kept["model_type"] = "bert"
    (out / "config.json").write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (out / "tokenizer.json").write_bytes((model / "tokenizer.json").read_bytes())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=adopt.__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    adopt(arguments.model, arguments.out)
