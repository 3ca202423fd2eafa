"""The joint network in PyTorch: a BERT encoder, an intent head, and an entity head with a CRF."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from model_artifacts.training.nlu.encoder import Encoder, Floats
from model_artifacts.training.nlu.graph import Heads
from model_artifacts.training.nlu.tagging import Scheme, forbidden

IMPOSSIBLE = -1e4


class Network(nn.Module):  # type: ignore[misc]
    """Texts in, intent logits and tag scores of the words out; `loss` trains both heads together."""

    def __init__(self, encoder: Encoder, scheme: Scheme, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = encoder.shape
        self.dropout = dropout
        # ParameterDict takes no dots in its keys.
        self.encoder = nn.ParameterDict(
            {name.replace(".", "/"): torch.tensor(value) for name, value in encoder.weights.items()}
        )
        self.mix = nn.Parameter(torch.zeros(encoder.shape.layers))
        self.intent = nn.Linear(encoder.shape.hidden, len(scheme.intents))
        self.tags = nn.Linear(encoder.shape.hidden, scheme.tags)
        self.transitions = nn.Parameter(torch.zeros(scheme.tags, scheme.tags))
        self.start = nn.Parameter(torch.zeros(scheme.tags))
        self.end = nn.Parameter(torch.zeros(scheme.tags))
        self.register_buffer("forbidden", torch.tensor(forbidden(scheme.tags)))
        self.register_buffer("forbidden_start", torch.arange(scheme.tags) % 2 == 0)
        self.forbidden_start[0] = False

    def start_tags(self, weight: Floats, bias: Floats, mix: Floats, crf: tuple[Floats, Floats, Floats]) -> None:
        """Give the entity head the weights that another training found."""
        with torch.no_grad():
            self.tags.weight.copy_(torch.from_numpy(weight.T.copy()))
            self.tags.bias.copy_(torch.from_numpy(bias))
            self.mix.copy_(torch.from_numpy(mix).clamp_min(1e-6).log())
            for parameter, value in zip((self.transitions, self.start, self.end), crf, strict=True):
                # What BIO forbids is masked anyway; such large numbers would only stand in the way of training.
                parameter.copy_(torch.from_numpy(value).clamp_min(-20))

    def forward(self, ids: Any, mask: Any, shares: Any) -> tuple[Any, Any]:
        text, words = self.read(self.embed(ids), mask, shares)
        return self.intents(text), self.tag_scores(words)

    def embed(self, ids: Any) -> Any:
        """The vector of each piece in its place, before the first layer."""
        places = self._weight("embeddings.position_embeddings.weight")[: ids.shape[1]]
        kind = self._weight("embeddings.token_type_embeddings.weight")[0]
        pieces = F.embedding(ids, self._weight("embeddings.word_embeddings.weight"))
        return self._norm(pieces + places + kind, "embeddings.LayerNorm")

    def read(self, embedded: Any, mask: Any, shares: Any) -> tuple[Any, Any]:
        """The vector of each text, and of each of its words: `shares` (texts x words x pieces) is what each piece has
        in each word."""
        layers = self._encode(embedded, mask)
        weight = mask.unsqueeze(-1).to(layers[-1].dtype)
        pooled = (layers[-1] * weight).sum(1) / weight.sum(1)
        mixed = torch.stack(layers, 0).mul(self.mix.softmax(0).view(-1, 1, 1, 1)).sum(0)
        return pooled, shares.to(mixed.dtype) @ mixed

    def intents(self, text: Any) -> Any:
        return self.intent(F.dropout(text, self.dropout, self.training)).float()

    def tag_scores(self, words: Any) -> Any:
        return self.tags(F.dropout(words, self.dropout, self.training)).float()

    def crf(self) -> tuple[Any, Any, Any]:
        """Transitions, start and end scores, with what BIO forbids made impossible."""
        transitions = self.transitions.masked_fill(self.forbidden, IMPOSSIBLE)
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
        )
        transitions, start, end = (_array(value) for value in self.crf())
        return weights, heads, (transitions, start, end)

    def _encode(self, embedded: Any, mask: Any) -> list[Any]:
        hidden = F.dropout(embedded, self.dropout, self.training)
        layers = []
        for layer in range(self.shape.layers):
            hidden = self._layer(hidden, mask, f"encoder.layer.{layer}")
            layers.append(hidden)
        return layers

    def _layer(self, hidden: Any, mask: Any, name: str) -> Any:
        batch, pieces, size = hidden.shape
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        weight = torch.cat([self._weight(f"{part}.weight") for part in parts])
        bias = torch.cat([self._weight(f"{part}.bias") for part in parts])
        qkv = F.linear(hidden, weight, bias).view(batch, pieces, 3, self.shape.heads, size // self.shape.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        # Written out: for texts this short, the fused kernel's backward pass takes a third of a step on a CPU.
        scores = query @ key.transpose(2, 3) / (size // self.shape.heads) ** 0.5
        attended = scores.float().masked_fill(~mask[:, None, None, :], IMPOSSIBLE).softmax(-1).to(value.dtype) @ value
        attended = attended.transpose(1, 2).reshape(batch, pieces, size)
        hidden = self._add(hidden, attended, f"{name}.attention.output")
        return self._add(hidden, F.gelu(self._linear(hidden, f"{name}.intermediate.dense")), f"{name}.output")

    def _add(self, hidden: Any, inner: Any, name: str) -> Any:
        outer = self._linear(inner, f"{name}.dense")
        return self._norm(hidden + F.dropout(outer, self.dropout, self.training), f"{name}.LayerNorm")

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
