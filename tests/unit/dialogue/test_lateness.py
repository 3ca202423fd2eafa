"""An answer that comes late, after an outage, says so; and an old yes acts on nothing."""

from functions.dialogue.stage import Dialogue
from functions.dialogue.texts import find_default_text
from shared.events.catalogue import ActionRequested, Entity, Intent, MessageReceived, MessageUnderstood, RepliesDecided
from shared.events.envelope import Envelope
from shared.stores.memory import memory_store
from tests.unit.dialogue.in_context import PAYING, RULES, YES
from tests.unit.dialogue.talking import table

NOW = 1_800_000_000.0
IN_TIME, BEFORE = "2027-01-15T08:01:00Z", "2027-01-15T07:59:00Z"


class Desk:
    def __init__(self, domain: str = PAYING) -> None:
        self.store = memory_store()
        made = table(domain=domain, rules=RULES, nlu=YES)
        self.stage = Dialogue(made, self.store.conversations, clock=lambda: NOW)
        self.count = 0

    def say(self, text: str, intent: str, until: str | None, *entities: Entity) -> ActionRequested | RepliesDecided:
        self.count += 1
        data = MessageUnderstood(MessageReceived(text, "ann"), Intent(intent, 1.0), entities=entities)
        ident = f"web:{self.count}"
        event = Envelope(f"{ident}.u", "/t", "web:ann", data, data.TYPE, ident, "web", expirytime=until)
        answer = self.stage(event)
        assert answer is not None
        assert answer == self.stage(event)
        assert isinstance(answer.data, ActionRequested | RepliesDecided)
        return answer.data


def texts(data: ActionRequested | RepliesDecided) -> list[str | None]:
    return [reply.text for reply in data.replies]


def test_a_late_answer_says_so_and_an_old_yes_is_asked_for_again() -> None:
    desk = Desk()
    assert texts(desk.say("pay 5", "pay", IN_TIME, Entity("amount", "5", 4, 5))) == ["Pay 5?"]
    late = desk.say("yes", "affirm", BEFORE)
    assert isinstance(late, RepliesDecided), "nothing is paid for a yes of an hour ago"
    assert texts(late) == [find_default_text("utter_late"), "Pay 5?"]
    assert isinstance(desk.say("yes", "affirm", IN_TIME), ActionRequested)


def test_the_assistant_says_it_in_its_own_words() -> None:
    desk = Desk(PAYING.replace("responses:", "responses:\n  utter_late: [{text: Spät}]"))
    assert texts(desk.say("hi", "greet", BEFORE)) == ["Spät", "Hello"]
    assert texts(desk.say("hi", "greet", IN_TIME)) == ["Hello"]
    assert texts(desk.say("hi", "greet", None)) == ["Hello"]
