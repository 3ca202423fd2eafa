"""Stages behind HTTP: one event or nothing out, failures as statuses."""

import io
import json
import logging
import re
from typing import Any

import pytest

from shared.errors import Conflict, Rejected, Unavailable
from shared.events.catalogue import Intent, MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.logs import JsonLines
from shared.process import Process, describe_process
from shared.serving import Endpoint
from shared.settings import Settings
from shared.telemetry import Timing, read_timings
from tests.loopback import Asked

EVENT = Envelope(
    id="rest:m1",
    source="/test",
    subject="rest:me",
    data=MessageReceived(text="a secret wish", sender="me"),
    type=MessageReceived.TYPE,
    message="rest:m1",
)


class Understanding:
    CONSUMES = (MessageReceived,)
    PRODUCES = (MessageUnderstood,)

    def __init__(self, failure: Exception | None = None, silent: bool = False) -> None:
        self.failure, self.silent = failure, silent

    def __call__(self, envelope: Envelope) -> Envelope | None:
        if self.failure is not None:
            raise self.failure
        if self.silent:
            return None
        assert isinstance(envelope.data, MessageReceived)
        data = MessageUnderstood(MessageReceived(envelope.data.text, envelope.data.sender), Intent("greet", 1.0))
        return envelope.answer(data, "/parley/nlu", "understood")


def event(**changes: Any) -> Asked:
    headers, body = encode(EVENT)
    return Asked(headers=headers, body=body, **changes)


def test_an_event_is_answered_with_an_event() -> None:
    body, status, headers = Endpoint(Process("nlu"), Understanding())(event())
    answer = decode(headers, body)
    assert (status, answer.id, answer.type) == (200, "rest:m1.understood", MessageUnderstood.TYPE)


def test_nothing_to_say_is_an_empty_body() -> None:
    assert Endpoint(Process("nlu"), Understanding(silent=True))(event()) == ("", 204, {})


def test_the_answer_carries_what_the_stage_measured_and_whether_it_was_cold() -> None:
    times = iter([1.0, 1.25, 2.0, 2.5])
    serving = Endpoint(Process("nlu"), Understanding(), clock=lambda: next(times))
    first, second = (decode(answer[2], answer[0]) for answer in (serving(event()), serving(event())))
    (cold,), (warm,) = read_timings(first.timings), read_timings(second.timings)
    assert (cold.stage, cold.milliseconds, cold.cold) == ("nlu", 250.0, True)
    assert cold.start is not None, "a cold stage says how long its process took until it could answer"
    assert warm == Timing("nlu", 500.0, False)


def test_in_a_cluster_timings_name_the_revision() -> None:
    process = describe_process("nlu", Settings(configuration="parley-nlu", revision="parley-nlu-00004"))
    body, _, headers = Endpoint(process, Understanding())(event())
    (timing,) = read_timings(decode(headers, body).timings)
    assert (timing.revision, timing.cold) == ("00004", True)


@pytest.mark.parametrize(
    ("failure", "status"),
    [(Rejected("wrong"), 400), (Conflict("busy"), 409), (Unavailable("down"), 503), (KeyError("a secret wish"), 422)],
)
def test_each_failure_has_its_status_and_a_cause(failure: Exception, status: int) -> None:
    body, answered, headers = Endpoint(Process("nlu"), Understanding(failure))(event())
    assert answered == status
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["error"]
    assert "secret" not in body


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (Asked("GET", "/healthz"), 200),
        (Asked("POST", "/wake"), 202),
        (Asked("GET", "/"), 405),
        (Asked("POST", "/elsewhere"), 404),
        (Asked(body=b"hello"), 400),
        (Asked(content_length=10**9), 413),
        (Asked(body=b"x" * 2_000_000), 413),
    ],
)
def test_what_is_no_event_has_its_status(asked: Asked, status: int) -> None:
    assert Endpoint(Process("nlu"), Understanding())(asked)[1] == status


def test_an_event_of_another_type_is_rejected_with_the_types_that_are_taken() -> None:
    asked = event()
    asked.headers["ce-type"] = "com.example.other"
    body, status, _ = Endpoint(Process("nlu"), Understanding())(asked)
    assert status == 400
    assert "it takes dev.parley.message.received.v1" in body


@pytest.mark.parametrize("type_", [MessageUnderstood.TYPE, "dev.parley.message.received.v2"])
def test_an_event_that_a_newer_revision_may_take_has_to_come_again(type_: str) -> None:
    asked = event()
    asked.headers["ce-type"] = type_
    body, status, _ = Endpoint(Process("nlu"), Understanding())(asked)
    assert status == 503
    assert "a newer nlu may" in body


def test_no_log_line_has_the_text_of_a_message(caplog: pytest.LogCaptureFixture) -> None:
    """A bug among them, whose message quotes the person: only its type and its place are written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())  # type: ignore[arg-type]
    caplog.set_level(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    try:
        for failure in (None, Rejected("wrong"), Conflict("busy"), KeyError("a secret wish")):
            Endpoint(Process("nlu"), Understanding(failure))(event())
    finally:
        logging.getLogger().removeHandler(handler)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["message"] for line in lines] == ["taken", "refused", "refused", "failed"]
    assert "secret" not in written.getvalue()
    assert re.search(r"test_serving\.py:\d+ in __call__: KeyError$", lines[3]["exception"])


def test_paths_and_methods_of_a_route() -> None:
    def broken(request: Any) -> Any:
        raise KeyError(request.path)

    served = Endpoint(Process("nlu"), Understanding(), routes={"GET /box/": broken, "POST /box/": broken})
    assert [served(Asked("GET", path))[1] for path in ("/box/a/b", "/box", "/boxes")] == [500, 404, 404]
    body, status, headers = served(Asked("PUT", "/box/a"))
    assert (status, headers["allow"]) == (405, "GET, POST")
    assert "GET, POST" in body


def test_a_refused_first_event_is_not_the_cold_start() -> None:
    stage = Understanding(Unavailable("down"))
    served = Endpoint(Process("nlu"), stage)
    served(event())
    stage.failure = None
    body, _, headers = served(event())
    assert read_timings(decode(headers, body).timings)[0].cold
