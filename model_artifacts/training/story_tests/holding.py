"""Test stories held as conversations: the messages go through the real stages, and actions really run.

Everything happens in this process: `nlu`, `dialogue` on a store in memory, and `actions` with the assistant's functions
and the action server, where there is one. A story may write down what no message of it leads to (a form that ends
without answers, a slot that an action sets which nobody runs); such a story is held up to there and is not a failure.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from functions.actions.stage import Actions
from functions.dialogue.names import LISTEN, SESSION_START
from functions.dialogue.record import read_turn
from functions.dialogue.stage import Dialogue
from functions.dialogue.table import Table
from functions.dialogue.tracker import Event
from functions.nlu.stage import Nlu
from model_artifacts.training.story_tests.reading import TestStory, Written
from model_artifacts.training.story_tests.results import Counts, Result, Step
from shared.events.catalogue import ActionCompleted, ActionRequested, MessageReceived
from shared.events.envelope import Envelope
from shared.events.wire import JSON
from shared.stores.memory import memory_store

CONVERSATION = "test:test"


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages of one assistant, in this process."""

    nlu: Nlu
    table: Table
    actions: Actions


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a story says of one message and what follows, and what really followed."""

    events: Sequence[Event]
    written: Written | None


class _NotRun(Exception):
    """An action is needed that nobody runs; says which and what to do."""


def hold_conversation(story: TestStory, stages: Stages) -> Result:
    """How the conversation goes when somebody says the story's messages."""
    return _Holding(story, stages).result()


class _Holding:
    def __init__(self, story: TestStory, stages: Stages) -> None:
        self._story = story
        self._stages = stages
        self._store = memory_store()
        self._dialogue = Dialogue(stages.table, self._store.conversations, clock=time.time)
        self._actions = Counts()
        self._not_held: str | None = None

    def result(self) -> Result:
        started = time.perf_counter()
        steps: list[Step] = []
        for number, turn in enumerate(_split_turns(self._story)):
            if self._not_held is not None or any(step.got is not None for step in steps):
                break
            steps += self._turn(turn, number)
        seconds = time.perf_counter() - started
        return Result(self._story, tuple(steps), seconds, actions=self._actions, not_held=self._not_held)

    def _turn(self, turn: _Turn, number: int) -> list[Step]:
        if turn.written is None:
            return []
        steps = [Step("user", turn.written.text or f"/{turn.written.intent}")]
        try:
            events = self._say(_write_message(turn), f"m{number}")
        except _NotRun as exc:
            self._not_held = str(exc)
            return steps
        expected = list(_list_steps(turn.events))
        got = list(_list_steps(events))
        wanted = [step for step in expected if step.kind == "action"]
        done = [step for step in got if step.kind == "action"]
        recorded = self._store.conversations.load(CONVERSATION, f"m{number}", time.time()).turn
        state = recorded.document if recorded is not None else {}
        missing = next((step for step in expected if step.kind != "action" and not _is_so(step, got, state)), None)
        if missing is not None:
            self._not_held = (
                f"the story writes `{missing.kind}: {missing.expected}` after '{steps[0].expected}', and saying it "
                "does not lead there; give the messages that do"
            )
            return steps
        for index in range(max(len(wanted), len(done))):
            want = wanted[index].expected if index < len(wanted) else LISTEN
            have = done[index].expected if index < len(done) else LISTEN
            self._actions = self._actions.add(int(want == have), 1)
            steps.append(Step("action", want, None if want == have else have))
        return steps

    def _say(self, text: str, ident: str) -> list[Event]:
        """Say it; the tracker events of the turn."""
        data = MessageReceived(text=text, sender="test", sent_at=datetime.now(UTC).isoformat())
        envelope: Envelope | None = Envelope(
            id=ident, source="/tests", subject=CONVERSATION, data=data, type=data.TYPE, message=ident, channel="rest"
        )
        envelope = self._dialogue(self._stages.nlu(envelope)) if envelope is not None else None
        while envelope is not None and isinstance(envelope.data, ActionRequested):
            completed = self._stages.actions(envelope)
            if completed is None or not isinstance(completed.data, ActionCompleted):
                raise TypeError("actions answers every request")
            if completed.data.outcome == "failed":
                raise _NotRun(completed.data.error or f"{envelope.data.action} failed")
            envelope = self._dialogue(completed)
        turn = self._store.conversations.load(CONVERSATION, ident, time.time()).turn
        return list(read_turn(turn.document, ident)["events"]) if turn is not None else []


def _split_turns(story: TestStory) -> Iterator[_Turn]:
    """The story cut before each message."""
    written = iter(story.written)
    events: list[Event] = []
    message: Written | None = None
    for event in story.events:
        if event["event"] == "user":
            yield _Turn(events, message)
            events, message = [], next(written)
        events.append(event)
    yield _Turn(events, message)


def _write_message(turn: _Turn) -> str:
    """The text, or where the story gives none, the message that means its intent and entities."""
    written = turn.written
    if written is not None and written.text is not None:
        return written.text
    intent = written.intent if written is not None else ""
    parsed: Mapping[str, JSON] = turn.events[0]["parse_data"]
    entities = {item["entity"]: item.get("value") for item in parsed.get("entities") or () if item.get("value")}
    return f"/{intent}{json.dumps(entities) if entities else ''}"


def _list_steps(events: Sequence[Event]) -> Iterator[Step]:
    for event in events:
        match event["event"]:
            case "action" if event["name"] not in (LISTEN, SESSION_START):
                yield Step("action", str(event["name"]))
            case "active_loop":
                yield Step("active_loop", str(event["name"]) if event["name"] is not None else "null")
            case "slot" if not event.get("implied") and event.get("value") is not None:
                yield Step("slot_was_set", str(event["name"]))


def _is_so(step: Step, got: Sequence[Step], state: Mapping[str, JSON]) -> bool:
    """Whether this slot was set, or this loop is active or ended, in the turn or before it."""
    if any((step.kind, step.expected) == (other.kind, other.expected) for other in got):
        return True
    if step.kind == "active_loop":
        return (state.get("active_loop") or "null") == step.expected
    return step.expected in (state.get("slots") or {})
