"""The project's own actions: what they are told, and what their answers do to the conversation."""

import pytest

from functions.dialogue.remote import Answer
from shared.events.wire import JSON
from tests.unit.dialogue.talking import Talk, done, slot, table

DOMAIN = """
version: "3.1"
intents: [go, greet, affirm, stop]
slots:
  color:
    type: text
    influence_conversation: false
    initial_value: blue
    mappings: [{type: custom}]
responses:
  utter_before: [{text: One moment.}]
  utter_after: [{text: Done.}]
  utter_color: [{text: "It is {color}, {adverb}."}]
  utter_greet: [{text: Hello}]
  utter_default: [{text: What?}]
actions: [action_go, action_other]
"""
RULES = """
rules:
- rule: go
  steps: [{intent: go}, {action: utter_before}, {action: action_go}, {action: utter_after}]
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: rejected
  steps: [{intent: affirm}, {action: action_other}]
"""


def talk(**answers: Answer) -> Talk:
    return Talk(table(domain=DOMAIN, rules=RULES), answers)


def test_what_is_said_before_an_action_is_said_with_the_request() -> None:
    chat = talk()
    assert chat.say("/go") == ["One moment.", "Done."]
    first, second = chat.decisions
    assert [reply.text for reply in first.replies] == ["One moment."]
    assert first.request is not None
    assert first.request.action == "action_go"
    assert [reply.text for reply in second.replies] == ["Done."]
    assert second.progress.replies == 2


def test_an_action_sees_the_message_the_slots_and_the_events_so_far() -> None:
    chat = talk()
    chat.say("/go")
    request = chat.called[0]
    assert request.slots["color"] == "blue"
    assert request.latest_message["intent"]["name"] == "go"
    assert [event.get("name") for event in request.events if event["event"] == "action"][-1] == "utter_before"


def test_responses_of_an_action_are_said_before_its_events_take_effect() -> None:
    chat = talk(
        action_go=done(
            slot("color", "red"),
            responses=[{"response": "utter_color", "adverb": "truly"}, {"text": "Raw.", "buttons": [{"title": "A"}]}],
        )
    )
    assert chat.say("/go") == ["One moment.", "It is blue, truly.", "Raw.", "Done."]
    assert chat.slots["color"] == "red"


def test_buttons_of_an_action_are_added_to_those_of_the_response_and_empty_parts_change_nothing() -> None:
    answer = done(
        responses=[
            {"response": "utter_after", "text": "", "image": None, "buttons": [{"title": "B", "payload": "/go"}]}
        ]
    )
    said = talk(action_go=answer).replies("/go")
    assert (said[1].text, [(button.title, button.payload) for button in said[1].buttons]) == ("Done.", [("B", "/go")])


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([{"event": "followup", "name": "utter_greet"}], ["One moment.", "Hello"]),
        ([{"event": "pause"}], ["One moment."]),
        ([{"event": "undo"}, {"event": "followup", "name": "action_listen"}], ["One moment."]),
    ],
)
def test_events_of_an_action_steer_the_conversation(events: list[JSON], said: list[str]) -> None:
    chat = talk(action_go=done(*events))
    assert chat.say("/go")[: len(said)] == said


def test_actions_that_listen_within_a_turn_cannot_make_it_endless() -> None:
    chat = talk(action_go=done({"event": "action", "name": "action_listen"}))
    assert 0 < len(chat.say("/go")) <= 30


def test_a_paused_conversation_says_nothing_until_it_is_restarted() -> None:
    chat = talk(action_go=done({"event": "pause"}))
    chat.say("/go")
    assert chat.state.paused
    assert chat.say("/greet") == []
    chat.say("/restart")
    assert chat.say("/greet") == ["Hello"]


def test_reset_slots_gives_every_slot_its_initial_value() -> None:
    chat = talk(action_go=done(slot("color", "red"), {"event": "reset_slots"}))
    chat.say("/go")
    assert chat.slots["color"] == "blue"


def test_a_slot_that_the_domain_does_not_have_is_left_alone() -> None:
    chat = talk(action_go=done(slot("nothing", 1)))
    assert chat.say("/go") == ["One moment.", "Done."]
    assert "nothing" not in chat.slots


def test_a_rejected_action_lets_other_policies_predict() -> None:
    stories = "stories:\n- story: affirm\n  steps: [{intent: stop}, {action: utter_after}]\n"
    rules = RULES + "- rule: stop\n  steps: [{intent: stop}, {action: action_other}]\n"
    config = "policies:\n- name: RulePolicy\n  check_for_contradictions: false\n- name: MemoizationPolicy\n"
    chat = Talk(table(domain=DOMAIN, rules=rules, stories=stories, config=config), {"action_other": Answer("rejected")})
    assert chat.say("/stop") == ["Done."]
    assert "action_execution_rejected action_other" in chat.events


def test_where_only_the_rejected_action_was_known_the_fallback_answers_as_in_rasa() -> None:
    chat = talk(action_other=Answer("rejected"))
    assert chat.say("/affirm") == ["What?"]
    assert [event for event in chat.events if event.startswith("action")][-3:] == [
        "action_execution_rejected action_other",
        "action action_default_fallback",
        "action action_listen",
    ]


def test_an_action_may_reject_itself_by_event() -> None:
    chat = talk(action_other=done({"event": "action_execution_rejected", "name": "action_other"}))
    assert chat.say("/affirm") == ["What?"]
    assert "action action_other" not in chat.events


def test_the_events_of_a_failed_action_are_dropped_and_the_turn_goes_on() -> None:
    chat = talk(action_go=Answer("failed", (slot("color", "red"),)))
    assert chat.say("/go") == ["One moment.", "Sorry, something went wrong on my side. Please try that again.", "Done."]
    assert chat.slots["color"] == "blue"


def test_the_project_may_say_its_own_apology() -> None:
    domain = DOMAIN.replace("  utter_before:", "  utter_action_failed: [{text: Oh dear.}]\n  utter_before:")
    chat = Talk(table(domain=domain, rules=RULES), {"action_go": Answer("failed")})
    assert chat.say("/go") == ["One moment.", "Oh dear.", "Done."]


@pytest.mark.parametrize("event", [{"event": "explode"}, {"event": "slot", "value": 1}, "text", {}])
def test_an_answer_with_an_event_that_is_none_counts_as_failed(event: JSON) -> None:
    chat = talk(action_go=done(event))
    assert chat.say("/go")[1].startswith("Sorry")


def test_a_message_that_an_action_adds_is_understood_in_turn() -> None:
    message = {"event": "user", "text": "hi", "parse_data": {"intent": {"name": "greet"}, "entities": []}}
    chat = talk(action_other=done({"event": "action", "name": "action_listen"}, message))
    assert chat.say("/affirm") == ["Hello"]


def test_a_project_may_begin_sessions_itself() -> None:
    domain = DOMAIN.replace("actions: [", "actions: [action_session_start, ")
    start = done(
        {"event": "session_started"},
        slot("color", "green"),
        {"event": "action", "name": "action_listen"},
        responses=[{"text": "Welcome."}],
    )
    chat = Talk(table(domain=domain, rules=RULES), {"action_session_start": start})
    assert chat.say("/greet", metadata={"from": "web"}) == ["Welcome.", "Hello"]
    assert chat.slots["color"] == "green"
    assert chat.called[0].slots["session_started_metadata"] == {"from": "web"}
    assert chat.say("/greet") == ["Hello"]


def test_reminders_are_kept_until_they_are_cancelled_or_the_person_speaks() -> None:
    remind = {"event": "reminder", "intent": "greet", "date_time": "2030-01-01T00:00:00+00:00", "name": "r1"}
    stays = {**remind, "name": "r2", "kill_on_user_msg": False, "entities": {"color": "red"}}
    chat = talk(action_go=done(remind, stays), action_other=done({"event": "cancel_reminder", "name": "r2"}))
    chat.say("/go")
    assert set(chat.state.reminders) == {"r1", "r2"}
    reminder = chat.state.reminders["r2"]
    assert (reminder.at, reminder.intent, reminder.entities) == (
        1893456000.0,
        "greet",
        ({"entity": "color", "value": "red"},),
    )
    assert reminder.origin["sender"] == "ann"
    chat.say("/greet")
    assert set(chat.state.reminders) == {"r2"}
    chat.say("/affirm")
    assert chat.state.reminders == {}
