"""What a batch teaches: the loss of both heads, and of the same texts pushed to where they are learned worst."""

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional as F

from model_artifacts.training.nlu.batching import tensors
from model_artifacts.training.nlu.distilling import distance
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.tagging import Tagged


def learn(network: Network, batch: Sequence[Tagged], push: float, *, taught: bool, half: bool) -> Any:
    """Add the batch's gradients to the network's parameters, and return its loss, a tensor that nobody waited for.

    With `push` above 0, each text is learned a second time with its embeddings moved by so much (Euclidean norm over
    the text) along the loss's own gradient (Miyato et al. 2017, "Adversarial training methods for semi-supervised text
    classification"), which costs as much again. `taught`: the samples hold a teacher's answers, too.
    """
    ids, mask, shares, tags, words, intents, tagged = tensors(batch, network.intent.weight.device)
    marked = any(sample.tags is not None for sample in batch)

    def answers(shift: Any) -> tuple[Any, Any, Any]:
        with torch.autocast(ids.device.type, dtype=torch.bfloat16, enabled=half):
            embedded = network.embed(ids)
            text, read = network.read(embedded if shift is None else embedded + shift, mask, shares)
            return embedded, network.intents(text), network.tag_scores(read) if marked or taught else None

    def loss(logits: Any, scores: Any) -> Any:
        total = F.cross_entropy(logits, intents)
        if not marked:
            return total
        return total + (network.tag_loss(scores, tags, words) * tagged).sum() / tagged.sum()

    embedded, logits, scores = answers(None)
    embedded.retain_grad()
    total = loss(logits, scores)
    if taught:
        total = total + distance(batch, logits, scores)
    total.backward()
    if push:
        slope = embedded.grad
        size = slope.flatten(1).norm(dim=1).clamp_min(1e-12)
        _, logits, scores = answers(push * slope / size[:, None, None])
        loss(logits, scores).backward()
    return total.detach()
