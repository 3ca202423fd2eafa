"""Ordering food, turn by turn: what is asked, chosen, changed, interrupted, recalled and dropped."""

import pytest

from tests.unit.default_assistant.talk import Talk


def test_an_order_asks_for_what_is_missing_and_for_a_yes(conversation: Talk) -> None:
    assert "more than one kind of pizza" in conversation.hear("order_food", "I want a pizza", dish="pizza")
    assert "Which size of Margherita?" in conversation.hear("inform", "margherita", dish="margherita")
    asked = conversation.hear("inform", "a big one", size="big")
    assert asked == "Where shall it be delivered? Street and number, please."
    asked = conversation.hear("inform", "to 12 Baker Street", address="12 Baker Street")
    assert asked == "1 x Margherita (large) from Napoli Corner to 12 Baker Street, €12.50. Shall I place the order?"
    placed = conversation.hear("affirm", "yes")
    assert placed.startswith("Done. Order ")
    assert "1 x Margherita (large) from Napoli Corner to 12 Baker Street, €12.50" in placed
    assert "nobody is charged" in placed


def test_an_order_that_says_everything_is_only_confirmed(conversation: Talk) -> None:
    asked = conversation.hear(
        "order_food",
        "two large pepperoni pizzas with olives to 5 Elm Avenue",
        quantity="2",
        size="large",
        dish="pepperoni pizzas",
        topping="olives",
        address="5 Elm Avenue",
    )
    assert "2 x Pepperoni Pizza (large) with olives from Napoli Corner to 5 Elm Avenue, €29.80." in asked


def test_a_dish_that_comes_in_one_size_is_not_asked_for_its_size(conversation: Talk) -> None:
    asked = conversation.hear("order_food", "naan", dish="naan")
    assert asked == "Where shall it be delivered? Street and number, please."


def test_an_address_that_the_model_does_not_know_is_taken_as_it_is(conversation: Talk) -> None:
    conversation.say("order_food", "naan", dish="naan")
    assert "from Bombay Garden to 3a Nowhere Lane" in conversation.hear("nlu_fallback", "3a Nowhere Lane")


def test_an_order_is_changed_until_the_yes(conversation: Talk) -> None:
    conversation.say("order_food", "naan to 1 Old Road", dish="naan", address="1 Old Road")
    assert "2 x Naan" in conversation.hear("inform", "make that two", quantity="2")
    assert "2 x Naan with cheese" in conversation.hear("deny", "no, with cheese", topping="cheese")
    assert "to 9 New Road" in conversation.hear("inform", "to 9 New Road", address="9 New Road")
    assert "Fries" in conversation.hear("affirm", "yes but fries", dish="fries")
    assert "Which size" not in conversation.hear("inform", "small", size="small")
    assert "Done." in conversation.hear("affirm")


@pytest.mark.parametrize("said", ["make that 3", "3 please", "I'd like 3"])
def test_a_number_for_an_answer_is_no_dish(conversation: Talk, said: str) -> None:
    conversation.say("order_food")
    assert conversation.hear("inform", said, quantity="3") == "All right: 3.\nWhat would you like to eat?"
    assert "3 x Naan" in conversation.hear("inform", "naan to 1 Old Road", dish="naan", address="1 Old Road")


def test_a_number_for_an_answer_is_no_size_and_no_address(conversation: Talk) -> None:
    conversation.say("order_food", dish="margherita")
    assert conversation.hear("inform", "make that two", quantity="2") == "All right: 2.\nWhich size of Margherita?"
    conversation.say("inform", "large", size="large")
    asked = conversation.hear("inform", "make it three", quantity="3")
    assert asked == "All right: 3.\nWhere shall it be delivered? Street and number, please."
    assert "3 x Margherita (large)" in conversation.hear("inform", "1 Old Road", address="1 Old Road")


@pytest.mark.parametrize(("said", "ordinal", "dish"), [("the first one", "first", 0), ("the last", "last", -1)])
def test_a_dish_is_chosen_by_its_place_among_those_offered(
    conversation: Talk, said: str, ordinal: str, dish: int
) -> None:
    conversation.say("order_food")
    offered = [button.title for button in conversation.say("inform", "pizza", dish="pizza")[-1].buttons]
    assert len(offered) > 1
    assert f"Which size of {offered[dish]}?" in conversation.hear("inform", said, ordinal=ordinal)


@pytest.mark.parametrize(
    "said", ["2", "#2", "number two", "the second one", "hawaian pizza", "Hawaiian", "2\ufe0f\u20e3"]
)
def test_what_is_offered_is_chosen_in_words(conversation: Talk, said: str) -> None:
    conversation.say("order_food")
    conversation.say("inform", "pizza", dish="pizza")
    assert "Which size of Hawaiian Pizza?" in conversation.hear("nlu_fallback", said)


def test_a_place_that_was_not_offered_is_asked_again(conversation: Talk) -> None:
    conversation.say("order_food")
    assert conversation.hear("inform", "the ninth one", ordinal="9").endswith("What would you like to eat?")


def test_a_sentence_is_not_repeated_as_a_dish(conversation: Talk) -> None:
    conversation.say("order_food")
    assert "schnitzels" not in conversation.hear("inform", "three schnitzels", quantity="3")


def test_a_no_orders_nothing(conversation: Talk) -> None:
    conversation.say("order_food", "naan to 1 Old Road", dish="naan", address="1 Old Road")
    assert "I ordered nothing" in conversation.hear("deny", "no")
    assert "What would you like to eat?" in conversation.hear("order_food")


@pytest.mark.parametrize(
    ("intent", "entities", "answer"),
    [
        ("get_weather", {"place": "Oslo"}, "cannot reach the weather service"),
        ("search_video", {"genre": "horror"}, "Here are horror films"),
        ("play_music", {"artist": "Queen"}, "Up next: "),
        ("help", {}, "I can find films"),
        ("bot_challenge", {}, "I "),
        ("thanks", {}, ""),
        ("greet", {}, ""),
        ("recommend", {}, ""),
        ("another_one", {}, ""),
        ("same_again", {}, "not ordered anything"),
        ("out_of_scope", {}, "I "),
    ],
)
def test_what_comes_in_between_is_answered_and_the_order_goes_on(
    conversation: Talk, intent: str, entities: dict[str, str], answer: str
) -> None:
    conversation.say("order_food", "margherita", dish="margherita")
    heard = conversation.hear(intent, "", **entities)
    assert answer in heard
    assert heard.casefold().endswith("which size of margherita?")
    # One prompt leads back, not two.
    assert heard.count("Back to your order") == (intent != "another_one")


def test_a_no_in_an_order_offers_to_drop_it(conversation: Talk) -> None:
    conversation.say("order_food", "margherita", dish="margherita")
    assert conversation.hear("deny", "nothing, thanks") == "Shall I drop the order?"
    assert "Which size of Margherita?" in conversation.hear("nlu_fallback", "no, go on")
    conversation.say("deny", "no")
    assert "dropped the order" in conversation.hear("affirm", "yes, drop it")


def test_the_number_is_changed_in_the_middle_of_an_order(conversation: Talk) -> None:
    conversation.say("order_food", "a large margherita", dish="margherita", size="large")
    assert conversation.hear("another_one", "another one").startswith("All right, 2 x Margherita.\nWhere")
    assert "3 x Margherita" in conversation.hear("another_one", "one more")
    assert "3 x Margherita (large)" in conversation.hear("inform", "12 Baker Street", address="12 Baker Street")
    assert "4 x Margherita (large)" in conversation.hear("another_one", "another one please")
    assert "4 x Margherita (large)" in conversation.hear("affirm")


def test_the_last_order_is_recalled_and_repeated(conversation: Talk) -> None:
    conversation.say("order_food", "naan to 1 Old Road", dish="naan", address="1 Old Road")
    conversation.say("affirm")
    heard = conversation.say("ask_about_order", "what was my last order")
    assert heard[0].text is not None
    assert heard[0].text.startswith("Your last order was 1 x Naan from Bombay Garden, €2.80, to 1 Old Road.")
    assert heard[0].buttons[0].payload == "/same_again"
    again = conversation.hear("same_again", "same as last time")
    assert again.startswith("The same as last time:\n1 x Naan from Bombay Garden to 1 Old Road")
    assert "Done." in conversation.hear("affirm")


def test_an_order_that_is_open_is_read_out(conversation: Talk) -> None:
    conversation.say("order_food", "a large margherita", dish="margherita", size="large")
    heard = conversation.hear("order_food", "what's in my order")
    assert heard.startswith("So far: 1 x Margherita (large) from Napoli Corner, €12.50.\nWhere shall it be delivered?")


def test_an_order_that_is_asked_for_twice_goes_on(conversation: Talk) -> None:
    conversation.say("order_food", "I am hungry")
    assert conversation.hear("order_food", "order food") == "Let us finish this order.\nWhat would you like to eat?"


@pytest.mark.parametrize("address", ["asdf qwer", "7", "somewhere over there", "12?"])
def test_what_is_no_address_is_asked_for_again(conversation: Talk, address: str) -> None:
    conversation.say("order_food", "a large margherita", dish="margherita", size="large")
    heard = conversation.hear("nlu_fallback", address)
    assert heard.startswith("I could not fit that into your order.")
    assert heard.endswith("Street and number, please.")


def test_an_order_is_cancelled_and_forgotten(conversation: Talk) -> None:
    conversation.say("order_food", "a large margherita", dish="margherita", size="large")
    assert "dropped the order" in conversation.hear("cancel")
    assert "nothing to cancel" in conversation.hear("cancel")
    assert "What would you like to eat?" in conversation.hear("order_food")


def test_goodbye_and_the_wish_for_a_person_leave_an_order(conversation: Talk) -> None:
    for intent in ("goodbye", "human_handoff"):
        conversation.say("order_food", "margherita", dish="margherita")
        assert "dropped the order" in conversation.hear(intent)
    assert conversation.hear("deny") in (
        "All right. Tell me if you would like something else.",
        "No problem. I am here if you need anything.",
    )


def test_the_same_as_last_time_only_needs_a_yes(conversation: Talk) -> None:
    assert "not ordered anything" in conversation.hear("same_again", "the usual")
    conversation.say("order_food", "two naan to 1 Old Road", quantity="2", dish="naan", address="1 Old Road")
    first = conversation.hear("affirm")
    assert "2 x Naan from Bombay Garden to 1 Old Road" in conversation.hear("same_again", "same as last time")
    second = conversation.hear("affirm")
    assert "2 x Naan" in second
    assert second != first, "another order has another number"


def test_a_dish_as_a_fragment_begins_an_order(conversation: Talk) -> None:
    assert "more than one kind of sushi" in conversation.hear("inform", "sushi", dish="sushi")
    assert conversation.ran == ["action_refine", "validate_order_food_form", "action_ask_dish"]
