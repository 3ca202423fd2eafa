"""The JSON Schemas for editors: up to date, true of every assistant here, and against what is misspelled."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from knative.local.assistants import ASSISTANTS
from model_artifacts.templates.__main__ import TEMPLATES, create_assistant
from model_artifacts.training.dialogue.documents import read_document, strip_places
from model_artifacts.training.dialogue.problems import Problems
from model_artifacts.training.validating.schemas import FILES, FOLDER, build_document, write_schema


def kind_of(file: Path) -> str | None:
    if file.stem in ("page", "test_documents") or "knowledge" in file.parts:
        return None
    return file.stem if file.stem in FILES else "data"


def read(file: Path) -> Any:
    return strip_places(read_document(file, file.parent, Problems()))


@pytest.mark.parametrize("kind", FILES)
def test_the_files_are_as_task_docs_writes_them(kind: str) -> None:
    assert (FOLDER / f"{kind}.schema.json").read_text() == write_schema(kind)
    jsonschema.Draft202012Validator.check_schema(build_document(kind))


@pytest.mark.parametrize("template", [*TEMPLATES, "default"])
def test_they_hold_of_every_file(template: str, tmp_path: Path) -> None:
    made = ASSISTANTS / template if template == "default" else create_assistant("mine", template, tmp_path / "bot")
    files = [file for file in sorted(made.rglob("*.yml")) if ".github" not in file.parts]
    assert len(files) >= 5
    for file in files:
        if kind := kind_of(file):
            jsonschema.Draft202012Validator(build_document(kind)).validate(read(file))


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_assistants_files_name_the_schema_that_they_keep(template: str, tmp_path: Path) -> None:
    made = create_assistant("mine", template, tmp_path / "bot")
    for file in (path for path in made.rglob("*.yml") if ".github" not in path.parts and path.name != "page.yml"):
        name = file.read_text().split("\n", 1)[0].removeprefix("# yaml-language-server: $schema=")
        assert (file.parent / name).resolve() == FOLDER / f"{kind_of(file)}.schema.json"


def test_a_misspelled_key_keeps_no_schema() -> None:
    with pytest.raises(jsonschema.ValidationError, match="respones"):
        jsonschema.validate({"respones": {}}, build_document("domain"))
