"""Fits a bundle's intents anew to examples that were edited; encoder and entities stay, to the byte.

The encoder's answer to a text never changes, so that each text is read once; what is learned from it is one matrix.
"""

import json
import os
import random
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer

from functions.nlu.model import Label, load_model, open_session
from functions.nlu.tables import FILE as TABLES
from functions.nlu.tables import hash_phrase
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.augmentation import make_variations
from model_artifacts.training.nlu.bundling import read_settings, write_json
from model_artifacts.training.nlu.calibration import calibrate
from model_artifacts.training.nlu.dataset import Dataset, add_intent_names, assemble, intent_entities
from model_artifacts.training.nlu.encoder import Floats
from model_artifacts.training.nlu.glossing import gloss_examples, read_glossaries
from model_artifacts.training.nlu.lesson import Lesson
from model_artifacts.training.nlu.names import find_named_entities
from model_artifacts.training.nlu.packing import write_pieces
from model_artifacts.training.nlu.quick import DECAYED, ENOUGH, INTENT_DECAY, NAMES, even_out
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.schedule import meaningless_example
from model_artifacts.training.nlu.softmax import fit_softmax
from model_artifacts.training.nlu.tables import make_lookups
from model_artifacts.training.nlu.unsure import find_unsure

SEED = 0
LINKED = ("model.bin", "tokenizer.json")
"""Files of the bundle that no edit changes."""
HOLDS_FOUR = 4
GLOSSED = 200
"""About so many examples are put into each other language."""
SURE = 0.95
"""Examples with less are read with the whole model, which takes longer."""


@dataclass(frozen=True, slots=True)
class Score:
    """How many of the examples that were set aside are given their intent."""

    right: int
    of: int

    def __str__(self) -> str:
        return f"{100 * self.right / self.of:.0f} % of {self.of}" if self.of else "nothing to judge by"


class Encoded:
    """What a bundle's encoder makes of texts: what its intents are read from, remembered from run to run in a file."""

    def __init__(self, bundle: Path, remembered: Path) -> None:
        self._file = remembered
        self._known: dict[tuple[int, ...], Floats] = {}
        self._fresh = 0
        model = onnx.load(str(bundle / "model.onnx"), load_external_data=False)
        # What the intents are read from.
        self._read_from = next(node.input[0] for node in model.graph.node if node.output[0] == "intent_logits")
        model.graph.output.append(helper.make_tensor_value_info(self._read_from, TensorProto.FLOAT, None))
        with tempfile.TemporaryDirectory() as folder:
            link_file(bundle / "model.bin", Path(folder) / "model.bin")
            onnx.save(model, str(Path(folder) / "model.onnx"))
            self._session = open_session(Path(folder) / "model.onnx")
        self._read()

    def __call__(self, ids: Sequence[int]) -> Floats:
        key = tuple(ids)
        found = self._known.get(key)
        if found is None:
            found = self._session.run([self._read_from], {"input_ids": np.array([key], np.int64)})[0][0]
            self._known[key] = found = found.astype(np.float32)
            self._fresh += 1
        return found

    def keep(self) -> None:
        """Write what was learned to read since the last time."""
        if not self._fresh:
            return
        self._fresh = 0
        self._file.parent.mkdir(parents=True, exist_ok=True)
        part = self._file.with_suffix(".part.npz")
        keys = list(self._known)
        lengths = np.array([len(key) for key in keys], np.int32)
        ids = np.array([piece for key in keys for piece in key], np.int32)
        np.savez(part, lengths=lengths, ids=ids, pooled=np.array([self._known[key] for key in keys], np.float32))
        os.replace(part, self._file)

    def _read(self) -> None:
        try:
            with np.load(self._file) as kept:
                ends = np.cumsum(kept["lengths"])
                ids, pooled = kept["ids"], kept["pooled"]
                for end, length, row in zip(ends, kept["lengths"], pooled, strict=True):
                    self._known[tuple(int(piece) for piece in ids[end - length : end])] = row
        except (OSError, ValueError, KeyError):
            # Nothing is remembered yet, or it was cut off: it is read anew.
            self._known.clear()


def can_go_on(assistant: Assistant, base: Path) -> bool:
    """Whether the bundle's network knows every entity that the examples mark; what is new there needs training.

    A table or an expression that came after the network tells it nothing, and mends spans all the same.
    """
    raw = json.loads((base / "nlu.json").read_bytes())
    labels = {Label(item["entity"], item.get("role"), item.get("group")) for item in raw["labels"]}
    return labels >= {
        Label(a.entity, a.role, a.group) for example in assistant.nlu.examples for a in example.annotations
    }


def relearn(assistant: Assistant, base: Path, out: Path, encoded: Encoded) -> Score:
    """Write the nlu files of `base`, with intents fitted to the assistant's examples, into the directory `out`."""
    raw: dict[str, Any] = json.loads((base / "nlu.json").read_bytes())
    dataset = _with_labels(assemble(assistant, None, SEED), raw)
    lesson = _lesson(assistant, add_intent_names(dataset), base)
    rows = {name: place for place, name in enumerate((raw.get("features") or {"entities": []})["entities"])}
    lesson = replace(lesson, lookups=replace(lesson.lookups, rows=rows))
    # Judged by what has not learned the examples that were set aside; where they are few, they are learned after that.
    weight, bias, hits = _fit(lesson, [*_texts(lesson, lesson.training)], encoded)
    logits, gold = _judge(lesson, encoded, weight, bias, hits)
    if not lesson.chooses:
        weight, bias, hits = _fit(lesson, [*_texts(lesson, [*lesson.training, *lesson.validation])], encoded)
    names = dataset.scheme.intents
    calibrated = calibrate(names, logits, gold, assistant.costs)
    encoded.keep()
    _write_graph(base, out, weight, bias)
    marked = {label["entity"] for label in raw["labels"]}
    raw |= {
        "intents": list(names),
        "intent_entities": intent_entities((*dataset.training, *dataset.validation)),
        **read_settings(assistant, marked),
        "temperature": calibrated.temperature,
    }
    raw["thresholds"] |= {"energy": calibrated.min_energy, "against": calibrated.against}
    if rows:
        raw["features"] = {**raw["features"], "intents": np.round(hits.astype(np.float64), 3).tolist()}
    raw.pop("lookups", None)
    intents = {example.text: example.intent for example in assistant.nlu.examples}
    kept = {text: entry for text, entry in (raw.get("examples") or {}).items() if intents.get(text) == entry[0]}
    doubtful = _doubtful(lesson, assistant, encoded, (weight, bias, hits), kept)
    write_json(out / "nlu.json", raw | {"examples": {}})
    (out / TABLES).write_bytes(lesson.lookups.tables.to_bytes())
    for name in LINKED:
        link_file(base / name, out / name)
    write_pieces(out)
    # What the network reads otherwise than it was written is looked up, word for word.
    write_json(out / "nlu.json", raw | {"examples": {**kept, **find_unsure(load_model(out), doubtful)}})
    right = sum(int(row.argmax()) == intent for row, intent in zip(logits, gold, strict=True))
    return Score(right, len(gold))


def _with_labels(dataset: Dataset, raw: Mapping[str, Any]) -> Dataset:
    labels = tuple(Label(item["entity"], item.get("role"), item.get("group")) for item in raw["labels"])
    return replace(dataset, scheme=replace(dataset.scheme, labels=labels))


def _lesson(assistant: Assistant, dataset: Dataset, base: Path) -> Lesson:
    tokenizer = Tokenizer.from_str((base / "tokenizer.json").read_text(encoding="utf-8"))
    plain = {label.entity for label in dataset.scheme.labels if label.role is None and label.group is None}
    own = [example for example in dataset.training if example.authored]
    tables = {entity: phrases for entity, phrases in assistant.nlu.lookups.items() if entity in plain}
    glossaries = read_glossaries(assistant.languages)
    return Lesson(
        dataset.scheme,
        tokenizer,
        dataset.training,
        make_variations(dataset.training, assistant.nlu.lookups, assistant.language),
        make_lookups(assistant.nlu, dataset.scheme.entities(), tokenizer, glossaries),
        find_named_entities(own, tables),
        dataset.validation,
        chooses=dataset.chooses,
        glossaries=glossaries,
        several=len(assistant.languages) > 1,
    )


def _texts(lesson: Lesson, learned: Sequence[Example]) -> Iterator[Example]:
    """The examples and their variations. Each is varied by itself, so that an edit changes its own variations alone."""
    authored = [example for example in learned if example.authored]
    copies = 0 if len(authored) >= 2 * ENOUGH else min(HOLDS_FOUR, max(1, ENOUGH // max(1, len(authored)) - 1))
    yield from learned
    for example in authored:
        rng = random.Random(f"{SEED} {example.intent} {example.text}")
        for _ in range(copies):
            yield lesson.variations.vary(example, rng)
        if hash_phrase(example.text) % 1000 * len(authored) < 1000 * GLOSSED:
            yield from gloss_examples([example], lesson.glossaries, lesson.variations, 1, rng)
    for number, names in enumerate(lesson.named):
        rng = random.Random(f"{SEED} names {number}")
        for _ in range(min(NAMES, 2 * len(names.learned))):
            yield names.draw(rng, lesson.variations)
    rng = random.Random(f"{SEED} meaningless")
    for _ in range(max(20, len(learned) * (1 + copies) // 20)):
        yield meaningless_example(lesson.variations, rng)


def _fit(lesson: Lesson, examples: Sequence[Example], encoded: Encoded) -> tuple[Floats, Floats, Floats]:
    """Weight (hidden x intents), bias, and what hits of tables add."""
    # Hits are softened at random, as in training; from the text alone, so that an edit moves no others.
    samples = [
        sample
        for example in examples
        for sample in lesson.samples([example], random.Random(f"{SEED} {example.text}"))
        if sample.encoded.spans
    ]
    pooled = np.array([encoded(sample.encoded.ids) for sample in samples], np.float32)
    added = np.zeros((len(samples), 3 * len(lesson.lookups.rows)), np.float32)
    for number, sample in enumerate(samples):
        for row, value in sample.weights.items():
            added[number, row] = value
    gold = np.array([sample.intent for sample in samples])
    decay = INTENT_DECAY * min(1.0, DECAYED / len(samples))
    counts = even_out(gold) if lesson.several else None
    weight, bias = fit_softmax(
        np.concatenate([pooled, added], 1), gold, len(lesson.scheme.intents), decay, counts=counts
    )
    return weight[: pooled.shape[1]], bias, weight[pooled.shape[1] :]


def _judge(
    lesson: Lesson, encoded: Encoded, weight: Floats, bias: Floats, hits: Floats
) -> tuple[npt.NDArray[np.float32], list[int]]:
    """The logits of the examples that were set aside, and their intents."""
    logits = np.zeros((len(lesson.validation), len(bias)), np.float32)
    for place, sample in enumerate(lesson.samples(lesson.validation)):
        if sample.encoded.spans:
            logits[place] = encoded(sample.encoded.ids) @ weight + bias
            for row, value in sample.weights.items():
                logits[place] += value * hits[row]
    return logits, [lesson.scheme.intents.index(example.intent) for example in lesson.validation]


def _doubtful(
    lesson: Lesson,
    assistant: Assistant,
    encoded: Encoded,
    head: tuple[Floats, Floats, Floats],
    kept: Mapping[str, Any],
) -> list[Example]:
    """The authored examples that the head does not give their intent surely, and that are not looked up already."""
    known = [example for example in assistant.nlu.examples if example.intent in lesson.scheme.intents]
    weight, bias, hits = head
    found = []
    for example, sample in zip(known, lesson.samples(known), strict=True):
        logits = encoded(sample.encoded.ids) @ weight + bias if sample.encoded.spans else bias * 0
        for row, value in sample.weights.items():
            logits = logits + value * hits[row]
        chances = np.exp(logits - logits.max())
        if example.text not in kept and chances[sample.intent] / chances.sum() < SURE:
            found.append(example)
    return found


def _write_graph(base: Path, out: Path, weight: Floats, bias: Floats) -> None:
    """The graph of `base` with another intent head."""
    model = onnx.load(str(base / "model.onnx"), load_external_data=False)
    for tensor in model.graph.initializer:
        if tensor.name == "intent.weight":
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(weight.astype(np.float32)), "intent.weight"))
        elif tensor.name == "intent.bias":
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(bias.astype(np.float32)), "intent.bias"))
    for output in model.graph.output:
        if output.name == "intent_logits":
            output.type.tensor_type.shape.dim[1].dim_value = len(bias)
    onnx.save(model, str(out / "model.onnx"))


def link_file(there: Path, here: Path) -> None:
    """The same file once more; a copy where the folders lie on two disks."""
    try:
        os.link(there, here)
    except OSError:
        shutil.copyfile(there, here)
