"""What to do next: each policy says what it would do and how sure it is, and the surest wins.

A policy is anything with the shape of `Policy`. The order of precedence is Rasa's: a form on its happy path, then the
highest confidence, then the highest priority, then the order of `config.yml`. The learned policy is asked last, where
no rule and no story fits: it could win nowhere else.
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
    unsure: bool = False
    """It says only what to do where nobody knows better."""
    interrupted: bool = False
    """The active form comes back from an unhappy path and must not read the message as its answer."""
    no_user: bool = False
    """Follows from the active form alone, not from what the person said: overrules everything."""
    otherwise: tuple[str, float] | None = None
    """What it falls back to, and how surely, where its action was just tried and did not run."""
    ranking: tuple[tuple[str, float], ...] = ()
    """Of a policy that weighs several actions: those, with how sure it is of each, the surest first."""


class Policy(Protocol):
    """One way to decide. Reads the tracker and changes nothing."""

    def predict(self, tracker: Tracker) -> Prediction: ...


def predict(
    policies: Sequence[Policy], tracker: Tracker, learned: Policy | None = None
) -> tuple[Prediction, list[Prediction]]:
    """The winning prediction, and all of them. `learned` is asked only where no other policy knows what to do."""
    rejected = tracker.rejected_action()
    predictions = [_remove_rejected(policy.predict(tracker), rejected) for policy in policies]
    if learned is not None and all(prediction.action is None or prediction.unsure for prediction in predictions):
        predictions.append(_remove_rejected(learned.predict(tracker), rejected))
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
    # `replace` costs as much as a rule that is looked up.
    return best if best.interrupted == interrupted else replace(best, interrupted=interrupted), predictions


def _remove_rejected(prediction: Prediction, rejected: str | None) -> Prediction:
    """The prediction without the action that was just tried and did not run."""
    if rejected is None or prediction.action != rejected:
        return prediction
    left = [item for item in prediction.ranking if item[0] != rejected]
    if prediction.otherwise is not None and prediction.otherwise[0] != rejected:
        left.append(prediction.otherwise)
    action, confidence = left[0] if left else (None, 0.0)
    return replace(prediction, action=action, confidence=confidence, unsure=True)
