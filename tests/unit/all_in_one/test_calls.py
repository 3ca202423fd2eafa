"""Stages in one process answer each other by calls as they would by HTTP."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from functions.all_in_one.calls import Calls, copy_events
from functions.gateway.pipeline import Broken, Pipeline, TooLate, ask_in_process
from shared.errors import Conflict, Failure, Rejected, Unavailable
from shared.events.catalogue import (
    ActionCompleted,
    ActionRequested,
    Intent,
    MessageReceived,
    MessageUnderstood,
    RepliesDecided,
    TurnSummary,
)
from shared.events.envelope import Envelope
from shared.outbound import Outbound
from shared.process import Process
from shared.serving import Answer, Bug, Endpoint, body_of, json_answer, query_of
from shared.telemetry import read_timings


def received(text: str = "hello") -> Envelope:
    data = MessageReceived(text=text, sender="me")
    return Envelope("m1", "/test", "rest:me", data, data.TYPE, "m1", "rest", timings="")


class Answering:
    """A stage that answers what it is told to, or raises it."""

    CONSUMES: tuple[Any, ...] = (MessageReceived, ActionRequested)
    PRODUCES: tuple[Any, ...] = ()

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Envelope] = []

    def __call__(self, envelope: Envelope) -> Envelope | None:
        self.asked.append(envelope)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return None if answer is None else envelope.answer(answer, "/test", "answered")


DECIDED = RepliesDecided(turn=TurnSummary("m1"), sender="me", replies=())


def piped(stage: Answering, seconds: float = 5.0, **more: Answering) -> list[Envelope]:
    """What a pipeline makes of a message whose first stage is this."""
    stages = {"nlu": stage, **more}
    takers = {name: Endpoint(Process(name), one).take for name, one in stages.items()}
    now = [0.0]

    def sleep(pause: float) -> None:
        now[0] += pause

    return list(Pipeline(ask_in_process(takers), clock=lambda: now[0], sleep=sleep).run(received(), seconds))


def test_an_answer_carries_what_the_stage_measured() -> None:
    (answer,) = piped(Answering(DECIDED))
    assert answer.data == DECIDED
    assert [timing.stage for timing in read_timings(answer.timings)] == ["nlu"]


@pytest.mark.parametrize("passing", [Unavailable("the store is away"), Conflict("the conversation is busy")])
def test_what_may_succeed_later_is_asked_again(passing: Failure) -> None:
    stage = Answering(passing, passing, DECIDED)
    assert piped(stage)[0].data == DECIDED
    assert len({envelope.id for envelope in stage.asked}) == 1


def test_what_stays_unavailable_is_said_with_its_cause_when_the_time_is_over() -> None:
    with pytest.raises(Unavailable, match="nlu answered 503: the store is away"):
        piped(Answering(*[Unavailable("the store is away")] * 50), 2.0)


def test_no_time_is_too_late() -> None:
    with pytest.raises(TooLate, match="nlu was not asked in time"):
        piped(Answering(), 0.0)


def test_a_refusal_and_a_turn_without_replies_end_the_turn_at_once() -> None:
    for answer, status in ((Rejected("no text"), 400), (None, 204)):
        with pytest.raises(Broken) as raised:
            piped(Answering(answer))
        assert raised.value.answered == status


def test_a_bug_is_told_without_what_it_quotes() -> None:
    with pytest.raises(Broken) as raised:
        piped(Answering(ValueError("what the person wrote")))
    assert raised.value.answered == Bug.status
    assert "ValueError" in str(raised.value)
    assert "wrote" not in str(raised.value)


def test_code_of_others_gets_a_copy_and_answers_only_what_an_event_holds() -> None:
    slots: dict[str, Any] = {"film": "Alien", "seen": ["Alien"]}
    requested = ActionRequested(action="action_find", sender="me", slots=slots)

    def meddling(envelope: Envelope) -> Envelope:
        assert isinstance(envelope.data, ActionRequested)
        envelope.data.slots["seen"].append("Aliens")
        return envelope.answer(ActionCompleted(action="action_find", events=()), "/test", "done")

    asked = received().answer(requested, "/test", "action")
    answer = copy_events("actions", meddling, (ActionRequested,))(asked)
    assert slots == {"film": "Alien", "seen": ["Alien"]}
    assert answer is not None
    assert isinstance(answer.data, ActionCompleted)

    def inventing(envelope: Envelope) -> Envelope:
        events: Any = ({"event": "slot", "value": object()},)
        return envelope.answer(ActionCompleted(action="action_find", events=events), "/test", "done")

    with pytest.raises(Bug, match="actions has a bug: TypeError"):
        copy_events("actions", inventing, (ActionRequested,))(asked)


def test_a_call_to_a_stage_is_answered_by_it_with_path_query_body_and_headers() -> None:
    seen: list[tuple[str, Mapping[str, str], bytes, str]] = []

    def stage(request: Any) -> Answer:
        seen.append((request.path, query_of(request), body_of(request, 100), request.headers["content-type"]))
        return json_answer(201, {"made": True})

    calls = Calls(Outbound(), {"delivery": stage})
    answered = calls.post("stage://delivery/outbox/web%3A1?after=2", b"{}", {"Content-Type": "text/plain"}, 1.0)
    assert seen == [("/outbox/web:1", {"after": "2"}, b"{}", "text/plain")]
    assert answered.status == 201
    assert json.loads(answered.body) == {"made": True}
    assert answered.headers["content-type"] == "application/json"


def test_other_addresses_are_called_over_the_network() -> None:
    calls = Calls(Outbound(), {"delivery": lambda _: ("", 204, {})})
    with pytest.raises(Unavailable, match="cannot be reached"):
        calls.request("GET", "http://127.0.0.1:9/outbox", timeout=5.0)


def test_understood_goes_on_as_it_is_without_being_written_out() -> None:
    understood = MessageUnderstood(MessageReceived(text="hello", sender="me"), intent=Intent("greet", 1.0))
    dialogue = Answering(DECIDED)
    dialogue.CONSUMES = (MessageUnderstood,)
    first, last = piped(Answering(understood), dialogue=dialogue)
    assert first.data is understood
    assert last.data == DECIDED
    assert [timing.stage for timing in read_timings(last.timings)] == ["nlu", "dialogue"]
