"""Rasa's default actions: restart, back, sessions, the two-stage fallback and response selection."""

from typing import Any

from functions.dialogue.decision import Request
from functions.dialogue.remote import Answer
from shared.direct import read_direct
from tests.unit.dialogue.talking import Talk, done, slot, table

DOMAIN = """
version: "3.1"
intents: [greet, name, play, nlu_fallback]
entities: [who]
slots:
  who:
    type: text
    mappings: [{type: from_entity, entity: who}]
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: %s}
responses:
  utter_greet: [{text: "Hello {who}"}]
  utter_name: [{text: A nice name}]
  utter_play: [{text: Playing}]
  utter_restart: [{text: Anew}]
  utter_back: [{text: One back}]
  utter_default: [{text: I give up}]
  utter_ask_rephrase: [{text: Other words?}]
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: name
  steps: [{intent: name}, {action: utter_name}]
- rule: play
  steps: [{intent: play}, {action: utter_play}]
- rule: fallback
  steps: [{intent: nlu_fallback}, {action: action_two_stage_fallback}, {active_loop: action_two_stage_fallback}]
"""
RANKING = [("play", 0.3), ("greet", 0.2)]


def talk(carry: str = "true") -> Talk:
    return Talk(table(domain=DOMAIN % carry, rules=RULES))


def test_restart_forgets_the_slots_and_begins_a_session() -> None:
    chat = talk()
    chat.say('/name{"who": "Ann"}')
    assert chat.say("/restart") == ["Anew"]
    assert chat.events[-4:] == ["restart", "action action_session_start", "session_started", "action action_listen"]
    assert chat.say("/greet") == ["Hello None"]


def test_back_undoes_the_last_message_and_its_slots() -> None:
    chat = talk()
    chat.say('/name{"who": "Ann"}')
    chat.say('/name{"who": "Bob"}')
    assert chat.say("/back") == ["One back"]
    assert chat.slots["who"] == "Ann"


def test_a_new_session_begins_after_an_hour_and_keeps_the_slots() -> None:
    chat = talk()
    chat.say('/name{"who": "Ann"}')
    first = chat.state.session_started_at
    chat.say("/greet", after=3599)
    assert chat.state.session_started_at == first
    assert chat.say("/greet", after=3601) == ["Hello Ann"]
    assert chat.state.session_started_at == chat.now
    assert chat.events[:3] == ["action action_session_start", "session_started", "slot who"]


def test_a_new_session_keeps_nothing_where_the_domain_says_so() -> None:
    chat = talk("false")
    chat.say('/name{"who": "Ann"}')
    assert chat.say("/greet", after=3601) == ["Hello None"]


def test_a_session_that_never_expires_goes_on() -> None:
    chat = Talk(table(domain=(DOMAIN % "true").replace("time: 60", "time: 0"), rules=RULES))
    chat.say("/greet")
    first = chat.state.session_started_at
    chat.say("/greet", after=10**7)
    assert chat.state.session_started_at == first


def test_session_start_can_be_asked_for() -> None:
    chat = talk()
    chat.say('/name{"who": "Ann"}')
    assert chat.say("/session_start") == []
    assert chat.slots["who"] == "Ann"


def test_an_unsure_message_is_asked_back_with_the_likeliest_intent() -> None:
    chat = talk()
    replies = chat.replies("hm", "nlu_fallback", 0.3, ranking=RANKING)
    assert replies[0].text == "Did you mean 'play'?"
    assert [(button.title, button.payload) for button in replies[0].buttons] == [
        ("Yes", "/play"),
        ("No", "/out_of_scope"),
    ]


def test_affirming_the_guess_goes_on_as_if_it_had_been_said_at_once() -> None:
    chat = talk()
    chat.say("hm", intent="nlu_fallback", ranking=RANKING)
    assert chat.say("/play") == ["Playing"]
    assert chat.state.active_loop is None


def test_denying_the_guess_asks_to_rephrase_and_a_second_denial_gives_up() -> None:
    chat = talk()
    chat.say("hm", intent="nlu_fallback", ranking=RANKING)
    assert chat.say("/out_of_scope") == ["Other words?"]
    assert chat.say("hmm", intent="nlu_fallback", ranking=RANKING) == ["Did you mean 'play'?"]
    assert chat.say("/out_of_scope") == ["I give up"]
    assert chat.state.active_loop is None


def test_rephrasing_in_other_words_is_taken_at_once() -> None:
    chat = talk()
    chat.say("hm", intent="nlu_fallback", ranking=RANKING)
    chat.say("/out_of_scope")
    assert chat.say("play something", intent="play", confidence=0.9) == ["Playing"]


def test_two_unsure_messages_in_a_row_give_up() -> None:
    chat = talk()
    chat.say("hm", intent="nlu_fallback", ranking=RANKING)
    assert chat.say("hmm", intent="nlu_fallback", ranking=RANKING) == ["I give up"]


FAQ = """
version: "3.1"
intents: [faq]
responses:
  utter_faq/price: [{text: It is free}]
  utter_faq/hours: [{text: Always open}]
"""


def test_a_retrieval_intent_is_answered_by_the_response_of_its_kind() -> None:
    chat = Talk(table(domain=FAQ, rules="rules:\n- rule: faq\n  steps: [{intent: faq}, {action: utter_faq}]\n"))
    assert chat.say("how much", intent="faq/price") == ["It is free"]
    assert chat.say("when", intent="faq/hours") == ["Always open"]
    assert chat.decisions[-1].incoming.intent == "faq/hours"


def test_each_retrieval_intent_has_its_rule_and_the_tracker_names_the_response_as_rasa_does() -> None:
    domain = FAQ.replace("intents: [faq]", "intents: [faq, chitchat]") + (
        "  utter_chitchat/name: [{text: I am a bot}]\n  utter_default: [{text: What?}]\n"
    )
    rules = (
        "rules:\n- rule: faq\n  steps: [{intent: faq}, {action: utter_faq}]\n"
        "- rule: chitchat\n  steps: [{intent: chitchat}, {action: utter_chitchat}]\n"
        "- rule: fallback\n  steps: [{intent: nlu_fallback}, {action: utter_default}]\n"
    )
    chat = Talk(table(domain=domain, rules=rules))
    assert chat.say("who", intent="chitchat/name") == ["I am a bot"]
    (user,) = (event for event in chat.decisions[-1].events if event["event"] == "user")
    intent = user["parse_data"]["intent"]
    assert (intent["name"], intent["full_retrieval_intent_name"]) == ("chitchat", "chitchat/name")
    assert chat.say("when", intent="faq/hours") == ["Always open"]
    # A response that nobody wrote is not said by another's words, and the conversation goes on.
    assert chat.say("where", intent="faq/place") == []
    assert chat.say("hm", intent="nlu_fallback") == ["What?"]
    assert chat.say("how much", intent="faq/price") == ["It is free"]


def test_what_a_selector_chose_is_in_the_tracker_as_rasas_actions_read_it() -> None:
    domain = FAQ + "actions: [action_look]\n"
    rules = "rules:\n- rule: faq\n  steps: [{intent: faq}, {action: action_look}, {action: utter_faq}]\n"
    seen: list[Any] = []

    def look(request: Request) -> Answer:
        seen.append(request.latest_message["response_selector"])
        return done()

    chat = Talk(table(domain=domain, rules=rules), {"action_look": look})
    ranking = [("faq/price", 0.6), ("faq/hours", 0.2), ("greet", 0.1)]
    assert chat.say("how much", intent="faq/price", ranking=ranking) == ["It is free"]
    (selected,) = seen
    assert selected["all_retrieval_intents"] == ["faq"]
    assert selected["faq"]["response"] == {
        "responses": [{"text": "It is free"}],
        "utter_action": "utter_faq/price",
        "intent_response_key": "faq/price",
        "confidence": 0.75,
    }
    assert [one["intent_response_key"] for one in selected["faq"]["ranking"]] == ["faq/price", "faq/hours"]
    assert selected["default"] == selected["faq"]


def test_after_another_intent_a_retrieval_action_says_the_best_of_its_own() -> None:
    rules = "rules:\n- rule: other\n  steps: [{intent: other}, {action: utter_faq}]\n"
    chat = Talk(table(domain=FAQ.replace("intents: [faq]", "intents: [faq, other]"), rules=rules))
    ranking = [("other", 0.6), ("faq/hours", 0.3), ("faq/price", 0.1)]
    assert chat.say("hm", intent="other", ranking=ranking) == ["Always open"]
    assert chat.say("hm", intent="other") == []


def test_a_fallback_action_of_the_project_takes_the_place_of_the_default_one() -> None:
    domain = DOMAIN % "true" + "actions: [action_default_fallback]\n"
    chat = Talk(
        table(domain=domain, rules=RULES),
        {"action_default_fallback": done(slot("who", "you"), {"event": "rewind"}, responses=[{"text": "Mine"}])},
    )
    assert chat.say("what", intent="unheard_of") == ["Mine"]


def test_direct_messages_are_read_where_nlu_reads_them() -> None:
    assert read_direct("/greet", {"greet"}, set()) is not None
