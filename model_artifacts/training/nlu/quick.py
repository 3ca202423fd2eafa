"""Quick training: the encoder as it is, run by onnxruntime, and heads fitted in numpy; seconds, and no PyTorch.

The features come from the very int8 graph that the stage will run, one text at a time as the stage reads them.
"""

import random
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from functions.nlu.entities import IMPOSSIBLE
from functions.nlu.intent import FALLBACK
from functions.nlu.model import open_session
from model_artifacts.training.nlu.augmentation import Pools, noise, vary
from model_artifacts.training.nlu.bundling import Trained
from model_artifacts.training.nlu.dataset import Dataset
from model_artifacts.training.nlu.encoder import Encoder, Floats
from model_artifacts.training.nlu.finetuning import Learned, entity_head
from model_artifacts.training.nlu.graph import Heads, build, save
from model_artifacts.training.nlu.progress import Progress
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.softmax import fit_softmax
from model_artifacts.training.nlu.tagging import Tagged, forbidden, tag_example

ENOUGH = 1600
"""Variations are made until there are about this many texts."""
SMOOTHING = 0.1
INTENT_DECAY = 3e-2
"""For up to DECAYED texts, and less for more of them."""
DECAYED = 6500
TAG_DECAY = 1e-3
"""Chosen on validation examples of the default assistant, as is the mix of all layers below."""


def train_quick(
    encoder: Encoder, dataset: Dataset, values: Pools, seed: int, learned: Learned | None = None
) -> Trained:
    """Fit both heads on the encoder as it is; the entity head stays as `learned` has it where that knows all labels."""
    tokenizer = Tokenizer.from_str(encoder.tokenizer)
    samples = [tag_example(tokenizer, dataset.scheme, example) for example in _examples(dataset, values, seed)]
    samples = [sample for sample in samples if sample.encoded.spans]
    mix = np.full(encoder.shape.layers, 1 / encoder.shape.layers, np.float32)
    texts, words = _features(encoder, samples, mix)
    intents = np.array([sample.intent for sample in samples])
    decay = INTENT_DECAY * min(1.0, DECAYED / len(texts))
    intent = fit_softmax(texts, intents, len(dataset.scheme.intents), decay)
    if learned is not None and {*dataset.scheme.labels} <= {*learned.labels}:
        weight, bias, mix, crf = entity_head(learned, dataset.scheme)
        return Trained(encoder, encoder.weights, Heads(*intent, weight, bias, mix), crf)
    marked = [(row, sample.tags) for row, sample in zip(words, samples, strict=True) if sample.tags is not None]
    if dataset.scheme.labels:
        tokens = np.concatenate([row for row, _ in marked])
        tags = np.concatenate([np.array(tags) for _, tags in marked])
        weight, bias = fit_softmax(tokens, tags, dataset.scheme.tags, TAG_DECAY)
    else:
        weight, bias = np.zeros((encoder.shape.hidden, 1), np.float32), np.zeros(1, np.float32)
    prior, crf = _chain([tags for _, tags in marked], dataset.scheme.tags)
    return Trained(encoder, encoder.weights, Heads(*intent, weight, bias - prior, mix), crf)


def _examples(dataset: Dataset, values: Pools, seed: int) -> list[Example]:
    rng = random.Random(f"{seed} quick")
    examples = list(dataset.training)
    authored = [example for example in examples if example.authored]
    copies = 0 if len(authored) >= 2 * ENOUGH else min(4, max(1, ENOUGH // max(1, len(authored)) - 1))
    for _ in range(copies):
        examples += [vary(example, values, rng) for example in authored]
    meaningless = max(20, len(examples) // 20)
    return examples + [Example(noise(rng), FALLBACK, authored=False, marked=False) for _ in range(meaningless)]


def _features(encoder: Encoder, samples: Sequence[Tagged], mix: Floats) -> tuple[Floats, list[Floats]]:
    """For each sample, the mean of its pieces and the vectors of its words."""
    identity, nothing = np.eye(encoder.shape.hidden, dtype=np.float32), np.zeros(encoder.shape.hidden, np.float32)
    progress = Progress("read", len(samples))
    texts, words = [], []
    with tempfile.TemporaryDirectory() as directory:
        heads = Heads(identity, nothing, identity, nothing, mix)
        save(build(encoder.shape, encoder.weights, heads), Path(directory))
        run: Callable[..., Any] = open_session(Path(directory) / "model.onnx").run
        for sample in samples:
            pooled, pieces = run(None, {"input_ids": np.array([sample.encoded.ids], np.int64)})
            texts.append(pooled[0])
            places = zip(sample.encoded.heads, sample.encoded.tails, strict=True)
            words.append(np.stack([pieces[0][head:tail].mean(0) for head, tail in places]))
            progress.step()
    return np.array(texts), words


def _chain(paths: Sequence[Sequence[int]], tags: int) -> tuple[Floats, tuple[Floats, Floats, Floats]]:
    """Log-frequency of each tag; and of each tag after another, first and last.

    The softmax head already knows how common a tag is: its prior is taken off, so that it does not count twice.
    """
    follow = np.full((tags, tags), SMOOTHING)
    first, last, each = np.full(tags, SMOOTHING), np.full(tags, SMOOTHING), np.full(tags, SMOOTHING)
    for path in paths:
        first[path[0]] += 1
        last[path[-1]] += 1
        for before, after in pairwise(path):
            follow[before, after] += 1
        for tag in path:
            each[tag] += 1
    transitions = np.log(follow / follow.sum(1, keepdims=True))
    # A tag that no example has would gain by its rarity, once its prior is taken off.
    unseen = each < 1
    transitions[:, unseen] = IMPOSSIBLE
    transitions[forbidden(tags)] = IMPOSSIBLE
    start = np.log(first / first.sum())
    start[2::2] = IMPOSSIBLE
    start[unseen] = IMPOSSIBLE
    prior = np.log(each / each.sum())
    end = np.log(last / each)
    return prior.astype(np.float32), (
        transitions.astype(np.float32),
        start.astype(np.float32),
        end.astype(np.float32),
    )
