"""How much hits of lookup tables count beside what the network sees for itself.

A network knows the names that it learns from by heart, however often training pretends otherwise, and so believes its
tables less than it should where a name is new. Names that only the tables have say how much.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from functions.nlu.model import Model
from functions.nlu.onnx_runtime import Session
from functions.nlu.tables import Features
from model_artifacts.training.nlu.evaluation import judge
from model_artifacts.training.nlu.names import measure_names
from model_artifacts.training.nlu.reading import Example

STRENGTHS = (1.0, 1.5, 2.0, 3.0)
LOST = 0.003
"""Of the validation examples that are right at strength 1, so many as a share of all may be lost for names."""


@dataclass(frozen=True, slots=True)
class _Remembering:
    """A session that runs the network once for each text."""

    session: Session
    seen: dict[tuple[int, ...], tuple[list[float], list[list[float]]]] = field(default_factory=dict)

    def run(self, ids: Sequence[int]) -> tuple[list[float], list[list[float]]]:
        key = tuple(ids)
        if key not in self.seen:
            self.seen[key] = self.session.run(ids)
        return self.seen[key]


def choose_strength(model: Model, validation: Sequence[Example], names: Sequence[Example]) -> float:
    """What to multiply the features of hits by: the best for `names`, where `validation` loses next to nothing."""
    features = model.specification.features
    if features is None or not names:
        return 1.0
    quick = replace(model, session=_Remembering(model.session))
    plain = _right(_scale(quick, features, 1.0), validation)
    chosen, best = 1.0, -1.0
    for strength in STRENGTHS:
        scaled = _scale(quick, features, strength)
        score = float(measure_names(judge(scaled, names))["both"])
        if score > best and _right(scaled, validation) >= plain - LOST:
            chosen, best = strength, score
    return chosen


def _right(model: Model, examples: Sequence[Example]) -> float:
    judged = [item for item in judge(model, examples) if item.example.marked]
    return sum(item.right_intent and item.right_entities for item in judged) / max(1, len(judged))


def _scale(model: Model, features: Features, strength: float) -> Model:
    tags, intents = (
        [[strength * value for value in row] for row in part] for part in (features.tags, features.intents)
    )
    changed = replace(features, tags=tags, intents=intents)
    return replace(model, specification=replace(model.specification, features=changed))
