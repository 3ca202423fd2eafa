"""What a person thinks of an answer is kept with its turn, and changes nothing else of the conversation."""

from dataclasses import replace

import pytest

from functions.dialogue.rating import Rating
from shared.errors import Conflict, Rejected
from shared.events.catalogue import AnswerRated, TurnRated
from shared.events.envelope import Envelope
from shared.stores.ports import Conversations
from tests.unit.dialogue.test_stage import Desk, completed, message


def rated(turn: str, helpful: bool) -> Envelope:
    data = AnswerRated(helpful)
    return Envelope(f"{turn}.{helpful}", "/parley/gateway", "rest:ann", data, data.TYPE, turn, "webchat")


def test_a_rating_is_kept_with_its_turn_and_told_with_the_bundle_that_decided_it() -> None:
    desk = Desk()
    desk.stage(message("m1", "greet"))
    before = desk.turn("m1")
    answer = desk.stage(rated("m1", False))
    assert answer is not None
    assert answer.data == TurnRated(False, "bundle-1")
    assert (answer.id, answer.message) == ("m1.False.rated", "m1")
    assert desk.turn("m1") == {**before, "helpful": False}


def test_a_person_may_think_otherwise_and_the_same_rating_twice_is_one_event() -> None:
    desk = Desk()
    desk.stage(message("m1", "greet"))
    first = desk.stage(rated("m1", True))
    assert desk.stage(rated("m1", True)) == first
    desk.stage(rated("m1", False))
    assert desk.turn("m1")["helpful"] is False


def test_the_conversation_goes_on_as_if_nothing_was_rated() -> None:
    desk = Desk()
    desk.stage(message("m1", "greet"))
    requested = desk.stage(message("m2", "go"))
    assert requested is not None
    desk.stage(rated("m2", True))
    answer = desk.stage(completed(requested))
    assert answer is not None
    assert desk.turn("m2")["helpful"] is True
    assert [turn.id for turn in desk.store.conversations.history("rest:ann", desk.clock.now)] == ["m1", "m2"]


def test_reminders_stay() -> None:
    desk = Desk()
    requested = desk.stage(message("m1", "remind"))
    assert requested is not None
    when = "2023-11-14T22:23:20+00:00"
    reminder = {"event": "reminder", "intent": "greet", "date_time": when, "name": "tea", "entities": None}
    desk.stage(completed(requested, events=(reminder,)))
    later = desk.clock.now + 3600
    (due,) = desk.store.conversations.due(later)
    desk.stage(rated("m1", True))
    assert list(desk.store.conversations.due(later)) == [due]


def test_a_rating_of_a_turn_that_is_not_there_is_nothing() -> None:
    desk = Desk()
    assert desk.stage(rated("m1", True)) is None
    desk.stage(message("m1", "greet"))
    assert desk.stage(rated("m2", True)) is None
    assert desk.stage(replace(rated("m1", True), subject="rest:bob")) is None


def test_a_conversation_that_keeps_changing_has_the_rating_come_again() -> None:
    desk = Desk()
    desk.stage(message("m1", "greet"))

    class Contended:
        def __getattr__(self, name: str) -> object:
            return self.refuse if name == "commit" else getattr(desk.store.conversations, name)

        def refuse(self, *_: object) -> None:
            raise Conflict("somebody was faster")

    conversations: Conversations = Contended()  # type: ignore[assignment]
    rating = Rating(conversations, clock=desk.clock, keep_seconds=100.0)
    with pytest.raises(Conflict, match="send it again"):
        rating(rated("m1", True))
    assert "helpful" not in desk.turn("m1")


def test_rating_takes_nothing_else() -> None:
    with pytest.raises(Rejected):
        Rating(Desk().store.conversations, clock=lambda: 1.0, keep_seconds=1.0)(message("m1", "greet"))
