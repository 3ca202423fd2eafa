"""Who says an example word for word means just that, in any script."""

from dataclasses import replace

import pytest

from functions.nlu.examples import key_of, read_examples
from functions.nlu.model import Model
from functions.nlu.understanding import understand
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.unsure import find_unsure
from tests.unit.nlu.test_understanding import MODEL


def remembering(*examples: Example) -> Model:
    raw = {
        text: [intent, [list(mark) for mark in marks]] for text, (intent, marks) in find_unsure(MODEL, examples).items()
    }
    return replace(MODEL, specification=replace(MODEL.specification, examples=read_examples(raw)))


def example(text: str, intent: str, entity: str | None = None, words: str = "") -> Example:
    start = text.index(words)
    marks = (Annotation(start, start + len(words), entity),) if entity else ()
    return Example(text, intent, marks, "here:1")


ODD = remembering(
    example("你好", "greet"),
    example("🤙🏿", "affirm"),
    example("Zdravo!", "greet"),
    example("ajde Metropolis", "get_weather", "place", "Metropolis"),
    example("play some jazz", "play_music", "genre", "jazz"),
)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("你好", "greet"),
        ("你好。", "greet"),
        ("🤙🏿", "affirm"),
        ("🤙🏿\ufe0f", "affirm"),
        ("🤙", "affirm"),
        ("🤙🏻🤙🏻 🤙", "affirm"),
        ("  zdravo  ", "greet"),
    ],
)
def test_an_example_is_understood_in_any_script(text: str, intent: str) -> None:
    understood = understand(ODD, text, None)
    assert understood.intent is not None
    assert (understood.intent.name, understood.intent.confidence) == (intent, 1.0)
    assert understood.ranking[0] == understood.intent
    assert understood.evidence is not None
    assert understood.evidence.example == intent
    assert understand(MODEL, text, None).intent != understood.intent


def test_its_entities_are_those_of_the_example() -> None:
    (entity,) = understand(ODD, " Ajde metropolis ", None).entities
    assert (entity.entity, entity.value, entity.start, entity.end) == ("place", "metropolis", 6, 16)


def test_what_the_network_reads_surely_is_not_remembered() -> None:
    assert key_of("play some jazz") not in ODD.specification.examples
    assert len(ODD.specification.examples) == 4


def test_a_text_that_stands_in_two_intents_says_neither() -> None:
    assert not remembering(example("你好", "greet"), example("你好", "goodbye")).specification.examples


def test_another_text_is_no_example() -> None:
    assert understand(ODD, "你好吗", None).intent == understand(MODEL, "你好吗", None).intent
    assert key_of("yes?") != key_of("yes") == key_of("Yes!")
    assert key_of("?!") != key_of("?")
    assert key_of("🤙👎") not in (key_of("🤙"), key_of("👎"))
