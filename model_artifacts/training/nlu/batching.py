"""Samples as the tensors that the network takes, texts of similar length together."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from model_artifacts.training.nlu.tagging import Tagged

POOL = 50
"""Batches are cut from this many at a time, sorted by length, so that little is padded."""


def batches(samples: Sequence[Tagged], size: int, seed: str) -> Iterator[list[Tagged]]:
    """The samples in batches of `size`, in an order that `seed` decides; texts of a batch are about as long."""
    rng = random.Random(seed)
    order = [sample for sample in samples if sample.encoded.spans]
    rng.shuffle(order)
    for i in range(0, len(order), POOL * size):
        pool = sorted(order[i : i + POOL * size], key=lambda sample: len(sample.encoded.ids))
        batches = [pool[j : j + size] for j in range(0, len(pool), size)]
        rng.shuffle(batches)
        yield from batches


def tensors(batch: Sequence[Tagged], device: Any) -> tuple[Any, ...]:
    """Ids and their mask, shares of pieces in words, tags and mask of words, intents, and whether tags are known."""
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
    return tuple(torch.from_numpy(a).to(device) for a in (ids, mask, shares, tags, word_mask, intents, tagged))
