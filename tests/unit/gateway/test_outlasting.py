"""A publish that its caller does not wait for goes on; what failed in time is told."""

import threading

import pytest

from functions.gateway.outlasting import Outlasting
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import MessageReceived
from shared.events.envelope import Envelope

LONG = 30.0
HELLO = MessageReceived("hello", "ann")
EVENT = Envelope("m1", "/t", "rest:ann", HELLO, HELLO.TYPE, "m1", "rest")


def test_whoever_waits_long_enough_knows_that_the_broker_has_it() -> None:
    published: list[Envelope] = []
    Outlasting(published.append, LONG)(EVENT)
    assert published == [EVENT]


def test_what_the_broker_refuses_is_refused() -> None:
    def refuse(_: Envelope) -> None:
        raise Rejected("no event")

    with pytest.raises(Rejected, match="no event"):
        Outlasting(refuse, LONG)(EVENT)


def test_a_publish_goes_on_after_its_caller_was_answered() -> None:
    go_on, published = threading.Event(), threading.Event()

    def publish(_: Envelope) -> None:
        go_on.wait(LONG)
        published.set()

    with pytest.raises(Unavailable, match="goes on"):
        Outlasting(publish, 0.01)(EVENT)
    assert not published.is_set()
    go_on.set()
    assert published.wait(LONG)


def test_no_more_requests_are_held_than_there_are_places() -> None:
    go_on = threading.Event()

    def publish(_: Envelope) -> None:
        go_on.wait(LONG)

    outlasting = Outlasting(publish, 0.01, at_once=2)
    for _ in range(2):
        with pytest.raises(Unavailable, match="goes on"):
            outlasting(EVENT)
    with pytest.raises(Unavailable, match="as much as it can hold"):
        outlasting(EVENT)
    go_on.set()


def test_a_place_is_free_again_after_a_failure() -> None:
    def fail(_: Envelope) -> None:
        raise Unavailable("no broker there")

    outlasting = Outlasting(fail, LONG, at_once=1)
    for _ in range(3):
        with pytest.raises(Unavailable, match="no broker there"):
            outlasting(EVENT)
