"""The joint network in PyTorch: a BERT encoder, an intent head, and an entity head with a CRF."""

import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from model_artifacts.training.nlu.batching import Batch
from model_artifacts.training.nlu.encoder import Encoder, Floats
from model_artifacts.training.nlu.graph import Heads
from model_artifacts.training.nlu.tagging import Scheme, mark_forbidden, mark_own_kind

IMPOSSIBLE = -1e4


class Network(nn.Module):  # type: ignore[misc]
    """Texts in, intent logits and tag scores of the words out; `loss` trains both heads together."""

    def __init__(self, encoder: Encoder, scheme: Scheme, features: int = 0, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = encoder.shape
        self.dropout = dropout
        # ParameterDict takes no dots in its keys.
        self.encoder = nn.ParameterDict(
            {name.replace(".", "/"): torch.tensor(value) for name, value in encoder.weights.items()}
        )
        self.frozen = 0
        self.freeze(0)
        self.mix = nn.Parameter(torch.zeros(encoder.shape.layers))
        self.intent = nn.Linear(encoder.shape.hidden, len(scheme.intents))
        self.tags = nn.Linear(encoder.shape.hidden, scheme.tags)
        # What hits of lookup tables add to the scores of both heads: functions.nlu.tables.Features.
        self.features = features
        self.hit_tags = nn.Parameter(torch.zeros(2 * features, scheme.tags))
        self.hit_intents = nn.Parameter(torch.zeros(3 * features, len(scheme.intents)))
        # Whether an entity goes on; what follows what else, the words themselves say better.
        self.goes_on = nn.Parameter(torch.zeros(scheme.tags))
        self.start = nn.Parameter(torch.zeros(scheme.tags))
        self.end = nn.Parameter(torch.zeros(scheme.tags))
        self.register_buffer("forbidden", torch.tensor(mark_forbidden(scheme.tags)))
        self.register_buffer("own", torch.tensor(mark_own_kind(scheme.tags)))
        self.register_buffer("forbidden_start", torch.arange(scheme.tags) % 2 == 0)
        self.forbidden_start[0] = False

    def freeze(self, layers: int) -> None:
        """Let the lowest layers stay as they are. The vectors of the pieces stay in any case: a few thousand examples
        have a few of them, and moving those away from the rest helps nobody, while it takes a fifth of a step."""
        self.frozen = layers
        for name, value in self.encoder.items():
            layer = re.search(r"layer/([0-9]+)/", name)
            lies_low = int(layer[1]) < layers if layer else layers > 0 or "_embeddings" in name
            value.requires_grad_(not lies_low)

    def start_tags(self, weight: Floats, bias: Floats, mix: Floats, crf: tuple[Floats, Floats, Floats]) -> None:
        """Give the entity head the weights that another training found."""
        with torch.no_grad():
            self.tags.weight.copy_(torch.from_numpy(weight.T.copy()))
            self.tags.bias.copy_(torch.from_numpy(bias))
            self.mix.copy_(torch.from_numpy(mix).clamp_min(1e-6).log())
            transitions, start, end = (torch.from_numpy(value) for value in crf)
            # What BIO forbids is masked anyway; such large numbers would only stand in the way of training.
            self.goes_on.copy_(transitions.masked_fill(~self.own, 0.0).sum(1).clamp_min(-20))
            self.start.copy_(start.clamp_min(-20))
            self.end.copy_(end.clamp_min(-20))

    def start_hits(self, tags: Floats, intents: Floats) -> None:
        """Give hits of tables the weights that another training found."""
        with torch.no_grad():
            self.hit_tags.copy_(torch.from_numpy(tags))
            self.hit_intents.copy_(torch.from_numpy(intents))

    def forward(self, batch: Batch) -> tuple[Any, Any]:
        layers, text = self.read(self.embed(batch), batch)
        return self.intents(text, batch), self.tag_scores(self.pool_words(layers, batch), batch)

    def embed(self, batch: Batch) -> list[Any]:
        """The vector of each piece before the first layer that learns, and after each layer below that, the first
        last."""
        places = self._weight("embeddings.position_embeddings.weight")[: batch.ids.shape[1]]
        kind = self._weight("embeddings.token_type_embeddings.weight")[0]
        pieces = F.embedding(batch.ids, self._weight("embeddings.word_embeddings.weight"))
        hidden = self._drop(self._norm(pieces + places + kind, "embeddings.LayerNorm"))
        layers = [hidden]
        for layer in range(self.frozen):
            layers.append(self._layer(layers[-1], batch.mask, f"encoder.layer.{layer}"))
        return layers[::-1]

    def read(self, embedded: Sequence[Any], batch: Batch) -> tuple[list[Any], Any]:
        """The vectors of the pieces before the first layer and after each, and the vector of each text."""
        layers = list(embedded[::-1])
        for layer in range(self.frozen, self.shape.layers):
            layers.append(self._layer(layers[-1], batch.mask, f"encoder.layer.{layer}"))
        weight = batch.mask.unsqueeze(-1).to(layers[-1].dtype)
        return layers, (layers[-1] * weight).sum(1) / weight.sum(1)

    def pool_words(self, layers: Sequence[Any], batch: Batch) -> Any:
        """The vector of each word: the mean of its pieces, over a mix of the layers."""
        mixed = torch.stack(list(layers[1:]), 0).mul(self.mix.softmax(0).view(-1, 1, 1, 1)).sum(0)
        return batch.shares.to(mixed.dtype) @ mixed

    def relate_pieces(self, layers: Sequence[Any], batch: Batch) -> Any:
        """Logarithms of how the last layer's queries, keys and values relate to others of their kind: 3 x texts x
        heads x pieces x pieces."""
        parts = self._project(layers[-2], f"encoder.layer.{self.shape.layers - 1}")
        related = (parts @ parts.transpose(3, 4)).float() / parts.shape[-1] ** 0.5
        return related.masked_fill(~batch.mask[None, :, None, None, :], IMPOSSIBLE).log_softmax(-1)

    def start_meaning(self) -> None:
        """Let the layers learn to hold the vector that documents are found by, too: a linear map of their means, which
        compiling documents fits again (training.knowledge.mapping). It starts with the last layer's mean."""
        hidden = self.shape.hidden
        self.meaning = nn.Linear((self.shape.layers + 1) * hidden, hidden)
        with torch.no_grad():
            self.meaning.weight.zero_()
            self.meaning.weight[:, -hidden:].copy_(torch.eye(hidden))
            self.meaning.bias.zero_()

    def map_meaning(self, layers: Sequence[Any], batch: Batch) -> Any:
        """The vector of each text that documents are found by."""
        weight = batch.mask.unsqueeze(-1).to(layers[-1].dtype)
        means = [(layer * weight).sum(1) / weight.sum(1) for layer in layers]
        return self.meaning(torch.cat(means, -1))

    def intents(self, text: Any, batch: Batch) -> Any:
        logits = self.intent(F.dropout(text, self.dropout, self.training)).float()
        return logits + batch.weights @ self.hit_intents if self.features else logits

    def tag_scores(self, words: Any, batch: Batch) -> Any:
        scores = self.tags(F.dropout(words, self.dropout, self.training)).float()
        if not self.features:
            return scores
        text, word, row = batch.cells
        return scores.index_put((text, word), self.hit_tags[row], accumulate=True)

    def crf(self) -> tuple[Any, Any, Any]:
        """Transitions, start and end scores, with what BIO forbids made impossible. Of the others only those within an
        entity have a score, so that decoding need not look at every pair of tags."""
        transitions = torch.where(self.own, self.goes_on.unsqueeze(1), 0.0).masked_fill(self.forbidden, IMPOSSIBLE)
        return transitions, self.start.masked_fill(self.forbidden_start, IMPOSSIBLE), self.end

    def tag_loss(self, scores: Any, tags: Any, mask: Any) -> Any:
        """Negative log-likelihood of each sentence's tags; `mask` is true at its words, which come first."""
        transitions, start, end = self.crf()
        rows, inside = torch.arange(len(tags), device=tags.device), mask.to(scores.dtype)
        gold = start[tags[:, 0]] + (scores.gather(2, tags.unsqueeze(2)).squeeze(2) * inside).sum(1)
        gold = gold + (transitions[tags[:, :-1], tags[:, 1:]] * inside[:, 1:]).sum(1)
        gold = gold + end[tags[rows, mask.sum(1) - 1]]
        # The sum over the tag before is a product of matrices; 1e-30 stands for what no path reaches.
        follows, steps, places = transitions.exp(), scores.unbind(1), mask.unbind(1)
        alpha = start + steps[0]
        for step, here in zip(steps[1:], places[1:], strict=True):
            top = alpha.max(1, keepdim=True).values
            reached = top + ((alpha - top).exp() @ follows).clamp_min(1e-30).log() + step
            alpha = torch.where(here.unsqueeze(1), reached, alpha)
        return torch.logsumexp(alpha + end, 1) - gold

    def export(self) -> tuple[dict[str, Floats], Heads, tuple[Floats, Floats, Floats]]:
        """Weights by the encoder's names, the heads, and the CRF's transitions, start and end."""
        weights = {name.replace("/", "."): _array(value) for name, value in self.encoder.items()}
        heads = Heads(
            intent_weight=_array(self.intent.weight).T,
            intent_bias=_array(self.intent.bias),
            tag_weight=_array(self.tags.weight).T,
            tag_bias=_array(self.tags.bias),
            mix=_array(self.mix.softmax(0)),
            hit_tags=_array(self.hit_tags),
            hit_intents=_array(self.hit_intents),
        )
        transitions, start, end = (_array(value) for value in self.crf())
        return weights, heads, (transitions, start, end)

    def _layer(self, hidden: Any, mask: Any, name: str) -> Any:
        batch, pieces, size = hidden.shape
        query, key, value = self._project(hidden, name).unbind(0)
        # Written out: for texts this short, the fused kernel's backward pass takes a third of a step on a CPU.
        scores = query @ key.transpose(2, 3) / (size // self.shape.heads) ** 0.5
        attended = scores.float().masked_fill(~mask[:, None, None, :], IMPOSSIBLE).softmax(-1).to(value.dtype) @ value
        attended = attended.transpose(1, 2).reshape(batch, pieces, size)
        hidden = self._add(hidden, attended, f"{name}.attention.output")
        return self._add(hidden, F.gelu(self._linear(hidden, f"{name}.intermediate.dense")), f"{name}.output")

    def _project(self, hidden: Any, name: str) -> Any:
        """Queries, keys and values: 3 x texts x heads x pieces x size of a head."""
        batch, pieces, size = hidden.shape
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        weight = torch.cat([self._weight(f"{part}.weight") for part in parts])
        bias = torch.cat([self._weight(f"{part}.bias") for part in parts])
        qkv = F.linear(hidden, weight, bias).view(batch, pieces, 3, self.shape.heads, size // self.shape.heads)
        return qkv.permute(2, 0, 3, 1, 4)

    def _add(self, hidden: Any, inner: Any, name: str) -> Any:
        outer = self._linear(inner, f"{name}.dense")
        return self._norm(hidden + self._drop(outer), f"{name}.LayerNorm")

    def _drop(self, hidden: Any) -> Any:
        """Dropout of the same cells in all pieces of a text, which needs a tenth of the random numbers."""
        if not self.training or not self.dropout:
            return hidden
        kept = torch.rand(hidden.shape[0], 1, hidden.shape[2], device=hidden.device) >= self.dropout
        return hidden * (kept.to(hidden.dtype) / (1 - self.dropout))

    def _linear(self, hidden: Any, name: str) -> Any:
        return F.linear(hidden, self._weight(f"{name}.weight"), self._weight(f"{name}.bias"))

    def _norm(self, hidden: Any, name: str) -> Any:
        weight, bias = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return F.layer_norm(hidden, (self.shape.hidden,), weight, bias, self.shape.epsilon)

    def _weight(self, name: str) -> Any:
        return self.encoder[name.replace(".", "/")]


def _array(value: Any) -> Floats:
    array: Floats = value.detach().float().cpu().numpy()
    return array
