"""The actions stage: what runs, within which time, and what comes of what goes wrong."""

import logging
import re
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from functions.actions.fulfilment import Call, Rejection, Response, Result, followup, say, slot, text
from functions.actions.running import Runner
from functions.actions.stage import Actions
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import MessageReceived
from shared.events.envelope import Envelope
from shared.logs import JsonLines
from tests.unit.actions.events import NOW, completed, requested

IN_A_WHILE = (NOW + timedelta(seconds=20)).isoformat()


def hello(call: Call) -> Result:
    return Result.of(
        say("utter_hello", name=call.slot("name")), text("and hello"), slot("greeted", True), followup("action_listen")
    )


def test_a_function_says_and_changes_things_in_the_form_of_the_rasa_sdk() -> None:
    answer = completed(Actions({"action_hello": hello})(requested(slots={"name": "Ann"})))
    assert answer.outcome == "done"
    assert answer.responses == ({"response": "utter_hello", "name": "Ann"}, {"text": "and hello"})
    assert answer.events == (
        {"event": "slot", "name": "greeted", "value": True},
        {"event": "followup", "name": "action_listen"},
    )


def test_a_function_sees_the_conversation_and_the_settings_of_its_assistant() -> None:
    seen: list[Call] = []

    def look(call: Call) -> Result:
        seen.append(call)
        return Result()

    stage = Actions({"look": look}, assets=Path("bundle"), settings={"A": "b"}, clock=lambda: NOW)
    stage(
        requested(
            "look",
            slots={"genre": " horror "},
            latest_message={"text": "hi", "intent": {"name": "greet"}, "entities": [{"entity": "x", "value": 1}]},
            events=({"event": "action", "name": "f"}, {"event": "slot", "name": "size", "value": "big"}),
            active_loop={"name": "order_form"},
            locale="en-GB",
        )
    )
    (call,) = seen
    assert (call.sender, call.conversation, call.message, call.now) == ("somebody", "rest:somebody", "rest:m1", NOW)
    assert (call.assets, call.settings, call.locale, call.active_loop) == (
        Path("bundle"),
        {"A": "b"},
        "en-GB",
        "order_form",
    )
    assert (call.text, call.intent, call.entity("x"), call.entity("y"), call.words("genre")) == (
        "hi",
        "greet",
        "1",
        "",
        "horror",
    )
    assert call.slots_to_validate() == {"size": "big"}


def test_the_same_event_gives_the_same_event_again() -> None:
    stage = Actions({"action_hello": hello})
    first, second = stage(requested()), stage(requested())
    assert first == second
    assert first is not None
    assert first.id == "rest:m1.understood.requested.completed"
    assert first.message == "rest:m1"


def test_an_action_that_declines_is_rejected() -> None:
    def decline(_: Call) -> Result:
        raise Rejection

    assert completed(Actions({"a": decline})(requested("a"))).outcome == "rejected"


def broken(call: Call) -> Result:
    raise ValueError(f"cannot read {call.text}")


def test_an_action_that_raises_fails_without_repeating_what_the_person_said(caplog: pytest.LogCaptureFixture) -> None:
    event = requested("a", latest_message={"text": "my secret"})
    with caplog.at_level(logging.INFO):
        answer = completed(Actions({"a": broken})(event))
    assert (answer.outcome, answer.error) == ("failed", "a raised ValueError; the log of actions says where")
    lines = [JsonLines().format(record) for record in caplog.records]
    assert "in broken: ValueError" in lines[0]
    assert "my secret" not in "".join(lines)
    assert "somebody" not in "".join(lines)


def test_on_a_desk_an_action_that_raises_says_what_it_raised_and_where() -> None:
    event = requested("a", latest_message={"text": "my wish"})
    answer = completed(Actions({"a": broken}, runner=Runner(whole_errors=True))(event))
    assert answer.error is not None
    assert re.fullmatch(r"a raised ValueError: cannot read my wish at .*test_stage\.py:\d+", answer.error)


def test_actions_that_hang_hold_a_bounded_number_of_threads() -> None:
    """Beyond it the event has to come again; one that ends makes room."""
    release = threading.Event()

    def hang(call: Call) -> Result:
        release.wait(30)
        return Result()

    stage = Actions({"hang": hang, "hello": hello}, runner=Runner(0.01, max_threads=3))
    before = threading.active_count()
    for _ in range(3):
        assert completed(stage(requested("hang"))).error == "hang gave no result within 0.0 s"
    for _ in range(20):
        with pytest.raises(Unavailable, match="too many actions hang"):
            stage(requested("hello"))
    assert threading.active_count() - before <= 3
    release.set()
    answered = None
    while answered is None:
        with suppress(Unavailable):
            answered = completed(stage(requested("hello")))
    assert threading.active_count() - before <= 3


@pytest.mark.parametrize(
    ("result", "cause"),
    [
        (None, "returned NoneType, not a Result"),
        (Result(events=("slot",)), "has something else than events and responses"),  # type: ignore[arg-type]
        (Result(responses=({"text": {1, 2}},)), "returned something that is no JSON"),
        (Result(events=({"event": "slot", "name": "a", "value": float("nan")},)), "returned something that is no JSON"),
    ],
)
def test_an_action_that_returns_nonsense_fails_and_says_so(result: Result, cause: str) -> None:
    answer = completed(Actions({"a": lambda _: result})(requested("a")))
    assert answer.outcome == "failed"
    assert cause in str(answer.error)


def test_a_slow_action_is_given_up_at_the_deadline_of_the_event() -> None:
    done = threading.Event()

    def slow(_: Call) -> Result:
        done.wait(5)
        return Result()

    deadline = (NOW + timedelta(seconds=0.05)).isoformat()
    answer = completed(Actions({"a": slow}, clock=lambda: NOW)(requested("a", deadline=deadline)))
    done.set()
    assert answer.outcome == "failed"
    assert answer.error == "a gave no result within 0.1 s"


def test_an_action_that_was_given_up_holds_up_no_other() -> None:
    done, ended = threading.Event(), threading.Event()

    def slow(_: Call) -> Result:
        done.wait(5)
        ended.set()
        return Result.of(text("too late"))

    stage = Actions({"slow": slow, "quick": lambda _: Result.of(text("here"))}, runner=Runner(0.05))
    assert completed(stage(requested("slow"))).outcome == "failed"
    for _ in range(3):
        assert completed(stage(requested("quick"))).responses == ({"text": "here"},)
    done.set()
    assert ended.wait(5)
    # Its thread is free again, and what it said is said by nobody.
    assert completed(stage(requested("quick"))).responses == ({"text": "here"},)


def test_a_thread_that_has_run_an_action_runs_the_next() -> None:
    ran: list[threading.Thread] = []

    def note(_: Call) -> Result:
        ran.append(threading.current_thread())
        return Result()

    stage = Actions({"a": note})
    end = time.monotonic() + 10
    while len(set(ran)) == len(ran):
        assert time.monotonic() < end
        completed(stage(requested("a")))


def test_a_slow_action_is_given_up_at_the_time_of_the_settings_when_that_is_sooner() -> None:
    done = threading.Event()

    def slow(_: Call) -> Result:
        done.wait(5)
        return Result()

    answer = completed(Actions({"a": slow}, runner=Runner(0.05))(requested("a")))
    done.set()
    assert answer.outcome == "failed"


def test_an_action_whose_deadline_has_passed_is_not_begun() -> None:
    ran: list[Call] = []

    def order(call: Call) -> Result:
        ran.append(call)
        return Result()

    stage = Actions({"a": order}, clock=lambda: NOW)
    answer = completed(stage(requested("a", deadline=(NOW - timedelta(seconds=1)).isoformat())))
    assert answer.outcome == "failed"
    assert "the deadline of a had passed" in str(answer.error)
    assert not ran


def test_an_action_whose_needs_are_down_is_tried_again_until_the_deadline() -> None:
    times = iter([NOW, NOW + timedelta(seconds=1), NOW, NOW + timedelta(seconds=21)])

    def down(_: Call) -> Result:
        raise Unavailable("the catalogue is away")

    stage = Actions({"a": down}, clock=lambda: next(times))
    with pytest.raises(Unavailable, match="the catalogue is away"):
        stage(requested("a", deadline=IN_A_WHILE))
    answer = completed(stage(requested("a", deadline=IN_A_WHILE)))
    assert answer.outcome == "failed"
    assert answer.error == "the catalogue is away; the deadline has passed"


def test_an_action_that_nobody_has_fails_and_says_what_to_do() -> None:
    answer = completed(Actions({})(requested("action_unknown")))
    assert answer.outcome == "failed"
    assert "list it in ACTIONS" in str(answer.error)
    assert "ACTION_ENDPOINT" in str(answer.error)


@pytest.mark.parametrize("deadline", ["soon", "2026-03-04T12:00:00"])
def test_a_deadline_that_is_no_time_is_refused(deadline: str) -> None:
    with pytest.raises(Rejected, match="deadline"):
        Actions({"action_hello": hello})(requested(deadline=deadline))


def test_another_event_is_refused() -> None:
    data = MessageReceived(text="hi", sender="somebody")
    event = Envelope(id="1", source="/x", subject="rest:a", type=data.TYPE, message="1", data=data)
    with pytest.raises(Rejected, match=r"action\.requested"):
        Actions({})(event)


def test_a_result_keeps_the_order_of_what_it_is_made_of() -> None:
    one, two = Result.of(text("a"), slot("x", 1)), Result.of(text("b"), slot("y", 2))
    assert [item["text"] for item in (one + two).responses] == ["a", "b"]
    assert [item["name"] for item in (one + two).events] == ["x", "y"]
    assert isinstance(text("a"), Response)


def test_candidates_are_the_slots_set_since_the_form_ran() -> None:
    call = Call(
        action="validate_f",
        sender="s",
        conversation="rest:s",
        message="m",
        now=NOW,
        events=(
            {"event": "slot", "name": "old", "value": 1},
            {"event": "action", "name": "f"},
            {"event": "slot", "name": "a", "value": 1},
            {"event": "slot", "name": "b", "value": 2},
            {"event": "slot", "name": "a", "value": 3},
        ),
    )
    assert call.slots_to_validate() == {"a": 3, "b": 2}
