"""The assistant's own test stories and its training stories, walked through its real dialogue and functions."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from model_artifacts.training.nlu.annotation import read_annotated
from tests.unit.default_assistant.talk import ROOT, Talk


def stories(path: Path) -> list[Any]:
    parsed = yaml.safe_load(path.read_text(encoding="utf-8"))["stories"]
    return [pytest.param(story["steps"], id=story["story"]) for story in parsed]


def walk(conversation: Talk, steps: list[dict[str, Any]]) -> None:
    """Say what the person says, and compare the actions of each turn."""
    expected: list[str] = []
    done: list[str] = []
    for step in [*steps, {"intent": None}]:
        if "intent" in step:
            assert done == expected
            expected = []
            if step["intent"] is None:
                return
            text, entities = read_step(step)
            conversation.say(step["intent"], text, **entities)
            done = conversation.did()
        elif "action" in step:
            expected.append(step["action"])


def read_step(step: dict[str, Any]) -> tuple[str, dict[str, str]]:
    if "user" not in step:
        return "", {name: value for entity in step.get("entities", ()) for name, value in entity.items()}
    text, annotations = read_annotated(step["user"].strip())
    return text, {item.entity: str(item.value or text[item.start : item.end]) for item in annotations}


@pytest.mark.parametrize("steps", stories(ROOT / "tests" / "test_stories.yml"))
def test_a_test_story_goes_as_it_says(conversation: Talk, steps: list[dict[str, Any]]) -> None:
    walk(conversation, steps)


@pytest.mark.parametrize("steps", stories(ROOT / "data" / "stories.yml"))
def test_a_training_story_goes_as_it_says(conversation: Talk, steps: list[dict[str, Any]]) -> None:
    walk(conversation, steps)
