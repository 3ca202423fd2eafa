"""Public data sets as assistants in Rasa's format, so that `task train` learns them as it learns any other.

Each converter reads a set's folder (its README says where it is from) and gives training, validation and test examples;
where a set has no validation part, training sets one aside. The test part is written beside the assistant, where
training never looks.
"""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from functions.nlu.intent import OUT_OF_SCOPE

Span = tuple[int, int, str]
ASKED = Path("held_out") / "asked.json"


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    intent: str
    spans: tuple[Span, ...] = ()
    asked: tuple[str, ...] = ()
    """The entities that were asked for before, where the set says it."""


@dataclass(frozen=True, slots=True)
class Parts:
    training: Sequence[Said]
    validation: Sequence[Said]
    test: Sequence[Said]


def write_set(name: str, data: Path, out: Path) -> Path:
    """The set `name` of the folder `data` as an assistant in `out`; its test part is `out/held_out/nlu.yml`, and beside
    it `asked.json` has what was asked before each of its examples, where the set says that."""
    folder, convert = SETS[name]
    parts = convert(data / folder)
    for file, part in (
        ("data/nlu.yml", parts.training),
        ("tests/validation_nlu.yml", parts.validation),
        ("held_out/nlu.yml", parts.test),
    ):
        if part:
            (out / file).parent.mkdir(parents=True, exist_ok=True)
            write_examples(out / file, part)
    if any(said.asked for said in parts.test):
        asked = [said.asked for said in _by_intent(parts.test)]
        (out / ASKED).write_text(json.dumps(asked), encoding="utf-8")
    # One threshold decides: the energy's, chosen on validation examples.
    config = {"pipeline": [{"name": "FallbackClassifier", "threshold": 0.0, "ambiguity_threshold": 0.0}]}
    (out / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return out


def write_examples(file: Path, part: Sequence[Said]) -> None:
    """The examples in Rasa's format."""
    file.write_text(_rasa(part), encoding="utf-8")


def _by_intent(part: Sequence[Said]) -> list[Said]:
    """The examples as they stand in a file: intents in the order in which they first come."""
    order = {intent: place for place, intent in enumerate(dict.fromkeys(said.intent for said in part))}
    return sorted(part, key=lambda said: order[said.intent])


def _rasa(part: Sequence[Said]) -> str:
    text = "nlu:\n"
    for intent, group in groupby(_by_intent(part), key=lambda said: said.intent):
        lines = "".join(f"    - {_marked(said)}\n" for said in group)
        text += f"- intent: {json.dumps(intent)}\n  examples: |\n{lines}"
    return text


def _marked(said: Said) -> str:
    marked, position = "", 0
    for start, end, entity in sorted(said.spans):
        if start < position:
            # One word of two entities, which Rasa's format has no way to mark: the first is kept.
            continue
        marked += f"{said.text[position:start]}[{said.text[start:end]}]({entity})"
        position = end
    # A line break would end the example, and is as good as a space to the tokenizer.
    return (marked + said.text[position:]).replace("\n", " ").replace("\r", " ")


def _snips(path: Path) -> Parts:
    return Parts(*(list(_bio(path / part)) for part in ("train", "valid", "test")))


def _bio(path: Path) -> Iterator[Said]:
    files = [(path / name).read_text(encoding="utf-8").splitlines() for name in ("seq.in", "seq.out", "label")]
    for words, tags, intent in zip(*files, strict=True):
        text, spans = "", list[Span]()
        for word, tag in zip(words.split(), tags.split(), strict=True):
            start = len(text) + bool(text)
            text += f" {word}" if text else word
            kind, _, entity = tag.partition("-")
            if kind == "I" and spans and spans[-1][2] == entity and spans[-1][1] == start - 1:
                spans[-1] = (spans[-1][0], len(text), entity)
            elif kind != "O":
                spans.append((start, len(text), entity))
        yield Said(text, intent.strip(), tuple(spans))


def _clinc(path: Path) -> Parts:
    content = json.loads((path / "data_full.json").read_bytes())

    def part(*names: str) -> list[Said]:
        return [
            Said(text, OUT_OF_SCOPE if intent == "oos" else intent) for name in names for text, intent in content[name]
        ]

    return Parts(part("train", "oos_train"), part("val", "oos_val"), part("test", "oos_test"))


def _banking(path: Path) -> Parts:
    return Parts(_table(path / "train.csv"), (), _table(path / "test.csv"))


def _table(path: Path) -> list[Said]:
    with path.open(encoding="utf-8", newline="") as file:
        return [Said(row["text"], row["category"]) for row in csv.DictReader(file)]


def _banking_shots(shots: int) -> Callable[[Path], Parts]:
    def convert(path: Path) -> Parts:
        fewshot = path / "fewshot"
        return Parts(_lines(fewshot / f"train_{shots}"), (), _lines(fewshot / "test"))

    return convert


def _lines(path: Path) -> list[Said]:
    texts, intents = ((path / name).read_text(encoding="utf-8").splitlines() for name in ("seq.in", "label"))
    return [Said(text, intent.strip()) for text, intent in zip(texts, intents, strict=True)]


def _restaurant(path: Path) -> Parts:
    return Parts(_spans(path / "train_0.json"), (), _spans(path / "test.json"))


def _spans(path: Path) -> list[Said]:
    content: list[dict[str, Any]] = json.loads(path.read_bytes())
    return [
        Said(
            item["userInput"]["text"],
            "inform",
            tuple(
                (label["valueSpan"].get("startIndex", 0), label["valueSpan"]["endIndex"], label["slot"])
                for label in item.get("labels", ())
            ),
            tuple(item.get("context", {}).get("requestedSlots", ())),
        )
        for item in content
    ]


SETS: dict[str, tuple[str, Callable[[Path], Parts]]] = {
    "snips": ("snips", _snips),
    "clinc150": ("clinc150", _clinc),
    "banking77": ("banking77", _banking),
    "banking77_10": ("banking77", _banking_shots(10)),
    "banking77_5": ("banking77", _banking_shots(5)),
    "restaurant8k": ("restaurant8k", _restaurant),
}
"""Name -> folder, and how it is read."""
