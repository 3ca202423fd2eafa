"""How much there is to learn: steps, rate and the texts of a round, which all grow with the examples without a jump."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from functions.nlu.intent import FALLBACK, REJECTED
from model_artifacts.training.nlu.augmentation import Variations, make_noise
from model_artifacts.training.nlu.glossing import Glossary, gloss_examples
from model_artifacts.training.nlu.names import Named
from model_artifacts.training.nlu.reading import Example

STEPS = 32
"""Steps for the square root of the number of examples."""
FEWEST_STEPS = 240
RATE = 3e-4
MANY = 5000
"""From so many examples on, the rate is the highest."""
FREEZES_BELOW = 8000
"""More examples can move all layers to some use."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How long and how hard to train. The defaults are for any assistant; nothing here knows a data set."""

    seed: int = 0
    steps: int | None = None
    """None: what `usual_steps` says."""
    batch: int = 32
    rate: float | None = None
    """None: 3e-4 for thousands of examples, and less for few, which large steps would learn by heart."""
    layer_factor: float = 0.9
    """Each layer learns this much slower than the one above it: what lies deep is general already."""
    head_factor: float = 4.0
    """The heads learn this much faster than the encoder."""
    hit_factor: float = 40.0
    """What hits of tables tell starts from nothing."""
    frozen: int | None = None
    """The lowest layers, which stay as they are. None: a third of them for few examples, none for many."""
    adversarial: float = 1.0
    """How far each text is moved, before the first layer that learns, to where it is learned worst, in every second
    step."""
    weight_decay: float = 0.01
    warmup: float = 0.06
    enough: int = 4000
    """Authored examples are varied until a round has about this many."""
    copies: int = 10
    """Variations of each authored example a round at most."""
    noise: float = 0.03
    """Meaningless texts a round, as a share of the rest."""
    outliers: float = 0.08
    """Examples out of scope a round, as a share of the rest, where there are any to vary."""
    names: float = 0.03
    """Names of each lookup table a round, as a share of the rest."""
    glosses: float = 0.6
    """Examples put into other languages a round, as a share of the rest, for all languages together."""
    average: float = 0.1
    """The weights that are kept are a moving average over about this share of all steps."""
    bfloat16: bool | None = None
    """Half precision. None: on a GPU, and on a processor with instructions for it, where a step takes 0.6 of the
    time; without them it takes longer."""


def usual_steps(examples: int) -> int:
    return max(FEWEST_STEPS, round(STEPS * math.sqrt(examples)))


def usual_rate(training: Sequence[Example]) -> float:
    """The highest learning rate for so many examples; variations do not count."""
    known = sum(example.intent not in REJECTED for example in training)
    return RATE * min(1.0, max(1 / 3, math.sqrt(known / MANY)))


def usual_frozen(training: Sequence[Example], layers: int) -> int:
    return layers // 3 if len(training) < FREEZES_BELOW else 0


def rate_at(step: int, steps: int, warmup: float) -> float:
    """The share of the highest rate: up, then evenly down to nothing."""
    rise = max(1, int(steps * warmup))
    return (step + 1) / rise if step < rise else max(0.0, (steps - step) / max(1, steps - rise))


def round_of_texts(
    training: Sequence[Example],
    variations: Variations,
    named: Sequence[Named],
    settings: Settings,
    number: int,
    glossaries: Sequence[Glossary] = (),
) -> list[Example]:
    """Authored examples as they are, varied, and in other languages, public ones varied, names of tables, outliers and
    noise."""
    rng = random.Random(f"{settings.seed} {number}")
    authored = [example for example in training if example.authored]
    count = len(authored)
    # Where there are many, some are varied in place; where there are few, variations come on top.
    in_place = 0.5 * min(1.0, count / settings.enough)
    examples = [variations.vary(e, rng) if rng.random() < in_place else e for e in authored]
    more = min(settings.copies * count, max(0, settings.enough - count))
    examples += [variations.vary(example, rng) for example in _evenly(authored, more, rng)]
    examples += [variations.vary(example, rng) for example in training if not example.authored]
    base = len(examples)
    for names in named:
        drawn = min(round(settings.names * base), 4 * len(names.learned))
        examples += [variations.vary(names.draw(rng, variations), rng) for _ in range(drawn)]
    outside = [example for example in training if example.intent in REJECTED]
    missing = int(settings.outliers * len(examples)) - sum(example.intent in REJECTED for example in examples)
    if outside:
        examples += [variations.vary(rng.choice(outside), rng) for _ in range(min(missing, 10 * len(outside)))]
    each = round(settings.glosses * len(examples) / max(1, len(glossaries)))
    examples += gloss_examples(authored, glossaries, variations, each, rng)
    meaningless = max(20, int(settings.noise * len(examples)))
    return examples + [meaningless_example(variations, rng) for _ in range(meaningless)]


def meaningless_example(variations: Variations, rng: random.Random) -> Example:
    text = make_noise(variations.typing, rng)
    return Example(text, FALLBACK, place="noise", authored=False, marked=False)


def _evenly(examples: Sequence[Example], count: int, rng: random.Random) -> Iterator[Example]:
    """So many of the examples, each as often as the others, or once more."""
    while count > 0:
        drawn = rng.sample(examples, min(count, len(examples)))
        count -= len(drawn)
        yield from drawn
