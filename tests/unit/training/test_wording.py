"""Examples in other words, in the order of other languages, and with other values, before they are glossed."""

import random
from collections.abc import Collection
from dataclasses import replace

import pytest

from model_artifacts.training.nlu.annotation import read_annotated
from model_artifacts.training.nlu.augmentation import make_variations
from model_artifacts.training.nlu.german import join_nouns, list_verb_forms, make_infinitive
from model_artifacts.training.nlu.glossing import gloss_examples, read_glossaries
from model_artifacts.training.nlu.reading import Example

LANGUAGES = ("de", "es", "fr", "it", "pt")


def make_example(marked: str) -> Example:
    text, annotations = read_annotated(marked)
    return Example(text, "ask", annotations)


def glosses(marked: str, language: str, known_names: Collection[str] | None = None, count: int = 400) -> list[Example]:
    (glossary,) = read_glossaries(("en", language))
    made = (glossary.gloss(make_example(marked), (), random.Random(seed), known_names) for seed in range(count))
    return [example for example in made if example is not None]


def mark(example: Example) -> str:
    """The text in small letters, with the entities in brackets."""
    text = example.text
    for a in sorted(example.annotations, key=lambda a: -a.start):
        text = f"{text[: a.start]}[{text[a.start : a.end]}]{text[a.end :]}"
    return text.lower()


@pytest.mark.parametrize(
    ("imperative", "infinitive"),
    [
        ("schalte", "schalten"),
        ("mach", "machen"),
        ("verringere", "verringern"),
        ("pausiere", "pausieren"),
        ("entriegle", "entriegeln"),
        ("nimm", "nehmen"),
    ],
)
def test_german_infinitives(imperative: str, infinitive: str) -> None:
    assert make_infinitive(imperative) == infinitive


def test_a_german_verb_is_an_imperative_or_comes_last() -> None:
    assert list(list_verb_forms("schalte~ein")) == ["schalte~ein", "schalt~ein", "~einschalten"]
    assert list(list_verb_forms("mach~lauter")) == ["mach~lauter", "~lauter machen"]
    assert list(list_verb_forms("verkürze")) == ["verkürze", "~verkürzen"]
    assert list(list_verb_forms("~aus")) == ["~aus"]


def test_german_nouns_are_joined_as_german_joins_them() -> None:
    assert join_nouns("Küche", "Lampe") == "Küchenlampe"
    assert join_nouns("Heizung", "Ventil") == "Heizungsventil"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_of_two_words_is_one_entity_in_the_order_of_its_language(language: str) -> None:
    wanted = {
        "de": "[schlafzimmerlampe]", "es": "[lámpara del dormitorio]", "fr": "[lampe de la chambre]",
        "it": "[lampada della camera]", "pt": "[lâmpada do quarto]",
    }  # fmt: skip
    assert any(wanted[language] in mark(example) for example in glosses("turn on [bedroom lamp](name)", language))


@pytest.mark.parametrize(
    ("language", "said_so"),
    [
        ("de", "[5] minuten timer"),
        ("es", "temporizador de [5] minutos"),
        ("fr", "minuteur de [5] minutes"),
        ("it", "timer di [5] minuti"),
        ("pt", "temporizador de [5] minutos"),
    ],
)
def test_a_time_follows_what_it_tells_of(language: str, said_so: str) -> None:
    assert any(said_so in mark(example) for example in glosses("cancel [5](minutes) minutes timer", language))


def test_a_verb_is_one_only_where_a_request_has_it() -> None:
    states = {mark(example) for example in glosses("are the windows [open](state)", "es")}
    assert all("[abre]" not in state and "[abrir]" not in state for state in states)
    assert any("[abiertas]" in state for state in states)
    assert any(mark(example).startswith("abre") for example in glosses("open the windows", "es"))
    assert any(mark(example).endswith("encendidas") for example in glosses("the kitchen lights on", "es"))


@pytest.mark.parametrize(("language", "asked"), [("de", "kannst du"), ("es", "puedes"), ("it", "puoi")])
def test_who_is_asked_to_do_it_hears_an_infinitive(language: str, asked: str) -> None:
    ends = {"de": ("n",), "es": ("r",), "it": ("re",)}[language]
    for example in glosses("can you turn on the light", language):
        text = example.text.lower()
        if text.startswith(asked):
            rest = text.removeprefix(asked).split()
            assert (rest[-1] if language == "de" else rest[0]).endswith((*ends, "an")), text


def test_requests_are_said_in_other_words() -> None:
    texts = {mark(example) for example in glosses("turn down the volume to [90](level) percent", "es", ())}
    # What is brought to a number is set, and may go without a verb, without its sign, without a number.
    assert any(text.startswith(("pon ", "ajusta ")) for text in texts)
    assert any(text.startswith(("el volumen", "la volumen", "volumen")) for text in texts)
    assert any("[90]%" in text for text in texts)
    extreme = [e for e in glosses("turn down the volume to [90](level)", "es", ()) if "máximo" in e.text]
    assert extreme
    assert not any(example.marked for example in extreme)


def test_a_place_may_come_before_what_is_there() -> None:
    texts = {mark(example) for example in glosses("close the window in the [kitchen](area)", "de", ("kitchen",))}
    assert any(text.find("[küche]") < text.find("fenster") for text in texts)
    assert any(text.find("[küche]") > text.find("fenster") for text in texts)


def test_values_are_exchanged_for_others_of_their_kind_unless_a_table_has_them() -> None:
    def values(marked: str, known: tuple[str, ...]) -> set[str]:
        made = glosses(marked, "es", known)
        return {example.text[a.start : a.end].lower() for example in made for a in example.annotations}

    rooms = values("turn on the light in the [kitchen](area)", ())
    assert {"cocina", "baño", "jardín"} <= rooms
    assert not {"pizza", "ventilador"} & rooms
    assert values("turn on the light in the [kitchen](area)", ("kitchen",)) == {"cocina"}
    names = values("play the song [Bohemian Rhapsody](title)", ())
    assert "bohemian rhapsody" in names
    assert len(names) > 50
    assert values("play the song [Bohemian Rhapsody](title)", ("bohemian rhapsody",)) == {"bohemian rhapsody"}


def test_a_request_that_is_passed_on_is_exchanged_for_another() -> None:
    timer = replace(make_example("in [5](minutes) minutes [turn off the lights](command)"), intent="timer")
    examples = [timer, make_example("open the window")]
    varied = make_variations(examples, {})
    made = list(gloss_examples(examples * 20, read_glossaries(("en", "fr")), varied, 200, random.Random(0)))
    commands = {e.text[a.start : a.end].lower() for e in made for a in e.annotations if a.entity == "command"}
    assert any("fenêtre" in command for command in commands)
    assert any("lum" in command or "éclairage" in command for command in commands)


def test_a_time_that_no_phrase_has_becomes_no_name() -> None:
    examples = [make_example("book a table for [asap](time)"), make_example("book a table at [8 pm](time)")]
    varied = make_variations(examples, {})
    made = list(gloss_examples(examples * 20, read_glossaries(("en", "fr")), varied, 200, random.Random(0)))
    times = {e.text[a.start : a.end].lower() for e in made for a in e.annotations}
    assert "asap" in times
    assert all(time == "asap" or time[0].isdigit() for time in times), times
