"""From trained weights to the files of a bundle: graph, tokenizer, nlu.json, golden predictions."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from functions.nlu.edges import SEPARATORS
from functions.nlu.encoding import encode
from functions.nlu.entities import IMPOSSIBLE
from functions.nlu.intent import REJECTED, compute_energy
from functions.nlu.model import FORMAT, Model, load_model
from functions.nlu.tables import FILE as TABLES
from functions.nlu.tables import fold
from functions.nlu.understanding import Understanding, understand
from functions.nlu.words import words_of
from model_artifacts.training.nlu.advice import Crossed
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.calibration import calibrate
from model_artifacts.training.nlu.dataset import Dataset, intent_entities
from model_artifacts.training.nlu.encoder import Encoder, Floats
from model_artifacts.training.nlu.evaluation import Judged, judge
from model_artifacts.training.nlu.everyday import list_everyday_examples
from model_artifacts.training.nlu.glossing import read_glossaries
from model_artifacts.training.nlu.graph import Heads, build, save
from model_artifacts.training.nlu.packing import write_pieces
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.strength import choose_strength
from model_artifacts.training.nlu.tables import Lookups, make_lookups
from model_artifacts.training.nlu.translations import describe_translations
from model_artifacts.training.nlu.unsure import find_unsure

GOLDEN = 60
ODD_TEXTS = (
    "asdf qwer", "?!", "👍", "你好，今天天气怎么样", "привет", "\u0007\u200b", "a" * 300, "hello " * 400, "HORROR",
    "the second one", "/greet", '/greet@0.5{"genre": "horror"}', "/no_such_intent", "🍕🍕 large", "42", "’‘“”",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training run, full or quick, hands over."""

    encoder: Encoder
    weights: Mapping[str, Floats]
    heads: Heads
    crf: tuple[Floats, Floats, Floats]
    """Transitions, start, end."""
    judged: "Trained | None" = None
    """The same before it learned the validation examples, where it has: what is judged and calibrated on these."""
    crossed: Sequence[Crossed] = ()
    """The authored examples, each judged by a head that has not learned it."""


@dataclass(frozen=True, slots=True)
class Written:
    model: Model
    judged: Sequence[Judged]
    """The validation examples, understood by a model that has not learned them."""
    crossed: Sequence[Crossed] = ()
    names: Sequence[Judged] = ()
    """Names that only the lookup tables have, alone and in phrases."""


def write_bundle(
    out: Path,
    assistant: Assistant,
    dataset: Dataset,
    trained: Trained,
    lookups: Lookups | None = None,
    names: Sequence[Example] = (),
) -> Written:
    """Write the files of the nlu stage into the directory `out` and load them as the stage does; `names`, which only
    lookup tables have, say how much the tables count."""
    out.mkdir(parents=True, exist_ok=True)
    if lookups is None:
        tokenizer = Tokenizer.from_str(trained.encoder.tokenizer)
        lookups = make_lookups(
            assistant.nlu, dataset.scheme.entities(), tokenizer, read_glossaries(assistant.languages)
        )
    (out / "tokenizer.json").write_text(trained.encoder.tokenizer, encoding="utf-8")
    write_pieces(out)
    (out / TABLES).write_bytes(lookups.tables.to_bytes())
    before = trained.judged or trained
    specification = _specification(assistant, dataset, before, lookups)
    save(build(before.encoder.shape, before.weights, before.heads), out)
    write_json(out / "nlu.json", specification)
    strength = choose_strength(load_model(out), dataset.validation, names)
    specification |= _describe_learned(before, lookups, strength)
    write_json(out / "nlu.json", specification)
    model = load_model(out)
    intents = dataset.scheme.intents
    logits = np.array([_logits(model, example.text) for example in dataset.validation])
    gold = [intents.index(example.intent) for example in dataset.validation]
    calibrated = calibrate(intents, logits, gold, assistant.costs)
    specification["temperature"] = calibrated.temperature
    specification["thresholds"] |= {"energy": calibrated.min_energy, "against": calibrated.against}
    write_json(out / "nlu.json", specification)
    model = load_model(out)
    judged = judge(model, dataset.validation)
    if trained.judged is not None:
        # A mapped file may not change under a session: the last one goes first.
        del model
        save(build(trained.encoder.shape, trained.weights, trained.heads), out)
        specification |= _describe_learned(trained, lookups, strength)
        write_json(out / "nlu.json", specification)
        model = load_model(out)
    specification["examples"] = find_unsure(model, (*assistant.nlu.examples, *list_everyday_examples(assistant)))
    write_json(out / "nlu.json", specification)
    model = load_model(out)
    write_golden(out / "golden.jsonl", model, [*dataset.held_out, *dataset.validation])
    return Written(model, judged, trained.crossed)


def write_golden(path: Path, model: Model, examples: Sequence[Example]) -> None:
    """Predictions that must stay: spread over the intents, none so close that another processor may flip it."""
    by_intent: dict[str, list[str]] = {}
    for example in examples:
        if example.authored and _steady(model, example.text):
            by_intent.setdefault(example.intent, []).append(example.text)
    chosen = [text for text in ODD_TEXTS if _steady(model, text)]
    turn = 0
    while len(chosen) < GOLDEN and any(len(texts) > turn for texts in by_intent.values()):
        chosen += [texts[turn] for _, texts in sorted(by_intent.items()) if len(texts) > turn]
        turn += 1
    lines = [
        json.dumps(record_golden(text, understand(model, text, None)), ensure_ascii=False) for text in chosen[:GOLDEN]
    ]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def record_golden(text: str, understood: Understanding) -> dict[str, Any]:
    """A prediction as golden.jsonl keeps it."""
    return {
        "text": text,
        "intent": understood.intent.name if understood.intent else None,
        "confidence": understood.intent.confidence if understood.intent else None,
        "entities": [
            {"entity": e.entity, "value": e.value, "start": e.start, "end": e.end, "role": e.role, "group": e.group}
            for e in understood.entities
        ],
        "truncated": understood.truncated,
    }


def _specification(assistant: Assistant, dataset: Dataset, trained: Trained, lookups: Lookups) -> dict[str, Any]:
    labels = [
        {key: value for key, value in (("entity", x.entity), ("role", x.role), ("group", x.group)) if value}
        for x in dataset.scheme.labels
    ]
    return {
        "format": FORMAT,
        "intents": list(dataset.scheme.intents),
        "labels": labels,
        **_describe_learned(trained, lookups, 1.0),
        "whole_words": True,
        "temperature": 1.0,
        "intent_entities": intent_entities((*dataset.training, *dataset.validation)),
        **read_settings(assistant, dataset.scheme.entities()),
    }


def _describe_learned(trained: Trained, lookups: Lookups, strength: float) -> dict[str, Any]:
    """What a training run found and the graph does not hold; what hits tell is multiplied by `strength`."""
    transitions, start, end = (np.maximum(np.round(part.astype(np.float64), 4), IMPOSSIBLE) for part in trained.crf)
    heads = trained.heads
    features = {
        "entities": sorted(lookups.rows),
        "tags": np.round(strength * heads.hit_tags.astype(np.float64), 3).tolist(),
        "intents": np.round(strength * heads.hit_intents.astype(np.float64), 3).tolist(),
    }
    return {
        "transitions": transitions.tolist(),
        "start": start.tolist(),
        "end": end.tolist(),
        **({"features": features} if len(heads.hit_tags) else {}),
    }


def read_settings(assistant: Assistant, marked: Collection[str]) -> dict[str, Any]:
    """The part of nlu.json that follows from the sources alone. As in Rasa, tables and patterns count for the entities
    that are `marked` in at least one example."""
    return {
        "thresholds": {"confidence": assistant.min_confidence, "gap": assistant.min_gap, "energy": -1e3},
        "synonyms": fold_synonyms(assistant.nlu.synonyms),
        "regexes": [{"entity": name, "pattern": pattern} for name, pattern in assistant.nlu.regexes if name in marked],
        "normalise": dict(assistant.normalise),
        "prebuilt": list(assistant.prebuilt),
        **({"components": list(assistant.components)} if assistant.components else {}),
        "separators": find_separators(assistant),
        "language": assistant.language,
        **({"languages": list(assistant.languages)} if len(assistant.languages) > 1 else {}),
        **describe_translations(assistant),
        "domain": {"intents": sorted(assistant.intents), "entities": sorted(assistant.entities)},
    }


def find_separators(assistant: Assistant) -> dict[str, list[str]]:
    """For each entity the signs and joining words that its examples and tables have within a value: "AC/DC"."""
    table = words_of(assistant.language)
    joins = table.joins if table is not None else frozenset[str]()
    found: dict[str, set[str]] = {}
    values = [
        (a.entity, example.text[a.start : a.end])
        for example in assistant.nlu.examples
        if example.authored
        for a in example.annotations
    ]
    values += [(entity, phrase) for entity, phrases in assistant.nlu.lookups.items() for phrase in phrases]
    for entity, value in values:
        inside = {sign for sign in value.strip()[1:-1] if sign in SEPARATORS}
        inside.update(word for word in value.casefold().split()[1:-1] if word in joins)
        found.setdefault(entity, set()).update(inside)
    return {entity: sorted(signs) for entity, signs in sorted(found.items()) if signs}


def fold_synonyms(given: Mapping[str, str]) -> dict[str, str]:
    """Folded phrase -> value. A value stands for itself too, so that its spelling is always the same."""
    found = {fold(phrase): value for phrase, value in given.items()}
    for value in sorted(set(given.values())):
        found.setdefault(fold(value), value)
    return dict(sorted(found.items()))


def _logits(model: Model, text: str) -> Floats:
    encoded = encode(model.tokenizer, text)
    logits = (
        model.run(encoded, model.find_hits(text, encoded))[0]
        if encoded.spans
        else [0.0] * len(model.specification.intents)
    )
    return np.array(logits, np.float32)


def _steady(model: Model, text: str) -> bool:
    understood = understand(model, text, None)
    if len(understood.ranking) > 1:
        best, second = understood.ranking[0].confidence, understood.ranking[1].confidence
        here = compute_energy(model.specification.intents, _logits(model, text).tolist(), model.specification.against)
        close = abs(here - model.specification.min_energy) < 0.5
        special = understood.ranking[0].name in REJECTED
        if best - second < 0.3 or abs(best - model.specification.min_confidence) < 0.1 or (close and not special):
            return False
    return all(entity.confidence > 0.7 for entity in understood.entities)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
