"""A question's vector from what nlu's own network makes of it, so that a bundle carries no second encoder.

Fine-tuning on intents forgets in the last layer what questions and answers have in common, but the layers together
still hold it: a linear map from their means to the vector of the encoder as it came is fitted (ridge regression) on
the documents' sentences, the questions made of them, and the assistant's examples. Rows of documents stay those of the
encoder as it came. Where its layers were not trained the map is the last one's mean itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from tokenizers import Tokenizer

from functions.nlu.encoding import encode
from functions.nlu.layers import LAYERS
from functions.nlu.onnx_runtime import open_package
from model_artifacts.training.knowledge.vectors import Vectoriser, normalise_rows
from model_artifacts.training.nlu.encoder import Floats

MODEL = ("model.onnx", "model.bin", "tokenizer.json")
RIDGE = 300.0
"""On inputs of unit variance; from 100 to 1,000 it makes no difference (tests/bench/README.md)."""
TRIED, SAME = 40, 0.9
"""So many texts show whether the layers were trained: where vectors agree so much they were not (0.96 in quick mode;
the rest is what other pieces and whole numbers cost)."""
FEWEST = 400
"""Texts to fit a map on; with fewer the documents keep an encoder of their own."""
AGREES = 0.5
"""The least mean cosine to the vectors of the encoder as it came, on texts that were held out."""
HELD_OUT = 10
"""Every so many-th text is."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """From the layers of nlu's network to the vector of the encoder as it came."""

    weights: Floats
    """layers * hidden x hidden"""
    bias: Floats

    def __call__(self, layers: Floats) -> Floats:
        return normalise_rows(layers @ self.weights + self.bias)


def add_layers(folder: Path) -> int:
    """Give model.onnx one more output, the means of its layers side by side; how many numbers that is."""
    path = folder / MODEL[0]
    model = onnx.load(str(path), load_external_data=False)
    graph = model.graph
    known = {output.name: output for output in graph.output}
    names = [node.output[0] for node in graph.node]
    layers = ["embeddings", *(f"layer{number}.out" for number in range(len(names)) if f"layer{number}.out" in names)]
    scale = next(tensor for tensor in graph.initializer if tensor.name == "embeddings.gamma")
    width = len(layers) * int(scale.dims[0])
    if LAYERS in known:
        return width
    means = []
    for layer in layers:
        means.append(f"{layer}.mean")
        graph.node.append(helper.make_node("ReduceMean", [layer], [means[-1]], name=means[-1], axes=[1], keepdims=0))
    graph.node.append(helper.make_node("Concat", means, [LAYERS], name=LAYERS, axis=-1))
    graph.output.append(helper.make_tensor_value_info(LAYERS, TensorProto.FLOAT, [1, width]))
    path.write_bytes(model.SerializeToString())
    return width


def find_mapping(folder: Path, vectoriser: Vectoriser, texts: Sequence[str], cache: Path | None) -> Mapped | None:
    """The map for the model in `folder`, fitted on `texts` unless `cache` (a file of ours) has it; None where the
    network has too little in common with the encoder, or there is too little to fit on."""
    width = add_layers(folder)
    digest = sha256(vectoriser.encoder.name.encode())
    for name in MODEL:
        digest.update((folder / name).read_bytes())
    mark = digest.hexdigest()
    if cache is not None and cache.is_file():
        with np.load(cache, allow_pickle=False) as kept:
            if str(kept["mark"]) == mark:
                return Mapped(kept["weights"], kept["bias"])
    mapped = _fit(folder, vectoriser, list(dict.fromkeys(texts)), width)
    if cache is not None and mapped is not None:
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez(cache, mark=mark, weights=mapped.weights, bias=mapped.bias)
    return mapped


def _fit(folder: Path, vectoriser: Vectoriser, texts: Sequence[str], width: int) -> Mapped | None:
    session = open_package(str(folder / MODEL[0]))
    tokenizer = Tokenizer.from_file(str(folder / MODEL[2]))

    def read(some: Sequence[str]) -> Floats:
        ids = [np.array([encode(tokenizer, text).ids], np.int64) for text in some]
        return np.array([session.run([LAYERS], {"input_ids": one})[0][0] for one in ids], np.float32)

    hidden = vectoriser.encoder.shape.hidden
    last = np.zeros((width, hidden), np.float32)
    last[-hidden:] = np.eye(hidden, dtype=np.float32)
    plain = Mapped(last, np.zeros(hidden, np.float32))
    some = texts[:: max(1, len(texts) // TRIED)][:TRIED]
    if _agreement(plain(read(some)), vectoriser.encode(some)) >= SAME:
        return plain
    if len(texts) < FEWEST:
        return None
    layers, vectors = read(texts), vectoriser.encode(texts)
    held = np.arange(len(texts)) % HELD_OUT == 0
    mean, spread = layers[~held].mean(0), layers[~held].std(0) + 1e-6
    inputs = (layers[~held] - mean) / spread
    offset = vectors[~held].mean(0)
    found = np.linalg.solve(
        inputs.T @ inputs + RIDGE * np.eye(width, dtype=np.float32), inputs.T @ (vectors[~held] - offset)
    )
    weights = (found / spread[:, None]).astype(np.float32)
    mapped = Mapped(weights, (offset - mean @ weights).astype(np.float32))
    return mapped if _agreement(mapped(layers[held]), vectors[held]) >= AGREES else None


def _agreement(found: Floats, wanted: Floats) -> float:
    return float(np.mean(np.sum(found * wanted, axis=1)))
