"""Rasa's NLU files: every form that is used, and every mistake with its file and line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_artifacts.training.nlu.annotation import Annotation, InvalidAnnotation, read_annotated
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.dataset import assemble
from model_artifacts.training.nlu.reading import InvalidData, NluData, read_files
from tests.unit.training.tiny import write_tiny


def read(tmp_path: Path, text: str) -> NluData:
    (tmp_path / "nlu.yml").write_text(text, encoding="utf-8")
    return read_files([tmp_path / "nlu.yml"])


@pytest.mark.parametrize(
    ("marked", "text", "annotation"),
    [
        ("play [jazz](genre)", "play jazz", Annotation(5, 9, "genre")),
        ("play [jazz](genre:Jazz)", "play jazz", Annotation(5, 9, "genre", "Jazz")),
        ('a [scary]{"entity": "genre", "value": "horror"} one', "a scary one", Annotation(2, 7, "genre", "horror")),
        ('to [Rome]{"entity": "city", "role": "to"}', "to Rome", Annotation(3, 7, "city", role="to")),
        ('[big]{"entity": "size", "group": "1"}', "big", Annotation(0, 3, "size", group="1")),
        ('[2]{"entity": "n", "value": 2}', "2", Annotation(0, 1, "n", "2")),
        ('[x y][{"entity": "a", "role": "r"}]', "x y", Annotation(0, 3, "a", role="r")),
    ],
)
def test_every_form_of_annotation_is_read(marked: str, text: str, annotation: Annotation) -> None:
    assert read_annotated(marked) == (text, (annotation,))


def test_spans_count_the_plain_text() -> None:
    text, annotations = read_annotated("[a](x) b [c d](y) e")
    assert text == "a b c d e"
    assert [text[a.start : a.end] for a in annotations] == ["a", "c d"]


def test_square_brackets_alone_mark_nothing() -> None:
    assert read_annotated("an array[0] and [note]") == ("an array[0] and [note]", ())


@pytest.mark.parametrize(
    ("marked", "cause"),
    [
        ('[a]{"entity": "x", "colour": "red"}', "unknown key 'colour'"),
        ('[a]{"role": "x"}', "names no entity"),
        ("[a]{entity: x}", "no JSON"),
        ("[a](x", "not closed"),
        ("[a][{1}]", "no JSON"),
    ],
)
def test_a_wrong_annotation_says_what_is_wrong(marked: str, cause: str) -> None:
    with pytest.raises(InvalidAnnotation, match=cause):
        read_annotated(marked)


@given(st.text())
def test_any_text_is_read_or_refused(marked: str) -> None:
    try:
        text, annotations = read_annotated(marked)
    except InvalidAnnotation:
        return
    assert all(0 <= a.start < a.end <= len(text) for a in annotations)


def test_intents_synonyms_lookups_and_patterns_are_read(tmp_path: Path) -> None:
    data = read(
        tmp_path,
        """version: "3.1"
nlu:
- intent: play
  examples: |
    - play [jazz](genre)
    - play [scary]{"entity": "genre", "value": "horror"} music
- synonym: horror
  examples: |
    - creepy
- lookup: genre
  examples: |
    - rock
    - film noir
- regex: zip
  examples: |
    - \\d{5}
- intent: faq/ask_price
  examples:
  - how much is it
  - text: |
      what does it cost
    metadata: {sentiment: neutral}
""",
    )
    assert [(e.text, e.intent) for e in data.examples] == [
        ("play jazz", "play"),
        ("play scary music", "play"),
        ("how much is it", "faq/ask_price"),
        ("what does it cost", "faq/ask_price"),
    ]
    assert data.examples[1].place.endswith("nlu.yml:6")
    assert data.synonyms == {"creepy": "horror", "scary": "horror"}
    assert data.lookups == {"genre": ["rock", "film noir"]}
    assert data.regexes == [("zip", "\\d{5}")]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("nlu:\n- intent: a\n  examples: |\n    - ok\n    - [x]{bad}\n", "nlu.yml:5: "),
        ("nlu:\n- intent: a\n", "nlu.yml:2: intent a has no examples"),
        ("nlu:\n- intent: \n  examples: |\n    - x\n", "nlu.yml:2: this intent has no name"),
        ("nlu:\n- whatever: a\n", "nlu.yml:2: an item of nlu must be"),
        ("nlu: text\n", "nlu.yml:1: nlu must be a list"),
        ("nlu:\n- intent: [a\n", "this is no YAML"),
        ("nlu:\n- regex: r\n  examples: |\n    - (((\n", "nlu.yml:4: the pattern"),
        ("nlu:\n- intent: a\n  examples: {b: c}\n", "nlu.yml:3: examples must be"),
        ("nlu:\n- intent: a\n  examples:\n  - [1]\n", "nlu.yml:4: an example must be text"),
    ],
)
def test_a_mistake_is_reported_with_file_and_line(tmp_path: Path, text: str, mistake: str) -> None:
    with pytest.raises(InvalidData) as caught:
        read(tmp_path, text)
    assert mistake in str(caught.value)


def test_all_mistakes_are_reported_together(tmp_path: Path) -> None:
    with pytest.raises(InvalidData) as caught:
        read(tmp_path, "nlu:\n- intent: a\n- intent: b\n  examples: |\n    - [x](\n    - [y]{z}\n")
    assert len(str(caught.value).splitlines()) == 3


def test_lines_that_are_no_examples_are_noted(tmp_path: Path) -> None:
    data = read(tmp_path, "nlu:\n- intent: a\n  examples: |\n    - one\n    two\n    # three\n")
    assert [e.text for e in data.examples] == ["one"]
    (note,) = data.notes
    assert "nlu.yml:5" in note


def test_overlapping_annotations_keep_the_first_and_say_so(tmp_path: Path) -> None:
    data = read(tmp_path, 'nlu:\n- intent: a\n  examples: |\n    - [x][{"entity": "a"}, {"entity": "b"}]\n')
    assert [a.entity for a in data.examples[0].annotations] == ["a"]
    assert "nlu.yml:4: b overlaps a" in data.notes[0]


def test_a_file_in_another_encoding_is_reported(tmp_path: Path) -> None:
    (tmp_path / "nlu.yml").write_bytes(b"nlu:\n- intent: caf\xe9\n")
    with pytest.raises(InvalidData, match="cannot be read"):
        read_files([tmp_path / "nlu.yml"])


def test_an_assistant_without_examples_or_without_a_directory_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="no intent has examples"):
        read_assistant(tmp_path)
    with pytest.raises(InvalidData, match="no such assistant"):
        read_assistant(tmp_path / "missing")


def test_an_unknown_normalisation_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nlu.yml").write_text("nlu:\n- intent: a\n  examples: |\n    - one\n")
    (tmp_path / "training.yml").write_text("normalise: {age: roman}\n")
    with pytest.raises(InvalidData, match="age is normalised as 'roman'; use number, year, date or time"):
        read_assistant(tmp_path)


def test_thresholds_come_from_the_fallback_classifier(tmp_path: Path) -> None:
    (tmp_path / "nlu.yml").write_text("nlu:\n- intent: a\n  examples: |\n    - one\n")
    (tmp_path / "config.yml").write_text(
        "pipeline:\n- name: FallbackClassifier\n  threshold: 0.6\n  ambiguity_threshold: 0.2\n"
    )
    assistant = read_assistant(tmp_path)
    assert (assistant.min_confidence, assistant.min_gap) == (0.6, 0.2)


def test_examples_to_choose_on_are_neither_learned_nor_held_out(tmp_path: Path) -> None:
    source = write_tiny(tmp_path / "tiny")
    (source / "tests" / "validation_nlu.yml").write_text(
        "nlu:\n- intent: greet\n  examples: |\n    - hello\n    - greetings\n", encoding="utf-8"
    )
    assistant = read_assistant(source)
    dataset = assemble(assistant, None, 0)
    assert [example.text for example in assistant.validation] == ["hello", "greetings"]
    assert len(dataset.held_out) == 2
    assert {"hello", "greetings"} <= {example.text for example in dataset.validation}
    assert "hello" not in {example.text for example in dataset.training}
    assert any("'hello' is also held out" in note for note in dataset.notes)


def test_an_example_to_choose_on_must_be_of_what_is_learned(tmp_path: Path) -> None:
    source = write_tiny(tmp_path / "tiny")
    (source / "tests" / "validation_nlu.yml").write_text(
        "nlu:\n- intent: sing\n  examples: |\n    - la la\n- intent: greet\n  examples: |\n    - hi [you](person)\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidData) as refused:
        assemble(read_assistant(source), None, 0)
    assert "validation_nlu.yml:4: the intent sing has no examples to learn" in str(refused.value)
    assert "validation_nlu.yml:7: the entity person is marked in no example to learn" in str(refused.value)
