"""Of what may have been said, the text is taken whose sound, language and meaning agree best."""

from dataclasses import replace
from pathlib import Path

import pytest

from functions.nlu.hearing import Hearing, Weights, meaning_of
from functions.nlu.language_model import LanguageModel
from functions.nlu.model import load_model
from functions.nlu.reading import Reader
from functions.nlu.spoken import list_spoken_words
from functions.nlu.stage import Nlu
from functions.nlu.understanding import Understanding, understand
from shared.errors import Unavailable
from shared.events.catalogue import Hypothesis, MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope
from tests.architecture.code import ROOT

BUNDLE = ROOT / "model_artifacts" / "assistants" / "default" / "bundle"
MODEL = load_model(BUNDLE)
LANGUAGE = LanguageModel(BUNDLE)


def read(text: str) -> Understanding:
    return understand(MODEL, text, None)


def message(*texts: str, confidences: tuple[float, ...] = (0.8, 0.75, 0.7)) -> MessageReceived:
    hypotheses = tuple(Hypothesis(text, one) for text, one in zip(texts, confidences, strict=False))
    return MessageReceived(
        texts[0],
        "me",
        metadata={"speech": {"recogniser": "r", "confidence": 0.8, "alternatives": [], "seconds": 1.0}, "more": 1},
        address={"chat": 7, "heard": {"message": "m1", "text": texts[0]}},
        hypotheses=hypotheses,
    )


def test_sentences_of_the_assistant_are_likelier_than_what_sounds_like_them() -> None:
    for said, misheard in (
        ("play some jazz", "play sum chess"),
        ("what is the weather in paris tomorrow", "what is the whether in parish tomorrow"),
        ("play bohemian rhapsody by queen", "play boheme ian rap city by queen"),
    ):
        assert LANGUAGE.score(list_spoken_words(said)) > LANGUAGE.score(list_spoken_words(misheard)) + 1


def test_a_name_counts_as_one_of_its_kind() -> None:
    # As words of their own these three were never said to the assistant in this order.
    known, unknown = (
        LANGUAGE.score(list_spoken_words(f"play {name}")) for name in ("bohemian rhapsody", "rhapsody bohemian")
    )
    assert known > unknown


def test_any_words_have_a_score() -> None:
    for words in ([], ["zzz"], ["the"] * 500, ["[title]", "</s>"]):
        assert -1000 < LANGUAGE.score(words) < 0


def test_what_makes_sense_is_taken_before_what_sounds_a_little_likelier() -> None:
    chosen = Hearing(BUNDLE).choose(message("Place some chess.", "Play some jazz."), read)
    assert chosen[0].text == "Play some jazz."


def test_what_was_chosen_stands_wherever_it_is_told() -> None:
    chosen = Hearing(BUNDLE).choose(message("Place some chess.", "Play some jazz."), read)[0]
    assert chosen.hypotheses is None
    assert chosen.metadata["more"] == 1
    assert chosen.metadata["speech"] == {
        "recogniser": "r",
        "confidence": 0.75,
        "alternatives": [{"text": "Place some chess.", "confidence": 0.8}],
        "seconds": 1.0,
    }
    assert chosen.address == {"chat": 7, "heard": {"message": "m1", "text": "Play some jazz."}}


def test_texts_that_mean_the_same_leave_no_doubt() -> None:
    chosen = Hearing(BUNDLE).choose(message("play some jazz", "please play some jazz", "play jazz"), read)
    assert chosen[1] is None


def test_different_meanings_are_told_with_how_likely_they_are() -> None:
    chosen = Hearing(BUNDLE).choose(message("play some jazz", "play some rock", confidences=(0.7, 0.7)), read)
    assert chosen[1] is not None
    assert chosen[1][0].text == chosen[0].text
    assert sum(one.confidence for one in chosen[1]) == pytest.approx(1.0, abs=0.01)
    assert {entity.value for one in chosen[1] for entity in one.entities} == {"jazz", "rock"}


def test_one_hypothesis_and_none_are_the_text() -> None:
    one = message("play some jazz", confidences=(0.4,))
    assert Hearing(BUNDLE).choose(one, read)[0] == replace(one, hypotheses=None)
    assert Hearing(BUNDLE).choose(replace(one, hypotheses=None), read)[0].text == "play some jazz"


def test_an_assistant_without_a_language_model_chooses_by_sound_and_meaning(tmp_path: Path) -> None:
    chosen = Hearing(tmp_path).choose(message("Place some chess.", "Play some jazz."), read)
    assert chosen[0].text == "Play some jazz."


def test_numbers_that_were_said_are_figures_in_the_language_that_was_spoken() -> None:
    said = message("my number is double four seven", confidences=(0.9,))
    assert Hearing(BUNDLE).choose(said, read)[0].text == "my number is 447"
    assert Hearing(BUNDLE).choose(said, read)[0].address["heard"]["text"] == "my number is 447"
    german = message("meine nummer ist null drei null", confidences=(0.9,))
    assert Hearing(BUNDLE).choose(german, read)[0].text == german.text
    assert Hearing(BUNDLE, "de").choose(german, read)[0].text == "meine nummer ist 030"
    several = Hearing(BUNDLE, detect=lambda text, locale: "de" if locale == "de-AT" and "nummer" in text else "en")
    assert several.choose(replace(german, locale="de-AT"), read)[0].text == "meine nummer ist 030"
    assert several.choose(said, read)[0].text == "my number is 447"


def test_weights_of_nothing_leave_the_first() -> None:
    hearing = Hearing(BUNDLE, weights=Weights(sound=1.0, language=0.0, meaning=0.0))
    assert hearing.choose(message("Place some chess.", "Play some jazz."), read)[0].text == "Place some chess."


def test_a_damaged_language_says_so(tmp_path: Path) -> None:
    (tmp_path / "speech.classes").write_text("")
    for content in ("\\1-grams:\n-1\n", "\\1-grams:\n-x <s>\n", "", "\xff"):
        (tmp_path / "speech.lm").write_bytes(content.encode("latin-1"))
        with pytest.raises(Unavailable, match="task compile"):
            Hearing(tmp_path)


def test_meanings_are_the_same_whatever_is_not_understood() -> None:
    assert meaning_of(read("qwe rtz uio")) == meaning_of(read("asd fgh jkl"))
    assert meaning_of(read("play some jazz")) != meaning_of(read("play some rock"))


def test_the_stage_reads_what_was_spoken_and_what_was_written_alike() -> None:
    def understood(data: MessageReceived) -> MessageUnderstood:
        envelope = Envelope("e1", "/t", "rest:me", data, data.TYPE, "e1", "rest")
        answer = Nlu(Reader(MODEL, spoken=BUNDLE), "b1")(envelope).data
        assert isinstance(answer, MessageUnderstood)
        return answer

    spoke = understood(message("Place some chess.", "Play some jazz."))
    written = understood(MessageReceived("Play some jazz.", "me"))
    assert (spoke.intent, spoke.entities, spoke.message.text) == (written.intent, written.entities, "Play some jazz.")
    assert spoke.message.hypotheses is None
    assert written.heard is None
