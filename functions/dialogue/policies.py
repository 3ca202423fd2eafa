"""What to do next: each policy says what it would do and how sure it is, and the surest wins.

A policy is anything with the shape of `Policy`; a learned one joins by being listed in `Table.policies`. The order of
precedence is Rasa's: a form on its happy path, then the highest confidence, then the highest priority, then the order
of `config.yml`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from functions.dialogue.names import LISTEN
from functions.dialogue.tracker import Tracker


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one policy would do next."""

    policy: str
    action: str | None
    """None where it knows nothing to do."""
    confidence: float
    priority: int = 1
    source: str | None = None
    """The rule or story that says so, with its place."""
    hidden: bool = False
    """Only rules say so: the turn is kept from policies that learn from stories."""
    interrupted: bool = False
    """The active form comes back from an unhappy path and must not read the message as its answer."""
    no_user: bool = False
    """Follows from the active form alone, not from what the person said: overrules everything."""


class Policy(Protocol):
    """One way to decide. Reads the tracker and changes nothing."""

    def predict(self, tracker: Tracker) -> Prediction: ...


def predict(policies: Sequence[Policy], tracker: Tracker) -> tuple[Prediction, list[Prediction]]:
    """The winning prediction, and all of them."""
    rejected = tracker.rejected_action()
    predictions = []
    for policy in policies:
        prediction = policy.predict(tracker)
        if prediction.action is not None and prediction.action == rejected:
            prediction = replace(prediction, action=None, confidence=0.0)
        predictions.append(prediction)
    no_user = any(prediction.no_user for prediction in predictions)
    best: Prediction | None = None
    for prediction in predictions:
        if prediction.no_user == no_user and (
            best is None or (prediction.confidence, prediction.priority) > (best.confidence, best.priority)
        ):
            best = prediction
    if best is None:
        best = Prediction("none", None, 0.0)
    if best.action is None:
        # Nobody knows what to do: wait for the person.
        best = replace(best, action=LISTEN)
    interrupted = any(prediction.interrupted for prediction in predictions)
    return replace(best, interrupted=interrupted), predictions
