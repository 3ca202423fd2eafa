"""Questions read by nlu's own network: its layers hold what questions and answers have in common, trained or not."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from functions.nlu.knowledge import Knowledge
from functions.nlu.model import FILES, load_model
from functions.nlu.tables import FILE as TABLES
from knative.local.stages import ASSISTANTS
from model_artifacts.training.knowledge.compiling import Reading, write_knowledge
from model_artifacts.training.knowledge.everyday import list_everyday
from model_artifacts.training.knowledge.mapping import add_layers, find_mapping
from model_artifacts.training.knowledge.passages import cut_document
from model_artifacts.training.knowledge.sources import collect_documents
from model_artifacts.training.knowledge.vectors import Vectoriser
from model_artifacts.training.nlu.__main__ import main as train
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.encoder import read_encoder
from shared.errors import Unavailable
from tests.unit.knowledge.documents import write_handbook
from tests.unit.training.tiny import write_tiny

DEFAULT = ASSISTANTS / "default"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A handbook beside the default assistant's model, which was trained on other things."""
    home = tmp_path_factory.mktemp("mapped")
    write_handbook(home)
    for name in (*FILES, TABLES):
        shutil.copyfile(DEFAULT / "bundle" / name, home / name)
    passages = [passage for found in collect_documents(home, home).documents for passage in cut_document(found, "en")]
    examples = [example.text for example in read_assistant(DEFAULT).nlu.examples][::6]
    write_knowledge(home, passages, read_encoder(), home / "vectors.npz", model=Reading(home, examples))
    return home


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("When do you open on weekdays?", "between 8 am and 6 pm"),
        ("where can I leave my car", "twelve parking spaces"),
        ("do you see kids?", "from the first tooth"),
    ],
)
def test_a_network_that_was_trained_on_other_things_finds_the_sentence_that_answers(
    bundle: Path, question: str, words: str
) -> None:
    assert words in Knowledge(bundle, load_model(bundle)).answer(question)[0].answer
    assert words in Knowledge(bundle, load_model(bundle, package=True)).answer(question)[0].answer


def test_no_second_encoder_is_carried_and_the_model_gets_its_output_once(bundle: Path) -> None:
    assert not list(bundle.glob("knowledge.bin"))
    assert (bundle / "knowledge.onnx").stat().st_size < 2_200_000
    before = (bundle / "model.onnx").read_bytes()
    add_layers(bundle)
    assert (bundle / "model.onnx").read_bytes() == before


def test_such_documents_need_their_model(bundle: Path) -> None:
    with pytest.raises(Unavailable, match="the bundle's own model"):
        Knowledge(bundle)


def test_a_network_whose_layers_were_not_trained_is_taken_as_it_is_and_a_stranger_is_not(tmp_path: Path) -> None:
    train(["--assistant", str(write_tiny(tmp_path / "tiny")), "--quick", "--seed", "3"])
    folder = tmp_path / "tiny" / "bundle"
    vectoriser = Vectoriser(read_encoder())
    mapped = find_mapping(folder, vectoriser, list_everyday(["en"])[:60], None)
    assert mapped is not None
    hidden = mapped.weights.shape[1]
    assert np.array_equal(mapped.weights[-hidden:], np.eye(hidden))
    assert not mapped.weights[:-hidden].any()
    # With as few texts nothing is learned of a network that was trained.
    for name in FILES:
        shutil.copyfile(DEFAULT / "bundle" / name, tmp_path / name)
    assert find_mapping(tmp_path, vectoriser, list_everyday(["en"])[:60], None) is None
