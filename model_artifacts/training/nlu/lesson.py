"""What one training run learns: examples, how they are varied, and what is known beside them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from model_artifacts.training.nlu.augmentation import Variations
from model_artifacts.training.nlu.glossing import Glossary
from model_artifacts.training.nlu.names import Named
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.tables import NO_LOOKUPS, Lookups
from model_artifacts.training.nlu.tagging import Scheme, Tagged, tag_example

if TYPE_CHECKING:
    from model_artifacts.training.nlu.distilling import Teacher


@dataclass(frozen=True, slots=True)
class Lesson:
    scheme: Scheme
    tokenizer: Tokenizer
    training: Sequence[Example]
    variations: Variations
    lookups: Lookups = NO_LOOKUPS
    named: Sequence[Named] = ()
    validation: Sequence[Example] = ()
    chooses: bool = True
    """Whether the weights with the least loss on `validation` are kept. Otherwise it is learned as well in the end,
    after the weights of until then were kept apart, to be judged."""
    glossaries: Sequence[Glossary] = ()
    """Into the other languages of an assistant that has several."""
    several: bool = False
    """Whether the assistant speaks several languages."""
    teacher: "Teacher | None" = None
    origin: str = ""
    """What the network starts from, in words that differ where it does."""

    def samples(self, texts: Sequence[Example], rng: random.Random | None = None) -> list[Tagged]:
        """The texts as numbers; with `rng` as they are learned, with hits softened."""
        return [tag_example(self.tokenizer, self.scheme, text, self.lookups, rng) for text in texts]
