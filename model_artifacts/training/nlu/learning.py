"""What a batch teaches: the loss of both heads, and of the same texts moved to where they are learned worst."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional as F

from model_artifacts.training.nlu.batching import make_tensors
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.tagging import Tagged

if TYPE_CHECKING:
    from model_artifacts.training.nlu.distilling import Read, Teacher


def learn(
    network: Network, batch: Sequence[Tagged], adversarial: float, *, teacher: "Teacher | None" = None, half: bool
) -> Any:
    """Add the batch's gradients to the network's parameters, and return its loss, a tensor that nobody waited for.

    With `adversarial` above 0, an adversarial step follows: each text is learned a second time, moved by so much
    (Euclidean norm over the text, before the first layer that learns) along the loss's own gradient (Miyato et al.
    2017, "Adversarial training methods for semi-supervised text classification"), which costs as much again.
    With a teacher, the texts are learned as it reads them, too, but for the moved ones.
    """
    given = make_tensors(batch, network.intent.weight.device, network.features)
    marked = any(sample.tags is not None for sample in batch)

    def read(embedded: Sequence[Any]) -> "Read":
        layers, text = network.read(embedded, given)
        scores = network.tag_scores(network.pool_words(layers, given), given) if marked or teacher else None
        return layers, text, network.intents(text, given), scores

    def loss(logits: Any, scores: Any) -> Any:
        total = F.cross_entropy(logits, given.intents)
        if not marked:
            return total
        return total + (network.tag_loss(scores, given.tags, given.words) * given.tagged).sum() / given.tagged.sum()

    with torch.autocast(given.ids.device.type, dtype=torch.bfloat16, enabled=half):
        embedded = network.embed(given)
        if adversarial:
            embedded[0].requires_grad_() if embedded[0].is_leaf else embedded[0].retain_grad()
        found = read(embedded)
        distance = teacher.measure_distance(network, found, given) if teacher else 0.0
    total = loss(*found[2:]) + distance
    total.backward()
    if adversarial:
        slope = embedded[0].grad
        size = slope.flatten(1).norm(dim=1).clamp_min(1e-12)
        with torch.autocast(given.ids.device.type, dtype=torch.bfloat16, enabled=half):
            moved = adversarial * slope / size[:, None, None]
            found = read([embedded[0].detach() + moved, *embedded[1:]])
        loss(*found[2:]).backward()
    return total.detach()
