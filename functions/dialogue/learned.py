"""The learned policy: where no rule and no story fits, go on as the stories usually do in places like this.

The compiler learns from the stories what follows on what (`model_artifacts/training/dialogue/learning.py`). The network
is read when it is first asked, so that an assistant whose rules and stories always fit never pays for it.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from functions.dialogue.features import RuleOnly, Step, list_story_steps
from functions.dialogue.names import LISTEN
from functions.dialogue.network import Network, read_network
from functions.dialogue.policies import Prediction
from functions.dialogue.tracker import Tracker

START = ""
"""In the place of what was asked: nothing was, the conversation begins."""
RANKED = 5
"""Actions of the ranking that are kept with the turn."""


class LearnedPolicy:
    """Decides by likeness to the stories, looking back `max_history` steps."""

    def __init__(
        self,
        read: Callable[[], bytes],
        rule_only: RuleOnly,
        *,
        name: str = "TEDPolicy",
        max_history: int,
        priority: int = 1,
    ) -> None:
        self._read = read
        self._rule_only = rule_only
        self._name = name
        self._max_history = max_history
        self._priority = priority

    @cached_property
    def network(self) -> Network:
        return read_network(self._read())

    def predict(self, tracker: Tracker) -> Prediction:
        """The best action that the domain knows, with the ranking; none where no story has this message here."""
        steps = list_story_steps(
            tracker.domain,
            tracker.applied,
            tracker.snapshots,
            tracker.base,
            self._rule_only,
            self._max_history,
            tracker.known_steps,
        )
        network = self.network
        if not steps or _is_unlearned(steps, network):
            return Prediction(self._name, None, 0.0, self._priority, "no story has this message here")
        confidences = network.confidences(features_of(steps))
        known = tracker.domain.actions
        ranking = sorted(
            ((action, confidence) for action, confidence in zip(network.actions, confidences, strict=True)),
            key=lambda item: -item[1],
        )
        ranking = [item for item in ranking[:RANKED] if item[0] in known]
        if not ranking:
            return Prediction(self._name, None, 0.0, self._priority)
        action, confidence = ranking[0]
        return Prediction(
            self._name, action, confidence, self._priority, "learned from the stories", ranking=tuple(ranking)
        )


def _is_unlearned(steps: Sequence[Step], network: Network) -> bool:
    """Whether nothing was learned about the message that is to be answered.

    Either no story has its intent, or a form is open, and the stories have it only as the answer to one other question:
    a "no" to "Shall I go on?" says nothing about a "no" to "How many people?".
    """
    now = steps[-1]
    if now.intent is None:
        return now.previous == LISTEN
    places = network.places.get(now.intent)
    if places is None:
        return True
    if now.loop is None or now.previous != LISTEN or find_last_asked(steps) in places:
        return False
    return len(places) < 2 and START not in places


def find_last_asked(steps: Sequence[Step]) -> str:
    """What the assistant did last before it listened to the latest message."""
    for step in reversed(steps):
        if step.previous != LISTEN and step.previous is not None and step is not steps[-1]:
            return step.previous
        if step.previous is None:
            break
    return START


def features_of(steps: Sequence[Step]) -> list[str]:
    """What the network is told of the latest steps, oldest first: where the conversation is, and how it came there."""
    now = steps[-1]
    found = [f"intent={now.intent}", f"after={now.previous}", f"loop={now.loop}", f"asked={find_last_asked(steps)}"]
    found += [f"after={now.previous}&intent={now.intent}", f"loop={now.loop}&intent={now.intent}"]
    found += [f"entity={name}" for name in now.entities]
    found += [f"slot={name}:{value}" for name, value in sorted(now.slots.items())]
    found += dict.fromkeys(_list_before(steps))
    return found


def depth_of(feature: str) -> int:
    """How many steps back the feature looks; 0 for the present."""
    label = feature.split("=", 1)[0]
    return int(label.rpartition("-")[2]) if "-" in label else 0


def _list_before(steps: Sequence[Step]) -> Iterator[str]:
    """The actions and messages of earlier steps, each with its distance and once more without."""
    intent = steps[-1].intent
    for distance, step in enumerate(reversed(steps[:-1]), start=1):
        yield f"did-{distance}={step.previous}"
        if step.previous == LISTEN or step.intent != intent:
            yield f"heard-{distance}={step.intent}"
