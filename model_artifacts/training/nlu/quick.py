"""Quick training: the encoder as it is, run by onnxruntime, and heads fitted in numpy; seconds, and no PyTorch.

The features come from the very int8 graph that the stage will run, one text at a time as the stage reads them.
"""

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from functions.nlu.entities import IMPOSSIBLE
from functions.nlu.model import open_session
from model_artifacts.training.nlu.advice import cross_validate_intents
from model_artifacts.training.nlu.basis import Basis, even_out_differences
from model_artifacts.training.nlu.bundling import Trained
from model_artifacts.training.nlu.calibration import compute_likelihood_loss, fit_temperature
from model_artifacts.training.nlu.encoder import Encoder, Floats
from model_artifacts.training.nlu.finetuning import Learned, make_entity_head, make_hit_features
from model_artifacts.training.nlu.formulas import is_formula
from model_artifacts.training.nlu.glossing import gloss_examples
from model_artifacts.training.nlu.graph import Heads, build, save
from model_artifacts.training.nlu.lesson import Lesson
from model_artifacts.training.nlu.progress import Progress
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.schedule import meaningless_example
from model_artifacts.training.nlu.softmax import fit_softmax
from model_artifacts.training.nlu.tagging import Scheme, Tagged, mark_forbidden, mark_own_kind

ENOUGH = 1600
"""Variations are made until there are about this many texts."""
VARIED = "a variation"
GLOSSED = 12000
"""So many examples at most are put into other languages, all together."""
OWN = 4.0
"""In several languages an example counts so much as it is written, and each variation of it and gloss 1."""
NAMES = 40
"""Names of each lookup table."""
SMOOTHING = 0.1
INTENT_DECAY = 3e-2
"""For up to DECAYED texts, and less for more of them."""
DECAYED = 6500
TAG_DECAY = 1e-4
"""Chosen on validation examples of the default assistant, as is the mix of all layers below."""


def train_quick(encoder: Encoder, lesson: Lesson, seed: int, learned: Learned | None = None) -> Trained:
    """Fit both heads on the encoder as it is; the entity head stays as `learned` has it where that knows all labels.

    Public examples are left out where the own ones set aside are understood better without them. Where nothing else is
    chosen on the examples set aside, a last fit learns these too.
    """
    mix = np.full(encoder.shape.layers, 1 / encoder.shape.layers, np.float32)
    if learned is not None and {*lesson.scheme.labels} <= {*learned.labels}:
        *_, mix, _ = make_entity_head(learned, lesson.scheme)
    read = _Reader(encoder, mix)
    known = read(lesson, lesson.training, seed)
    own = [
        (example, row)
        for example, row in zip(known.examples, known.texts, strict=True)
        if example.place != VARIED and not is_formula(example)
    ]
    crossed = cross_validate_intents(
        [e for e, _ in own], np.stack([row for _, row in own]), lesson.scheme.intents, encoder.shape.hidden
    )
    first = replace(_fit(encoder, lesson, known, mix, learned), crossed=crossed)
    judges = [example for example in lesson.validation if example.authored]
    if judges and any(map(_is_public, known.examples)):
        # On an encoder that stays as it is, examples of another style can move the heads away from the own ones.
        alone = known.without(_is_public)
        other = replace(_fit(encoder, lesson, alone, mix, learned), crossed=crossed)
        aside = read(lesson, judges, None)
        if _loss(other, aside) < _loss(first, aside):
            print("note: the own examples alone are understood better than with the public ones, which are left out")
            first, known = other, alone
    if lesson.chooses or not lesson.validation:
        return first
    aside = read(lesson, lesson.validation, seed + 1)
    return replace(_fit(encoder, lesson, known.with_more(aside), mix, learned), judged=first, crossed=crossed)


@dataclass(frozen=True, slots=True)
class _Known:
    """Samples with what the encoder makes of them."""

    examples: Sequence[Example]
    samples: Sequence[Tagged]
    texts: Floats
    """samples x 2 hidden (graph.Heads)"""
    words: Sequence[Floats]
    """For each sample, words x hidden"""

    def without(self, left_out: Callable[[Example], bool]) -> "_Known":
        kept = [place for place, example in enumerate(self.examples) if not left_out(example)]
        return _Known(
            [self.examples[place] for place in kept],
            [self.samples[place] for place in kept],
            self.texts[kept],
            [self.words[place] for place in kept],
        )

    def with_more(self, other: "_Known") -> "_Known":
        return _Known(
            [*self.examples, *other.examples],
            [*self.samples, *other.samples],
            np.concatenate([self.texts, other.texts]),
            [*self.words, *other.words],
        )


def _is_public(example: Example) -> bool:
    return not example.authored and example.place != VARIED and not is_formula(example)


def _loss(trained: Trained, known: _Known) -> float:
    """Negative log-likelihood of the intents and tags, by text and by word."""
    heads = trained.heads
    logits = known.texts @ heads.intent_weight + heads.intent_bias
    for number, sample in enumerate(known.samples):
        for feature, value in sample.weights.items():
            logits[number] += value * heads.hit_intents[feature]
    gold = np.array([sample.intent for sample in known.samples])
    total = compute_likelihood_loss(logits / fit_temperature(logits, gold), gold)
    words = [(row, sample) for row, sample in zip(known.words, known.samples, strict=True) if sample.tags]
    if not words:
        return total
    scores = []
    for row, sample in words:
        score = row @ heads.tag_weight + heads.tag_bias
        for word, feature in sample.cells:
            score[word] += heads.hit_tags[feature]
        scores.append(score)
    return total + compute_likelihood_loss(np.concatenate(scores), np.concatenate([np.array(s.tags) for _, s in words]))


def _fit(encoder: Encoder, lesson: Lesson, known: _Known, mix: Floats, learned: Learned | None) -> Trained:
    scheme, features = lesson.scheme, len(lesson.lookups.rows)
    intents = np.array([sample.intent for sample in known.samples])
    decay = INTENT_DECAY * min(1.0, DECAYED / len(intents))
    hits = np.zeros((len(intents), 3 * features), np.float32)
    for number, sample in enumerate(known.samples):
        for row, value in sample.weights.items():
            hits[number, row] = value
    own = np.array([1.0 if example.place == VARIED else OWN for example in known.examples], np.float32)
    counts = _scale(even_out(intents) * own) if lesson.several else None
    # The examples are of one language, and show little of what differs between languages.
    basis = None if lesson.several else even_out_differences(known.texts, intents, encoder.shape.hidden)
    weight, bias, hit_intents = _fit_with_hits(known.texts, hits, intents, len(scheme.intents), decay, counts, basis)
    if learned is not None and {*scheme.labels} <= {*learned.labels}:
        tag_weight, tag_bias, mix, crf = make_entity_head(learned, scheme)
        hit_tags, _ = make_hit_features(learned, scheme, lesson.lookups.rows)
        heads = Heads(weight, bias, tag_weight, tag_bias, mix, hit_tags, hit_intents)
        return Trained(encoder, encoder.weights, heads, crf)
    each = own if lesson.several else None
    tag_weight, tag_bias, hit_tags, crf = _fit_tags(known, scheme, features, encoder.shape.hidden, each)
    return Trained(encoder, encoder.weights, Heads(weight, bias, tag_weight, tag_bias, mix, hit_tags, hit_intents), crf)


def _fit_tags(
    known: _Known, scheme: Scheme, features: int, hidden: int, each: Floats | None = None
) -> tuple[Floats, Floats, Floats, tuple[Floats, Floats, Floats]]:
    """`each` says how much each example counts; without it all count the same."""
    places = [place for place, sample in enumerate(known.samples) if sample.tags is not None]
    marked = [(known.words[place], known.samples[place]) for place in places]
    paths = [sample.tags for _, sample in marked if sample.tags is not None]
    if not scheme.labels:
        return _zeros(hidden, 1), _zeros(1), _zeros(2 * features, 1), _chain(paths, 1)
    tokens, tags = np.concatenate([row for row, _ in marked]), np.concatenate([np.array(path) for path in paths])
    cells = np.zeros((len(tokens), 2 * features), np.float32)
    place = 0
    for row, sample in marked:
        for word, feature in sample.cells:
            cells[place + word, feature] = 1.0
        place += len(row)
    counts = None if each is None else _scale(np.repeat(each[places], [len(path) for path in paths]))
    weight, bias, hits = _fit_with_hits(tokens, cells, tags, scheme.tags, TAG_DECAY, counts)
    # A tag that no example has is never taken.
    bias[np.bincount(tags, minlength=scheme.tags) == 0] = IMPOSSIBLE
    return weight, bias, hits, _chain(paths, scheme.tags)


def _fit_with_hits(
    features: Floats,
    hits: Floats,
    gold: npt.NDArray[np.int64],
    classes: int,
    decay: float,
    counts: Floats | None = None,
    basis: Basis | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Weights and bias of the features, and what hits add; `basis` is the features' alone."""
    whole = None if basis is None else basis.with_standardised(hits)
    weight, bias = fit_softmax(np.concatenate([features, hits], 1), gold, classes, decay, counts=counts, basis=whole)
    return weight[: features.shape[1]], bias, weight[features.shape[1] :]


def even_out(classes: npt.NDArray[np.int64]) -> Floats:
    """How much each row counts: those of rare classes more. How often something is said differs between languages."""
    counts: Floats = (1 / np.sqrt(np.bincount(classes)[classes])).astype(np.float32)
    return _scale(counts)


def _scale(counts: Floats) -> Floats:
    scaled: Floats = counts / counts.mean()
    return scaled


def _zeros(*shape: int) -> Floats:
    return np.zeros(shape, np.float32)


def _examples(lesson: Lesson, examples: Sequence[Example], seed: int) -> list[Example]:
    rng = random.Random(f"{seed} quick")
    found = list(examples)
    authored = [example for example in examples if example.authored]
    copies = min(4 * len(authored), max(len(authored), ENOUGH - len(authored)), max(0, 2 * ENOUGH - len(authored)))
    for turn in range(copies):
        found.append(replace(lesson.variations.vary(authored[turn % len(authored)], rng), place=VARIED))
    for names in lesson.named if examples is lesson.training else ():
        found += [
            replace(names.draw(rng, lesson.variations), place=VARIED) for _ in range(min(NAMES, 2 * len(names.learned)))
        ]
    each = GLOSSED // max(1, len(lesson.glossaries))
    glosses = gloss_examples(authored, lesson.glossaries, lesson.variations, each, rng)
    found += [replace(example, place=VARIED) for example in glosses]
    meaningless = max(20, len(found) // 20)
    return found + [replace(meaningless_example(lesson.variations, rng), place=VARIED) for _ in range(meaningless)]


class _Reader:
    """Runs the encoder as the stage will."""

    def __init__(self, encoder: Encoder, mix: Floats) -> None:
        text, word = (np.eye(size * encoder.shape.hidden, dtype=np.float32) for size in (2, 1))
        with tempfile.TemporaryDirectory() as directory:
            heads = Heads(text, _zeros(len(text)), word, _zeros(len(word)), mix)
            save(build(encoder.shape, encoder.weights, heads), Path(directory))
            self._run: Callable[..., Any] = open_session(Path(directory) / "model.onnx").run

    def __call__(self, lesson: Lesson, examples: Sequence[Example], seed: int | None) -> _Known:
        """Each example, with a seed also its variations: the mean of its pieces and the vectors of its words."""
        rng = None if seed is None else random.Random(f"{seed} hits")
        every = list(examples) if seed is None else _examples(lesson, examples, seed)
        both = zip(every, lesson.samples(every, rng), strict=True)
        pairs = [(example, sample) for example, sample in both if sample.encoded.spans]
        samples = [sample for _, sample in pairs]
        progress = Progress("read", len(samples))
        texts, words = [], []
        for sample in samples:
            pooled, pieces = self._run(None, {"input_ids": np.array([sample.encoded.ids], np.int64)})
            texts.append(pooled[0])
            places = zip(sample.encoded.heads, sample.encoded.tails, strict=True)
            words.append(np.stack([pieces[0][head:tail].mean(0) for head, tail in places]))
            progress.step()
        return _Known([example for example, _ in pairs], samples, np.array(texts), words)


def _chain(paths: Sequence[Sequence[int]], tags: int) -> tuple[Floats, Floats, Floats]:
    """How much likelier an entity goes on than its continuation is by itself, which the softmax head knows already; and
    how much likelier each tag is first and last. Other tags follow each other as they come."""
    follow = np.full((tags, tags), SMOOTHING)
    first, last, each = np.full(tags, SMOOTHING), np.full(tags, SMOOTHING), np.full(tags, SMOOTHING)
    for path in paths:
        first[path[0]] += 1
        last[path[-1]] += 1
        for before, after in pairwise(path):
            follow[before, after] += 1
        for tag in path:
            each[tag] += 1
    prior = np.log(each / each.sum())
    gain = np.log(follow / follow.sum(1, keepdims=True)) - prior
    transitions = np.where(mark_own_kind(tags), gain, 0.0)
    transitions[mark_forbidden(tags)] = IMPOSSIBLE
    start = np.log(first / first.sum()) - prior
    start[2::2] = IMPOSSIBLE
    end = np.log(last / last.sum()) - prior
    return transitions.astype(np.float32), start.astype(np.float32), end.astype(np.float32)
