"""Questions to the documents: taken from what no intent takes, answered with the source, a digression in a form."""

from pathlib import Path

import pytest

from functions.dialogue.summary import summarise_turn
from functions.dialogue.table import Table, read_table
from model_artifacts.training.dialogue.compilation import compile_project, dump_dialogue
from shared.events.meaning import Entity, Evidence, Passage
from tests.unit.dialogue.talking import Talk, write_project

DOMAIN = """
intents: [greet, book]
slots:
  day: {type: text, mappings: [{type: from_text, conditions: [{active_loop: booking, requested_slot: day}]}]}
forms: {booking: {required_slots: [day]}}
responses:
  utter_greet: [{text: Hello}]
  utter_ask_day: [{text: "Which day?"}]
  utter_default: [{text: "I did not get that."}]
  utter_booked: [{text: "Booked for {day}."}]
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: fallback
  steps: [{intent: nlu_fallback}, {action: utter_default}]
- rule: book
  steps: [{intent: book}, {action: booking}, {active_loop: booking}]
- rule: booked
  condition: [{active_loop: booking}]
  steps: [{action: booking}, {active_loop: null}, {slot_was_set: [{requested_slot: null}]}, {action: utter_booked}]
"""
ANSWERS = """
responses:
  utter_answer: [{text: "{answer} ({title}, {heading}, {date}, {link})"}]
  utter_not_in_documents: [{text: "No document says that."}]
"""
QUESTION = Evidence(question=True)
HOURS = Passage(3, 0.8, "We open at 8.", False, "Practice", "Hours", "https://x.example/#hours", "2026-01-02")
PRICES = Passage(5, 0.6, "It costs 40.", True, "Practice", "Prices > Children", "https://x.example/#prices")


def project(folder: Path, **files: str) -> Table:
    path = write_project(folder / "bot", **{"domain": DOMAIN, "rules": RULES, **files})
    (path / "knowledge").mkdir()
    return read_table(dump_dialogue(compile_project(path).data), "b")


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return Talk(project(tmp_path))


def test_what_no_intent_takes_is_answered_from_the_documents_with_the_source(talk: Talk) -> None:
    [reply] = talk.replies("when do you open?", "nlu_fallback", 0.3, evidence=QUESTION, passages=[HOURS, PRICES])
    assert reply.text == "We open at 8.\n\nSource: Practice > Hours (https://x.example/#hours)"
    assert [(button.title, button.payload) for button in reply.buttons] == [
        ("More", '/ask{"passage": "3"}'),
        ("Children", '/ask{"passage": "5"}'),
    ]
    assert summarise_turn(talk.decisions[-1], talk.table.domain).knowledge == "answered"
    whole = Passage(3, 1.0, "We open at 8. We close at 6.", True, "Practice", "Hours")
    assert talk.say('/ask{"passage": "3"}', passages=[whole]) == [
        "We open at 8. We close at 6.\n\nSource: Practice > Hours"
    ]


def test_what_the_documents_do_not_say_is_said_to_be_missing_with_what_is_near(talk: Talk) -> None:
    near = Passage(5, 0.4, "It costs 40.", True, "Practice", "Prices")
    [reply] = talk.replies("do you sell cars?", "out_of_scope", 0.9, evidence=QUESTION, passages=[near])
    assert reply.text == "That is not in my documents."
    assert [button.title for button in reply.buttons] == ["Prices"]
    assert summarise_turn(talk.decisions[-1], talk.table.domain).knowledge == "not_found"


@pytest.mark.parametrize(
    ("intent", "confidence", "question", "passage", "said"),
    [
        ("greet", 0.95, False, 0.99, "Hello"),
        ("greet", 0.7, True, 0.7, "Hello"),
        ("nlu_fallback", 0.3, False, 0.2, "I did not get that."),
        ("nlu_fallback", 0.3, True, 0.001, "I did not get that."),
    ],
    ids=["an intent", "a likelier intent", "no question", "nothing to do with the documents"],
)
def test_other_messages_stay_what_they_are(
    talk: Talk, intent: str, confidence: float, question: bool, passage: float, said: str
) -> None:
    found = Passage(1, passage, "We open at 8.", True, "Practice")
    assert talk.say("words", intent=intent, confidence=confidence, evidence=Evidence(question), passages=[found]) == [
        said
    ]
    assert summarise_turn(talk.decisions[-1], talk.table.domain).knowledge is None


def test_a_short_question_that_several_headings_answer_is_asked_back(talk: Talk) -> None:
    equal = [Passage(n, 0.8, "text", True, "Practice", name) for n, name in ((1, "Opening hours"), (2, "Office hours"))]
    [reply] = talk.replies("hours?", "nlu_fallback", 0.3, evidence=QUESTION, passages=equal)
    assert [button.title for button in reply.buttons] == ["Opening hours", "Office hours"]
    assert summarise_turn(talk.decisions[-1], talk.table.domain).knowledge == "ambiguous"


def test_a_follow_up_keeps_to_the_document_that_answered(talk: Talk) -> None:
    talk.say("when do you open?", intent="nlu_fallback", evidence=QUESTION, passages=[HOURS])
    elsewhere = Passage(9, 0.5, "The shop opens on Sundays.", True, "Shop", "Hours")
    here = Passage(4, 0.45, "On Sundays we are closed.", True, "Practice", "Sundays")
    [answer] = talk.say("and on Sundays?", intent="nlu_fallback", evidence=QUESTION, passages=[elsewhere, here])
    assert answer.startswith("On Sundays we are closed.")


def test_a_surer_intent_gives_way_to_what_goes_on_with_the_documents_alone(talk: Talk) -> None:
    sure = Passage(4, 0.95, "Slack wants a token.", True, "Practice", "Slack")
    before = talk.say("and Slack?", intent="greet", confidence=0.95, evidence=QUESTION, passages=[sure])
    assert before == ["Hello"]
    talk.say("when do you open?", intent="nlu_fallback", evidence=QUESTION, passages=[HOURS])
    [after] = talk.say("and Slack?", intent="greet", confidence=0.95, evidence=QUESTION, passages=[sure])
    assert after.startswith("Slack wants a token.")


def test_a_question_in_a_form_is_answered_and_the_form_waits(talk: Talk) -> None:
    assert talk.say("/book") == ["Which day?"]
    said = talk.say("when do you open?", intent="nlu_fallback", evidence=QUESTION, passages=[HOURS])
    assert [text.split("\n")[0] for text in said] == ["We open at 8.", "Which day?"]
    assert "day" not in talk.slots
    # No question: an answer to the form, whatever the documents have on the word.
    assert talk.say("Monday", intent="nlu_fallback", passages=[HOURS]) == ["Booked for Monday."]


def test_what_is_wanted_of_the_open_form_is_no_question_to_the_documents(tmp_path: Path) -> None:
    domain = DOMAIN.replace("intents: [greet, book]", "intents: [greet, book]\nentities: [drink]").replace(
        "\nslots:", "\nslots:\n  drink: {type: text, mappings: [{type: from_entity, entity: drink}]}"
    )
    domain = domain.replace("required_slots: [day]", "required_slots: [day, drink]")
    talk = Talk(project(tmp_path, domain=domain + '  utter_ask_drink: [{text: "Which drink?"}]\n'))
    assert talk.say("/book") == ["Which day?"]
    coke = Entity("drink", "coke", 13, 17, 0.9)
    wants = Evidence(question=True, hits=(coke,))
    told = talk.say("may there be a coke?", intent="nlu_fallback", evidence=wants, passages=[HOURS])
    assert not any("We open" in text for text in told)
    asked = talk.say("when do you open?", intent="nlu_fallback", evidence=QUESTION, passages=[HOURS])
    assert asked[0].startswith("We open")


def test_authors_write_what_is_said_and_may_write_their_own_rules(tmp_path: Path) -> None:
    own = Talk(project(tmp_path, answers=ANSWERS))
    assert own.say("when?", intent="nlu_fallback", evidence=QUESTION, passages=[HOURS]) == [
        "We open at 8. (Practice, Hours, 2026-01-02, https://x.example/#hours)"
    ]
    near = Passage(5, 0.32, "It costs 40.", True, "Practice", "Prices")
    assert own.say("cars?", intent="nlu_fallback", evidence=QUESTION, passages=[near]) == ["No document says that."]
    mine = "\n- rule: mine\n  steps: [{intent: ask}, {action: utter_greet}]\n"
    assert Talk(project(tmp_path / "mine", rules=RULES + mine)).say("/ask") == ["Hello"]


def test_who_has_no_words_for_what_is_not_understood_says_that_no_document_does(tmp_path: Path) -> None:
    domain = DOMAIN.replace('  utter_default: [{text: "I did not get that."}]\n', "")
    rules = RULES.replace("- rule: fallback\n  steps: [{intent: nlu_fallback}, {action: utter_default}]\n", "")
    asked = "what is the capital of Peru?"
    mute = Talk(project(tmp_path, domain=domain, rules=rules))
    assert mute.say(asked, intent="nlu_fallback", evidence=QUESTION) == ["That is not in my documents."]
    assert mute.say("hi", intent="greet") == ["Hello"]
    assert Talk(project(tmp_path / "own")).say(asked, intent="nlu_fallback", evidence=QUESTION) == [
        "I did not get that."
    ]
