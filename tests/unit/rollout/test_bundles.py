"""A shelf of bundles: what is put there comes back to the byte, and who is live is written down."""

import shutil
from pathlib import Path

import pytest

from knative.images.rebundle import files_for, write_recipe
from monitoring.rollout.bundles import Shelf, main
from shared.bundle.manifest import read_bundle, write_manifest
from shared.errors import Failure


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    made = tmp_path / "bot"
    (made / "bundle").mkdir(parents=True)
    (made / "domain.yml").write_text("intents: [a]\n")
    (made / "config.yml").write_text("assistant_id: dentist\n")
    train(made, "one")
    return made


def train(bot: Path, content: str) -> str:
    (bot / "bundle" / "nlu.json").write_text(content)
    facts = {"mode": "quick", "examples": {"training": 7}, "validation": {"intent_accuracy": 0.9, "examples": 5}}
    return write_manifest(bot / "bundle", "bot", nlu=facts).bundle


def run(bot: Path, *arguments: str) -> int:
    return main([arguments[0], "--assistant", str(bot), "--shelf", str(bot.parent / "shelf"), *arguments[1:]])


def test_a_bundle_comes_back_from_the_shelf_as_it_was(bot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = read_bundle(bot / "bundle").id
    assert run(bot, "push") == 0
    second = train(bot, "two")
    assert run(bot, "push") == 0
    assert run(bot, "push") == 0
    assert "was on the shelf already" in capsys.readouterr().out
    assert run(bot, "pull", "--bundle", first) == 0
    assert read_bundle(bot / "bundle").id == first
    assert (bot / "bundle" / "nlu.json").read_text() == "one"
    assert sorted(Shelf(str(bot.parent / "shelf"), "dentist").list_ids()) == sorted([first, second])


def test_the_promoted_bundle_is_listed_and_pulled(bot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = read_bundle(bot / "bundle").id
    run(bot, "push")
    assert run(bot, "promote") == 0
    train(bot, "two")
    assert run(bot, "pull") == 0
    assert read_bundle(bot / "bundle").id == first
    capsys.readouterr()
    assert run(bot, "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(
        first in line and "quick" in line and "7 examples" in line and "validation 90 %" in line for line in lines
    )
    assert ["beside the sources" in line for line in lines] == [True, False]
    assert "shelf; live since 20" in lines[1]


def test_a_bundle_that_was_damaged_on_the_way_replaces_nothing(bot: Path) -> None:
    first = read_bundle(bot / "bundle").id
    run(bot, "push")
    (bot.parent / "shelf" / "dentist" / first / "nlu.json").write_text("damaged")
    second = train(bot, "two")
    with pytest.raises(Failure):
        Shelf(str(bot.parent / "shelf"), "dentist").pull(first, bot / "bundle")
    assert read_bundle(bot / "bundle").id == second


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pull", "--bundle", "nothing"], "there is no bundle nothing on the shelf"),
        (["pull"], "nothing was promoted to live yet"),
        (["promote", "--bundle", "nothing"], "push it first"),
    ],
)
def test_what_is_not_there_is_named(
    arguments: list[str], said: str, bot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(bot, *arguments) == 1
    assert said in capsys.readouterr().err


def test_without_a_shelf_the_way_to_one_is_told(
    bot: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BUNDLE_SHELF", raising=False)
    assert main(["push", "--assistant", str(bot)]) == 1
    assert "SHELF=folder" in capsys.readouterr().err
    shutil.rmtree(bot / "bundle")
    assert main(["list", "--assistant", str(bot)]) == 0
    assert "no bundle yet" in capsys.readouterr().out


def test_an_image_gets_the_files_that_its_stage_reads_on_top_of_its_code() -> None:
    spoken = ["speech.dict", "speech.lm"]
    names = ["dialogue.json", "model.bin", "model.onnx", "nlu.json", *spoken, "tokenizer.json", "manifest.json"]
    assert files_for("dialogue", names) == ["dialogue.json", "nlu.json", "manifest.json"]
    assert set(names) - set(files_for("nlu", names)) == {"speech.dict"}
    assert files_for("speech", names) == ["dialogue.json", "nlu.json", *spoken, "manifest.json"]
    assert write_recipe("registry/parley-nlu:1").splitlines()[0] == "FROM registry/parley-nlu:1"
