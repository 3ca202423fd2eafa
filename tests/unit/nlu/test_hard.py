"""Short forms, what is excluded or changed, hesitation, and requests next to the assistant's own."""

from pathlib import Path

from functions.nlu.gazetteer import fold
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.reading import read_files
from tests.architecture.code import ROOT

DEFAULT = ROOT / "model_artifacts" / "assistants" / "default"
WRITTEN = read_files([Path(__file__).with_name("hard.yml")]).examples
LEARNED = {fold(example.text) for example in read_assistant(DEFAULT).nlu.examples}


def test_nothing_of_it_was_learned() -> None:
    assert not [example.text for example in WRITTEN if fold(example.text) in LEARNED]
