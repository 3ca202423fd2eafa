"""How well the network in training does on examples that it does not learn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from functions.nlu.entities import viterbi
from model_artifacts.training.nlu.batching import make_tensors
from model_artifacts.training.nlu.calibration import fit_temperature
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.tagging import Tagged


@dataclass(frozen=True, slots=True)
class Judgement:
    accuracy: float
    """Share of the intents that are right."""
    f1: float
    """Of entity spans; 1 where there are none."""
    loss: float
    """Negative log-likelihood a text: of the intent, at the temperature that suits best, and of the tags."""


def evaluate(network: Network, samples: Sequence[Tagged], batch: int, device: Any) -> Judgement:
    """How well the float network does on the samples."""
    network.eval()
    gold_count, found_count, common, tag_loss = 0, 0, 0, 0.0
    every, wanted = [], []
    transitions, start, end = (value.detach().cpu().numpy().astype(np.float64) for value in network.crf())
    ordered = sorted((s for s in samples if s.encoded.spans), key=lambda sample: len(sample.encoded.ids))
    with torch.no_grad():
        for i in range(0, len(ordered), batch):
            part = ordered[i : i + batch]
            given = make_tensors(part, device, network.features)
            logits, scores = network(given)
            every.append(logits.cpu().numpy())
            wanted += [sample.intent for sample in part]
            tag_loss += float((network.tag_loss(scores, given.tags, given.words) * given.tagged).sum())
            for sample, row in zip(part, scores.cpu().numpy().astype(np.float64), strict=True):
                if sample.tags is None:
                    continue
                found = _spans(viterbi(row[: len(sample.tags)], transitions, start, end))
                gold = _spans(sample.tags)
                gold_count, found_count, common = (
                    gold_count + len(gold), found_count + len(found), common + len(gold & found)
                )  # fmt: skip
    outcomes, answers = np.concatenate(every), np.array(wanted)
    temperature = fit_temperature(outcomes, answers)
    intent_loss = float(F.cross_entropy(torch.from_numpy(outcomes / temperature), torch.from_numpy(answers)))
    total = gold_count + found_count
    return Judgement(
        float((outcomes.argmax(1) == answers).mean()),
        2 * common / total if total else 1.0,
        intent_loss + tag_loss / len(ordered),
    )


def _spans(tags: Sequence[int]) -> set[tuple[int, int, int]]:
    spans: list[tuple[int, int, int]] = []
    for word, tag in enumerate(tags):
        if tag % 2 == 1:
            spans.append((tag, word, word))
        elif tag and spans and spans[-1][0] == tag - 1 and spans[-1][2] == word - 1:
            spans[-1] = (spans[-1][0], spans[-1][1], word)
    return set(spans)
