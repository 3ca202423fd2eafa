"""Documents into the files of a bundle: passages, their words, their vectors, and the gate."""

import json
import random
import sqlite3
from array import array
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from functions.nlu.answerable import Gate
from functions.nlu.knowledge import FILES, Knowledge
from functions.nlu.layers import LAYERS
from functions.nlu.model import load_model
from model_artifacts.training.knowledge.checking import check_passages
from model_artifacts.training.knowledge.curve import CURVE
from model_artifacts.training.knowledge.everyday import list_everyday
from model_artifacts.training.knowledge.gate import ask_all, fit_gate, make_questions, measure_gate
from model_artifacts.training.knowledge.mapping import Mapped, find_mapping
from model_artifacts.training.knowledge.passages import Passage, cut_document
from model_artifacts.training.knowledge.sources import FOLDER, collect_documents, has_knowledge
from model_artifacts.training.knowledge.vectors import Space, Vectoriser, normalise_rows, reduce_rows, write_search
from model_artifacts.training.knowledge.words import list_common, write_words
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.encoder import DEFAULT, Encoder, Floats, read_encoder

HEADED, ASKED = 0.8, 3.0
"""What the vector of its heading counts in a passage's, and that of the question it answers: people ask for these."""
CORNER = 0.6
"""Where vectors agree so much on average, what all have in common is taken out of them (E5's agree by 0.8)."""
FITTED = 1000
"""Sentences, and examples of the assistant, that the map of questions is fitted on at most."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The model of the bundle, which is to read the questions."""

    folder: Path
    examples: Sequence[str]
    """What people say to this assistant."""
    cache: Path | None = None
    """A file of ours that keeps the map."""


@dataclass(frozen=True, slots=True)
class CompiledKnowledge:
    """What was compiled, for the manifest."""

    documents: int
    passages: int
    threshold: float

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def compile_knowledge(
    assistant: Path,
    out: Path,
    language: str,
    cache: Path,
    encoder: Path = DEFAULT,
    languages: Sequence[str] = ("en",),
    tell: Callable[[str], None] = print,
) -> CompiledKnowledge | None:
    """Read the documents of an assistant and write knowledge.* into `out`; None where it has none that can be read.

    Tells what is wrong with them, a line each. `cache` is a folder for fetched pages and for vectors. `encoder`: the
    directory of the one that training starts from, cut to the pieces of `languages` where it knows many.
    """
    if not has_knowledge(assistant):
        return None
    collected = collect_documents(assistant, cache / "pages")
    passages = [
        passage
        for document in collected.documents
        for passage in cut_document(document, collected.language or language)
    ]
    for problem in (*collected.problems, *check_passages(passages)):
        tell(f"{assistant.name}: {problem}")
    if not passages:
        tell(f"{assistant.name}: there is no text in {FOLDER}/, so nothing is answered from documents")
        return None
    model = None
    if (out / "model.onnx").is_file():
        examples = [example.text for example in read_assistant(assistant).nlu.examples]
        model = Reading(out, examples, cache / "mapping.npz")
    return write_knowledge(out, passages, read_encoder(encoder), cache / "vectors.npz", languages, model)


def write_knowledge(
    out: Path,
    passages: Sequence[Passage],
    encoder: Encoder,
    cache: Path | None = None,
    languages: Sequence[str] = ("en",),
    model: Reading | None = None,
) -> CompiledKnowledge:
    """Write knowledge.* into `out`. Vectors of texts that `cache` (a file of ours) has are not computed again."""
    sentences = [sentence for passage in passages for sentence in passage.sentences]
    headings = [passage.headings[-1] for passage in passages if passage.heading]
    vectoriser = Vectoriser(encoder, languages)
    texts = [passage.searched for passage in passages]
    rows = _encode_cached(vectoriser, [*texts, *sentences, *headings], cache)
    shared = rows.mean(axis=0)
    rows = normalise_rows(rows - shared) if (offset := bool(shared @ shared > CORNER)) else rows
    headed = [place for place, passage in enumerate(passages) if passage.heading]
    for place, heading in zip(headed, rows[len(texts) + len(sentences) :], strict=True):
        rows[place] = normalise_rows(rows[place] + (ASKED if passages[place].question else HEADED) * heading)
    rows = rows[: len(texts) + len(sentences)]
    projection = reduce_rows(rows)
    reduced = normalise_rows(rows @ projection)
    write_words(out, passages, sorted({passage.language for passage in passages}))
    common = list_common(passages)
    made = make_questions(passages, common)
    mapped = _map_questions(vectoriser, sentences, [question for question, _ in made], model, languages)
    space = Space(projection, shared @ projection if offset else np.zeros(projection.shape[1], np.float32))
    write_search(out, vectoriser, space, reduced, mapped)
    first_rows, next_row = array("i"), len(passages)
    for passage in passages:
        first_rows.append(next_row)
        next_row += len(passage.sentences)
    spread = float(np.std(reduced[:: max(1, len(reduced) // 300)] @ reduced.T))
    facts: dict[str, str | bytes] = {
        "common": json.dumps(common),
        "first_rows": first_rows.tobytes(),
        "sections": _number_sections(passages).tobytes(),
    }
    if mapped is not None:
        facts[LAYERS] = ""
    _write_facts(out, {**facts, "gate": json.dumps(asdict(Gate(spread=round(spread, 4))))})
    knowledge = Knowledge(out, load_model(model.folder) if mapped is not None and model is not None else None)
    asked = ask_all(knowledge, passages, made, languages)
    gate = fit_gate(asked, spread)
    _write_facts(out, {"gate": json.dumps(asdict(gate)), CURVE: json.dumps(measure_gate(gate, asked))})
    return CompiledKnowledge(len({passage.document for passage in passages}), len(passages), gate.answered)


def _map_questions(
    vectoriser: Vectoriser,
    sentences: Sequence[str],
    questions: Sequence[str],
    model: Reading | None,
    languages: Sequence[str],
) -> Mapped | None:
    """The map from the layers of the bundle's network, where there is one that is of use."""
    if model is None:
        return None
    rng = random.Random(0)
    texts = [*questions, *list_everyday(languages)]
    for more in (sentences, sorted(model.examples)):
        texts += rng.sample(more, min(FITTED, len(more)))
    return find_mapping(model.folder, vectoriser, texts, model.cache)


def _encode_cached(vectoriser: Vectoriser, texts: Sequence[str], cache: Path | None) -> Floats:
    """Rows of unit length. The cache knows its encoder and vocabulary, and drops what is used no more."""
    known: dict[str, Floats] = {}
    mark = str(hash_of(vectoriser.encoder.tokenizer, vectoriser.encoder.name))
    if cache is not None and cache.exists():
        with np.load(cache, allow_pickle=False) as kept:
            if str(kept["mark"]) == mark:
                known = dict(zip(map(str, kept["texts"]), kept["rows"], strict=True))
    new = [text for text in dict.fromkeys(texts) if hash_of(text) not in known]
    known |= dict(zip(map(hash_of, new), vectoriser.encode(new), strict=True))
    if cache is not None and new:
        cache.parent.mkdir(parents=True, exist_ok=True)
        used = list(dict.fromkeys(map(hash_of, texts)))
        np.savez(cache, mark=mark, texts=np.array(used), rows=np.array([known[key] for key in used], np.float32))
    return np.array([known[hash_of(text)] for text in texts], np.float32)


def hash_of(*parts: str) -> str:
    import hashlib

    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _number_sections(passages: Sequence[Passage]) -> "array[int]":
    """The number of each passage's section: a heading in a document, or the passage itself where it has none."""
    numbers: dict[tuple[str, ...], int] = {}
    return array(
        "i",
        (
            numbers.setdefault((p.document, *p.headings) if p.heading else ("", str(place)), len(numbers))
            for place, p in enumerate(passages)
        ),
    )


def _write_facts(out: Path, facts: dict[str, str | bytes]) -> None:
    with sqlite3.connect(out / FILES[0]) as db:
        db.execute("CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB)")
        db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())
    db.close()
