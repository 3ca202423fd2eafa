"""Short forms, what is excluded or changed, hesitation, and requests next to the assistant's own."""

from pathlib import Path

from functions.nlu.gazetteer import fold
from functions.nlu.model import load_model
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.evaluation import judge, measure
from model_artifacts.training.nlu.reading import read_files
from tests.architecture.code import ROOT

DEFAULT = ROOT / "model_artifacts" / "assistants" / "default"
WRITTEN = read_files([Path(__file__).with_name("hard.yml")]).examples
UNSEEN = read_files([Path(__file__).with_name("unseen.yml")]).examples
LEARNED = {fold(example.text) for example in read_assistant(DEFAULT).nlu.examples}


def test_nothing_of_it_was_learned() -> None:
    assert not [example.text for example in (*WRITTEN, *UNSEEN) if fold(example.text) in LEARNED]


def test_most_of_it_is_understood() -> None:
    judged = judge(load_model(DEFAULT / "bundle"), WRITTEN)
    found = measure(judged)
    refused = [item for item in judged if item.example.intent == "out_of_scope"]
    confirmed = [item.example.text for item in judged if item.example.intent == "hesitate" and item.intent == "affirm"]
    assert confirmed == []
    assert sum(item.right_intent for item in refused) >= 0.9 * len(refused)
    assert [name for name in ("intent_accuracy", "entity_f1") if not found[name] >= 0.9] == []  # type: ignore[operator]


def test_much_of_what_nobody_had_in_mind_is_understood() -> None:
    judged = judge(load_model(DEFAULT / "bundle"), UNSEEN)
    found = measure(judged)
    refused = [item for item in judged if item.example.intent == "out_of_scope"]
    assert sum(item.right_intent for item in refused) >= 0.85 * len(refused)
    assert [name for name in ("intent_accuracy", "entity_f1") if not found[name] >= 0.84] == []  # type: ignore[operator]
