"""Recommendations, and what they are based on."""

from tests.unit.default_assistant.talk import Alone


def test_without_any_history_three_different_kinds_are_shown(alone: Alone) -> None:
    said = alone.words("action_recommend", "recommend a film")
    assert said.startswith("I do not know your taste yet")
    kinds = [line.rsplit(": ", 1)[1].split(",")[0].rstrip(".") for line in said.splitlines()[1:]]
    assert len(set(kinds)) == 3


def test_the_same_message_is_recommended_the_same(alone: Alone) -> None:
    first = alone.words("action_recommend", "recommend a film")
    alone.slots, alone.calls = {}, 0
    assert alone.words("action_recommend", "recommend a film") == first


def test_what_was_asked_for_before_is_the_reason(alone: Alone) -> None:
    alone.run("action_search_video", "westerns", genre="western")
    alone.run("action_search_video", "with clint eastwood", actor="clint eastwood")
    said = alone.words("action_recommend", "recommend something")
    assert said.startswith("Because you asked for Clint Eastwood and western:")


def test_what_was_just_shown_is_not_recommended(alone: Alone) -> None:
    alone.run("action_search_video", "westerns", genre="western")
    shown = {title for title, _ in alone.slots["last_results"]["items"]}
    said = alone.words("action_recommend", "recommend something")
    recommended = {title for title, _ in alone.slots["last_results"]["items"]}
    assert not shown & recommended
    assert said


def test_a_kind_that_the_message_names_counts_most(alone: Alone) -> None:
    alone.run("action_search_video", "westerns", genre="western")
    said = alone.words("action_recommend", "recommend a documentary film", genre="documentary")
    assert said.startswith("Because you asked for documentary")


def test_music_is_recommended_from_what_was_heard(alone: Alone) -> None:
    alone.run("action_play_music", "miles davis", artist="miles davis")
    said = alone.words("action_recommend", "suggest a song")
    assert said.startswith("Because you asked for Miles Davis and jazz:")
    assert "Up next: " in said


def test_music_without_any_history_is_a_surprise(alone: Alone) -> None:
    alone.task = "play_music"
    assert "surprise you" in alone.words("action_recommend", "what should I listen to?")


def test_food_without_any_history_is_what_everybody_likes(alone: Alone) -> None:
    alone.task = "order_food"
    result = alone.run("action_recommend", "what should I eat?")
    assert result.responses[0]["buttons"][0] == {"title": "Margherita", "payload": '/order_food{"dish": "Margherita"}'}


def test_the_task_decides_what_is_recommended(alone: Alone) -> None:
    alone.task = "play_music"
    assert "Up next: " in alone.words("action_recommend", "surprise me")


def test_only_the_newest_interests_are_kept(alone: Alone) -> None:
    for genre in ("horror", "comedy", "western", "drama", "crime", "war", "sport", "family", "musical", "history"):
        alone.run("action_search_video", genre, genre=genre)
    for year in range(20):
        alone.run("action_search_video", "films", actor=f"Nobody Number {year}")
    assert len(alone.slots["interests"]) <= 12
