"""A process that wrote a conversation goes on with it as one that reads it: the same answers, the same documents."""

import json
import random
from dataclasses import dataclass, field, replace

import pytest

from functions.dialogue.recent import KEEP_SECONDS, KEPT, RecentConversations
from functions.dialogue.stage import Dialogue
from functions.dialogue.table import Table
from shared.errors import Conflict, Unavailable
from shared.events.catalogue import ActionCompleted, ActionRequested, Entity, Intent, MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope
from shared.events.wire import JSON, to_wire
from shared.stores.memory import memory_store
from shared.stores.ports import Committed, Conversations, Loaded
from tests.unit.dialogue.talking import table

DOMAIN = """
version: "3.1"
intents: [greet, order, inform, go, back, restart, unknown, later]
entities: [dish, size]
slots:
  dish: {type: text, mappings: [{type: from_entity, entity: dish}]}
  size: {type: categorical, values: [small, large], mappings: [{type: from_entity, entity: size}]}
  found: {type: any, mappings: [{type: custom}]}
forms:
  order_form: {required_slots: [dish, size]}
responses:
  utter_greet: [{text: Hello}, {text: Hi}]
  utter_ask_dish: [{text: What?}]
  utter_ask_size: [{text: Which size?, buttons: [{title: Small, payload: '/inform{"size":"small"}'}]}]
  utter_done: [{text: "{dish}, {found}"}]
  utter_default: [{text: Pardon?}]
actions: [action_go, action_more]
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: true}
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: go
  steps: [{intent: go}, {action: action_go}, {action: action_more}, {action: utter_done}]
- rule: order
  steps: [{intent: order}, {action: order_form}, {active_loop: order_form}]
- rule: ordered
  condition: [{active_loop: order_form}]
  steps: [{action: order_form}, {active_loop: null}, {action: utter_done}]
- rule: back
  steps: [{intent: back}, {action: action_back}]
"""
STORIES = """
stories:
- story: twice
  steps: [{intent: greet}, {action: utter_greet}, {intent: unknown}, {action: utter_greet}]
"""
TABLE = table(domain=DOMAIN, rules=RULES, stories=STORIES)
INTENTS = ("greet", "order", "inform", "inform", "go", "go", "back", "unknown", "later")
DISHES = ("soup", "fish", "Rösti \ud83c", "pie")


class Asked:
    """The store, and how often it was read."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self.loads = 0
        self.failing = 0

    def load(self, conversation: str, message: str, now: float) -> Loaded:
        self.loads += 1
        return self._conversations.load(conversation, message, now)

    def commit(self, conversation: str, revision: str | None, committed: Committed, now: float) -> str:
        if self.failing:
            self.failing -= 1
            raise Unavailable("the disk is full")
        return self._conversations.commit(conversation, revision, committed, now)

    def __getattr__(self, name: str) -> object:
        return getattr(self._conversations, name)


@dataclass
class Desk:
    """Takes events and keeps everything that comes of them; `fresh`: by a new process each."""

    table: Table = TABLE
    fresh: bool = False
    now: float = 1_700_000_000.0
    answers: list[JSON] = field(default_factory=list)
    encoded: int = 0
    """Events whose data the stage had as JSON already."""

    def __post_init__(self) -> None:
        self.store = memory_store()
        self.asked = Asked(self.store.conversations)
        self.stage = self._stage()

    def _stage(self) -> Dialogue:
        conversations: Conversations = self.asked  # type: ignore[assignment]
        return Dialogue(self.table, conversations, clock=lambda: self.now)

    def take(self, envelope: Envelope) -> Envelope | None:
        if self.fresh:
            self.stage = self._stage()
        answer = self.stage(envelope)
        if answer is not None and answer.encoded is not None:
            assert answer.encoded[0] is answer.data
            assert json.loads(answer.encoded[1]) == to_wire(answer.data)
            self.encoded += 1
        self.answers.append(None if answer is None else to_wire(answer.data))
        return answer

    def say(self, number: int, intent: str, after: float = 1.0, value: JSON = None, **entities: str) -> None:
        self.now += after
        ranking = tuple(Intent(name, 0.9 / (place + 1)) for place, name in enumerate((intent, *sorted(set(INTENTS)))))
        data = MessageUnderstood(
            MessageReceived(f"{intent} {number}", "ann"),
            Intent(intent, 0.9),
            ranking,
            tuple(Entity(name, said) for name, said in entities.items()),
        )
        answer = self.take(Envelope(f"m{number}.u", "/t", "rest:ann", data, data.TYPE, f"m{number}", "rest"))
        while answer is not None and isinstance(answer.data, ActionRequested):
            events = ({"event": "slot", "name": "found", "value": value},)
            said = ActionCompleted(answer.data.action, events=events, responses=({"response": "utter_greet"},))
            answer = self.take(answer.answer(said, "/parley/actions", "completed"))

    @property
    def everything(self) -> list[JSON]:
        state = self.store.conversations.load("rest:ann", "", self.now).state
        return [state, [turn.document for turn in self.store.conversations.history("rest:ann", self.now, 0, 1000)]]


@pytest.mark.parametrize("seed", range(6))
def test_what_comes_of_an_event_is_the_same_whether_the_process_wrote_the_conversation_or_reads_it(seed: int) -> None:
    warm, cold = Desk(), Desk(fresh=True)
    chosen = random.Random(seed)
    for number in range(90):
        intent = "restart" if chosen.random() < 0.03 else chosen.choice(INTENTS)
        entities = {"dish": chosen.choice(DISHES)} if chosen.random() < 0.4 else {}
        if chosen.random() < 0.3:
            entities["size"] = chosen.choice(("small", "large", "huge"))
        after = 4000.0 if chosen.random() < 0.04 else 1.0
        value = chosen.choice((None, [1, {"a": [True, 1.5]}], "x", {"deep": [[[number]]]}))
        for desk in (warm, cold):
            desk.say(number, intent, after, value, **entities)
        assert warm.answers[-1] == cold.answers[-1]
    assert warm.everything == cold.everything
    assert warm.encoded == cold.encoded == len(warm.answers)
    assert warm.asked.loads == 1
    assert cold.asked.loads > 90


def test_going_back_behind_what_is_kept_reads_the_turns_in_both() -> None:
    warm, cold = Desk(), Desk(fresh=True)
    for number in range(75):
        for desk in (warm, cold):
            desk.say(number, "back" if number >= 40 and number % 7 else ("greet", "inform")[number % 2], dish="soup")
        assert warm.answers[-1] == cold.answers[-1]
    assert warm.everything == cold.everything


def test_a_redelivered_event_is_answered_the_same_and_the_conversation_goes_on() -> None:
    desk = Desk()
    desk.say(1, "greet")
    desk.say(1, "greet")
    desk.say(2, "go")
    assert desk.answers[0] == desk.answers[1]
    assert desk.asked.loads == 3


def test_an_older_message_that_comes_again_is_answered_as_it_was_and_changes_nothing() -> None:
    desk = Desk()
    desk.say(1, "order")
    desk.say(2, "inform", dish="soup")
    desk.say(3, "greet")
    before = desk.everything
    desk.say(1, "order")
    desk.say(2, "inform", dish="soup")
    assert desk.answers[3:] == desk.answers[:2]
    assert desk.everything == before


def test_an_action_that_another_process_asked_for_is_taken_up_here() -> None:
    desk = Desk()
    desk.say(1, "greet")
    other = replace(desk)
    other.store, other.asked = desk.store, Asked(desk.store.conversations)
    other.stage = other._stage()
    requested: list[Envelope] = []
    other.take = lambda envelope: requested.append(other.stage(envelope)) or None  # type: ignore[method-assign,func-returns-value,arg-type]
    other.say(2, "go")
    (asked,) = requested
    assert isinstance(asked.data, ActionRequested)
    answer = desk.take(asked.answer(ActionCompleted(asked.data.action), "/parley/actions", "completed"))
    assert answer is not None
    assert isinstance(answer.data, ActionRequested)
    assert answer.data.action == "action_more"


def test_what_another_process_wrote_meanwhile_counts() -> None:
    desk = Desk()
    desk.say(1, "order")
    other = replace(desk)
    other.store = desk.store
    other.asked = Asked(desk.store.conversations)
    other.stage = other._stage()
    other.say(2, "inform", dish="soup")
    desk.say(3, "inform", size="small")
    assert desk.asked.loads == 2
    assert desk.everything[0]["events"][-1]["name"] == "action_listen"
    assert "soup" in str(desk.answers[-1])


def test_what_could_not_be_written_was_not_said() -> None:
    warm, cold = Desk(), Desk(fresh=True)
    for desk in (warm, cold):
        desk.say(1, "order")
        desk.asked.failing = 1
        with pytest.raises(Unavailable):
            desk.say(2, "inform", dish="fish")
        desk.say(3, "inform", dish="soup")
        desk.say(4, "inform", size="large")
    assert warm.answers == cold.answers
    assert warm.everything == cold.everything
    assert "fish" not in str(warm.everything)


def test_a_conversation_that_was_forgotten_begins_anew() -> None:
    desk = Desk()
    desk.say(1, "inform", dish="soup")
    desk.store.upkeep.forget("rest:ann")
    desk.say(2, "go")
    assert "soup" not in str(desk.everything)


def test_a_conversation_that_moves_on_in_the_midst_of_a_decision_is_decided_again() -> None:
    desk = Desk()
    desk.say(1, "order")
    commit = desk.asked.commit

    def beaten(conversation: str, revision: str | None, committed: Committed, now: float) -> str:
        desk.asked.commit = commit  # type: ignore[method-assign]
        other = Desk()
        other.store, other.asked = desk.store, Asked(desk.store.conversations)
        other.now, other.stage = now, other._stage()
        other.say(2, "inform", dish="soup")
        raise Conflict("somebody was faster")

    desk.asked.commit = beaten  # type: ignore[method-assign]
    desk.say(3, "inform", size="small")
    assert "soup" in str(desk.answers[-1])


def test_no_more_conversations_are_kept_than_promised() -> None:
    desk = Desk()
    for number in range(KEPT + 10):
        data = MessageUnderstood(MessageReceived("hello", "ann"), Intent("greet", 0.9))
        desk.take(Envelope(f"m{number}.u", "/t", f"rest:{number}", data, data.TYPE, f"m{number}", "rest"))
    recent: RecentConversations = desk.stage._recent
    kept = [number for number in range(KEPT + 10) if recent.take(f"rest:{number}") is not None]
    assert kept == list(range(10, KEPT + 10))


def test_a_conversation_is_kept_for_a_minute() -> None:
    desk, now = Desk(), [0.0]
    recent = desk.stage._recent = RecentConversations(clock=lambda: now[0])
    for number, at in enumerate((0.0, KEEP_SECONDS - 1, KEEP_SECONDS)):
        now[0] = at
        data = MessageUnderstood(MessageReceived("hello", "ann"), Intent("greet", 0.9))
        desk.take(Envelope(f"m{number}.u", "/t", f"rest:{number}", data, data.TYPE, f"m{number}", "rest"))
    assert list(recent._recent) == ["rest:1", "rest:2"]
    now[0] = 2 * KEEP_SECONDS - 1
    assert recent.take("rest:1") is None
    assert recent.take("rest:2") is not None
