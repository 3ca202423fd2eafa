"""Reminders: due ones become turns, exactly one each, on the channel that asked for them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from functions.dialogue.due import Ticking, event_of
from functions.dialogue.outgoing import ANSWER_ONLY
from functions.dialogue.record import read_turn
from functions.dialogue.stage import Dialogue
from shared.channels.catalogue import NAMES, find_channel
from shared.channels.port import Recipient
from shared.errors import Conflict, Rejected, Unavailable
from shared.events.catalogue import (
    ActionCompleted,
    ActionRequested,
    Intent,
    MessageReceived,
    MessageUnderstood,
    ReminderDue,
    RepliesDecided,
)
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.events.identity import is_token
from shared.stores.opening import open_store
from shared.stores.ports import Store
from tests.unit.dialogue.talking import table

DOMAIN = """
version: "3.1"
intents: [greet, order, EXTERNAL_arrived, later]
entities: [dish]
slots:
  dish: {type: text, mappings: [{type: from_entity, entity: dish}]}
responses:
  utter_greet: [{text: Hello}]
  utter_ordered: [{text: Ordered}]
  utter_arrived: [{text: "Did your {dish} arrive?"}]
  utter_later: [{text: Later then}]
actions: [action_order, action_check]
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: order
  steps: [{intent: order}, {action: action_order}, {action: utter_ordered}]
- rule: arrived
  steps: [{intent: EXTERNAL_arrived}, {action: utter_arrived}]
- rule: later
  steps: [{intent: later}, {action: action_check}, {action: utter_later}]
"""
TABLE = table(domain=DOMAIN, rules=RULES)
START = 1_700_000_000.0
AT = START + 600.0


def scheduled(name: str = "arrival", intent: str = "EXTERNAL_arrived", *, stays: bool = True, at: float = AT) -> object:
    return {
        "event": "reminder",
        "intent": intent,
        "name": name,
        "date_time": datetime.fromtimestamp(at, UTC).isoformat(),
        "entities": {"dish": "pizza"},
        "kill_on_user_msg": not stays,
    }


@dataclass
class Desk:
    """A stage, its store, and a broker that only remembers."""

    store: Store = field(default_factory=lambda: open_store("memory:"))
    now: float = START
    published: list[Envelope] = field(default_factory=list)
    channel: str = "slack"
    count: int = 0

    def stage(self) -> Dialogue:
        """A new one each time, as after a scale to zero: nothing is kept but what the store keeps."""
        return Dialogue(TABLE, self.store.conversations, clock=lambda: self.now, action_seconds=30.0)

    def hear(self, intent: str) -> Envelope | None:
        self.count += 1
        data = MessageUnderstood(
            MessageReceived(intent, "ann", address={"team": "T1"}, locale="en"), Intent(intent, 0.9)
        )
        ident = f"{self.channel}:m{self.count}"
        return self.stage()(
            Envelope(f"{ident}.understood", "/parley/nlu", f"{self.channel}:ann", data, data.TYPE, ident, self.channel)
        )

    def answer(self, requested: Envelope | None, *events: object) -> Envelope | None:
        assert requested is not None
        assert isinstance(requested.data, ActionRequested)
        completed = ActionCompleted(requested.data.action, events=events)
        return self.stage()(requested.answer(completed, "/parley/actions", "completed"))

    def order(self, *reminders: object) -> None:
        self.answer(self.hear("order"), *reminders)

    def tick(self) -> list[Envelope]:
        before = len(self.published)
        Ticking(self.store.conversations, self.store.upkeep, self.published.append, clock=lambda: self.now)()
        return self.published[before:]


def texts(envelope: Envelope | None) -> list[str | None]:
    assert envelope is not None
    assert isinstance(envelope.data, RepliesDecided | ActionRequested)
    return [reply.text for reply in envelope.data.replies]


def test_a_due_reminder_becomes_a_turn_for_the_person_who_asked() -> None:
    desk = Desk()
    desk.order(scheduled())
    assert desk.tick() == []
    desk.now = AT + 1
    (event,) = desk.tick()
    decided = desk.stage()(event)
    assert decided is not None
    assert isinstance(decided.data, RepliesDecided)
    assert texts(decided) == ["Did your pizza arrive?"]
    assert (decided.channel, decided.subject) == ("slack", "slack:ann")
    assert (decided.data.sender, decided.data.address, decided.data.locale) == ("ann", {"team": "T1"}, "en")
    assert decided.data.turn.intent == "EXTERNAL_arrived"
    assert desk.tick() == []


def test_a_reminder_that_is_told_twice_is_one_turn_with_one_answer() -> None:
    desk = Desk()
    desk.order(scheduled())
    desk.now = AT + 1
    (first,), (second,) = desk.tick(), desk.tick()
    assert first.id == second.id
    decided = desk.stage()(first)
    assert desk.stage()(second) == decided
    assert [turn.id for turn in desk.store.conversations.history("slack:ann", desk.now)] == ["slack:m1", first.message]


def test_its_event_crosses_http_and_shows_nothing_of_its_name() -> None:
    desk = Desk()
    desk.order(scheduled(name="call Dr. Miller about the results"))
    desk.now = AT
    (event,) = desk.tick()
    assert is_token(event.id)
    assert "Miller" not in event.id
    assert decode(*encode(event), (ReminderDue,)) == event


def test_it_survives_a_restart_in_the_store(tmp_path: Path) -> None:
    desk = Desk(store=open_store(f"sqlite:{tmp_path / 'store.db'}"))
    desk.order(scheduled())
    desk.store.close()
    later = Desk(store=open_store(f"sqlite:{tmp_path / 'store.db'}"), now=AT + 3600)
    (event,) = later.tick()
    assert texts(later.stage()(event)) == ["Did your pizza arrive?"]
    later.store.close()


def test_a_reminder_that_was_cancelled_after_its_tick_is_not_told() -> None:
    desk = Desk()
    desk.order(scheduled())
    desk.now = AT + 1
    (event,) = desk.tick()
    desk.order({"event": "cancel_reminder", "name": "arrival"})
    assert desk.stage()(event) is None
    assert desk.tick() == []


@pytest.mark.parametrize(
    ("cancelled", "told"),
    [
        ({"intent": "another_one"}, True),
        ({"intent": "EXTERNAL_arrived"}, False),
        ({"name": "another_one"}, True),
        ({"name": "arrival", "intent": "another_one"}, True),
        ({"entities": [{"entity": "dish", "value": "soup"}]}, True),
        ({}, False),
    ],
    ids=str,
)
def test_only_what_a_cancellation_names_is_cancelled(cancelled: dict[str, object], told: bool) -> None:
    desk = Desk()
    desk.order(scheduled())
    desk.order({"event": "cancel_reminder", **cancelled})
    desk.now = AT + 1
    assert len(desk.tick()) == int(told)


def test_a_reminder_that_was_moved_after_its_tick_is_told_at_its_new_time() -> None:
    desk = Desk()
    desk.order(scheduled())
    desk.now = AT + 1
    (event,) = desk.tick()
    desk.order(scheduled(at=AT + 600))
    assert desk.stage()(event) is None
    desk.now = AT + 601
    (moved,) = desk.tick()
    assert moved.id != event.id
    assert texts(desk.stage()(moved)) == ["Did your pizza arrive?"]


def test_what_the_person_says_drops_reminders_that_wait_for_silence_only() -> None:
    desk = Desk()
    desk.order(scheduled("nudge", stays=False), scheduled("arrival", stays=True))
    desk.hear("greet")
    desk.now = AT + 1
    (event,) = desk.tick()
    assert isinstance(event.data, ReminderDue)
    assert event.data.name == "arrival"


def test_one_reminder_leaves_another_that_waits_for_silence() -> None:
    desk = Desk()
    desk.order(scheduled("first", stays=False), scheduled("second", stays=False, at=AT + 60))
    desk.now = AT + 61
    first, second = desk.tick()
    assert texts(desk.stage()(first)) == ["Did your pizza arrive?"]
    assert texts(desk.stage()(second)) == ["Did your pizza arrive?"]


def test_it_waits_while_an_action_runs_and_comes_again() -> None:
    desk = Desk()
    desk.order(scheduled())
    desk.now = AT + 1
    (event,) = desk.tick()
    requested = desk.hear("later")
    with pytest.raises(Conflict):
        desk.stage()(event)
    assert texts(desk.answer(requested)) == ["Later then"]
    assert texts(desk.stage()(event)) == ["Did your pizza arrive?"]


def test_it_begins_no_session_though_the_last_one_ended() -> None:
    desk = Desk()
    desk.order(scheduled(at=AT + 10 * 3600))
    desk.now = AT + 10 * 3600
    (event,) = desk.tick()
    assert texts(desk.stage()(event)) == ["Did your pizza arrive?"]
    turn = desk.store.conversations.load("slack:ann", event.message, desk.now).turn
    assert turn is not None
    document = read_turn(turn.document, turn.id)
    assert "session_started" not in [item["event"] for item in document["events"]]
    assert document["text"] == "EXTERNAL: EXTERNAL_arrived"


def test_a_conversation_is_kept_at_least_until_its_last_reminder() -> None:
    desk = Desk()
    desk.order(scheduled(at=START + 90 * 86400))
    desk.now = START + 90 * 86400
    desk.store.upkeep.prune(desk.now)
    (event,) = desk.tick()
    assert texts(desk.stage()(event)) == ["Did your pizza arrive?"]


def test_a_broker_that_is_down_leaves_everything_due() -> None:
    desk = Desk()
    desk.order(scheduled())
    desk.now = AT + 1

    def down(envelope: Envelope) -> None:
        raise Unavailable("the broker is down")

    with pytest.raises(Unavailable):
        Ticking(desk.store.conversations, desk.store.upkeep, down, clock=lambda: desk.now)()
    assert len(desk.tick()) == 1


def test_a_tick_removes_what_has_expired_and_nothing_else(tmp_path: Path) -> None:
    """Nobody else does on SQLite, whose file would keep what people said for ever."""
    file = tmp_path / "store.db"
    desk = Desk(open_store(f"sqlite:{file}"))
    desk.hear("greet")
    desk.now += 20 * 86400.0
    desk.channel = "telegram"
    desk.hear("greet")
    desk.now += 15 * 86400.0
    desk.tick()
    assert desk.store.upkeep.prune(desk.now) == 0
    assert desk.store.conversations.list_ids(desk.now) == ["telegram:ann"]
    desk.store.close()
    assert b"slack:ann" not in file.read_bytes()


def test_on_a_channel_that_only_answers_it_is_said_with_the_next_answer() -> None:
    desk = Desk(channel="rest")
    desk.order(scheduled())
    desk.now = AT + 1
    (event,) = desk.tick()
    assert desk.stage()(event) is None
    assert desk.stage()(event) is None
    assert desk.tick() == []
    assert texts(desk.hear("greet")) == ["Did your pizza arrive?", "Hello"]
    assert texts(desk.hear("greet")) == ["Hello"]


def test_what_such_a_reminder_says_around_an_action_waits_too() -> None:
    desk = Desk(channel="rest")
    desk.order(scheduled(intent="later"))
    desk.now = AT + 1
    (event,) = desk.tick()
    requested = desk.stage()(event)
    assert texts(requested) == []
    assert desk.answer(requested) is None
    assert texts(desk.hear("greet")) == ["Later then", "Hello"]


def test_exactly_the_channels_that_cannot_be_reached_later_only_answer() -> None:
    def refuses(name: str) -> bool:
        try:
            find_channel(name).render((), Recipient("ann", {}, "m1", True, 0), {})
        except (Rejected, Unavailable) as exc:
            return "cannot be delivered later" in str(exc)
        return False

    assert [name for name in NAMES if refuses(name)] == list(ANSWER_ONLY)


def test_another_conversations_reminder_is_not_told_here() -> None:
    desk = Desk()
    desk.order(scheduled())
    desk.now = AT + 1
    (event,) = desk.tick()
    assert desk.stage()(replace(event, subject="slack:bob")) is None


def test_a_reminder_of_a_moment_ago_is_due_at_the_next_tick() -> None:
    desk = Desk()
    desk.order(scheduled(at=START - 5))
    (event,) = desk.tick()
    assert event == event_of(desk.store.conversations.due(desk.now)[0])
