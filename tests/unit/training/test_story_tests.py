"""Test stories, as `rasa test` passes them and as conversations: what passes, what differs, what is written for CI."""

import shutil
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from model_artifacts.training.story_tests.__main__ import main
from tests.architecture.code import ROOT

DEFAULT = ROOT / "model_artifacts" / "assistants" / "default"
PASSES = """\
stories:
- story: hello
  steps:
  - user: hello there
    intent: greet
  - action: utter_greet
"""


@pytest.fixture
def assistant(tmp_path: Path) -> Path:
    """The default assistant with other test stories."""
    folder = tmp_path / "default"
    folder.mkdir()
    for name in ("domain.yml", "config.yml"):
        shutil.copyfile(DEFAULT / name, folder / name)
    for name in ("data", "bundle", "actions"):
        (folder / name).symlink_to(DEFAULT / name)
    shutil.rmtree(folder / "tests", ignore_errors=True)
    (folder / "tests").mkdir()
    return folder


def run(assistant: Path, stories: str, *arguments: str) -> int:
    (assistant / "tests" / "test_stories.yml").write_text(stories, encoding="utf-8")
    return main(["--assistant", str(assistant), *arguments])


def test_the_default_assistants_stories_pass_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--assistant", str(DEFAULT)]) == 0
    said = capsys.readouterr().out
    assert "default, as rasa test" in said
    assert "default, as conversations" in said
    assert "differs" not in said


def test_a_wrong_action_is_shown_in_its_story_and_only_there(
    assistant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stories = PASSES + "  - action: utter_goodbye\n  - user: bye\n    intent: goodbye\n  - action: utter_goodbye\n"
    assert run(assistant, stories, "--only", "rasa") == 1
    said = capsys.readouterr().out
    # The conversation follows the story: what comes after is not wrong because of what came before.
    wrong, _, after = said.partition("      bye\n")
    assert "  - action: utter_goodbye  # predicted: action_listen" in wrong
    assert "# predicted" not in after
    assert "  - action: utter_goodbye\n" in after
    assert "stories   0 of 1 (0.0 %)" in said


def test_a_wrong_intent_and_a_wrong_entity_are_shown_with_what_was_understood(
    assistant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stories = """\
stories:
- story: wrong
  steps:
  - user: something [scary](actor) with [Tom Hanks](actor)
    intent: play_music
  - action: action_search_video
"""
    assert run(assistant, stories, "--only", "rasa") == 1
    said = capsys.readouterr().out
    assert "user: |-  # predicted: something [scary](genre) with [Tom Hanks](actor)" in said
    assert "intent: play_music  # predicted: search_video (" in said
    assert "intents   0 of 1 (0.0 %)" in said
    assert "entities  1 of 3 (33.3 %)" in said


def test_results_are_written_as_junit_and_as_stories(assistant: Path, tmp_path: Path) -> None:
    stories = PASSES + "- story: wrong <&>\n  steps:\n  - intent: greet\n  - action: utter_goodbye\n"
    assert run(assistant, stories, "--out", str(tmp_path / "out"), "--only", "rasa") == 1
    (suite,) = xml.parse(tmp_path / "out" / "junit.xml").getroot()  # noqa: S314 - our own file
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "0")
    good, wrong = suite
    assert (good.get("name"), good.get("file"), good.get("line")) == ("hello", "tests/test_stories.yml", "2")
    assert wrong.get("name") == "wrong <&>"
    assert wrong[0].get("message", "").startswith("action: utter_goodbye; predicted: utter_greet (")
    failed = (tmp_path / "out" / "failed_test_stories.yml").read_text()
    assert "wrong <&> (tests/test_stories.yml:7)" in failed
    assert "hello" not in failed


def test_a_file_of_failed_stories_does_not_outlive_its_failures(assistant: Path, tmp_path: Path) -> None:
    (tmp_path / "failed_test_stories.yml").write_text("old")
    assert run(assistant, PASSES, "--out", str(tmp_path)) == 0
    assert not (tmp_path / "failed_test_stories.yml").exists()


def test_a_conversation_that_goes_another_way_is_shown_and_left(
    assistant: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stories = PASSES + "  - action: utter_goodbye\n  - user: bye\n    intent: goodbye\n  - action: utter_goodbye\n"
    assert run(assistant, stories, "--only", "conversations") == 1
    said = capsys.readouterr().out
    assert "  - action: utter_goodbye  # predicted: action_listen" in said
    assert "bye\n" not in said.partition("differs")[2].partition("default, as")[0]


def test_actions_really_run_in_a_conversation(assistant: Path) -> None:
    stories = """\
stories:
- story: order
  steps:
  - user: I'd like to order a [pizza](food)
    intent: order_food
  - action: order_food_form
  - active_loop: order_food_form
"""
    assert run(assistant, stories, "--only", "conversations") == 0


def test_a_story_that_writes_what_its_messages_do_not_lead_to_is_not_held_and_is_no_failure(
    assistant: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stories = PASSES.replace("  - action: utter_greet\n", "  - action: utter_greet\n  - active_loop: order_food_form\n")
    assert run(assistant, stories, "--only", "conversations", "--out", str(tmp_path)) == 0
    said = capsys.readouterr().out
    assert "the story writes `active_loop: order_food_form` after 'hello there'" in said
    assert "stories   0 of 0, 1 more not held to the end" in said
    assert 'skipped="1"' in (tmp_path / "junit.xml").read_text()


def test_an_action_that_nobody_runs_is_reported_as_not_run(assistant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (assistant / "actions").unlink()
    stories = "stories:\n- story: films\n  steps:\n  - user: a film with [Tom Hanks](actor)\n    intent: search_video\n"
    assert run(assistant, stories + "  - action: action_search_video\n") == 0
    said = capsys.readouterr().out
    assert "nothing runs action_search_video" in said
    assert "ACTION_ENDPOINT" in said


def test_a_story_without_texts_says_its_intents_and_entities(assistant: Path) -> None:
    stories = (
        "stories:\n- story: films\n  steps:\n  - intent: search_video\n    entities:\n    - actor: Tom Hanks\n"
        "  - action: action_search_video\n"
    )
    assert run(assistant, stories) == 0


def test_a_broken_test_story_is_named_with_its_line(assistant: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(assistant, PASSES + "  - action: utter_nothing\n") == 2
    assert "tests/test_stories.yml:7: error: there is no response 'utter_nothing'" in capsys.readouterr().err


def test_no_stories_and_no_bundle_are_said(assistant: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(assistant, "stories: []\n") == 2
    assert "has no test stories; write some in tests/test_stories.yml" in capsys.readouterr().err
    (assistant / "bundle").unlink()
    assert run(assistant, PASSES) == 2
    assert "bundle" in capsys.readouterr().err
