"""What a trained bundle knows, as the start of another training: encoder and entity head, from its int8 graph."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from functions.nlu.model import Label, specify
from functions.nlu.tables import NOTHING, Features
from model_artifacts.training.nlu.encoder import Encoder, Floats, number_pieces
from model_artifacts.training.nlu.reading import InvalidData
from model_artifacts.training.nlu.tagging import Scheme

LAYER = {
    "projected": "attention.output.dense",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "middle": "attention.output.LayerNorm",
    "out": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class Learned:
    """A bundle's weights, as graph.build named them."""

    tensors: Mapping[str, Floats]
    vocabulary: Mapping[str, int]
    labels: tuple[Label, ...]
    crf: tuple[Floats, Floats, Floats]
    """Transitions, start, end."""
    intents: tuple[str, ...] = ()
    features: Features | None = None

    @property
    def layers(self) -> int:
        return sum(name.endswith(".qkv.bias") for name in self.tensors)


def read_learned(bundle: Path) -> Learned:
    """What the bundle in this directory has learned, or InvalidData where there is none."""
    try:
        graph = onnx.load(str(bundle / "model.onnx")).graph
        vocabulary = number_pieces((bundle / "tokenizer.json").read_text(encoding="utf-8"))
        specification = specify(json.loads((bundle / "nlu.json").read_bytes()), NOTHING)
    except (OSError, ValueError, KeyError) as exc:
        raise InvalidData(
            f"{bundle}: there is no trained bundle to go on from ({exc}); train without --finetune"
        ) from exc
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    transitions, start, end = (
        np.array(scores, np.float32) for scores in (specification.transitions, specification.start, specification.end)
    )
    crf = (transitions, start, end)
    return Learned(
        tensors, vocabulary, specification.labels, crf, specification.intents, specification.features
    )  # fmt: skip


def apply_learned(encoder: Encoder, learned: Learned) -> Encoder:
    """The encoder with what the bundle learned; pieces that the bundle does not have stay as they were."""
    here = learned.tensors
    if learned.layers != encoder.shape.layers or here["layer0.qkv.scale"].shape[0] != 3 * encoder.shape.hidden:
        raise InvalidData("--finetune: the bundle was made from an encoder of another shape; train without it")
    weights = dict(encoder.weights)
    words = weights["embeddings.word_embeddings.weight"].copy()
    ids = number_pieces(encoder.tokenizer)
    for piece, row in learned.vocabulary.items():
        if piece in ids:
            words[ids[piece]] = here["words.int8"][row].astype(np.float32) * here["words.scale"][row]
    weights["embeddings.word_embeddings.weight"] = words
    places = weights["embeddings.position_embeddings.weight"].copy()
    # The graph keeps both sums together.
    places += weights["embeddings.token_type_embeddings.weight"][0]
    places[: len(here["places"])] = here["places"]
    weights["embeddings.position_embeddings.weight"] = places
    weights["embeddings.token_type_embeddings.weight"] = np.zeros_like(
        weights["embeddings.token_type_embeddings.weight"]
    )
    weights["embeddings.LayerNorm.weight"] = here["embeddings.gamma"]
    weights["embeddings.LayerNorm.bias"] = here["embeddings.beta"]
    for layer in range(learned.layers):
        weights |= _layer(here, layer, encoder.shape.hidden)
    return replace(encoder, weights=weights)


def make_entity_head(learned: Learned, scheme: Scheme) -> tuple[Floats, Floats, Floats, tuple[Floats, Floats, Floats]]:
    """Weight (hidden x tags), bias, mix of layers, and CRF for the scheme; labels that are new start from nothing."""
    here = learned.tensors
    old, new = _same_tags(learned, scheme)
    weight = np.zeros((len(here["tags.weight"]), scheme.tags), np.float32)
    bias = np.zeros(scheme.tags, np.float32)
    weight[:, new], bias[new] = here["tags.weight"][:, old], here["tags.bias"][old]
    transitions, start, end = (np.zeros(size, np.float32) for size in ((scheme.tags,) * 2, scheme.tags, scheme.tags))
    transitions[np.ix_(new, new)] = learned.crf[0][np.ix_(old, old)]
    start[new], end[new] = learned.crf[1][old], learned.crf[2][old]
    mix = np.array([np.sum(here.get(f"mix{layer}", 0.0)) for layer in range(learned.layers)], np.float32)
    return weight, bias, mix, (transitions, start, end)


def make_hit_features(learned: Learned, scheme: Scheme, rows: Mapping[str, int]) -> tuple[Floats, Floats]:
    """What hits of tables add to the tags and to the intents of the scheme; what is new to the bundle adds nothing."""
    tags = np.zeros((2 * len(rows), scheme.tags), np.float32)
    intents = np.zeros((3 * len(rows), len(scheme.intents)), np.float32)
    if learned.features is None:
        return tags, intents
    old, new = _same_tags(learned, scheme)
    known = [(learned.intents.index(name), place) for place, name in enumerate(scheme.intents)
             if name in learned.intents]  # fmt: skip
    for entity, row in rows.items():
        there = learned.features.rows.get(entity)
        if there is None:
            continue
        for part in range(2):
            tags[2 * row + part, new] = np.array(learned.features.tags[2 * there + part])[old]
        for part in range(3):
            for before, after in known:
                intents[3 * row + part, after] = learned.features.intents[3 * there + part][before]
    return tags, intents


def _same_tags(learned: Learned, scheme: Scheme) -> tuple[list[int], list[int]]:
    """The tags that both have: their places in the bundle, and in the scheme."""
    old, new = [0], [0]
    for index, label in enumerate(scheme.labels):
        if label in learned.labels:
            known = learned.labels.index(label)
            old += [2 * known + 1, 2 * known + 2]
            new += [2 * index + 1, 2 * index + 2]
    return old, new


def _layer(here: Mapping[str, Floats], layer: int, hidden: int) -> dict[str, Floats]:
    there, name = f"encoder.layer.{layer}", f"layer{layer}"
    found = {}
    joined, bias = _matrix(here, f"{name}.qkv"), here[f"{name}.qkv.bias"]
    for number, part in enumerate(("query", "key", "value")):
        columns = slice(number * hidden, (number + 1) * hidden)
        found[f"{there}.attention.self.{part}.weight"] = np.ascontiguousarray(joined[:, columns].T)
        found[f"{there}.attention.self.{part}.bias"] = bias[columns]
    for short, full in LAYER.items():
        if full.endswith("LayerNorm"):
            found[f"{there}.{full}.weight"] = here[f"{name}.{short}.gamma"]
            found[f"{there}.{full}.bias"] = here[f"{name}.{short}.beta"]
        else:
            found[f"{there}.{full}.weight"] = np.ascontiguousarray(_matrix(here, f"{name}.{short}").T)
            found[f"{there}.{full}.bias"] = here[f"{name}.gelu.bias" if short == "inner" else f"{name}.{short}.bias"]
    return found


def _matrix(here: Mapping[str, Floats], name: str) -> Floats:
    matrix: Floats = here[f"{name}.int8"].astype(np.float32) * here[f"{name}.scale"]
    return matrix
