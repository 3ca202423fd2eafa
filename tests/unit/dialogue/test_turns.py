"""One event at a time where the store is a file."""

import threading
from typing import Any

import pytest

from functions.dialogue.turns import InTurn, take_in_turn
from shared.errors import Rejected, Unavailable
from shared.events.envelope import Envelope, Raw

EVENT = Envelope("e1", "/t", "rest:ann", Raw(b""), "x", "e1")


class Slow:
    """Notes how many events are in it at once."""

    CONSUMES: tuple[Any, ...] = ()
    PRODUCES: tuple[Any, ...] = ()

    def __init__(self) -> None:
        self.within = self.most = self.done = 0
        self.go_on = threading.Event()
        self.entered = threading.Event()

    def __call__(self, envelope: Envelope) -> Envelope | None:
        self.within += 1
        self.most = max(self.most, self.within)
        self.entered.set()
        self.go_on.wait(10)
        self.within -= 1
        self.done += 1
        return envelope


def test_events_go_in_one_after_the_other_and_each_is_answered() -> None:
    slow = Slow()
    stage = InTurn(slow)
    answers: list[Envelope | None] = []
    threads = [threading.Thread(target=lambda: answers.append(stage(EVENT))) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert slow.entered.wait(10)
    slow.go_on.set()
    for thread in threads:
        thread.join(10)
    assert (slow.most, slow.done, answers) == (1, 5, [EVENT] * 5)


def test_an_event_that_waits_too_long_is_told_to_come_again() -> None:
    slow = Slow()
    stage = InTurn(slow, patience=0.01)
    first = threading.Thread(target=stage, args=(EVENT,))
    first.start()
    assert slow.entered.wait(10)
    with pytest.raises(Unavailable, match="send it again"):
        stage(EVENT)
    slow.go_on.set()
    first.join(10)
    assert stage(EVENT) == EVENT


def test_an_event_that_fails_lets_the_next_one_in() -> None:
    class Refusing(Slow):
        def __call__(self, envelope: Envelope) -> Envelope | None:
            raise Rejected(f"no {envelope.id}")

    stage = InTurn(Refusing(), patience=0.01)
    for _ in range(3):
        with pytest.raises(Rejected, match="no"):
            stage(EVENT)


def test_only_a_file_is_taken_in_turn() -> None:
    slow = Slow()
    assert isinstance(take_in_turn(slow, "sqlite:/tmp/x.db"), InTurn)
    for url in ("memory:", "firestore:project", "firestore+grpc:project"):
        assert take_in_turn(slow, url) is slow
