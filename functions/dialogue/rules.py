"""The rule policy: what the project's rules say next, forms first.

Precedence, from Rasa's rule policy: /restart, /back and /session_start; the active form on its happy path; the longest
rule that fits what happened; the fallback action at the confidence of core_fallback_threshold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from functions.dialogue.domain import Feature
from functions.dialogue.features import Step, is_unset, list_recent_steps
from functions.dialogue.names import DEFAULT_ACTION_OF_INTENT, LISTEN, UNSET
from functions.dialogue.policies import Prediction
from functions.dialogue.tracker import Tracker
from shared.events.wire import JSON

NAME = "RulePolicy"


@dataclass(frozen=True, slots=True)
class RuleStep:
    """What a rule asks of one step; None, or an absent slot, is no condition."""

    previous: str | None
    """None: the start of the conversation."""
    intent: str | None = None
    text: str | None = None
    entities: tuple[str, ...] | None = None
    slots: Mapping[str, Feature] = field(default_factory=dict)
    loop: str | None = None

    def fits(self, step: Step) -> bool:
        """Whether the step is as this one asks for; what it does not name may be anything."""
        if self.previous is None or step.previous is None:
            # The start of a conversation fits the start of a conversation, whatever initial slots it has.
            return self.previous is None and step.previous is None
        if self.previous != step.previous:
            return False
        if self.intent is not None and self.intent != step.intent:
            return False
        if self.text is not None and self.text != step.text:
            return False
        if self.entities is not None and self.entities != step.entities:
            return False
        if self.loop is not None and not _loop_fits(self.loop, step.loop):
            return False
        return all(_slot_fits(wanted, step.slots.get(name)) for name, wanted in self.slots.items())


def _loop_fits(wanted: str, found: str | None) -> bool:
    return found is None or found == UNSET if wanted == UNSET else wanted == found


def _slot_fits(wanted: Feature, found: Feature) -> bool:
    # `True` and `1.0` are equal in Python and never meet: a slot has one type.
    return is_unset(found) if wanted == UNSET else wanted == found


@dataclass(frozen=True, slots=True)
class Rule:
    """After these steps comes this action."""

    steps: tuple[RuleStep, ...]
    action: str
    weight: int
    """How much it asks for: of the rules that fit, the one that asks for most wins."""
    source: str
    hidden: bool = False

    def fits(self, steps: Sequence[Step]) -> bool:
        """`steps` are the latest ones, oldest first."""
        if len(self.steps) > len(steps):
            return False
        return all(mine.fits(theirs) for mine, theirs in zip(reversed(self.steps), reversed(steps), strict=False))


class Rules:
    """Rules, indexed by what came right before."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self.longest = max((len(rule.steps) for rule in self.rules), default=1)
        self._index: dict[tuple[str | None, str | None], list[Rule]] = {}
        for rule in self.rules:
            last = rule.steps[-1]
            self._index.setdefault((last.previous, last.intent), []).append(rule)

    def find_fitting(self, steps: Sequence[Step]) -> list[Rule]:
        """The rules that fit, the one that asks for most first."""
        last = steps[-1]
        found = [rule for rule in self._index.get((last.previous, None), ()) if rule.fits(steps)]
        if last.intent is not None:
            found += [rule for rule in self._index.get((last.previous, last.intent), ()) if rule.fits(steps)]
        return sorted(found, key=lambda rule: -rule.weight)


INTERRUPTED = "interrupted"
"""A loop marker's action: the form comes back from an unhappy path."""
NO_LOOP = "no_loop"
"""A loop marker's action: the form is not what comes next here."""


class RulePolicy:
    """Decides by rules; its table is built by the compiler."""

    def __init__(
        self,
        rules: Rules,
        markers: Rules,
        *,
        priority: int = 4,
        fallback: str | None = "action_default_fallback",
        threshold: float = 0.3,
        nlu_confidence: bool = False,
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        self.rules = rules
        self.markers = markers
        """Places within forms that rules and stories name: where the form was interrupted, where it must not run."""
        self._longest = max(rules.longest, markers.longest)
        self._priority = priority
        self._fallback = fallback
        """None: predicts nothing where no rule fits."""
        self._threshold = threshold
        self._nlu_confidence = nlu_confidence
        self._hidden = hidden
        """Names of default intents and loops that occur in no story."""

    @property
    def longest(self) -> int:
        return self._longest

    def predict(self, tracker: Tracker) -> Prediction:
        prediction = self.predict_before_rules(tracker)
        return prediction or self.predict_by_rules(tracker, list_recent_steps(tracker, self._longest))

    def predict_before_rules(self, tracker: Tracker) -> Prediction | None:
        """What comes before any rule: /restart and the like, and the active form on its happy path."""
        live = tracker.live
        # A paused conversation has not listened, and still must be open to a restart.
        if (live.action == LISTEN or live.paused) and (default := DEFAULT_ACTION_OF_INTENT.get(tracker.intent or "")):
            return self._sure(tracker, default, f"intent {tracker.intent}", hidden=f"intent {tracker.intent}")
        loop = live.loop_name
        if loop is not None and live.loop is not None and not live.loop.rejected and live.action is not None:
            if live.action != loop:
                return self._sure(tracker, loop, f"form {loop} goes on", hidden=f"loop {loop}", no_user=True)
            return self._sure(tracker, LISTEN, f"form {loop} has asked", hidden=f"listen {loop}", no_user=True)
        return None

    def predict_by_rules(self, tracker: Tracker, steps: Sequence[Step]) -> Prediction:
        """What rules say after `steps`."""
        fitting = self.rules.find_fitting(steps)
        rule = fitting[0] if fitting else None
        loop = tracker.live.loop_name
        interrupted = False
        if loop is not None:
            markers = {marker.action for marker in self.markers.find_fitting(steps[-2:])}
            if rule is not None and rule.action == LISTEN and not _names_loop(rule):
                if NO_LOOP not in markers:
                    # A rule that does not know of the form ended: the form asks again.
                    return self._sure(tracker, loop, rule.source, rule=rule)
                rule = None
            interrupted = INTERRUPTED in markers
        if rule is None:
            return self._unsure(interrupted)
        return self._sure(tracker, rule.action, rule.source, rule=rule, interrupted=interrupted)

    def _sure(
        self,
        tracker: Tracker,
        action: str,
        source: str,
        *,
        hidden: str = "",
        rule: Rule | None = None,
        interrupted: bool = False,
        no_user: bool = False,
    ) -> Prediction:
        return Prediction(
            NAME,
            action,
            confidence_of(tracker) if self._nlu_confidence else 1.0,
            self._priority,
            source,
            hidden=rule.hidden if rule is not None else hidden in self._hidden,
            interrupted=interrupted,
            no_user=no_user,
            otherwise=(self._fallback, self._threshold) if self._fallback is not None else None,
        )

    def _unsure(self, interrupted: bool) -> Prediction:
        confidence = self._threshold if self._fallback is not None else 0.0
        return Prediction(
            NAME, self._fallback, confidence, self._priority, "no rule fits", unsure=True, interrupted=interrupted
        )


def _names_loop(rule: Rule) -> bool:
    return rule.steps[-1].loop not in (None, UNSET)


def confidence_of(tracker: Tracker) -> float:
    """How sure the intent of the latest message is."""
    message = tracker.live.message
    intent: Mapping[str, JSON] = (message["parse_data"].get("intent") or {}) if message is not None else {}
    return float(intent.get("confidence", 1.0))
