"""A state keeps the last turns; whoever goes back further is answered as if it kept them all."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from functions.dialogue.stage import Dialogue
from functions.dialogue.state import State, document_of, state_of, tracker_of
from functions.dialogue.table import Table
from shared.errors import Unavailable
from shared.events.catalogue import Entity, Intent, MessageReceived, MessageUnderstood, RepliesDecided
from shared.events.envelope import Envelope
from shared.stores.documents import compress
from shared.stores.memory import memory_store
from shared.stores.ports import Committed, Conversations, Turn
from tests.unit.dialogue.test_state import TABLE

DISHES = ("soup", "pizza", "salad", "pasta", "curry")


class Counted:
    """The conversations of a desk, which counts how often old turns are read."""

    def __init__(self, conversations: Conversations, desk: "Desk") -> None:
        self.load, self.commit = conversations.load, conversations.commit
        self.list_ids, self.due = conversations.list_ids, conversations.due
        self._conversations, self._desk = conversations, desk

    def history(self, conversation: str, now: float, after: int = 0, limit: int = 100) -> Sequence[Turn]:
        self._desk.reads += 1
        return self._conversations.history(conversation, now, after, limit)


class Desk:
    """One conversation; counts how often old turns are read."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.store = memory_store()
        conversations = Counted(self.store.conversations, self)
        self.stage = Dialogue(table, conversations, clock=lambda: 1_700_000_000.0 + self.said)
        self.said = 0
        self.reads = 0

    def say(self, intent: str, dish: str | None = None) -> list[str | None]:
        self.said += 1
        entities = (Entity("dish", dish),) if dish else ()
        data = MessageUnderstood(MessageReceived(intent, "ann"), Intent(intent, 0.9), entities=entities)
        ident = f"m{self.said}"
        answer = self.stage(Envelope(f"{ident}.u", "/t", "rest:ann", data, MessageUnderstood.TYPE, ident, "rest"))
        assert answer is not None
        assert isinstance(answer.data, RepliesDecided)
        return [reply.text for reply in answer.data.replies]

    @property
    def state(self) -> State:
        loaded = self.store.conversations.load("rest:ann", "", 1_700_000_000.0)
        assert loaded.state is not None
        return state_of(json.loads(json.dumps(loaded.state)))

    @property
    def dish(self) -> object:
        return tracker_of(self.state, self.table.domain).slot("dish")


def test_going_back_through_a_long_conversation_finds_what_was_so_then() -> None:
    short, whole = Desk(TABLE), Desk(replace(TABLE, keep=100_000))
    for number in range(60):
        for desk in (short, whole):
            desk.say("greet", f"{DISHES[number % 5]} {number}")
    assert len(short.state.events) < 80 < len(whole.state.events)
    assert short.reads == 0
    for number in range(45):
        assert short.say("back") == whole.say("back")
        assert short.dish == whole.dish == f"{DISHES[(58 - number) % 5]} {58 - number}"
    assert short.reads > 0


def test_going_back_to_the_very_start_is_no_error() -> None:
    desk = Desk(TABLE)
    for number in range(30):
        desk.say("greet", f"dish {number}")
    for _ in range(40):
        desk.say("back")
    assert desk.dish is None


def test_ordinary_messages_read_no_old_turns() -> None:
    desk = Desk(TABLE)
    for number in range(80):
        desk.say(("greet", "unknown", "inform")[number % 3], DISHES[number % 5])
    assert desk.reads == 0


def test_a_conversation_costs_as_many_bytes_late_as_early() -> None:
    desk = Desk(TABLE)
    sizes = []
    for number in range(300):
        desk.say(("greet", "unknown", "inform")[number % 3], DISHES[number % 5])
        loaded = desk.store.conversations.load("rest:ann", f"m{number + 1}", 1_700_000_000.0)
        assert loaded.turn is not None
        sizes.append(len(compress(loaded.state)) + len(compress(loaded.turn.document)))
    assert max(sizes[250:]) <= 1.2 * max(sizes[10:30])
    assert max(sizes) < 2_500


def test_a_state_that_was_stored_in_full_is_read() -> None:
    """As Parley 0.1 kept it: format 1, the events in Rasa's form, all slots."""
    desk = Desk(TABLE)
    desk.say("greet", "soup")
    state = desk.state
    old = {"format": 1, "events": list(state.events), "slots": {"dish": "soup"}, "reminders": {}, "paused": False}
    assert state_of(old).events == state.events
    moved = Desk(TABLE)
    turn = Turn("m0", 1.0, {"text": "soup", "events": [], "effects": {}, "slots": {"dish": "soup"}})
    moved.store.conversations.commit("rest:ann", None, Committed(old, turn, 1_800_000_000.0), 1_700_000_000.0)
    assert moved.say("greet")
    assert moved.dish == "soup"
    assert document_of(moved.state)["format"] == 3


def test_a_state_of_a_newer_parley_waits_for_that_parley() -> None:
    with pytest.raises(Unavailable, match="newer Parley"):
        state_of({"format": 99, "events": []})
