"""Whole conversations with the default assistant, through its real dialogue and its real functions."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from functions.actions.fulfilment import Action, Call
from functions.dialogue.due import event_of
from functions.dialogue.table import Table
from shared.events.catalogue import RepliesDecided
from tests.unit.default_assistant.talk import NOW, Talk, talk


def test_the_weather_asks_for_the_place_and_takes_any_words_for_it(conversation: Talk) -> None:
    asked = conversation.hear("get_weather", "will it rain tomorrow", time="tomorrow")
    assert asked in ("For which place?", "Which town or city do you mean?")
    conversation.say("nlu_fallback", "Ouagadougou")
    assert conversation.ran == ["action_get_weather"]


@pytest.mark.parametrize("intent", ["search_video", "play_music", "recommend", "human_handoff", "deny", "cancel"])
def test_the_question_for_the_place_gives_way_to_another_topic(conversation: Talk, intent: str) -> None:
    conversation.say("get_weather")
    conversation.say(intent)
    assert conversation.hear("inform", "the second", ordinal="second") not in (
        "For which place?",
        "Which town or city do you mean?",
    )
    assert "action_get_weather" not in conversation.ran


def test_an_order_takes_over_from_the_question_for_the_place(conversation: Talk) -> None:
    conversation.say("get_weather")
    assert "Which size of Margherita?" in conversation.hear("order_food", "margherita", dish="margherita")


def test_films_are_refined_picked_and_continued(conversation: Talk) -> None:
    assert "Here are horror films:" in conversation.hear("search_video", "horror films", genre="horror")
    assert "horror films from the 1990s" in conversation.hear("inform", "from the 90s", release_year="1990-1999")
    assert "The Blair Witch Project (1999): horror" in conversation.hear("inform", "the second one", ordinal="second")
    assert "More horror films from the 1990s" in conversation.hear("another_one")
    assert "Because you asked for horror" in conversation.hear("recommend", "recommend something")


def test_a_button_says_what_a_person_could_say(conversation: Talk) -> None:
    shown = conversation.say("search_video", "", genre="horror")
    assert [button.payload for button in shown[0].buttons] == [
        '/inform{"ordinal": "1"}',
        '/inform{"ordinal": "2"}',
        '/inform{"ordinal": "3"}',
        "/another_one",
    ]
    assert shown[0].buttons[0].title in conversation.hear("inform", "", ordinal="1")


def test_whoever_is_not_understood_sees_what_there_is(conversation: Talk) -> None:
    for intent in ("nlu_fallback", "out_of_scope", "greet", "help"):
        (reply,) = conversation.say(intent)
        assert {"/search_video", "/play_music", "/order_food", "/get_weather"} <= {
            button.payload for button in reply.buttons
        }


def test_a_person_is_promised_only_where_one_can_be_reached(
    table: Table, actions: Mapping[str, Action], assets: Path, conversation: Talk
) -> None:
    assert "nobody is connected" in conversation.hear("human_handoff")
    reachable = talk(table, actions, assets, {"HANDOFF_CONTACT": "help@example.org"})
    assert "You reach one here: help@example.org." in reachable.hear("human_handoff")
    handed = talk(table, actions, assets, {"HANDOFF_TO": "slack:C01"})
    assert "nobody is connected" in handed.hear("human_handoff"), "over REST nobody could answer"


def test_where_operators_are_told_the_assistant_falls_silent(actions: Mapping[str, Action]) -> None:
    call = Call("action_human_handoff", "me", "telegram:me", "m", NOW, settings={"HANDOFF_TO": "slack:C01"})
    result = actions["action_human_handoff"](call)
    assert [response["response"] for response in result.responses] == ["utter_handoff"]
    assert result.events == ({"event": "pause"},)


def test_buttons_of_the_domain_reach_the_person_as_payloads(conversation: Talk) -> None:
    (reply,) = conversation.say("get_weather")
    assert all("{{" not in button.payload for button in reply.buttons)


def test_an_order_is_spoken_of_when_it_should_be_there(
    table: Table, actions: Mapping[str, Action], assets: Path
) -> None:
    conversation = talk(table, actions, assets, {"WEATHER_URL": "", "ARRIVAL_MINUTES": "40"})
    conversation.channel = "webchat"
    conversation.hear("order_food", "a large margherita", dish="margherita", size="large")
    conversation.hear("inform", "12 Baker Street", address="12 Baker Street")
    conversation.hear("affirm", "yes")
    now = datetime.now(UTC).timestamp()
    assert conversation.store.conversations.due(now + 39 * 60) == []
    (due,) = conversation.store.conversations.due(now + 41 * 60)
    decided = conversation.dialogue(event_of(due))
    assert decided is not None
    assert isinstance(decided.data, RepliesDecided)
    assert [reply.response for reply in decided.data.replies] == ["utter_order_arrived"]
    assert conversation.store.conversations.due(now + 41 * 60) == []


def test_a_kind_of_music_as_a_fragment_means_music_even_after_films(conversation: Talk) -> None:
    conversation.say("search_video", "horror films", genre="horror")
    assert "Up next:" in conversation.hear("inform", "jazz", genre="jazz")
    assert "horror films" in conversation.hear("inform", "horror", genre="horror")
    assert "Up next:" in conversation.hear("inform", "by queen", artist="queen")


def test_again_means_the_newest_task_or_the_one_that_is_named(conversation: Talk) -> None:
    conversation.say("search_video", "horror films", genre="horror")
    conversation.say("play_music", "queen", artist="queen")
    assert "Up next:" in conversation.hear("same_again", "again")
    assert "horror films" in conversation.hear("same_again", "that film again", kind="search_video")


def test_what_was_ordered_is_told_whatever_came_in_between(conversation: Talk) -> None:
    conversation.say("order_food", "naan to 1 Old Road", dish="naan", address="1 Old Road")
    conversation.say("affirm", "yes")
    conversation.say("search_video", "horror films", genre="horror")
    assert "1 x Naan" in conversation.hear("same_again", "order the same again")
    conversation.say("cancel")
    conversation.say("play_music", "queen", artist="queen")
    assert "horror films" in conversation.hear("same_again", "show me those films again")


def test_it_is_what_was_told_of_last(conversation: Talk) -> None:
    conversation.say("search_video", "horror films", genre="horror")
    picked = conversation.say("inform", "the third one", ordinal="third")[0].text or ""
    assert conversation.hear("ask_about_item", "who directed it?").split(":")[0] == picked.split(":")[0]


def test_a_task_with_a_time_in_an_order_is_no_change_of_it(conversation: Talk) -> None:
    conversation.say("order_food", "naan to 1 Old Road", dish="naan", address="1 Old Road")
    assert "weather" in conversation.hear("get_weather", "weather in Oslo tomorrow", place="Oslo", time="tomorrow")


def test_the_price_that_is_asked_for_in_an_order_is_that_of_the_order(conversation: Talk) -> None:
    conversation.say("order_food", "a large margherita", dish="margherita", size="large")
    assert "€12.50" in conversation.hear("ask_about_item", "what's the price?")


def test_words_for_the_kind_of_a_dish_mean_the_one_that_is_ordered_where_something_else_of_it_changes(
    conversation: Talk,
) -> None:
    conversation.say("order_food", "two large margherita pizzas", quantity="2", size="large", dish="margherita pizzas")
    conversation.say("inform", "24 Elm Road", address="24 Elm Road")
    heard = conversation.hear("inform", "make it three pizzas", quantity="3", dish="pizzas")
    assert "3 x Margherita (large)" in heard
    heard = conversation.hear("inform", "make the pizza small", size="small", dish="pizza")
    assert "3 x Margherita (small)" in heard


def test_words_for_the_kind_of_a_dish_alone_choose_anew(conversation: Talk) -> None:
    conversation.say("order_food", "two large margherita pizzas", quantity="2", size="large", dish="margherita pizzas")
    conversation.say("inform", "24 Elm Road", address="24 Elm Road")
    assert "more than one kind" in conversation.hear("inform", "another pizza", dish="pizza")


def test_the_day_of_a_question_about_the_weather_is_none_for_the_order(conversation: Talk) -> None:
    conversation.say("order_food", "a large margherita", size="large", dish="margherita")
    heard = conversation.hear(
        "get_weather", "weather in Paris tomorrow", place="Paris", time="2026-03-05T00:00:00+00:00"
    )
    assert "I cannot set a time" not in heard
    assert "I cannot set a time" in conversation.hear("inform", "at 8", time="2026-03-04T20:00:00+00:00")


def test_whoever_turns_to_another_dish_is_asked_for_the_rest_of_the_first(conversation: Talk) -> None:
    asked = "a large margherita and fries to 24 Elm Road"
    conversation.say("order_food", asked, size="large", dish="margherita and fries", address="24 Elm Road")
    heard = conversation.hear("inform", "make that two pizzas", quantity="2", dish="pizzas")
    assert "Which size of Fries?" in heard
    heard = conversation.hear("inform", "small", size="small")
    assert "2 x Margherita (large)" in heard
    assert "1 x Fries (small)" in heard
    assert "Shall I place the order?" in heard


def test_a_question_about_a_dish_chooses_no_other(conversation: Talk) -> None:
    conversation.say("order_food", "a large margherita", size="large", dish="margherita")
    conversation.say("inform", "24 Elm Road", address="24 Elm Road")
    heard = conversation.hear("inform", "is the naan vegan?", dish="naan vegan")
    assert "1 x Margherita (large)" in heard
    assert "Shall I place the order?" in heard
    assert "Which one shall it be?" not in heard
