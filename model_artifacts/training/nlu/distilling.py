"""Learning from a trained bundle: what its network makes of each text in every layer, and what it answers.

The teacher reads the student's own pieces, so that their layers can be compared piece by piece (Jiao et al. 2020,
"TinyBERT: distilling BERT for natural language understanding").
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional as F

from model_artifacts.training.nlu.batching import Batch
from model_artifacts.training.nlu.encoder import Encoder
from model_artifacts.training.nlu.finetuning import Learned, make_entity_head, make_hit_features
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.reading import InvalidData
from model_artifacts.training.nlu.tagging import Scheme

SOFTNESS = 2.0
"""Both answers are compared at this temperature, where the less likely classes count too (Hinton et al. 2015)."""
LAYERS = 3.0
"""How much the distance of a layer counts beside that of the answers."""

Read = tuple[Sequence[Any], Any, Any, Any]
"""The layers, the vector of each text, the intents' logits, and the tags' scores or None."""


class Teacher:
    """The network of a bundle, on `encoder`, which is what the bundle learned with the pieces of the student."""

    def __init__(self, encoder: Encoder, learned: Learned, scheme: Scheme, rows: Mapping[str, int]) -> None:
        if learned.intents != scheme.intents or learned.labels != scheme.labels:
            raise InvalidData("--teacher: the bundle knows other intents or entities than the examples; train it anew")
        self.network = Network(encoder, scheme, len(rows))
        self.network.start_tags(*make_entity_head(learned, scheme))
        self.network.start_hits(*make_hit_features(learned, scheme, rows))
        with torch.no_grad():
            self.network.intent.weight.copy_(torch.from_numpy(learned.tensors["intent.weight"].T.copy()))
            self.network.intent.bias.copy_(torch.from_numpy(learned.tensors["intent.bias"].copy()))
        self.network.requires_grad_(requires_grad=False).eval()

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

    def measure_distance(self, student: Read, given: Batch) -> Any:
        """How far the student is from what the teacher makes of the batch: intents, tags, and layers of the same
        depth."""
        with torch.no_grad():
            theirs, text = self.network.read(self.network.embed(given), given)
            logits, scores = self.network.intents(text, given), None
            if student[3] is not None:
                scores = self.network.tag_scores(self.network.pool_words(theirs, given), given)
        layers, our_text, our_logits, our_scores = student
        total = _divergence(our_logits, logits)
        if scores is not None:
            total = total + _divergence(our_scores[given.words], scores[given.words])
        pairs = [(our_text, text)]
        for place, end in enumerate(_match_layers(len(layers) - 1, len(theirs) - 1), 1):
            pairs.append((layers[place][given.mask], theirs[end][given.mask]))
        return total + LAYERS * sum(_distance(ours.float(), other.float()) for ours, other in pairs)


def _match_layers(few: int, many: int) -> list[int]:
    """For each of the few layers, how many of the many it stands for together with those below it."""
    return [round((place + 1) * many / few) for place in range(few)]


def _distance(ours: Any, theirs: Any) -> Any:
    return (ours - theirs).pow(2).sum() / theirs.pow(2).sum()


def _divergence(ours: Any, theirs: Any) -> Any:
    wanted = (theirs / SOFTNESS).softmax(-1)
    return F.kl_div((ours / SOFTNESS).log_softmax(-1), wanted, reduction="batchmean") * SOFTNESS**2
