"""Bursts: several messages in one go are one turn, whatever order, crash or repetition they come with."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.dialogue.joining import Joining
from shared.errors import Conflict, Rejected
from shared.events.catalogue import Attachment, MessageArrived, MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope
from shared.stores.opening import open_store
from shared.stores.ports import Committed, Store, Turn

QUIET = 2.0


class Desk:
    """The joining on the in-memory store, at a time that the test sets."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.store = open_store("memory:")
        names = itertools.count()
        self.joining = Joining(
            self.store.ledger,
            self.store.outbox,
            self.store.conversations,
            owner=lambda: f"o{next(names)}",
            clock=lambda: self.now,
        )

    def arrives(self, envelope: Envelope) -> MessageReceived | str | None:
        """What is answered: a message, None, or `again`."""
        try:
            answer = self.joining(envelope)
        except Conflict:
            return "again"
        if answer is None:
            return None
        assert isinstance(answer.data, MessageReceived)
        assert (answer.id, answer.type) == (envelope.message, MessageReceived.TYPE)
        return answer.data


def message(number: int, text: str, at: float = 0.0, **more: Any) -> Envelope:
    sent_at = f"2026-01-01T00:00:{at:06.3f}Z"
    received = MessageReceived(text, "42", sent_at, address={"chat": "42", "reply": str(number)}, **more)
    data = MessageArrived(received, QUIET, 1_700_000_000.0 + number)
    ident = f"telegram:{number}"
    return Envelope(f"{ident}.arrived", "/parley/gateway", "telegram:42", data, data.TYPE, ident, "telegram")


def test_a_burst_is_one_message_under_the_id_of_its_first() -> None:
    desk = Desk()
    one, two, three = message(1, "I'd like"), message(2, "a pizza", 1), message(3, "a large one", 2)
    for envelope in (one, two, three):
        assert desk.arrives(envelope) == "again"
        desk.now += 1
    desk.now += 0.5
    assert desk.arrives(two) == "again"
    desk.now += 0.5
    assert desk.arrives(two) is None
    joined = desk.arrives(one)
    assert isinstance(joined, MessageReceived)
    assert joined.text == "I'd like\na pizza\na large one"
    assert joined.address == {"chat": "42", "reply": "3"}, "the newest way to the person"
    assert joined.sent_at == "2026-01-01T00:00:00.000Z"
    assert desk.arrives(three) is None


def test_a_message_alone_waits_for_the_quiet_and_goes_out_as_it_is() -> None:
    desk = Desk()
    envelope = message(1, "hello")
    assert desk.arrives(envelope) == "again"
    desk.now += QUIET
    joined = desk.arrives(envelope)
    assert isinstance(joined, MessageReceived)
    assert isinstance(envelope.data, MessageArrived)
    assert joined == envelope.data.message


def test_a_message_after_the_quiet_is_another_turn() -> None:
    desk = Desk()
    first, second = message(1, "hello"), message(2, "and now")
    desk.arrives(first)
    desk.now += QUIET
    assert desk.arrives(second) == "again"
    assert isinstance(first.data, MessageArrived)
    assert desk.arrives(first) == first.data.message
    desk.now += QUIET
    joined = desk.arrives(second)
    assert isinstance(joined, MessageReceived)
    assert joined.text == "and now"


def test_a_button_ends_the_burst_before_it_and_goes_out_after_it() -> None:
    desk = Desk()
    words, button = message(1, "well then"), message(2, "/affirm")
    assert desk.arrives(words) == "again"
    assert desk.arrives(button) == "again", "the words before it have not gone out"
    joined = desk.arrives(words)
    assert isinstance(joined, MessageReceived)
    assert joined.text == "well then"
    pressed = desk.arrives(button)
    assert isinstance(pressed, MessageReceived)
    assert pressed.text == "/affirm"


def test_a_button_alone_does_not_wait() -> None:
    assert isinstance(Desk().arrives(message(1, '/play{"title": "Heat"}')), MessageReceived)


def test_what_comes_again_is_answered_the_same_by_the_first_and_with_nothing_by_the_others() -> None:
    desk = Desk()
    one, two = message(1, "a"), message(2, "b")
    desk.arrives(one)
    desk.arrives(two)
    desk.now += QUIET
    first = desk.arrives(one)
    assert desk.arrives(one) == first
    assert [desk.arrives(two), desk.arrives(two)] == [None, None]


def test_a_message_that_its_platform_repeats_days_later_is_no_new_turn() -> None:
    desk = Desk()
    one, two = message(1, "a"), message(2, "b")
    for envelope in (one, two):
        desk.arrives(envelope)
    desk.now += QUIET
    for envelope in (one, two):
        desk.arrives(envelope)
    desk.now += 3 * 86400
    assert [desk.arrives(one), desk.arrives(two)] == [None, None]


def test_somebody_who_writes_on_and_on_is_answered_meanwhile() -> None:
    desk = Desk()
    envelopes = [message(number, str(number), number) for number in range(12)]
    joined = None
    for envelope in envelopes:
        desk.arrives(envelope)
        desk.now += 1
        joined = desk.arrives(envelopes[0])
        if isinstance(joined, MessageReceived):
            break
    assert isinstance(joined, MessageReceived)
    assert joined.text == "\n".join(str(number) for number in range(6))


def test_the_lines_are_in_the_order_in_which_they_were_written() -> None:
    desk = Desk()
    late, early = message(2, "second", 2), message(1, "first", 1)
    desk.arrives(late)
    desk.arrives(early)
    desk.now += QUIET
    joined = desk.arrives(late)
    assert isinstance(joined, MessageReceived)
    assert joined.text == "first\nsecond"


def test_within_one_second_of_the_platform_the_gateways_order_counts() -> None:
    desk = Desk()
    for number in (3, 1, 2):
        desk.arrives(message(number, f"line {number}"))
    desk.now += QUIET
    joined = desk.arrives(message(3, "line 3"))
    assert isinstance(joined, MessageReceived)
    assert joined.text == "line 1\nline 2\nline 3"


def test_attachments_are_joined_too() -> None:
    desk = Desk()
    words, picture = message(1, "look"), message(2, "", 1, attachments=(Attachment("image", "f1"),))
    desk.arrives(words)
    desk.arrives(picture)
    desk.now += QUIET
    joined = desk.arrives(words)
    assert isinstance(joined, MessageReceived)
    assert (joined.text, joined.attachments) == ("look", (Attachment("image", "f1"),))


def test_a_first_message_that_never_comes_back_does_not_hold_up_the_next_burst_for_ever() -> None:
    desk = Desk()
    lost, button = message(1, "lost"), message(2, "/affirm")
    desk.arrives(lost)
    assert desk.arrives(button) == "again"
    desk.now += 100
    assert isinstance(desk.arrives(button), MessageReceived)
    late = desk.arrives(lost)
    assert isinstance(late, MessageReceived), "replayed from the dead letters it is answered all the same"


def test_an_event_of_another_type_is_refused() -> None:
    data = MessageUnderstood(MessageReceived("x", "42"), None)
    with pytest.raises(Rejected):
        Desk().joining(Envelope("e", "/t", "telegram:42", data, data.TYPE, "e", "telegram"))


class Killed(Exception):
    """The process ended here."""


class Dying:
    """A store that dies before or after one of its calls."""

    def __init__(self, store: Store, at: int, after: bool) -> None:
        self.left, self.after = at, after
        self.ledger, self.outbox = DyingPort(store.ledger, self), DyingPort(store.outbox, self)
        self.conversations = DyingPort(store.conversations, self)


class DyingPort:
    def __init__(self, port: Any, dying: Dying) -> None:
        self._port, self._dying = port, dying

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method, dying = getattr(self._port, name), self._dying

        def call(*arguments: Any) -> Any:
            dying.left -= 1
            if dying.left == 0 and not dying.after:
                raise Killed
            answer = method(*arguments)
            if dying.left == 0:
                raise Killed
            return answer

        return call


@settings(max_examples=200, deadline=None, derandomize=True)
@given(data=st.data())
def test_every_message_is_in_exactly_one_turn_whatever_dies_and_comes_again(data: st.DataObject) -> None:
    desk, texts = Desk(), data.draw(st.lists(st.sampled_from(["w", "/b"]), min_size=1, max_size=5))
    envelopes = [message(number, f"{text}{number}", number) for number, text in enumerate(texts)]
    emitted: dict[str, str] = {}
    waiting = list(envelopes)
    started = 0
    for _ in range(400):
        if not waiting:
            break
        desk.now += data.draw(st.sampled_from([0.0, 0.3, 2.5]))
        started = min(len(envelopes), started + 1)
        at_work = [envelope for envelope in waiting if envelope in envelopes[:started]]
        if not at_work:
            continue
        envelope = data.draw(st.sampled_from(at_work))
        store: Any = desk.store
        if data.draw(st.integers(0, 3)) == 0:
            store = Dying(desk.store, data.draw(st.integers(1, 9)), data.draw(st.booleans()))
        owner = f"owner-{desk.now}-{len(waiting)}-{data.draw(st.integers(0, 10**9))}"
        joining = Joining(
            store.ledger, store.outbox, store.conversations, owner=partial(str, owner), clock=lambda: desk.now
        )
        try:
            answer = joining(envelope)
        except Killed:
            # Its claim ends by itself.
            desk.now += 6.0
            continue
        except Conflict:
            continue
        if answer is not None:
            assert isinstance(answer.data, MessageReceived)
            # What is emitted twice under one id is one turn, and must then be the same.
            assert emitted.setdefault(answer.id, answer.data.text) == answer.data.text
        if data.draw(st.integers(0, 3)):
            waiting.remove(envelope)
    if not waiting:
        said = [line for text in emitted.values() for line in text.split("\n")]
        assert sorted(said) == sorted(f"{text}{number}" for number, text in enumerate(texts))


def followed(number: int, text: str, quiet: float = 0.0) -> Envelope:
    """What was written right after voice note 1."""
    envelope = message(number, text)
    assert isinstance(envelope.data, MessageArrived)
    until = 1_700_000_000.0 + 15
    return replace(envelope, data=replace(envelope.data, quiet=quiet, after="telegram:1", until=until))


def spoken(desk: Desk, ident: str = "telegram:1") -> None:
    """Voice note 1, or another message, has its turn."""
    loaded = desk.store.conversations.load("telegram:42", ident, desk.now)
    turn = Turn(ident, desk.now, {"text": "play jazz"})
    desk.store.conversations.commit("telegram:42", loaded.revision, Committed({}, turn, desk.now + 60), desk.now)


def test_what_was_written_after_a_voice_note_goes_out_after_it() -> None:
    desk = Desk()
    envelope = followed(2, "no, rock")
    assert desk.arrives(envelope) == "again"
    desk.now += 3
    assert desk.arrives(envelope) == "again"
    spoken(desk)
    arrived = envelope.data
    assert isinstance(arrived, MessageArrived)
    assert desk.arrives(envelope) == arrived.message
    assert desk.arrives(envelope) == arrived.message, "answered the same when it comes again"


def test_several_messages_after_a_voice_note_keep_their_order_and_stay_apart() -> None:
    desk = Desk()
    first, second = followed(2, "no, rock"), followed(3, "or blues")
    assert [desk.arrives(first), desk.arrives(second)] == ["again", "again"]
    desk.now += 3
    spoken(desk)
    assert desk.arrives(second) == "again", "the one before has not gone out"
    texts = [answer.text for answer in (desk.arrives(first),) if isinstance(answer, MessageReceived)]
    assert desk.arrives(second) == "again", "the one before has no turn yet, and might be overtaken"
    spoken(desk, "telegram:2")
    texts += [answer.text for answer in (desk.arrives(second),) if isinstance(answer, MessageReceived)]
    assert texts == ["no, rock", "or blues"]


def test_messages_that_were_put_down_the_other_way_round_go_out_as_they_were_written() -> None:
    desk = Desk()
    first, second = followed(2, "no, rock"), followed(3, "or blues")
    assert [desk.arrives(second), desk.arrives(first)] == ["again", "again"]
    spoken(desk)
    assert desk.arrives(second) == "again"
    assert isinstance(desk.arrives(first), MessageReceived)
    spoken(desk, "telegram:2")
    assert isinstance(desk.arrives(second), MessageReceived)


def test_a_message_before_that_never_has_a_turn_is_not_waited_for_without_end_either() -> None:
    desk = Desk()
    first, second = followed(2, "no, rock"), followed(3, "or blues")
    assert [desk.arrives(first), desk.arrives(second)] == ["again", "again"]
    spoken(desk)
    assert isinstance(desk.arrives(first), MessageReceived)
    desk.now += 15
    assert isinstance(desk.arrives(second), MessageReceived)


def test_a_voice_note_that_never_has_a_turn_is_not_waited_for_without_end() -> None:
    desk = Desk()
    envelope = followed(2, "no, rock")
    assert desk.arrives(envelope) == "again"
    desk.now += 15
    assert isinstance(desk.arrives(envelope), MessageReceived)


def test_with_joining_on_what_was_written_before_and_after_a_voice_note_is_not_one_message() -> None:
    desk = Desk()
    before, one, two = message(0, "hm"), followed(2, "no,", QUIET), followed(3, "rock", QUIET)
    for envelope in (before, one, two):
        assert desk.arrives(envelope) == "again"
    desk.now += 3 + QUIET
    spoken(desk)
    texts = [answer.text for answer in map(desk.arrives, (before, one, two)) if isinstance(answer, MessageReceived)]
    assert texts == ["hm", "no,\nrock"]
