"""Responses that a server says: who is asked when, with what, and what is said where it does not answer."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from functions.actions.config import Config
from functions.actions.nlg_server import NlgServer
from functions.actions.stage import Actions
from functions.dialogue.remote import Answer
from functions.dialogue.stage import Dialogue
from shared.config import Misconfigured, read
from shared.events.catalogue import (
    ActionRequested,
    Attachment,
    Intent,
    MessageReceived,
    MessageUnderstood,
    RepliesDecided,
    Reply,
)
from shared.events.envelope import Envelope
from shared.outbound import Outbound
from shared.stores.opening import open_store
from tests.unit.actions.standin import Answer as Answered
from tests.unit.actions.standin import Asked, standin
from tests.unit.dialogue.talking import Talk, done, slot, table

DOMAIN = """
version: "3.1"
intents: [greet, order, tell, act, leave]
slots:
  size:
    type: text
    influence_conversation: false
    mappings: [{type: from_text, conditions: [{active_loop: order_form, requested_slot: size}]}]
  cup:
    type: text
    influence_conversation: false
    mappings: [{type: from_text, conditions: [{active_loop: order_form, requested_slot: cup}]}]
responses:
  utter_greet: [{text: "Good day.", id: own-1}]
  utter_ask_size: [{text: "How large?"}]
  utter_ask_cup: [{text: "Which cup?"}]
  utter_ordered: [{text: "Ordered: {size}."}]
  utter_price: [{text: "{price} euros."}]
  utter_leave: []
forms:
  order_form: {required_slots: [size, cup]}
actions: [action_price]
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: order
  steps: [{intent: order}, {action: order_form}, {active_loop: order_form}]
- rule: ordered
  condition: [{active_loop: order_form}]
  steps:
  - action: order_form
  - active_loop: null
  - slot_was_set: [{requested_slot: null}]
  - action: utter_ordered
  - action: utter_greet
- rule: price
  steps: [{intent: act}, {action: action_price}]
- rule: leave
  steps: [{intent: leave}, {action: utter_leave}]
"""
PAYING = """
version: "3.1"
intents: [pay, affirm, deny]
actions: [{action_pay: {confirm: true}}]
responses:
  utter_confirm_action_pay: []
"""
PAYS = """
rules:
- rule: pay
  steps: [{intent: pay}, {action: action_pay}]
"""
YES = """
nlu:
- intent: affirm
  examples: |
    - yes
    - ok
"""
HELLO = MessageReceived(text="hello", sender="ann")
TABLE = replace(table(domain=DOMAIN, rules=RULES), generated=True)


def says(text: str) -> Answer:
    return done(responses=[{"text": text}])


def talk(**answers: Answer) -> Talk:
    failed = {name: Answer("failed", error="down") for name in TABLE.domain.responses}
    return Talk(TABLE, {**failed, **answers})


def test_a_response_is_said_in_the_servers_words_and_the_tracker_has_them() -> None:
    chat = talk(
        utter_greet=done(responses=[{"text": "Ahoy {size}", "buttons": [{"title": "Go", "payload": "/order"}]}])
    )
    (said,) = chat.replies("/greet")
    # What the server says is said as it is: no slot is filled in.
    assert (said.text, said.buttons[0].payload, said.response) == ("Ahoy {size}", "/order", "utter_greet")
    assert [event["text"] for event in chat.state.events if event["event"] == "bot"] == ["Ahoy {size}"]


def test_the_server_is_told_the_id_of_the_variation_and_the_arguments() -> None:
    chat = talk(action_price=done(responses=[{"response": "utter_price", "price": 7}]), utter_price=says("Seven."))
    chat.say("/greet")
    assert chat.called[0].response == {"id": "own-1", "arguments": {}}
    assert chat.say("/act") == ["Seven."]
    action, response = chat.called[1:]
    assert (action.action, action.response) == ("action_price", None)
    assert (response.action, response.response) == ("utter_price", {"id": None, "arguments": {"price": 7}})


def test_a_form_asks_in_the_servers_words_and_goes_on_as_it_would() -> None:
    chat = talk(utter_ask_size=says("S or L?"), utter_ask_cup=says("Paper?"), utter_ordered=says("It comes."))
    assert chat.say("/order") == ["S or L?"]
    assert chat.say("L", intent="tell") == ["Paper?"]
    assert chat.say("paper", intent="tell") == ["It comes.", "Good day."]
    assert (chat.slots["size"], chat.slots["cup"]) == ("L", "paper")


def test_where_the_server_fails_the_domains_own_response_is_said_and_the_turn_counts_the_failure() -> None:
    chat = talk(action_price=done(slot("size", "M"), responses=[{"response": "utter_price", "price": 7}]))
    assert chat.say("/greet") == ["Good day."]
    assert [(called.action, called.outcome) for called in chat.decisions[-1].progress.called] == [
        ("utter_greet", "failed")
    ]
    assert chat.say("/act") == ["7 euros."]
    assert chat.slots["size"] == "M"


def test_where_only_the_server_has_words_and_fails_the_person_is_told_so() -> None:
    said = talk().say("/leave")
    assert len(said) == 1
    assert said[0]
    assert talk(utter_leave=says("Bye")).say("/leave") == ["Bye"]


def test_a_server_that_says_nothing_is_taken_at_its_word() -> None:
    assert talk(utter_greet=done()).say("/greet") == []


def test_the_apology_for_an_action_that_failed_is_said_by_the_server_too() -> None:
    chat = talk(action_price=Answer("failed", error="broken"), utter_action_failed=says("Alas."))
    assert chat.say("/act") == ["Alas."]
    assert chat.calls == ["action_price", "utter_action_failed"]
    # It is asked within the turn: the action ran once, and the tracker has each event once.
    assert chat.events.count("action action_price") == 1


def test_a_question_before_a_confirmed_action_is_said_by_the_server_and_a_yes_answers_it() -> None:
    chat = Talk(
        replace(table(domain=PAYING, rules=PAYS, nlu=YES), generated=True),
        {"utter_confirm_action_pay": says("Shall I?"), "action_pay": done(responses=[{"text": "Paid"}])},
    )
    assert chat.say("pay 5", intent="pay") == ["Shall I?"]
    assert chat.say("yes", intent="affirm") == ["Paid"]
    assert chat.calls == ["utter_confirm_action_pay", "action_pay"]


@pytest.mark.parametrize(
    ("message", "response"),
    [
        (MessageReceived(text="", sender="ann", attachments=(Attachment("image", "i"),)), "utter_attachment_image"),
        (MessageReceived(text="", sender="ann", transcription_failure="silence"), "utter_speech_silence"),
    ],
    ids=["a photo", "a recording"],
)
def test_what_is_said_to_what_has_no_text_is_said_by_the_server_too(message: MessageReceived, response: str) -> None:
    asked, (said,), decided = walk(Answered(body={"text": "Hm."}), None, message)
    assert (said.text, said.response) == ("Hm.", response)
    assert asked[0].body["response"] == response
    assert decided.turn.replies == 1
    asked, (said,), decided = walk(Answered(status=500, body={}), None, message)
    assert said.text
    assert said.text != "Hm."
    assert [(called.action, called.outcome) for called in decided.turn.called] == [(response, "failed")]


def test_without_the_setting_nobody_is_asked() -> None:
    chat = Talk(table(domain=DOMAIN, rules=RULES))
    assert chat.say("/greet") == ["Good day."]
    assert chat.called == []


def walk(
    answer: Answered, intent: str | None = "greet", message: MessageReceived = HELLO
) -> tuple[list[Asked], tuple[Reply, ...], RepliesDecided]:
    """A turn through both stages and a real server."""
    stage = Dialogue(TABLE, open_store("memory:").conversations, clock=lambda: 1_700_000_000.0)
    data = MessageUnderstood(message, Intent(intent, 0.9) if intent is not None else None)
    event: Envelope | None = Envelope(
        id="m1.understood", source="/t", subject="rest:ann", type=data.TYPE, message="m1", channel="rest", data=data
    )
    outbound = Outbound()
    said: tuple[Reply, ...] = ()
    with standin(lambda _: answer) as seen:
        actions = Actions({}, clock=_then).use_generator(NlgServer(seen.url + "/nlg", outbound, 60.0))
        for _ in range(5):
            assert event is not None
            event = stage(event)
            assert event is not None
            if isinstance(event.data, RepliesDecided):
                outbound.close()
                return seen.asked, (*said, *event.data.replies), event.data
            assert isinstance(event.data, ActionRequested)
            said = (*said, *event.data.replies)
            event = actions(event)
    raise AssertionError("the turn does not end")


def _then() -> datetime:
    return datetime.fromtimestamp(1_700_000_001, UTC)


def test_a_server_gets_what_rasa_sends_and_its_response_is_said() -> None:
    body = {"text": "Ahoy", "buttons": [], "image": "https://x.example/a.png", "elements": [], "attachments": []}
    asked, (said,), _ = walk(Answered(body=body))
    assert (said.text, said.image) == ("Ahoy", "https://x.example/a.png")
    (call,) = asked
    assert (call.method, call.path, call.headers["content-type"]) == ("POST", "/nlg", "application/json")
    assert call.body.keys() == {"response", "id", "arguments", "tracker", "channel"}
    assert (call.body["response"], call.body["channel"]) == ("utter_greet", {"name": "rest"})
    tracker: Mapping[str, object] = call.body["tracker"]
    assert tracker["sender_id"] == "ann"
    assert tracker["slots"]["size"] is None  # type: ignore[index]
    assert tracker["latest_message"]["text"] == "hello"  # type: ignore[index]


@pytest.mark.parametrize(
    "answer",
    [
        Answered(status=500, body={"text": "secret"}),
        Answered(status=404, body={}),
        Answered(body=["secret"]),
        Answered(body={"text": 7}),
        Answered(body={"buttons": ["secret"]}),
        Answered(body={"text": "x", "image": {"a": 1}}),
        Answered(body=b"{secret"),
        Answered(body=b"[" * 100_000),
        Answered(body={"text": "x" * 300_000}),
    ],
    ids=lambda answer: str(answer.body)[:20],
)
def test_whatever_else_it_answers_the_domains_own_is_said_once_and_nothing_of_it_is_logged(
    answer: Answered, caplog: pytest.LogCaptureFixture
) -> None:
    asked, said, decided = walk(answer)
    assert [reply.text for reply in said] == ["Good day."]
    assert len(asked) == 1
    assert [(called.action, called.outcome) for called in decided.turn.called] == [("utter_greet", "failed")]
    told = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert "utter_greet" in told
    assert "secret" not in told


def test_an_address_that_is_none_stops_the_stage_and_is_not_repeated() -> None:
    for wrong in ("localhost:5056", "ftp://x/nlg?token=hidden", "http://", "http://x:port/"):
        with pytest.raises(Misconfigured, match="NLG_ENDPOINT is no address") as told:
            read(Config, {"NLG_ENDPOINT": wrong})
        assert "hidden" not in str(told.value)
    assert read(Config, {"NLG_ENDPOINT": "https://nlg.example/say?token=x"}).nlg_endpoint
