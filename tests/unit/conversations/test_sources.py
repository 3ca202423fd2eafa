"""What the inspector writes into an assistant's files: one line more, in its place, and nothing else touched."""

from difflib import ndiff
from pathlib import Path

import pytest

from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.reading import read_files
from monitoring.conversations.sources import add_example, add_story
from shared.errors import Rejected

NLU = """\
version: "3.1"  # of the format

nlu:
  # How people begin.
  - intent: greet
    examples: |
      - hello
      - hi

  # How they end.
  - intent: bye   # comment
    examples:
      - "see you"
      - text: goodbye
"""


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nlu.yml").write_text(NLU)
    return tmp_path


def added(bot: Path) -> list[str]:
    changes = list(ndiff(NLU.splitlines(), (bot / "data" / "nlu.yml").read_text().splitlines()))
    assert not [line for line in changes if line.startswith("- ")], "something else was touched"
    return [line[2:] for line in changes if line.startswith("+ ")]


def test_an_example_joins_the_block_of_its_intent(bot: Path) -> None:
    assert add_example(bot, "greet", "good  day", ()) == "data/nlu.yml:9"
    assert added(bot) == ["      - good day"]


def test_an_example_joins_a_list_with_its_marks(bot: Path) -> None:
    add_example(bot, "bye", "see you on Monday", [Annotation(11, 17, "date")])
    assert added(bot) == ['      - "see you on [Monday](date)"']


def test_an_intent_without_examples_gets_its_own_item(bot: Path) -> None:
    add_example(bot, "help", "what now?", ())
    assert added(bot) == ["  - intent: help", "    examples: |", "      - what now?"]
    (example,) = [one for one in read_files([bot / "data" / "nlu.yml"]).examples if one.intent == "help"]
    assert example.text == "what now?"


def test_the_same_text_gets_other_marks_in_its_place(bot: Path) -> None:
    add_example(bot, "greet", "hi Ann", ())
    assert add_example(bot, "greet", "hi Ann", [Annotation(3, 6, "name")]) == "data/nlu.yml:9"
    assert added(bot) == ["      - hi [Ann](name)"]


def test_a_text_of_another_intent_is_refused_with_its_place(bot: Path) -> None:
    with pytest.raises(Rejected, match=r"'Hello' is greet at data/nlu.yml:7; take it out there first"):
        add_example(bot, "bye", "Hello", ())
    assert added(bot) == []


@pytest.mark.parametrize("text", ["a\n- intent: evil", "[x](y)", '"quoted": {a: b}', "# no comment", "- minus"])
def test_whatever_was_said_becomes_one_example_or_none(text: str, bot: Path) -> None:
    try:
        add_example(bot, "greet", text, ())
    except Rejected:
        assert added(bot) == []
    else:
        assert len(added(bot)) == 1
        assert {example.intent for example in read_files([bot / "data" / "nlu.yml"]).examples} == {"greet", "bye"}


def test_a_story_holds_what_was_said_and_done(bot: Path) -> None:
    done = [{"event": "action", "name": name} for name in ("utter_greet", "action_listen")]
    entity = {"entity": "name", "start": 3, "end": 6, "value": "Ann"}
    turn = {"text": "hi Ann", "intent": "greet", "entities": [entity], "events": done}
    assert add_story(bot, "Ann: 1", [turn]) == "tests/test_stories.yml:5"
    text = (bot / "tests" / "test_stories.yml").read_text()
    assert '- story: "Ann: 1"' in text
    assert "hi [Ann](name)" in text
    assert "action_listen" not in text
    with pytest.raises(Rejected, match="nobody said anything"):
        add_story(bot, "none", [])
