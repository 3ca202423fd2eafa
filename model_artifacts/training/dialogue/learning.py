"""Learning what usually comes next from the stories, for places where no rule and no story fits.

Each action of each story is one example: the latest steps before it, as `functions.dialogue.learned` describes them. To
prepare for paths that nobody wrote, stories are also told one after the other (as Rasa's augmentation does), with and
without the slots of the one before, and while it learns the network is shown shortened histories with holes.

Its confidence is calibrated by one temperature, chosen on stories that it had not learned (cross-validation).
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.dialogue.features import Step
from functions.dialogue.learned import depth_of, features_of, find_last_asked
from functions.dialogue.names import LISTEN, SNIPPET
from model_artifacts.training.dialogue.fitting import Floats, Weights, fit, fit_temperature
from model_artifacts.training.dialogue.paths import Path
from model_artifacts.training.dialogue.tables import Example, list_story_examples

FEATURES = 3000
"""At most; the rarest are left out."""
RETOLD = 8
"""How often each story is told after another one, where there are few."""
STORIES = 1_500
"""At most; of more, as many are drawn: memory knows all of them, and what is usual shows in these."""
EXAMPLES = 8_000
"""At most; of more, as many are drawn."""
FOLDS = 4
HELD_OUT = 3000
"""Examples that the temperature is chosen on, at most."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A policy that has been learned, with what is worth knowing about it."""

    features: tuple[str, ...]
    actions: tuple[str, ...]
    weights: Weights
    places: Mapping[str, Sequence[str]]
    """Intent -> the actions after which stories have it."""
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Told:
    """An example in words: what the network is told, and what came next."""

    features: tuple[str, ...]
    action: str
    stories: frozenset[int]
    """Which stories tell it: a beginning may be common to many."""


def learn(paths: Sequence[Path], max_history: int, seed: int = 0) -> Learned:
    """The policy that these stories, which hold a message at least, teach."""
    by_story = [examples for path in paths if (examples := _list_usable(path))]
    generator = random.Random(seed)
    if len(by_story) > STORIES:
        by_story = generator.sample(by_story, STORIES)
    told = _tell(by_story, max_history, generator)
    if len(told) > EXAMPLES:
        told = generator.sample(told, EXAMPLES)
    names = _list_names(told)
    actions = tuple(sorted({item.action for item in told}))
    data = _Numbers(told, names, actions)
    chosen, facts = _calibrate(data, len(by_story), seed)
    weights = fit(data.x, data.y, len(actions), data.depths, seed)
    facts = {**facts, "examples": len(told), "features": len(names)}
    return Learned(names, actions, weights.scale(chosen), _places(by_story), facts)


def _places(by_story: Sequence[Sequence[Example]]) -> dict[str, list[str]]:
    places: dict[str, set[str]] = {}
    for example in (example for examples in by_story for example in examples):
        now = example.steps[-1]
        if now.intent is not None and now.previous == LISTEN:
            places.setdefault(now.intent, set()).add(find_last_asked(example.steps))
    return {intent: sorted(after) for intent, after in sorted(places.items())}


def _list_usable(path: Path) -> list[Example]:
    return [example for example in list_story_examples([path], None) if example.action != SNIPPET]


def _tell(by_story: Sequence[Sequence[Example]], max_history: int, generator: random.Random) -> list[_Told]:
    total = sum(map(len, by_story))
    retold = max(1, min(RETOLD, EXAMPLES // max(1, total))) if len(by_story) > 1 else 0
    told: dict[tuple[tuple[str, ...], str], set[int]] = {}
    for number, examples in enumerate(by_story):
        for turn in range(1 + retold):
            before: Sequence[Step] = ()
            if turn:
                before = by_story[generator.randrange(len(by_story))][-1].steps
            slots = dict(before[-1].slots) if before and generator.random() < 0.5 else {}
            for example in examples:
                steps = example.steps
                if before:
                    # Of the story before all but the very end; of this one all but the start of a conversation.
                    steps = (*before, *(step._replace(slots={**slots, **step.slots}) for step in steps[1:]))
                if not steps[1:]:
                    continue
                features = tuple(features_of(steps[-max_history:]))
                told.setdefault((features, example.action), set()).add(number)
    return [_Told(features, action, frozenset(stories)) for (features, action), stories in told.items()]


def _list_names(told: Sequence[_Told]) -> tuple[str, ...]:
    counts = Counter(name for item in told for name in item.features)
    # What the present message means is never left out: the policy abstains where it does not know the intent.
    needed = [name for name in counts if name.startswith("intent=")]
    frequent = [name for name, _ in counts.most_common(FEATURES)]
    return tuple(sorted({*needed, *frequent}))


class _Numbers:
    """The examples as the network takes them."""

    def __init__(self, told: Sequence[_Told], names: Sequence[str], actions: Sequence[str]) -> None:
        columns = {name: number for number, name in enumerate(names)}
        self.x: NDArray[np.float32] = np.zeros((len(told), len(names)), np.float32)
        for row, item in enumerate(told):
            self.x[row, [columns[name] for name in item.features if name in columns]] = 1.0
        index = {action: number for number, action in enumerate(actions)}
        self.y = np.array([index[item.action] for item in told])
        self.stories = [item.stories for item in told]
        self.depths = np.array([depth_of(name) for name in names], np.float32)
        self.intents = np.array([name.startswith("intent=") for name in names])


def _calibrate(data: _Numbers, stories: int, seed: int) -> tuple[float, Mapping[str, Any]]:
    """The temperature that fits stories which were not learned, and how well those are told."""
    folds = min(FOLDS, stories)
    if folds < 2:
        return 1.0, {"temperature": 1.0}
    fold_of_story = np.random.default_rng(seed).permutation(stories) % folds
    # Many examples need no second look from every side.
    rounds = folds if len(data.y) <= HELD_OUT else 1
    logits: list[Floats] = []
    wanted = []
    for fold in range(rounds):
        # What a story outside of the fold tells as well is learned.
        inside = {int(story) for story in np.flatnonzero(fold_of_story == fold)}
        held = np.array([stories <= inside for stories in data.stories])
        weights = fit(data.x[~held], data.y[~held], int(data.y.max()) + 1, data.depths, seed)
        # Of intents that only the held out stories have nothing can be known; the policy abstains there.
        heard = data.x[~held].max(axis=0, initial=0.0) > 0
        unknown = (data.x[held][:, data.intents] * ~heard[data.intents]).max(axis=1, initial=0.0) > 0
        answerable = np.isin(data.y[held], data.y[~held])
        judged = np.flatnonzero(held)[~unknown & answerable][:HELD_OUT]
        logits.append(weights.compute_logits(data.x[judged]))
        wanted.append(data.y[judged])
    outcomes, answers = np.concatenate(logits), np.concatenate(wanted)
    if len(answers) < 20:
        return 1.0, {"temperature": 1.0}
    chosen = fit_temperature(outcomes, answers)
    right = float((outcomes.argmax(axis=1) == answers).mean())
    return chosen, {
        "temperature": round(chosen, 3),
        "held_out": {
            "examples": len(answers),
            "right": round(right, 3),
            "gap": round(_measure_gap(outcomes / chosen, answers), 3),
        },
    }


def _measure_gap(logits: Floats, answers: NDArray[np.int64]) -> float:
    """Expected calibration error in ten bins: how far confidence and success are apart."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    confidences = shifted.max(axis=1) / shifted.sum(axis=1)
    right = logits.argmax(axis=1) == answers
    bins = np.minimum((confidences * 10).astype(int), 9)
    return float(
        sum(
            abs(confidences[bins == part].mean() - right[bins == part].mean()) * (bins == part).mean()
            for part in range(10)
            if (bins == part).any()
        )
    )
