"""What becomes of a delivery: the retry table, backoff, the rule about bodies, dead letters and hops."""

import base64
from dataclasses import replace

import pytest

from knative.local.broker.delivery import (
    LONGEST,
    Answer,
    Delivery,
    admit,
    compute_backoff,
    inherit_hops,
    list_sent_attributes,
    read_answer,
    sum_backoffs,
    take_step,
)
from knative.local.broker.events import Event
from knative.local.routes import DEFAULT_POLICY, Policy

NOW = 1_700_000_000.0
EVENT = Event({"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "knativebrokerttl": "255"}, b"x", {})
REPLY = {"ce-specversion": "1.0", "ce-id": "2", "ce-source": "/r", "ce-type": "u"}
DELIVERY = Delivery(7, EVENT, "trigger", due=NOW)
POLICY = Policy(retry=3, backoff="exponential", delay=0.2, sink="http://sink/")


def step(answer: Answer, delivery: Delivery = DELIVERY, policy: Policy = POLICY) -> tuple[str, Delivery | None]:
    return take_step(delivery, answer, policy, "http://target/", NOW)


@pytest.mark.parametrize("code", [500, 501, 502, 503, 504, 599, 404, 408, 409, 429])
def test_these_codes_are_retried(code: int) -> None:
    outcome, later = step(Answer(code))
    assert outcome == "retried"
    assert later == replace(DELIVERY, attempts=1, due=NOW + 0.2)


@pytest.mark.parametrize("code", [100, 300, 301, 302, 307, 400, 401, 402, 403, 405, 410, 413, 415, 418, 422, 499])
def test_all_other_failures_go_to_the_dead_letter_sink_at_once(code: int) -> None:
    outcome, later = step(Answer(code, b"why"))
    assert outcome == "failed"
    assert later is not None
    assert later.attempts == 0
    assert later.failure == {
        "knativeerrordest": "http://target/",
        "knativeerrorcode": str(code),
        "knativeerrordata": base64.b64encode(b"why").decode(),
    }


def test_there_are_one_more_attempts_than_retries() -> None:
    current, outcomes, waits = DELIVERY, [], []
    while current.failure is None:
        outcome, later = step(Answer(503), current)
        assert later is not None
        outcomes.append(outcome)
        waits.append(round(later.due - NOW, 3))
        current = later
    assert outcomes == ["retried", "retried", "retried", "failed"]
    assert waits == [0.2, 0.4, 0.8, 0.0]


def test_backoff_counts_retries_from_zero() -> None:
    assert [compute_backoff(Policy(backoff="linear", delay=2), retry) for retry in range(4)] == [0, 2, 4, 6]
    assert [compute_backoff(Policy(backoff="exponential", delay=2), retry) for retry in range(4)] == [2, 4, 8, 16]
    assert compute_backoff(Policy(delay=2), 3) == 0
    assert compute_backoff(Policy(backoff="exponential", delay=1), 100_000) < float("inf")


def test_the_default_policy_gives_up_after_about_205_seconds() -> None:
    assert sum(compute_backoff(DEFAULT_POLICY, retry) for retry in range(DEFAULT_POLICY.retry)) == pytest.approx(204.6)


def test_where_waits_would_get_long_there_are_more_attempts_for_as_long_as_the_policy_would_wait() -> None:
    policy = Policy(retry=14, backoff="exponential", delay=0.25, sink="http://sink/")
    event = admit(EVENT, NOW)
    assert event is not None
    current, now, attempts = replace(DELIVERY, event=event), NOW, 0
    while current.failure is None:
        attempts += 1
        _, later = take_step(current, Answer(503), policy, "http://target/", now)
        assert later is not None
        assert later.due - now <= LONGEST
        current, now = later, later.due
    assert sum_backoffs(policy) - LONGEST < now - NOW <= sum_backoffs(policy)
    assert sum_backoffs(policy) > 3600
    assert attempts > 100


def test_without_a_sink_a_failed_delivery_is_dropped() -> None:
    assert step(Answer(400), policy=Policy()) == ("dropped", None)


@pytest.mark.parametrize("code", [400, 413, 422, 500, 503])
def test_what_the_dead_letter_sink_does_not_take_is_offered_again_for_ever(code: int) -> None:
    dead: Delivery | None = replace(DELIVERY, failure={"knativeerrorcode": "400"})
    for _ in range(100):
        assert dead is not None
        outcome, dead = step(Answer(code), dead)
        assert outcome == "parked"
    assert dead is not None
    assert 1.0 <= dead.due - NOW <= LONGEST
    assert step(Answer(202), dead) == ("dead_lettered", None)


def test_error_data_is_cut_at_1024_characters_and_still_decodes() -> None:
    _, later = step(Answer(400, b"a" * 5000))
    assert later is not None
    assert later.failure is not None
    data = later.failure["knativeerrordata"]
    assert len(data) == 1024
    assert base64.b64decode(data) == b"a" * 768


@pytest.mark.parametrize("code", [200, 201, 202, 204])
def test_an_empty_success_ends_the_delivery(code: int) -> None:
    answer = read_answer(code, {"content-type": "text/html"}, b"")
    assert answer == Answer(code)
    assert step(answer) == ("delivered", None)


@pytest.mark.parametrize("code", [200, 201, 202])
def test_a_success_with_a_body_that_is_no_event_is_a_failure_that_is_retried(code: int) -> None:
    answer = read_answer(code, {"content-type": "text/html"}, b"OK")
    assert answer.code == 502
    assert step(answer)[0] == "retried"


def test_a_malformed_reply_is_a_failure_that_says_why() -> None:
    answer = read_answer(200, {**REPLY, "ce-id": ""}, b"")
    assert (answer.code, answer.reply) == (502, None)
    assert b"id is missing" in answer.cause


def test_200_carries_a_reply_and_202_never_does() -> None:
    reply = read_answer(200, REPLY, b"body").reply
    assert reply is not None
    assert (reply.attributes["id"], reply.body) == ("2", b"body")
    assert read_answer(202, REPLY, b"body") == Answer(202)
    assert read_answer(201, REPLY, b"body") == Answer(201)


def test_an_admitted_event_carries_its_arrival_and_the_hops_it_has_left() -> None:
    fresh = replace(EVENT, attributes={"id": "1"})
    admitted = admit(fresh, NOW)
    assert admitted is not None
    assert admitted.attributes == {"id": "1", "knativearrivaltime": "2023-11-14T22:13:20Z", "knativebrokerttl": "255"}


@pytest.mark.parametrize(
    ("given", "left"), [("255", "254"), ("2", "1"), ("9999", "255"), ("many", "255"), ("9" * 5000, "255")]
)
def test_hops_are_counted_down_and_what_is_no_count_starts_anew(given: str, left: str) -> None:
    admitted = admit(replace(EVENT, attributes={"knativebrokerttl": given}), NOW)
    assert admitted is not None
    assert admitted.attributes["knativebrokerttl"] == left


@pytest.mark.parametrize("given", ["1", "0", "-3"])
def test_an_event_without_hops_left_is_not_admitted(given: str) -> None:
    assert admit(replace(EVENT, attributes={"knativebrokerttl": given}), NOW) is None


def test_a_reply_inherits_the_hops_of_its_cause_and_loses_one() -> None:
    reply = Event({"id": "2", "knativebrokerttl": "255"}, b"", {})
    cause = replace(EVENT, attributes={**EVENT.attributes, "knativebrokerttl": "9"})
    admitted = admit(inherit_hops(reply, cause), NOW)
    assert admitted is not None
    assert admitted.attributes["knativebrokerttl"] == "8"


def test_receivers_see_no_hops_and_a_dead_letter_tells_its_failure() -> None:
    assert "knativebrokerttl" not in list_sent_attributes(DELIVERY)
    dead = replace(DELIVERY, failure={"knativeerrorcode": "400"})
    assert list_sent_attributes(dead)["knativeerrorcode"] == "400"
    assert list_sent_attributes(dead)["id"] == "1"
