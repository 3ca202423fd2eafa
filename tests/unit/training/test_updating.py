"""The bundles of an assistant that is being edited."""

import shutil
from pathlib import Path

import pytest

from functions.nlu.documents import Documents
from functions.nlu.model import load_model
from functions.nlu.understanding import understand
from model_artifacts.training.__main__ import main
from model_artifacts.training.live.updating import Update, Updater
from tests.unit.training.tiny import write_tiny

PAGE = (
    "# Delivery\n\nA parcel takes three working days to arrive.\n\n# Returns\n\nA coat can be sent back for a month.\n"
)
MENTIONED = """nlu:
- intent: play_music
  examples: |
    - play something by [Nina](artist)
    - play [Miles](artist)
"""


def write_edited(folder: Path, *, pages: bool = True) -> Path:
    source = write_tiny(folder / "tiny")
    (source / "domain.yml").write_text(
        "intents: [greet, goodbye, play_music, fly, external]\nentities: [genre, city, artist]\n"
    )
    if pages:
        (source / "knowledge").mkdir()
        (source / "knowledge" / "shop.md").write_text(PAGE)
    main(["--assistant", str(source), "--quick"])
    return source


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_edited(tmp_path_factory.mktemp("trained"))


@pytest.fixture
def source(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "tiny"))


def begin(source: Path, folder: Path) -> Updater:
    updater = Updater(source, source / "bundle", folder)
    updater.begin()
    return updater


def find_passage(bundle: Path, question: str) -> str:
    model = load_model(bundle)
    found = Documents(bundle, model).find_passages(question, understand(model, question, None))
    assert found, question
    return found[0].answer


def test_a_bundle_is_made_of_the_sources_that_it_was_trained_from(source: Path, tmp_path: Path) -> None:
    assert begin(source, tmp_path / "live").update() == Update(None)


def test_a_new_entity_is_learned_and_the_documents_still_answer(source: Path, tmp_path: Path) -> None:
    updater = begin(source, tmp_path / "live")
    (source / "data" / "artists.yml").write_text(MENTIONED)
    made = updater.update()
    assert made.changed == "+2 examples of play_music; what is new is learned from the start, which takes longer"
    assert made.bundle is not None
    assert "three working days" in find_passage(made.bundle, "how long does a parcel take to arrive?")
    assert [found.entity for found in understand(load_model(made.bundle), "play something by Nina", None).entities] == [
        "artist"
    ]
    # The next edit goes on from there.
    (source / "data" / "artists.yml").write_text(MENTIONED + "    - anything by [Joni](artist)\n")
    again = updater.update()
    assert again.bundle is not None
    assert "learned from the start" not in again.changed
    assert "for a month" in find_passage(again.bundle, "can a coat be sent back?")


def test_a_table_of_an_entity_that_is_known_is_taken_in_without_training(source: Path, tmp_path: Path) -> None:
    updater = begin(source, tmp_path / "live")
    (source / "data" / "cities.yml").write_text("nlu:\n- lookup: city\n  examples: |\n    - Reykjavik\n")
    made = updater.update()
    assert made.bundle is not None
    assert "learned from the start" not in made.changed
    assert load_model(made.bundle).specification.tables.find("to Reykjavik", [(0, 2), (3, 12)])


def test_edited_documents_are_asked_and_deleted_ones_no_more(source: Path, tmp_path: Path) -> None:
    updater = begin(source, tmp_path / "live")
    network = (source / "bundle" / "model.onnx").read_bytes()
    (source / "knowledge" / "gifts.md").write_text("# Gifts\n\nA gift is wrapped in green paper.\n")
    made = updater.update()
    assert (made.changed, made.stages, made.score) == ("documents", ("nlu",), "")
    assert any("2 documents" in line for line in made.warnings)
    assert made.bundle is not None
    assert "green paper" in find_passage(made.bundle, "in which paper is a gift wrapped?")
    # What runs is never written to.
    assert (source / "bundle" / "model.onnx").read_bytes() == network
    for page in (source / "knowledge").iterdir():
        page.unlink()
    (source / "knowledge").rmdir()
    without = updater.update()
    assert without.bundle is not None
    assert not list(without.bundle.glob("knowledge.*"))


def test_documents_that_come_first_while_the_assistant_runs_are_kept_by_later_edits(tmp_path: Path) -> None:
    source = write_edited(tmp_path, pages=False)
    updater = begin(source, tmp_path / "live")
    (source / "knowledge").mkdir()
    (source / "knowledge" / "shop.md").write_text(PAGE)
    domain = source / "domain.yml"
    domain.write_text(domain.read_text().replace("artist]", "artist, album]"))
    changed = "entity album, passage new; intent ask new; rules and stories; marks, tables or thresholds; documents"
    assert updater.update().changed == changed
    (source / "data" / "more.yml").write_text("nlu:\n- intent: greet\n  examples: |\n    - howdy partner\n")
    made = updater.update()
    assert made.bundle is not None
    assert "three working days" in find_passage(made.bundle, "how long does a parcel take to arrive?")
