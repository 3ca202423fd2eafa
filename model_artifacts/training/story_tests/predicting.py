"""Test stories as `rasa test` runs them: the real understanding reads each text, the real policies predict each action.

The conversation follows the story, whatever was predicted, so that one difference does not lead to the next; actions do
not run, and the slots and loops that a story writes down are taken from it (rasa.core.test, 3.6:
`_predict_tracker_actions`, `_run_action_prediction`).
"""

import time
from collections.abc import Iterator, Sequence

from functions.dialogue.events import INTERRUPTED, make_action_executed, make_action_rejected
from functions.dialogue.names import LISTEN
from functions.dialogue.policies import Prediction, predict
from functions.dialogue.table import Table
from functions.dialogue.tracker import Event, Tracker
from functions.nlu.stage import Nlu
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.story_tests.reading import TestStory, Written
from model_artifacts.training.story_tests.results import Counts, Result, Step
from shared.events.catalogue import Entity, MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope


def predict_story(story: TestStory, nlu: Nlu, table: Table) -> Result:
    """How understanding and policies take the story."""
    return _Predicting(story, nlu, table).result()


def understand_text(nlu: Nlu, text: str) -> MessageUnderstood:
    """What the stage makes of a text."""
    data = MessageReceived(text=text, sender="test")
    envelope = Envelope(id="m", source="/tests", subject="test:test", data=data, type=data.TYPE, message="m")
    answer = nlu(envelope).data
    if not isinstance(answer, MessageUnderstood):
        raise TypeError(f"nlu answered {type(answer).__name__}")
    return answer


def mark_entities(text: str, entities: Sequence[Entity | Annotation]) -> str:
    """The text with its entities marked, as stories write it."""
    shown, position = "", 0
    for entity in sorted(entities, key=lambda entity: entity.start or 0):
        start, end = entity.start, entity.end
        if start is None or end is None or start < position:
            continue
        labels = [f'"{key}": "{value}"' for key in ("role", "group") if (value := getattr(entity, key)) is not None]
        mark = f"({entity.entity})"
        if labels:
            mark = "{" + ", ".join([f'"entity": "{entity.entity}"', *labels]) + "}"
        shown += f"{text[position:start]}[{text[start:end]}]{mark}"
        position = end
    return shown + text[position:]


class _Predicting:
    def __init__(self, story: TestStory, nlu: Nlu, table: Table) -> None:
        self._story = story
        self._nlu = nlu
        self._table = table
        self._tracker = Tracker(table.domain)
        self._intents = self._entities = self._actions = Counts()

    def result(self) -> Result:
        started = time.perf_counter()
        steps = tuple(self._check_steps())
        seconds = time.perf_counter() - started
        return Result(self._story, steps, seconds, self._intents, self._entities, self._actions)

    def _check_steps(self) -> Iterator[Step]:
        written = iter(self._story.written)
        for number, event in enumerate(self._story.events):
            match event["event"]:
                case "user":
                    yield from self._check_message(next(written))
                    self._tracker.add(event)
                case "action" if number == 0:
                    # Before the first message the assistant listens; nothing predicts that.
                    self._tracker.add(event)
                case "action":
                    yield self._check_action(str(event["name"]))
                case _:
                    self._tracker.add(event)
                    yield _read_given(event)

    def _check_message(self, written: Written) -> Iterator[Step]:
        if written.text is None:
            yield Step("intent", written.intent)
            return
        got = understand_text(self._nlu, written.text)
        intent = got.intent.name if got.intent is not None else "none"
        right = intent == written.intent or ("/" not in written.intent and intent.split("/")[0] == written.intent)
        expected_spans, got_spans = set(map(_make_span, written.annotations)), set(map(_make_span, got.entities))
        self._intents = self._intents.add(int(right), 1)
        self._entities = self._entities.add(len(expected_spans & got_spans), len(expected_spans | got_spans))
        shown = mark_entities(written.text, written.annotations)
        found = mark_entities(written.text, got.entities)
        yield Step("user", shown, found if expected_spans != got_spans else None)
        confidence = got.intent.confidence if got.intent is not None else 0.0
        yield Step("intent", written.intent, None if right else f"{intent} ({confidence:.2f})")

    def _check_action(self, expected: str) -> Step:
        best = self._predict()
        if best.action != expected and best.action == self._tracker.live.loop_name in self._table.domain.forms:
            # The form may have refused to run, which a story does not say.
            self._tracker.add(make_action_rejected(str(best.action), best.policy, best.confidence))
            best = self._predict()
        right = best.action == expected
        self._actions = self._actions.add(int(right), 1)
        if right and best.interrupted:
            self._tracker.add(INTERRUPTED)
        executed = make_action_executed(expected, best.policy, best.confidence, hidden=right and best.hidden)
        self._tracker.add(executed)
        return Step("action", expected, None if right else _explain(best))

    def _predict(self) -> Prediction:
        followup = self._tracker.live.followup
        if followup is not None and followup in self._table.domain.actions:
            return Prediction("followup_action", followup, 1.0)
        return predict(self._table.policies, self._tracker, self._table.learned)[0]


def _make_span(entity: Entity | Annotation) -> tuple[object, ...]:
    return entity.entity, entity.start, entity.end, entity.role, entity.group


def _read_given(event: Event) -> Step:
    if event["event"] == "active_loop":
        return Step("active_loop", str(event["name"]) if event["name"] is not None else "null")
    return Step("slot_was_set", f"{event['name']}: {event.get('value')}")


def _explain(best: Prediction) -> str:
    source = f", {best.source}" if best.source else ""
    return f"{best.action or LISTEN} ({best.policy} {best.confidence:.2f}{source})"
