"""Each example of a test set beside what a bundle's model makes of it, with the time that it took."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from functions.nlu.encoding import encode
from functions.nlu.intent import REJECTED, compute_energy
from functions.nlu.model import Model
from functions.nlu.understanding import understand
from model_artifacts.training.nlu.evaluation import Judged
from model_artifacts.training.nlu.reading import Example


@dataclass(frozen=True, slots=True)
class Case:
    judged: Judged
    likely: str
    """The best intent in scope, whether it was believed or not."""
    confidence: float
    """Of that intent."""
    energy: float
    """How much the text resembles something trained."""
    pieces: int
    milliseconds: float
    """CPU time of understanding the text, tokeniser and decoding included."""

    @property
    def text(self) -> str:
        return self.judged.example.text

    @property
    def expected(self) -> str:
        return self.judged.example.intent

    @property
    def outside(self) -> bool:
        return self.expected in REJECTED

    @property
    def right(self) -> bool:
        return self.judged.right_intent

    @property
    def whole(self) -> bool:
        """Intent and all entities right, their roles, groups and given values too."""
        return self.right and (not self.judged.example.marked or self.judged.right_entities)


def examine(model: Model, examples: Sequence[Example]) -> list[Case]:
    """Every example, understood as the stage understands it."""
    if examples:
        understand(model, examples[0].text, None)  # What is slow once only belongs to no example.
    return [_judge_example(model, example) for example in examples]


def _judge_example(model: Model, example: Example) -> Case:
    started = time.thread_time()
    understanding = understand(model, example.text, None)
    milliseconds = (time.thread_time() - started) * 1000
    names = model.specification.intents
    encoded = encode(model.tokenizer, example.text)
    logits = model.run(encoded, model.find_hits(example.text, encoded))[0] if encoded.spans else None
    inside = [item for item in understanding.ranking if item.name not in REJECTED]
    return Case(
        Judged(example, understanding),
        inside[0].name if inside else REJECTED[0],
        inside[0].confidence if inside else 0.0,
        -1e3 if logits is None else compute_energy(names, logits, model.specification.against),
        len(encoded.ids),
        milliseconds,
    )
