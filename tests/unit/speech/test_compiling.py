"""An assistant's examples, lookups and buttons become a dictionary, classes and trigrams."""

import json
import math
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from functions.nlu.spoken import list_spoken_words
from model_artifacts.training.speech.compiling import _write_classes, compile_speech
from model_artifacts.training.speech.corpus import Corpus
from model_artifacts.training.speech.ngrams import BEGIN, END, Trigrams
from model_artifacts.training.speech.pronouncing import Dictionary, add_british, guess_pronunciation

DICTIONARY = Dictionary(
    {
        "radio": ["R EY D IY OW"],
        "head": ["HH EH D"],
        "box": ["B AA K S"],
        "cat": ["K AE T"],
        "dog": ["D AO G"],
        "the": ["DH AH", "DH IY"],
    }
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("films from 1984", "films from nineteen eighty four"),
        ("2001: A Space Odyssey", "two thousand one a space odyssey"),
        ("in 1905 or 1900", "in nineteen oh five or nineteen hundred"),
        ("songs of the 80s and 1970s", "songs of the eighties and nineteen seventies"),
        ("the '90s", "the nineties"),
        ("the 2nd and 21st", "the second and twenty first"),
        ("the 12th, 30th", "the twelfth thirtieth"),
        ("pizza w/ ham & eggs", "pizza with ham and eggs"),
        ("221b Baker St.", "two hundred and twenty one b baker st"),
        ("on TV in LA", "on t v in l a"),
        ("SHOW ME ACTION MOVIES", "show me action movies"),
        ("Beyoncé, Motörhead", "beyonce motorhead"),
        ("what’s on", "what's on"),
        ("call 0123456789", "call zero one two three four five six seven eight nine"),
        ("1,200 at 3.5%", "twelve hundred at three point five percent"),
        ("テスト", ""),
        ("R.E.M. songs", "r e m songs"),
    ],
)
def test_texts_become_the_words_that_are_said(text: str, words: str) -> None:
    assert " ".join(list_spoken_words(text)) == words


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("cat's", "K AE T S"),
        ("dogs", "D AO G Z"),
        ("box's", "B AA K S IH Z"),
        ("radiohead", "R EY D IY OW HH EH D"),
    ],
)
def test_words_made_of_words_are_pronounced_like_them(word: str, phones: str) -> None:
    assert DICTIONARY.find_pronunciations(word) == (phones,)
    assert DICTIONARY.knows(word)


@pytest.mark.parametrize(
    ("word", "phones"), [("bjork", "B Y AO R K"), ("kurosawa", "K UW R OW S AA W AH"), ("e", "EH"), ("a", "AH")]
)
def test_other_words_are_pronounced_by_rule(word: str, phones: str) -> None:
    assert len(guess_pronunciation(word).split()) == len(phones.split())
    assert not DICTIONARY.knows(word)


@pytest.mark.parametrize(
    ("american", "british"),
    [
        ("W EH DH ER", "W EH DH AH"),
        ("N IH R", "N IH AH"),
        ("P AA R T IY", "P AA T IY"),
        ("D AE N S", "D AA N S"),
        ("S ER IH NG", "S AH R IH NG"),
    ],
)
def test_words_are_heard_as_the_british_say_them_too(american: str, british: str) -> None:
    assert add_british((american,)) == (american, british)


def test_where_nothing_differs_a_word_is_in_the_dictionary_once() -> None:
    assert add_british(("R EY D IY OW",)) == ("R EY D IY OW",)


def test_every_word_of_letters_has_phones_of_the_dictionarys_alphabet() -> None:
    vowels = {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
    consonants = {"CH", "DH", "HH", "JH", "NG", "SH", "TH", "ZH", *"BDFGKLMNPRSTVWYZ"}
    for word in ("xyzzy", "tschüss", "o'brien", "llanfair", "qi", "schwarzenegger", "nguyen", "eau", "h", "'"):
        phones = guess_pronunciation("".join(list_spoken_words(word)) or "a").split()
        assert phones
        assert set(phones) <= vowels | consonants, word


def test_a_phrase_has_a_few_pronunciations_at_most() -> None:
    assert DICTIONARY.pronounce_phrase(("the", "cat")) == ("DH AH K AE T", "DH IY K AE T")
    assert len(DICTIONARY.pronounce_phrase(("the",) * 5)) == 4


def test_probabilities_after_any_history_add_up_to_one() -> None:
    model = Trigrams([("play", "jazz"), ("play", "some", "[genre]"), ("stop",)], {"jazz": 0.1, "table": 0.2})
    words = ["play", "jazz", "some", "[genre]", "stop", "table", END]
    for history in ((), (BEGIN,), ("play",), ("table",), (BEGIN, "play"), ("some", "[genre]")):
        assert math.isclose(sum(model.find_probability(word, *history) for word in words), 1.0)


def test_what_was_seen_is_likelier_than_what_was_not_and_nothing_is_impossible() -> None:
    model = Trigrams([("play", "jazz"), ("play", "blues")], {"table": 0.2})
    assert model.find_probability("jazz", BEGIN, "play") > model.find_probability("table", BEGIN, "play") > 0


def test_a_name_is_less_likely_than_the_model_says_most_of_all_where_it_was_never_seen() -> None:
    model = Trigrams([("play", "[genre]"), ("play", "jazz")], {"table": 0.2})
    _, single, pairs, _ = re.split(r"\\\d-grams:", model.write_arpa())
    found: dict[tuple[str, ...], float] = {}
    found |= {(row[1],): float(row[0]) for row in map(str.split, single.split("\n")) if row}
    found |= {(row[1], row[2]): float(row[0]) for row in map(str.split, pairs.split("\n")) if row}

    def dearer(word: str, *before: str) -> float:
        return math.log10(model.find_probability(word, *before)) - found[*before, word]

    assert dearer("jazz") == pytest.approx(0, abs=1e-3)
    assert dearer("jazz", "play") == pytest.approx(0, abs=1e-3)
    assert 0 < dearer("[genre]", "play") < dearer("[genre]")


def test_the_arpa_file_says_what_the_model_says() -> None:
    model = Trigrams([("play", "jazz"), ("play", "blues")], {"table": 0.2})
    lines = model.write_arpa().splitlines()
    counts = dict(line.removeprefix("ngram ").split("=") for line in lines if line.startswith("ngram "))
    for order, title in (("1", "\\1-grams:"), ("2", "\\2-grams:"), ("3", "\\3-grams:")):
        begin = lines.index(title) + 1
        assert lines.index("", begin) - begin == int(counts[order])
    row = next(line.split() for line in lines if line.split()[1:4] == [BEGIN, "play", "jazz"])
    assert float(row[0]) == pytest.approx(math.log10(model.find_probability("jazz", BEGIN, "play")), abs=1e-3)


def project(path: Path, language: str = "en") -> Path:
    (path / "data").mkdir()
    (path / "data" / "nlu.yml").write_text(
        "version: '3.1'\nnlu:\n- intent: order\n  examples: |\n    - a [pizza](dish) please\n"
        "    - bring me [soup](dish)\n"
        "    - brnig me a [pizza](dish)\n- lookup: dish\n  examples: |\n    - Spaghetti\n"
    )
    (path / "domain.yml").write_text("version: '3.1'\nintents: [order]\nentities: [dish]\n")
    (path / "config.yml").write_text(f"language: {language}\n")
    return path


RESPONSES = {
    "utter_ask": [{"text": "Which?", "buttons": [{"title": "Toast", "payload": '/order{"dish": "toast"}'}]}],
    "utter_more": [{"text": "More?", "buttons": [{"title": "No, thanks", "payload": "/deny"}]}],
}


def test_examples_lookups_and_buttons_are_heard_and_slips_of_the_keys_are_not(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    compile_speech(project(tmp_path), out, RESPONSES)
    classes = (out / "speech.classes").read_text()
    for member in ("pizza:dish", "soup:dish", "spaghetti:dish", "toast:dish"):
        assert f"\n{member} " in classes
    model = (out / "speech.lm").read_text()
    assert " bring me [dish]" in model
    assert f" {BEGIN} no thanks" in model
    assert "brnig" not in model
    described = json.loads((out / "speech.json").read_text())
    assert described["written"]["spaghetti:dish"] == "Spaghetti"


def test_ten_times_the_names_cost_ten_times_the_time_and_not_a_hundred_times() -> None:
    spent = []
    for count in (2000, 20_000):
        corpus = Corpus(classes={"[name]": Counter({("name", str(number)): 1 for number in range(count)})})
        started = time.process_time()
        lines = list(_write_classes(corpus, {name: sorted(found) for name, found in corpus.classes.items()}))
        spent.append(time.process_time() - started)
        assert sum(float(line.split()[1]) for line in lines[1:-1]) == pytest.approx(1, abs=1e-3)
    assert spent[1] < 40 * spent[0], spent


def test_the_same_sources_give_the_same_files(tmp_path: Path) -> None:
    source, contents = project(tmp_path), []
    for name in ("one", "two"):
        (out := tmp_path / name).mkdir()
        compile_speech(source, out, RESPONSES)
        contents.append({file.name: file.read_bytes() for file in out.iterdir()})
    assert contents[0] == contents[1]


def test_for_another_language_only_its_name_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    source = project(tmp_path, "de")
    compile_speech(source, out, RESPONSES)
    assert json.loads((out / "speech.json").read_text()) == {"format": 1, "language": "de"}
    assert [file.name for file in out.iterdir()] == ["speech.json"]
    compile_speech(source, out, RESPONSES, languages=("de", "fr"))
    assert json.loads((out / "speech.json").read_text())["languages"] == ["de", "fr"]
    assert "speech:model" in capsys.readouterr().out
