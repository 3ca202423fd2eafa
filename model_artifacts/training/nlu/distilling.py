"""Learning from a larger model, or from one of another seed, what it thinks of each text beside what the text is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from functions.nlu.encoding import encode
from functions.nlu.model import Model
from model_artifacts.training.nlu.reading import InvalidData
from model_artifacts.training.nlu.tagging import Scheme, Tagged

SOFTNESS = 2.0
"""Both answers are compared at this temperature, where the less likely classes count too (Hinton et al. 2015)."""


class Teacher:
    """A trained bundle's model with the classes of `scheme`."""

    def __init__(self, model: Model, scheme: Scheme) -> None:
        there = model.specification
        if there.intents != scheme.intents or there.labels != scheme.labels:
            raise InvalidData("--teacher: the bundle knows other intents or entities than the examples; train it anew")
        self.model = model

    def answer(self, sample: Tagged, text: str) -> Tagged:
        """The sample with what the teacher makes of its text."""
        encoded = encode(self.model.tokenizer, text)
        if not encoded.spans:
            return sample
        answers = self.model.run(encoded, self.model.find_hits(text, encoded))
        logits, scores = (np.array(answer, np.float32) for answer in answers)
        return replace(sample, taught=(logits, scores if encoded.spans == sample.encoded.spans else None))


def measure_distance(batch: Sequence[Tagged], logits: Any, scores: Any) -> Any:
    """How far the network's answers are from the teacher's, over intents and over the words' tags."""
    known = [row for row, sample in enumerate(batch) if sample.taught is not None]
    if not known:
        return 0.0
    told = torch.from_numpy(np.stack([batch[row].taught[0] for row in known])).to(logits.device)  # type: ignore[index]
    total = _divergence(logits[known], told)
    if scores is None:
        return total
    rows, words, tags = [], [], []
    for row in known:
        tagged = batch[row].taught[1]  # type: ignore[index]
        if tagged is not None:
            rows += [row] * len(tagged)
            words += list(range(len(tagged)))
            tags.append(tagged)
    if tags:
        total = total + _divergence(scores[rows, words], torch.from_numpy(np.concatenate(tags)).to(scores.device))
    return total


def _divergence(ours: Any, theirs: Any) -> Any:
    wanted = (theirs / SOFTNESS).softmax(-1)
    return F.kl_div((ours / SOFTNESS).log_softmax(-1), wanted, reduction="batchmean") * SOFTNESS**2
