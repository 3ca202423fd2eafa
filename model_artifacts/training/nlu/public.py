"""Public data sets as examples of an assistant's own intents, by the mapping in its training.yml.

An entry of `public` in training.yml:

    - set: snips_original            # the folder under the data directory
      intents: {PlayMusic: play_music, "*": out_of_scope}   # "*": every other intent; no entry leaves them out
      entities: {city: place, state: place}                 # others stay unmarked; neighbours of one entity are joined
      limit: 600                     # examples an intent of the assistant at most
      only_with: [title, genre]      # leave out examples of the set without one of these (mapped) entities
      where: {object_type: [movie]}  # leave out examples of the set without one of these texts in a span of this kind
"""

import csv
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.nlu.intent import FALLBACK, OUT_OF_SCOPE
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.reading import Example, InvalidData
from shared.bundle.manifest import DataSet


@dataclass(frozen=True, slots=True)
class Utterance:
    """One utterance of a public set, in the set's own terms."""

    text: str
    intent: str
    spans: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A public set: how its training part is read, and what a model that learned from it must name."""

    read: Callable[[Path], Iterator[Utterance]]
    licence: str
    source: str
    marked: bool = True
    """Whether its examples say where entities are."""


def read_public(assistant: Assistant, directory: Path | None, seed: int) -> tuple[list[Example], list[DataSet]]:
    """The examples that the assistant's training.yml takes from the sets in `directory`; none without a directory."""
    if directory is None:
        return [], []
    examples: list[Example] = []
    used: list[DataSet] = []
    for entry in assistant.public:
        name = str(entry.get("set"))
        if name not in SOURCES:
            raise InvalidData(f"training.yml: the set {name!r} is not known; known are {', '.join(SOURCES)}")
        if not (directory / name).is_dir():
            raise InvalidData(
                f"{directory / name} is missing; name the folder of the sets with --data, or leave it out"
            )
        source = SOURCES[name]
        examples += _map_entry(entry, name, source, directory / name, random.Random(f"{seed} {name}"))
        dataset = DataSet(name, source.licence, source.source)
        if dataset not in used:
            used.append(dataset)
    return examples, used


def _map_entry(entry: Mapping[str, Any], name: str, source: Source, path: Path, rng: random.Random) -> list[Example]:
    intents, entities = entry.get("intents") or {}, entry.get("entities") or {}
    needed, where = set(entry.get("only_with") or ()), entry.get("where") or {}
    by_intent: dict[str, list[Example]] = defaultdict(list)
    for utterance in source.read(path):
        intent = intents.get(utterance.intent, intents.get("*"))
        if not intent or not utterance.text.strip() or not _meets(utterance, where):
            continue
        spans = [(start, end, entities[kind]) for start, end, kind in utterance.spans if kind in entities]
        if needed and not needed & {kind for _, _, kind in spans}:
            continue
        annotations = tuple(Annotation(*span) for span in _join_spans(utterance.text, sorted(spans)))
        marked = source.marked and intent not in (FALLBACK, OUT_OF_SCOPE)
        by_intent[intent].append(Example(utterance.text, intent, annotations, name, authored=False, marked=marked))
    limit = int(entry.get("limit") or 0)
    kept: list[Example] = []
    for intent in sorted(by_intent):
        unique = sorted({example.text: example for example in by_intent[intent]}.values(), key=lambda e: e.text)
        rng.shuffle(unique)
        kept += unique[:limit] if limit else unique
    return kept


def _meets(utterance: Utterance, where: Mapping[str, Sequence[str]]) -> bool:
    texts = {kind: utterance.text[start:end].casefold() for start, end, kind in utterance.spans}
    return all(texts.get(kind) in wanted for kind, wanted in where.items())


def _join_spans(text: str, spans: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    joined: list[tuple[int, int, str]] = []
    for start, end, kind in spans:
        if joined and joined[-1][2] == kind and re.fullmatch(r"[\s,]*", text[joined[-1][1] : start]):
            joined[-1] = (joined[-1][0], end, kind)
        elif not joined or start >= joined[-1][1]:
            joined.append((start, end, kind))
    return joined


def _snips_original(path: Path) -> Iterator[Utterance]:
    for file in sorted(path.glob("train_*_full.json")):
        # The set mixes UTF-8 and Latin-1 (its README).
        raw = file.read_bytes()
        try:
            content = json.loads(raw.decode("utf-8"))
        except UnicodeDecodeError:
            content = json.loads(raw.decode("latin-1"))
        for intent, items in content.items():
            for item in items:
                text, spans = "", []
                for part in item["data"]:
                    if "entity" in part:
                        spans.append((len(text), len(text) + len(part["text"]), part["entity"]))
                    text += part["text"]
                yield Utterance(text, intent, tuple(spans))


def _sgd_media(path: Path) -> Iterator[Utterance]:
    """Turns that bring an intent are named after their service and intent, others after their one act."""
    with (path / "train_user_turns.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            turn = json.loads(line)
            acts = {act for act, _ in turn["acts"]}
            if "INFORM_INTENT" in acts and acts <= {"INFORM_INTENT", "INFORM"}:
                intent = f"{turn['service'].partition('_')[0]}.{turn['intent']}"
            elif len(acts) == 1:
                intent = acts.pop()
            else:
                continue
            yield Utterance(turn["text"], intent, tuple((s, e, kind) for s, e, kind in turn["slots"]))


def _clinc150(path: Path) -> Iterator[Utterance]:
    content = json.loads((path / "data_full.json").read_bytes())
    for part in ("train", "oos_train"):
        for text, intent in content[part]:
            yield Utterance(text, intent)


def _banking77(path: Path) -> Iterator[Utterance]:
    with (path / "train.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield Utterance(row["text"], row["category"])


SOURCES = {
    "snips_original": Source(
        _snips_original, "CC0-1.0", "https://github.com/sonos/nlu-benchmark (2017-06-custom-intent-engines)"
    ),
    "sgd_media": Source(
        _sgd_media,
        "CC-BY-SA-4.0",
        "https://github.com/google-research-datasets/dstc8-schema-guided-dialogue (Media, Movies, Music, Weather)",
    ),
    "clinc150": Source(_clinc150, "CC-BY-3.0", "https://github.com/clinc/oos-eval", marked=False),
    "banking77": Source(_banking77, "CC-BY-4.0", "https://github.com/PolyAI-LDN/task-specific-datasets", marked=False),
}
