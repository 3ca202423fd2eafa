"""Playing music: which track is meant, and what comes after it."""

from tests.unit.default_assistant.talk import Alone, Talk


def test_a_track_by_an_artist_is_found(alone: Alone) -> None:
    said = alone.words("action_play_music", "bohemian rhapsody by queen", track="bohemian rhapsody", artist="queen")
    assert said.startswith("Up next: Bohemian Rhapsody by Queen, from A Night at the Opera (1975).")


def test_a_track_is_not_taken_for_another_with_a_longer_name(alone: Alone) -> None:
    said = alone.words("action_play_music", "one by u2", track="one", artist="u2")
    assert said.startswith("Up next: One by U2, from Achtung Baby (1991).")


def test_an_album_plays_in_its_order(alone: Alone) -> None:
    said = alone.words("action_play_music", "abbey road", album="abbey road")
    assert "Come Together by The Beatles" in said
    assert "After that: Here Comes the Sun by The Beatles and Something by The Beatles" in said


def test_a_kind_and_a_decade_hold_both(alone: Alone) -> None:
    alone.run("action_play_music", "hip hop from 1990-1999", genre="hip hop", release_year="1990-1999")
    assert alone.spoken(alone.slots["last_results"]["asked"]) == "hip hop music from the 1990s"
    assert ["Juicy", "The Notorious B.I.G."] in alone.slots["last_results"]["items"]


def test_kinds_that_the_catalogue_files_elsewhere_are_found(alone: Alone) -> None:
    assert "Up next:" in alone.words("action_play_music", "some bossa nova", genre="bossa nova")


def test_what_does_not_fit_all_is_said(alone: Alone) -> None:
    said = alone.words("action_play_music", "jazz by Metallica", genre="jazz", artist="Metallica")
    assert said.startswith("I do not have jazz music by Metallica, but there is music by Metallica.")


def test_an_artist_that_nobody_knows_is_answered_with_names_that_come_near(alone: Alone) -> None:
    result = alone.run("action_play_music", "Zzzyx", artist="Zzzyx")
    assert "I do not have music by Zzzyx." in alone.render(result)[0]
    assert len(result.responses[0]["buttons"]) == 3


def test_a_kind_that_nobody_knows_offers_others(alone: Alone) -> None:
    assert "I have no polka music." in alone.words("action_play_music", "polka", genre="polka")


def test_music_without_any_wish_plays_something(alone: Alone) -> None:
    assert "Up next:" in alone.words("action_play_music", "play music")


def test_the_next_song_is_the_one_that_was_announced(alone: Alone) -> None:
    first = alone.words("action_play_music", "jazz", genre="jazz")
    following = first.split("After that: ")[1].split(" by ")[0]
    assert alone.words("action_another_one").startswith(f"Up next: {following} by")


def test_after_a_single_track_comes_more_of_the_artist(alone: Alone) -> None:
    said = alone.words("action_play_music", "hey jude", track="hey jude")
    assert "After that: " in said
    assert "by The Beatles and" in said


def test_that_nothing_sounds_is_said_once(alone: Alone) -> None:
    assert "no sound" in alone.words("action_play_music", "jazz", genre="jazz")
    assert "no sound" not in alone.words("action_another_one")


def test_the_end_of_a_list_is_said(alone: Alone) -> None:
    alone.run("action_play_music", "ska", genre="ska")
    for _ in range(40):
        said = alone.words("action_another_one")
    assert "That was all of it." in said


def test_a_fragment_narrows_the_music_down(alone: Alone) -> None:
    alone.task = "play_music"
    alone.run("action_play_music", "rock", genre="rock")
    assert "(19" in alone.words("action_refine", "from 1970-1979", release_year="1970-1979")
    assert alone.slots["music_genre"] == "rock"
    assert "by Queen" in alone.words("action_refine", "by queen", artist="queen")


def test_again_repeats_the_song(alone: Alone) -> None:
    alone.task = "play_music"
    first = alone.words("action_play_music", "dancing queen", track="dancing queen")
    assert alone.words("action_same_again", "play it again") == first.split(" (I know")[0]


def test_an_album_taken_for_a_kind_of_music_is_played(alone: Alone) -> None:
    assert "by Michael Jackson, from Thriller" in alone.words("action_play_music", "play thriller", genre="thriller")


def test_a_kind_as_a_fragment_leaves_the_artist_behind(alone: Alone) -> None:
    alone.task = "play_music"
    alone.run("action_play_music", "miles davis", artist="miles davis")
    assert alone.slots["artist"] == "Miles Davis"
    alone.run("action_refine", "rock", genre="rock")
    assert (alone.slots["artist"], alone.slots["music_genre"]) == (None, "rock")


def test_something_else_by_them_is_by_the_same_artist(conversation: Talk) -> None:
    assert " by Queen" in conversation.hear("play_music", "play bohemian rhapsody", track="bohemian rhapsody")
    other = conversation.hear("another_one", "something else by them").split("After that")[0]
    assert " by Queen" in other
    assert "Bohemian Rhapsody" not in other
