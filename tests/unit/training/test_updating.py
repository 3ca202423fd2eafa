"""The bundles of an assistant that is being edited."""

from pathlib import Path

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


def write_edited(folder: Path) -> Path:
    source = write_tiny(folder / "tiny")
    (source / "domain.yml").write_text(
        "intents: [greet, goodbye, play_music, fly, external]\nentities: [genre, city, artist]\n"
    )
    (source / "knowledge").mkdir()
    (source / "knowledge" / "shop.md").write_text(PAGE)
    main(["--assistant", str(source), "--quick"])
    return source


def begin(source: Path, folder: Path) -> Updater:
    updater = Updater(source, source / "bundle", folder)
    updater.begin()
    return updater


def find_passage(bundle: Path, question: str) -> str:
    model = load_model(bundle)
    found = Documents(bundle, model).find_passages(question, understand(model, question, None))
    assert found, question
    return found[0].answer


def test_a_bundle_is_made_of_the_sources_that_it_was_trained_from(tmp_path: Path) -> None:
    assert begin(write_edited(tmp_path), tmp_path / "live").update() == Update(None)


def test_a_new_entity_is_learned_and_the_documents_still_answer(tmp_path: Path) -> None:
    source = write_edited(tmp_path)
    updater = begin(source, tmp_path / "live")
    (source / "data" / "artists.yml").write_text(MENTIONED)
    made = updater.update()
    assert "learned from the start" in made.changed
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


def test_a_table_of_an_entity_that_is_known_is_taken_in_without_training(tmp_path: Path) -> None:
    source = write_edited(tmp_path)
    updater = begin(source, tmp_path / "live")
    (source / "data" / "cities.yml").write_text("nlu:\n- lookup: city\n  examples: |\n    - Reykjavik\n")
    made = updater.update()
    assert made.bundle is not None
    assert "learned from the start" not in made.changed
    assert load_model(made.bundle).specification.tables.find("to Reykjavik", [(0, 2), (3, 12)])
