"""Gibberish, fragments and titles that sound like something else."""

from collections import Counter
from pathlib import Path

from functions.nlu.gazetteer import fold
from functions.nlu.model import load_model
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.evaluation import judge
from model_artifacts.training.nlu.reading import read_files
from tests.architecture.code import ROOT

DEFAULT = ROOT / "model_artifacts" / "assistants" / "default"
LEARNED = {fold(example.text) for example in read_assistant(DEFAULT).nlu.examples}
WRITTEN = read_files([Path(__file__).with_name("adversarial.yml")]).examples
JUDGED = judge(load_model(DEFAULT / "bundle"), [item for item in WRITTEN if fold(item.text) not in LEARNED])
"""What the assistant's own examples also say proves nothing, and is left out."""


def right(*intents: str) -> float:
    chosen = [item for item in JUDGED if not intents or item.example.intent in intents]
    return sum(item.right_intent for item in chosen) / len(chosen)


def test_most_of_the_set_was_never_learned() -> None:
    counts = Counter(item.example.intent for item in JUDGED)
    assert sum(counts.values()) >= 200


def test_gibberish_is_refused() -> None:
    assert right("nlu_fallback") >= 0.9


def test_what_is_out_of_scope_is_refused() -> None:
    assert right("out_of_scope") >= 0.9


def test_fragments_are_taken_for_fragments() -> None:
    assert right("inform") >= 0.85


def test_most_of_it_is_understood() -> None:
    assert right() >= 0.88
