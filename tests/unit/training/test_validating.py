"""What `task validate` says of broken projects, with file and line."""

import json
from pathlib import Path

import pytest

from model_artifacts.training.validating.project import count_problems, main, problems_of
from tests.unit.dialogue.talking import write_project

DOMAIN = """\
version: "3.1"
intents: [greet, bye, lonely]
entities: [city]
slots:
  nothing: {type: text, mappings: []}
responses:
  utter_greet: [{text: Hello}]
  utter_bye: [{text: Bye}]
  utter_unused: [{text: Nobody says this}]
"""
RULES = """\
rules:
- rule: greet
  steps:
  - intent: greet
  - action: utter_greet
"""
NLU = """\
nlu:
- intent: greet
  examples: |
    - hello
    - good morning
- intent: bye
  examples: |
    - see you
    - bye now
"""


def validate_files(tmp_path: Path, **files: str) -> list[str]:
    given = {"domain": DOMAIN, "rules": RULES, "nlu": NLU, **files}
    return [str(problem) for problem in problems_of(write_project(tmp_path / "bot", **given))]


def begins(found: list[str], text: str) -> bool:
    return any(line.startswith(text) for line in found)


def test_what_is_unused_and_what_nothing_fills_is_named(tmp_path: Path) -> None:
    found = validate_files(tmp_path)
    assert begins(found, "domain.yml:2: warning: no rule, story or slot uses the intent 'lonely'")
    assert begins(found, "domain.yml:2: warning: the intent 'lonely' has no examples")
    assert begins(found, "domain.yml:5: warning: nothing fills the slot 'nothing'")
    assert begins(found, "domain.yml:9: warning: nothing says the response 'utter_unused'")


def test_a_dead_end_is_named(tmp_path: Path) -> None:
    stories = "stories:\n- story: stops\n  steps:\n  - intent: greet\n  - action: utter_greet\n  - intent: bye\n"
    found = validate_files(tmp_path, stories=stories)
    assert begins(found, "data/stories.yml:6: warning: 'stops' ends with a message that nothing answers"), found


def test_a_story_that_contradicts_a_rule_is_named_with_it(tmp_path: Path) -> None:
    stories = "stories:\n- story: other\n  steps:\n  - intent: greet\n  - action: utter_bye\n"
    (error,) = [line for line in validate_files(tmp_path, stories=stories) if "error" in line]
    assert error.startswith("data/stories.yml:2: error: the story 'other' goes on with 'utter_bye'")
    assert "'greet (data/rules.yml:2)'" in error


def test_examples_of_what_the_domain_does_not_have_are_named(tmp_path: Path) -> None:
    nlu = NLU + "- intent: stranger\n  examples: |\n    - take me to [Rome](place)\n"
    found = validate_files(tmp_path, nlu=nlu)
    assert begins(found, "data/nlu.yml:12: warning: the intent 'stranger' of the examples is not in the domain")
    assert begins(found, "data/nlu.yml:12: warning: the entity 'place' of the examples is not in the domain")


def test_broken_examples_are_errors_beside_those_of_the_dialogue(tmp_path: Path) -> None:
    nlu = NLU + "- intent: city\n  examples: |\n    - to [Rome]{entity}\n"
    rules = RULES + "  - action: utter_missing\n"
    found = [line for line in validate_files(tmp_path, nlu=nlu, rules=rules) if ": error:" in line]
    assert begins(found, "data/nlu.yml:12: error: {entity} is no JSON")
    assert begins(found, "data/rules.yml:6: error: there is no response 'utter_missing'")


def test_broken_yaml_is_told_once(tmp_path: Path) -> None:
    found = validate_files(tmp_path, nlu="nlu:\n- intent: [greet\n")
    assert len([line for line in found if "this is not YAML" in line]) == 1, found
    assert not any("this is no YAML" in line for line in found)


def test_the_command_fails_for_errors_and_when_asked_for_warnings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = write_project(tmp_path / "bot", domain=DOMAIN, rules=RULES, nlu=NLU)
    assert main(["--assistant", str(project)]) == 0
    assert main(["--assistant", str(project), "--strict"]) == 1
    capsys.readouterr()
    write_project(project, rules=RULES + "  - action: utter_missing\n")
    assert main(["--assistant", str(project), "--json"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"error"} == {line["severity"] for line in lines}
    assert (lines[0]["file"], lines[0]["line"]) == ("data/rules.yml", 6)


def test_problems_are_counted_in_words(tmp_path: Path) -> None:
    assert count_problems(()) == "no problems"
    assert (
        count_problems(problems_of(write_project(tmp_path / "bot", domain=DOMAIN, rules=RULES, nlu=NLU)))
        == "6 warnings"
    )
