"""Samples as the tensors that the network takes, texts of similar length together."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from model_artifacts.training.nlu.tagging import Tagged

POOL = 50
"""Batches are cut from this many at a time, sorted by length, so that little is padded."""


def make_batches(samples: Sequence[Tagged], size: int, seed: str) -> Iterator[list[Tagged]]:
    """The samples in batches of `size`, in an order that `seed` decides; texts of a batch are about as long."""
    rng = random.Random(seed)
    order = [sample for sample in samples if sample.encoded.spans]
    rng.shuffle(order)
    for i in range(0, len(order), POOL * size):
        pool = sorted(order[i : i + POOL * size], key=lambda sample: len(sample.encoded.ids))
        batches = [pool[j : j + size] for j in range(0, len(pool), size)]
        rng.shuffle(batches)
        yield from batches


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts as tensors; `...` is a text's place in the batch."""

    ids: Any
    """... x pieces"""
    mask: Any
    """... x pieces: whether there is a piece"""
    shares: Any
    """... x words x pieces: what each piece has in each word"""
    tags: Any
    """... x words"""
    words: Any
    """... x words: whether there is a word"""
    intents: Any
    """..."""
    tagged: Any
    """...: whether tags are known"""
    cells: Any
    """Three rows: text, word, and row of the tags' feature matrix, of every hit"""
    weights: Any
    """... x rows of the intents' feature matrix"""


def make_tensors(batch: Sequence[Tagged], device: Any, features: int = 0) -> Batch:
    """The samples on the device, with features of so many entities."""
    pieces = max(len(sample.encoded.ids) for sample in batch)
    words = max(len(sample.encoded.heads) for sample in batch)
    ids, mask = np.zeros((len(batch), pieces), np.int64), np.zeros((len(batch), pieces), np.bool_)
    shares, tags = np.zeros((len(batch), words, pieces), np.float32), np.zeros((len(batch), words), np.int64)
    word_mask, tagged = np.zeros((len(batch), words), np.bool_), np.zeros(len(batch), np.bool_)
    for row, sample in enumerate(batch):
        ids[row, : len(sample.encoded.ids)] = sample.encoded.ids
        mask[row, : len(sample.encoded.ids)] = True
        for word, (head, tail) in enumerate(zip(sample.encoded.heads, sample.encoded.tails, strict=True)):
            shares[row, word, head:tail] = 1 / (tail - head)
        word_mask[row, : len(sample.encoded.heads)] = True
        if sample.tags is not None:
            tags[row, : len(sample.tags)] = sample.tags
            tagged[row] = True
    intents = np.array([sample.intent for sample in batch])
    cells = np.array(
        [(text, word, row) for text, sample in enumerate(batch) for word, row in sample.cells if features], np.int64
    ).reshape(-1, 3).T  # fmt: skip
    weights = np.zeros((len(batch), 3 * features), np.float32)
    for text, sample in enumerate(batch):
        for row, value in sample.weights.items() if features else ():
            weights[text, row] = value
    arrays = (ids, mask, shares, tags, word_mask, intents, tagged, cells.copy(), weights)
    return Batch(*(torch.from_numpy(array).to(device) for array in arrays))
