"""Examples put into other languages phrase by phrase."""

import random
from dataclasses import replace

import pytest

from model_artifacts.training.nlu.annotation import read_annotated
from model_artifacts.training.nlu.augmentation import make_variations
from model_artifacts.training.nlu.glossing import AGAIN, Glossary, gloss_examples, read_glossaries
from model_artifacts.training.nlu.phrases import LANGUAGES, WORDS
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.schedule import Settings, round_of_texts


def make_example(marked: str) -> Example:
    text, annotations = read_annotated(marked)
    return Example(text, "ask", annotations)


def speaking(**phrases: tuple[str, ...]) -> Glossary:
    spaced = {phrase.replace("_", " "): translations for phrase, translations in phrases.items()}
    return Glossary("en", "de", spaced, max(phrase.count(" ") + 1 for phrase in spaced))


def glosses(example: Example, glossary: Glossary, names: tuple[str, ...] = ()) -> set[str]:
    """All that comes of it, in small letters, with the entities in brackets."""
    found = set()
    for seed in range(30):
        gloss = glossary.gloss(example, names, random.Random(seed))
        if gloss is not None:
            text = gloss.text
            for annotation in sorted(gloss.annotations, key=lambda a: -a.start):
                text = f"{text[: annotation.start]}[{text[annotation.start : annotation.end]}]{text[annotation.end :]}"
            found.add(text.lower())
    return found


PLAIN = make_variations([], {})
GERMAN = speaking(
    turn_on=("schalte~ein",), turn=("drehe",), on=("auf",), light=("Licht",), the=("das",), kitchen=("Küche",),
    living_room=("Wohnzimmer",), red=("rot", "rote"), in_the=("in der",),
)  # fmt: skip


@pytest.mark.parametrize(
    ("marked", "gloss"),
    [
        ("the light", "das licht"),
        # The longest phrase counts, and the rest of a verb comes last, before what ends the sentence.
        ("Turn on the light!", "schalte das licht ein!"),
        ("turn the light on", "schalte das licht ein"),
        ("turn the light on in the [kitchen](area)", "schalte das licht in der [küche] ein"),
        ("turn on the [living room](area) light", "schalte das [wohnzimmer] licht ein"),
        # "Lights" are more than one "light".
        ("the lights", "das licht"),
        # Numbers and signs stay; a value that is not known whole stays, too.
        ("turn on the light: 50%", "schalte das licht: 50% ein"),
        ("turn on the light in [the Blue Room](area)", "schalte das licht in [the blue room] ein"),
        # An entity that is a sentence of its own.
        ("the light: [turn on the light](command) the light", "das licht: [schalte das licht ein] das licht"),
    ],
)
def test_a_gloss_keeps_its_entities(marked: str, gloss: str) -> None:
    assert glosses(make_example(marked), GERMAN) == {gloss}


def test_translations_that_are_equally_good_are_all_used() -> None:
    assert glosses(make_example("the [red](colour) light"), GERMAN) == {"das [rot] licht", "das [rote] licht"}


def test_nouns_change_places_where_the_language_has_them_so() -> None:
    nouns = {"kitchen": "nouns", "light": "nouns", "red": "qualities"}
    words = {"the": ("la",), "kitchen": ("cocina",), "light": ("luz",), "red": ("roja",), "on": ("en",)}
    spanish = Glossary("en", "es", words, 1, nouns)
    found = glosses(make_example("the [kitchen](area) light on"), spanish)
    assert {"la luz de la [cocina] en", "la [cocina] luz en"} < found
    assert glosses(make_example("the red light"), spanish) == {"la luz roja", "la roja luz"}
    german = Glossary("en", "de", {"the": ("das",), "kitchen": ("Küchen",), "light": ("Licht",)}, 1, nouns)
    assert glosses(make_example("the [kitchen](area) light"), german) == {"das küchenlicht", "das [küchen] licht"}


def test_names_stay_as_they_are() -> None:
    assert glosses(make_example("the light in the [kitchen](band)"), GERMAN, names=("band",)) == {
        "das licht in der [kitchen]"
    }


def test_what_is_mostly_unknown_has_no_gloss() -> None:
    assert glosses(make_example("show me something by [red](colour)"), GERMAN) == set()
    assert glosses(make_example("[red](colour)"), GERMAN) == set()


def test_the_word_before_a_number_is_that_of_numbers() -> None:
    spoken = speaking(volume=("Lautstärke",), to=("zu", "nach"), kitchen=("Küche",))
    spoken = replace(spoken, phrases={**spoken.phrases, "to #": ("auf",)})
    assert glosses(make_example("volume to [90](level)"), spoken) == {"lautstärke auf [90]"}
    assert glosses(make_example("volume to [kitchen](area)"), spoken) == {
        "lautstärke zu [küche]",
        "lautstärke nach [küche]",
    }


def test_a_rare_intent_is_put_into_more_words() -> None:
    rare = replace(make_example("the light"), intent="rare")
    examples = [rare, *(make_example(f"the light {number}") for number in range(50))]
    made = list(gloss_examples(examples, (GERMAN,), PLAIN, 100, random.Random(0)))
    assert sum(example.intent == "rare" for example in made) > 4
    assert len({example.text for example in made if example.intent == "ask"}) >= 50


def test_a_number_is_exchanged_for_any_and_a_word_for_a_word() -> None:
    examples = [
        make_example("volume to [90](level)"),
        make_example("volume [up](level)"),
        make_example("volume [down](level)"),
    ]
    varied, rng = make_variations(examples, {}), random.Random(0)
    numbers = {varied.exchange_values(examples[0], rng).text.removeprefix("volume to ") for _ in range(60)}
    words = {varied.exchange_values(examples[1], rng).text.removeprefix("volume ") for _ in range(60)}
    assert len(numbers) > 10
    assert all(number.isdecimal() for number in numbers)
    assert words == {"up", "down"}


def test_no_more_are_made_than_were_asked_for() -> None:
    examples = [make_example(f"the light {number}") for number in range(20)]
    made = list(gloss_examples(examples, (GERMAN, GERMAN), PLAIN, 5, random.Random(0)))
    assert len(made) == 10
    assert len(list(gloss_examples(examples[:2], (GERMAN,), PLAIN, 3, random.Random(0)))) == 3
    assert len(list(gloss_examples(examples[:2], (GERMAN,), PLAIN, 99, random.Random(0)))) == 2 * AGAIN
    assert len(list(gloss_examples(examples, (), PLAIN, 5, random.Random(0)))) == 0


def test_each_round_of_full_training_has_its_share_of_them() -> None:
    examples = [
        make_example("turn on the light in the [kitchen](area)"),
        make_example("close the [bedroom](area) window"),
    ] * 50
    varied = make_variations(examples, {})
    alone = round_of_texts(examples, varied, (), Settings(), 0)
    mixed = round_of_texts(examples, varied, (), Settings(), 0, read_glossaries(("en", "de", "it")))
    german = [example for example in mixed if "Küche" in example.text or "küche" in example.text]
    assert german
    assert not any("küche" in example.text.casefold() for example in alone)
    assert all(
        text[a.start : a.end].casefold().endswith("küche")
        for text, annotations in ((example.text, example.annotations) for example in german)
        for a in annotations
    )


def test_every_line_of_the_file_says_its_phrase_in_every_language() -> None:
    for number, line in enumerate(WORDS.read_text(encoding="utf-8").splitlines(), 1):
        if line and line[0] not in "#[":
            columns = [[phrase.strip() for phrase in column.split(",")] for column in line.split("|")]
            assert len(columns) == len(LANGUAGES), f"line {number}"
            assert all(phrase for column in columns for phrase in column), f"line {number}"
            assert columns[0] == [columns[0][0].lower()], f"line {number}"


def test_examples_may_be_written_in_any_of_the_languages() -> None:
    (german, french) = read_glossaries(("es", "de", "fr"))
    assert (german.language, french.language) == ("de", "fr")
    assert "Küche" in german.phrases["cocina"]
    assert not any("~" in phrase for glossary in read_glossaries(("de", "en")) for phrase in glossary.phrases)


def test_a_language_that_the_file_does_not_have_has_no_glossary() -> None:
    assert read_glossaries(("en",)) == ()
    assert [glossary.language for glossary in read_glossaries(("en", "pl", "it"))] == ["it"]
    assert read_glossaries(("pl", "en")) == ()
