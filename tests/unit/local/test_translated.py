"""An assistant in further languages: a copy beside it that is kept like its source."""

from pathlib import Path

import pytest

from knative.local.processes import CannotRun
from knative.local.translated import copy_in_languages


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        file = folder / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".yml").write_text(text, encoding="utf-8")
    return folder


def test_the_copy_names_the_languages_after_that_of_the_examples(tmp_path: Path) -> None:
    source = write(
        tmp_path / "shop", config="recipe: x\nlanguage: en\nlanguages:\n  - en\n  - it\npolicies: []\n", domain="a: 1\n"
    )
    copy, changed = copy_in_languages(source, ["de", "pt-BR"])
    assert (copy, changed) == (tmp_path / ".shop.en-de-pt", True)
    assert (copy / "config.yml").read_text() == "languages: [en, de, pt-br]\nrecipe: x\npolicies: []\n"
    assert (copy / "domain.yml").read_text() == "a: 1\n"


def test_what_changes_in_the_source_changes_in_the_copy_and_its_bundle_stays(tmp_path: Path) -> None:
    source = write(tmp_path / "shop", config="language: en\n", domain="a: 1\n", data__nlu="b: 2\n")
    copy, _ = copy_in_languages(source, ["de"])
    write(copy, bundle__manifest="kept: true\n")
    assert copy_in_languages(source, ["de"]) == (copy, False)
    write(source, domain="a: 3\n")
    (source / "data" / "nlu.yml").unlink()
    assert copy_in_languages(source, ["de"]) == (copy, True)
    assert (copy / "domain.yml").read_text() == "a: 3\n"
    assert not (copy / "data" / "nlu.yml").exists()
    assert (copy / "bundle" / "manifest.yml").exists()


def test_what_is_no_language_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    source = write(tmp_path / "shop", config="language: en\n")
    with pytest.raises(CannotRun, match="there is no language 'klingon'"):
        copy_in_languages(source, ["klingon"])
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]
