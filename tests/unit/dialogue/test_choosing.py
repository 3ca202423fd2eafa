"""Close intents: the person is asked in words, and the choice leads on with what was said first."""

import pytest

from functions.dialogue.table import Table
from model_artifacts.training.dialogue.problems import Uncompilable
from shared.events.catalogue import Button, Entity, Reply
from tests.unit.dialogue.talking import Talk, compiled, table

DOMAIN = """
version: "3.1"
intents: [greet, search_film, order_food, get_weather, affirm, deny, inform]
entities: [dish, genre]
slots:
  dish:
    type: text
    mappings: [{type: from_entity, entity: dish, role: main}, {type: from_entity, entity: dish}]
  note:
    type: text
    influence_conversation: false
    mappings: [{type: from_text, intent: order_food}]
responses:
  utter_greet: [{text: Hello}]
  utter_films: [{text: Films}]
  utter_food: [{text: "Food: {dish}"}]
  utter_weather: [{text: Weather}]
  utter_ask_rephrase: [{text: Say it in other words please}]
  utter_default: [{text: I give up}]
  utter_affirm: [{text: Good}]
  utter_scope: [{text: That I cannot do}]
"""
RULES = """
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: films
  steps: [{intent: search_film}, {action: utter_films}]
- rule: food
  steps: [{intent: order_food}, {action: utter_food}]
- rule: weather
  steps: [{intent: get_weather}, {action: utter_weather}]
- rule: affirm
  steps: [{intent: affirm}, {action: utter_affirm}]
"""
ASKED = (
    RULES
    + """
- rule: not understood
  steps: [{intent: nlu_fallback}, {action: action_default_ask_affirmation}]
- rule: out of scope
  steps: [{intent: out_of_scope}, {action: utter_scope}]
"""
)
STAGED = (
    RULES
    + """
- rule: not understood
  steps: [{intent: nlu_fallback}, {action: action_two_stage_fallback}, {active_loop: action_two_stage_fallback}]
"""
)
NLU = """
nlu:
- intent: search_film
  metadata:
    title: Find a film
  examples: |
    - show me a film
- intent: order_food
  examples: |
    - order food
    - I want to order food
    - order some food now
    - food
    - a [pizza](dish) please
- intent: get_weather
  examples: |
    - how is the weather
    - what is the weather like
- intent: greet
  metadata:
    title: false
  examples: |
    - hello there
"""
RANKING = (("order_food", 0.39), ("get_weather", 0.3), ("search_film", 0.2), ("greet", 0.1))
HOT = (Entity("dish", "curry", 17, 22, role="main"),)


@pytest.fixture(scope="module", params=["rule", "two stages"])
def asking(request: pytest.FixtureRequest) -> Table:
    return table(domain=DOMAIN, rules=ASKED if request.param == "rule" else STAGED, nlu=NLU)


def ask_with_low_confidence(talk: Talk, text: str = "I want something hot", ranking: object = RANKING) -> Reply:
    (reply,) = talk.replies(text, "nlu_fallback", 0.4, HOT, ranking)  # type: ignore[arg-type]
    return reply


def test_the_question_offers_what_was_close_in_peoples_words(asking: Table) -> None:
    talk = Talk(asking)
    reply = ask_with_low_confidence(talk)
    assert reply.text == "I am not sure which of these you mean:"
    assert reply.buttons == (
        Button("Order food", "/order_food"),
        Button("How is the weather", "/get_weather"),
        Button("Find a film", "/search_film"),
        Button("Something else", "/out_of_scope"),
    )


@pytest.mark.parametrize("answer", ["/order_food", "Order food", "order food!", "the first one", "1", "first"])
def test_the_choice_leads_on_with_the_first_messages_words_and_entities(asking: Table, answer: str) -> None:
    talk = Talk(asking)
    ask_with_low_confidence(talk)
    assert talk.say(answer, intent=None if answer.startswith("/") else "inform") == ["Food: curry"]
    assert talk.slots["dish"] == "curry"
    assert talk.slots["note"] == "I want something hot"
    message = next(event for event in reversed(talk.decisions[-1].events) if event["event"] == "user")
    assert message["parse_data"]["entities"][0]["role"] == "main"
    assert message["parse_data"]["intent"] == {"name": "order_food", "confidence": 1.0}


def test_after_the_choice_it_is_as_if_it_had_been_understood_at_once(asking: Table) -> None:
    asked, at_once = Talk(asking), Talk(asking)
    ask_with_low_confidence(asked)
    asked.say("/order_food")
    at_once.say("I want something hot", intent="order_food", entities=HOT)

    def tracker(talk: Talk) -> list[tuple[object, object]]:
        from functions.dialogue.state import tracker_of

        applied = tracker_of(talk.state, talk.table.domain).applied
        return [(event["event"], event.get("name") or event.get("text")) for event in applied]

    assert [item for item in tracker(asked) if item[0] != "active_loop"] == tracker(at_once)


@pytest.mark.parametrize(("answer", "said"), [("2", "Weather"), ("the third one", "Films"), ("last one", "Films")])
def test_a_place_in_the_list_is_a_choice(asking: Table, answer: str, said: str) -> None:
    talk = Talk(asking)
    ask_with_low_confidence(talk)
    assert talk.say(answer, intent="inform") == [said]


def test_something_else_asks_for_other_words_or_does_what_the_project_says(asking: Table) -> None:
    talk = Talk(asking)
    ask_with_low_confidence(talk)
    assert talk.say("something else", intent="inform") in (["Say it in other words please"], ["That I cannot do"])


def test_one_that_is_close_is_asked_about_and_yes_means_it(asking: Table) -> None:
    talk = Talk(asking)
    reply = ask_with_low_confidence(talk, ranking=(("order_food", 0.35), ("greet", 0.2), ("deny", 0.05)))
    assert (reply.text, [button.title for button in reply.buttons]) == (
        "Did you mean this?",
        ["Order food", "Something else"],
    )
    assert talk.say("yes please", intent="affirm") == ["Food: curry"]


def test_yes_to_several_is_no_choice(asking: Table) -> None:
    talk = Talk(asking)
    ask_with_low_confidence(talk)
    assert talk.say("yes", intent="affirm") == ["Good"]


def test_another_message_is_taken_for_what_it_is(asking: Table) -> None:
    talk = Talk(asking)
    ask_with_low_confidence(talk)
    assert talk.say("hi", intent="greet") == ["Hello"]
    assert talk.say("/get_weather") == ["Weather"]
    assert talk.slots.get("note") is None


def test_the_same_button_later_says_only_what_it_says(asking: Table) -> None:
    talk = Talk(asking)
    ask_with_low_confidence(talk)
    talk.say("/get_weather")
    assert talk.slots.get("dish") == "curry"
    talk.say("hi", intent="greet")
    assert talk.say('/order_food{"dish": "soup"}') == ["Food: soup"]


def test_what_the_choice_names_itself_is_added(asking: Table) -> None:
    talk = Talk(asking)
    ask_with_low_confidence(talk)
    said = talk.say("order food", intent="order_food", entities=(Entity("dish", "soup", 0, 4, role="main"),))
    assert said == ["Food: soup"]


def test_with_nothing_close_the_two_stages_begin_with_other_words() -> None:
    talk = Talk(table(domain=DOMAIN, rules=STAGED, nlu=NLU))
    ranking = (("order_food", 0.05), ("greet", 0.04))
    assert talk.say("asdf", intent="nlu_fallback", ranking=ranking) == ["Say it in other words please"]
    assert talk.say("hi", intent="greet") == ["Hello"]
    talk.say("asdf", intent="nlu_fallback", ranking=ranking)
    assert talk.say("qwer", intent="nlu_fallback", ranking=ranking) == ["I give up"]
    assert talk.state.active_loop is None


def test_out_of_scope_before_all_others_is_nothing_close() -> None:
    talk = Talk(table(domain=DOMAIN, rules=STAGED, nlu=NLU))
    ranking = (("out_of_scope", 0.5), ("order_food", 0.45))
    assert talk.say("a taxi", intent="nlu_fallback", ranking=ranking) == ["Say it in other words please"]


def test_without_words_for_the_intents_it_asks_as_rasa_does() -> None:
    talk = Talk(table(domain=DOMAIN, rules=ASKED))
    (reply,) = talk.replies("hot", "nlu_fallback", 0.4, (), RANKING)
    assert reply.text == "Did you mean 'order_food'?"
    assert [button.title for button in reply.buttons] == ["Yes", "No"]


def test_the_project_may_word_the_question() -> None:
    domain = (
        DOMAIN
        + """
  utter_ask_which:
  - text: Which do you mean?
    buttons: [{title: A person, payload: /greet}]
"""
    )
    reply = ask_with_low_confidence(Talk(table(domain=domain, rules=ASKED, nlu=NLU)))
    assert reply.text == "Which do you mean?"
    assert [button.title for button in reply.buttons][-2:] == ["Find a film", "A person"]


def test_the_turn_keeps_the_ranking_and_counts_as_a_question(asking: Table) -> None:
    talk = Talk(asking)
    ask_with_low_confidence(talk)
    assert [item["name"] for item in talk.decisions[-1].incoming.ranking][:3] == [
        "nlu_fallback",
        "order_food",
        "get_weather",
    ]
    assert talk.decisions[-1].replies[0].response == "action_default_ask_affirmation"


def test_a_question_in_the_middle_of_a_form_leads_back_to_it() -> None:
    domain = DOMAIN + "forms: {order_form: {required_slots: [size]}}\n"
    size = "  size: {type: text, mappings: [{type: from_intent, intent: inform, value: big}]}\n"
    domain = domain.replace("slots:\n", f"slots:\n{size}")
    domain = domain.replace("responses:\n", "responses:\n  utter_ask_size: [{text: Which size?}]\n")
    rules = (
        ASKED
        + """
- rule: start
  steps: [{intent: deny}, {action: order_form}, {active_loop: order_form}]
"""
    )
    talk = Talk(table(domain=domain, rules=rules, nlu=NLU))
    assert talk.say("/deny") == ["Which size?"]
    assert ask_with_low_confidence(talk).buttons[0].title == "Order food"
    assert talk.say("/get_weather") == ["Weather", "Which size?"]
    assert talk.state.active_loop == "order_form"


def test_phrases_come_from_titles_and_from_what_people_say() -> None:
    assert compiled(domain=DOMAIN, rules=RULES, nlu=NLU).data["domain"]["phrases"] == {
        "get_weather": "How is the weather",
        "order_food": "Order food",
        "search_film": "Find a film",
    }


@pytest.mark.parametrize("title", ["7", "''", "[a]", "x" * 60])
def test_a_title_that_is_no_button_is_an_error_with_its_place(title: str) -> None:
    nlu = f"nlu:\n- intent: greet\n  metadata:\n    title: {title}\n  examples: |\n    - hello\n"
    with pytest.raises(Uncompilable, match=r"data/nlu.yml:3: error: `title` is what a button says"):
        compiled(domain=DOMAIN, rules=RULES, nlu=nlu)


def test_a_question_of_a_retrieval_intent_is_chosen_by_its_button() -> None:
    domain = DOMAIN.replace("intents: [greet,", "intents: [greet, faq,") + "  utter_faq/ask_price: [{text: Ten}]\n"
    rules = ASKED + "- rule: faq\n  steps: [{intent: faq}, {action: utter_faq}]\n"
    nlu = NLU + "- intent: faq/ask_price\n  examples: |\n    - what does it cost\n"
    talk = Talk(table(domain=domain, rules=rules, nlu=nlu))
    reply = ask_with_low_confidence(talk, ranking=(("faq/ask_price", 0.4), ("get_weather", 0.3)))
    assert reply.buttons[0] == Button("What does it cost", "/faq/ask_price")
    assert talk.say("/faq/ask_price") == ["Ten"]
