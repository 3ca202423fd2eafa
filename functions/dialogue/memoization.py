"""The memoization policy: where the conversation went exactly as a story does, go on as the story does."""

from collections.abc import Mapping, Sequence

from functions.dialogue.features import Known, RuleOnly, Step, list_story_steps
from functions.dialogue.names import LISTEN
from functions.dialogue.policies import Prediction
from functions.dialogue.rules import confidence_of
from functions.dialogue.tracker import Event, Snapshot, Tracker, apply_event, make_first_snapshot


class Memory:
    """Known stretches of stories: the steps before an action, and the action.

    Steps are interned: a stretch is the tuple of its steps' numbers, written as a string of numbers.
    """

    def __init__(
        self,
        steps: Mapping[str, int],
        table: Mapping[str, Sequence[int]],
        actions: Sequence[str],
        sources: Sequence[str],
    ) -> None:
        self.steps = steps
        self.table = table
        """Stretch -> [number of the action, number of its source]."""
        self.actions = actions
        self.sources = sources
        """Where in the stories each was found."""

    def recall(self, numbers: Sequence[int]) -> tuple[str, int] | None:
        if -1 in numbers:
            return None
        found = self.table.get(" ".join(map(str, numbers)))
        return (self.actions[found[0]], found[1]) if found is not None else None

    def numbers(self, steps: Sequence[Step]) -> list[int]:
        return [self.steps.get(step.key(), -1) for step in steps]


class MemoizationPolicy:
    """Decides by stories, looking back `max_history` steps (None: to the start)."""

    def __init__(
        self,
        memory: Memory,
        rule_only: RuleOnly,
        *,
        name: str = "MemoizationPolicy",
        max_history: int | None,
        augmented: bool = False,
        priority: int = 3,
        nlu_confidence: bool = False,
    ) -> None:
        self._memory = memory
        self._rule_only = rule_only
        self._name = name
        self._max_history = max_history
        self._augmented = augmented
        self._priority = priority
        self._nlu_confidence = nlu_confidence

    def predict(self, tracker: Tracker) -> Prediction:
        known = tracker.known_steps
        numbers = self._memory.numbers(self._steps(tracker, tracker.applied, tracker.snapshots, tracker.base, known))
        found = self._memory.recall(numbers)
        if found is None and self._augmented:
            found = self._recall_without_past(tracker, numbers)
        if found is None:
            return Prediction(self._name, None, 0.0, self._priority)
        action, source = found
        confidence = confidence_of(tracker) if self._nlu_confidence else 1.0
        return Prediction(self._name, action, confidence, self._priority, self._memory.sources[source])

    def _steps(
        self,
        tracker: Tracker,
        applied: Sequence[Event],
        snapshots: Sequence[Snapshot],
        base: Snapshot,
        known: Known | None = None,
    ) -> list[Step]:
        return list_story_steps(tracker.domain, applied, snapshots, base, self._rule_only, self._max_history, known)

    def _recall_without_past(self, tracker: Tracker, seen: list[int]) -> tuple[str, int] | None:
        """Forget the oldest actions one by one, with the slots set by then, until a story is recognised."""
        events = tracker.applied
        start = self._start(tracker)
        actions = [index for index in range(start, len(events)) if events[index]["event"] == "action"]
        for index in actions:
            snapshot = make_first_snapshot(tracker.domain)
            base = snapshot
            snapshots = []
            for event in events[index:]:
                snapshot = apply_event(tracker.domain, snapshot, event)
                snapshots.append(snapshot)
            numbers = self._memory.numbers(self._steps(tracker, events[index:], snapshots, base))
            if numbers != seen:
                found = self._memory.recall(numbers)
                if found is not None:
                    return found
                seen = numbers
        return None

    def _start(self, tracker: Tracker) -> int:
        """The listen from which on at most about `max_history` actions are left."""
        if not self._max_history:
            return 0
        count = 0
        for index in range(len(tracker.applied) - 1, -1, -1):
            event = tracker.applied[index]
            if event["event"] == "action":
                count += 1
                if count > self._max_history and event.get("name") == LISTEN:
                    return index
        return 0
