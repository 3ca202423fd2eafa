"""Learning from a trained bundle: what its network makes of each text in every layer, and what it answers.

The teacher reads the student's own pieces, so that their layers can be compared piece by piece (Jiao et al. 2020,
"TinyBERT: distilling BERT for natural language understanding"), and how the pieces of the last layer relate to each
other (Wang et al. 2021, "MiniLMv2: multi-head self-attention relation distillation"). Texts without a label are read as
well, and of these the vector that documents are found by is learned from the encoder as it came, which knows more of
them than the teacher, and with all of its pieces.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional as F

from model_artifacts.training.nlu.batching import Batch, make_tensors
from model_artifacts.training.nlu.encoder import Encoder, Floats
from model_artifacts.training.nlu.finetuning import Learned, make_entity_head, make_hit_features
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.reading import InvalidData
from model_artifacts.training.nlu.tagging import Scheme, Tagged

SOFTNESS = 2.0
"""Both answers are compared at this temperature, where the less likely classes count too (Hinton et al. 2015)."""
LAYERS = 3.0
"""How much the distance of a layer counts beside that of the answers."""
HEIGHT = 2.0
"""... and how much that of the intents' logits, whose height tells what is out of scope."""
RELATIONS = 1.0
"""... and how much the divergence of the relations within the last layer."""
MEANING = 3.0
"""... and how much one less the cosine to the vector that documents are found by."""
TOGETHER = 24
"""Texts without a label that are learned in each step."""

Read = tuple[Sequence[Any], Any, Any, Any]
"""The layers, the vector of each text, the intents' logits, and the tags' scores or None."""


@dataclass(frozen=True, slots=True)
class Unlabelled:
    """Texts without a label."""

    samples: Sequence[Tagged] = ()
    vectors: Floats | None = None
    """What the encoder as it came makes of each: samples x hidden, of unit length."""

    def batches(self, seed: int, done: int) -> Iterator[tuple[list[Tagged], Floats]]:
        """Texts of similar length with their vectors, without end, those of the first steps left out."""
        step, number = 0, 0
        while self.samples and self.vectors is not None:
            rng = random.Random(f"{seed} {number} unlabelled")
            places = [place for place, sample in enumerate(self.samples) if sample.encoded.spans]
            rng.shuffle(places)
            places.sort(key=lambda place: len(self.samples[place].encoded.ids))
            parts = [places[start : start + TOGETHER] for start in range(0, len(places), TOGETHER)]
            rng.shuffle(parts)
            for part in parts:
                step += 1
                if step > done:
                    yield [self.samples[place] for place in part], self.vectors[part]
            number += 1


class Teacher:
    """The network of a bundle, on `encoder`, which is what the bundle learned with the pieces of the student."""

    def __init__(
        self,
        encoder: Encoder,
        learned: Learned,
        scheme: Scheme,
        rows: Mapping[str, int],
        unlabelled: Unlabelled | None = None,
    ) -> None:
        if learned.intents != scheme.intents or learned.labels != scheme.labels:
            raise InvalidData("--teacher: the bundle knows other intents or entities than the examples; train it anew")
        self.network = Network(encoder, scheme, len(rows))
        self.network.start_tags(*make_entity_head(learned, scheme))
        self.network.start_hits(*make_hit_features(learned, scheme, rows))
        with torch.no_grad():
            self.network.intent.weight.copy_(torch.from_numpy(learned.tensors["intent.weight"].T.copy()))
            self.network.intent.bias.copy_(torch.from_numpy(learned.tensors["intent.bias"].copy()))
        self.network.requires_grad_(requires_grad=False).eval()
        self.unlabelled = unlabelled or Unlabelled()

    def give_heads(self, student: Network) -> None:
        """Let the student start with the heads that suit the layers which it is to learn."""
        here = self.network
        with torch.no_grad():
            for name in ("intent", "tags"):
                getattr(student, name).load_state_dict(getattr(here, name).state_dict())
            for name in ("hit_tags", "hit_intents", "goes_on", "start", "end"):
                getattr(student, name).copy_(getattr(here, name))
            ends = _match_layers(student.shape.layers, here.shape.layers)
            shares = here.mix.softmax(0).split([end - start for start, end in zip([0, *ends], ends, strict=False)])
            student.mix.copy_(torch.stack([share.sum() for share in shares]).log())

    def learn_unlabelled(self, student: Network, samples: Sequence[Tagged], vectors: Floats, *, half: bool) -> None:
        """Add the gradients of texts without a label to the student's parameters: what the teacher makes of them, and
        the vector that documents are found by. Read as they will be, without dropout."""
        device = student.intent.weight.device
        given = make_tensors(samples, device, student.features)
        student.eval()
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
            layers, text = student.read(student.embed(given), given)
            scores = student.tag_scores(student.pool_words(layers, given), given)
            distance = self.measure_distance(student, (layers, text, student.intents(text, given), scores), given)
            meant = student.map_meaning(layers, given).float()
        agreed = F.cosine_similarity(meant, torch.from_numpy(vectors).to(device), dim=1)
        (distance + MEANING * (1 - agreed).mean()).backward()

    def measure_distance(self, student: Network, read: Read, given: Batch) -> Any:
        """How far the student is from what the teacher makes of the batch: intents, tags, and layers of the same
        depth."""
        layers, our_text, our_logits, our_scores = read
        with torch.no_grad():
            theirs, text = self.network.read(self.network.embed(given), given)
            logits, scores = self.network.intents(text, given), None
            if our_scores is not None:
                scores = self.network.tag_scores(self.network.pool_words(theirs, given), given)
        total = _divergence(our_logits, logits) + HEIGHT * _distance(our_logits, logits)
        if scores is not None:
            total = total + _divergence(our_scores[given.words], scores[given.words])
        pairs = [(our_text, text)]
        for place, end in enumerate(_match_layers(len(layers) - 1, len(theirs) - 1), 1):
            pairs.append((layers[place][given.mask], theirs[end][given.mask]))
        total = total + LAYERS * sum(_distance(ours.float(), other.float()) for ours, other in pairs)
        return total + RELATIONS * self._compare_relations(student, layers, theirs, given)

    def _compare_relations(self, student: Network, ours: Sequence[Any], theirs: Sequence[Any], given: Batch) -> Any:
        """How far the pieces of the last layer relate otherwise: queries to queries, keys to keys, values to values."""
        with torch.no_grad():
            wanted = self.network.relate_pieces(theirs, given)
        found = student.relate_pieces(ours, given)
        # Divergence of each piece's relations, the mean over pieces, heads and kinds.
        apart = (wanted.exp() * (wanted - found)).sum(-1).mean((0, 2))
        return apart[given.mask].mean()


def _match_layers(few: int, many: int) -> list[int]:
    """For each of the few layers, how many of the many it stands for together with those below it."""
    return [round((place + 1) * many / few) for place in range(few)]


def _distance(ours: Any, theirs: Any) -> Any:
    return (ours - theirs).pow(2).sum() / theirs.pow(2).sum()


def _divergence(ours: Any, theirs: Any) -> Any:
    wanted = (theirs / SOFTNESS).softmax(-1)
    return F.kl_div((ours / SOFTNESS).log_softmax(-1), wanted, reduction="batchmean") * SOFTNESS**2
