"""The languages that an assistant names, and where they go."""

import json
import shutil
from pathlib import Path

import pytest

from functions.nlu.intent import REJECTED
from model_artifacts.templates.__main__ import create_assistant
from model_artifacts.training.dialogue.compilation import compile_dialogue
from model_artifacts.training.languages import UnknownLanguage, read_languages
from model_artifacts.training.nlu.assistant import compute_fingerprint, read_assistant
from model_artifacts.training.nlu.bundling import read_settings
from model_artifacts.training.nlu.evaluation import language_of
from model_artifacts.training.validating.project import problems_of
from tests.architecture.code import ROOT


@pytest.mark.parametrize(
    ("config", "languages"),
    [
        ({}, ("en",)),
        ({"language": "de"}, ("de",)),
        ({"language": "pt_BR"}, ("pt-br",)),
        ({"languages": ["en"]}, ("en",)),
        ({"languages": ["de", "EN", "pt-BR"]}, ("de", "en", "pt-br")),
        ({"language": "de-AT", "languages": ["de", "en"]}, ("de", "en")),
        ({"language": "a language of Rasa's that has no code"}, ("a language of rasa's that has no code",)),
    ],
)
def test_languages_are_read(config: dict[str, object], languages: tuple[str, ...]) -> None:
    assert read_languages(config) == languages


@pytest.mark.parametrize("given", [[], "en", {"en": 1}, [None], [["en"]], ["en", ""], ["en", "english"], ["xx"]])
def test_what_is_no_list_of_languages_is_refused(given: object) -> None:
    with pytest.raises(UnknownLanguage):
        read_languages({"languages": given})


def speaking(languages: str, folder: Path) -> Path:
    made = create_assistant("dentist", "booking", folder / "bot")
    config = made / "config.yml"
    config.write_text(config.read_text().replace("language: en", languages, 1))
    return made


def test_they_reach_understanding_and_dialogue(tmp_path: Path) -> None:
    made = speaking("languages: [en, de, pt-BR]", tmp_path)
    # What is not translated yet is a note, for each language.
    assert [problem.severity for problem in problems_of(made)] == ["note", "note"]
    assistant = read_assistant(made)
    assert (assistant.language, assistant.languages) == ("en", ("en", "de", "pt"))
    settings = read_settings(assistant, assistant.entities)
    assert (settings["language"], settings["languages"]) == ("en", ["en", "de", "pt"])
    domain = compile_dialogue(made)["domain"]
    assert (domain["language"], domain["languages"]) == ("en", ["en", "de", "pt-br"])


def test_an_assistant_of_one_language_is_compiled_as_ever(tmp_path: Path) -> None:
    one, named = speaking("language: en", tmp_path / "one"), speaking("languages: [en]", tmp_path / "named")
    assert json.dumps(compile_dialogue(one)) == json.dumps(compile_dialogue(named))
    assert "languages" not in compile_dialogue(one)["domain"]
    assert compute_fingerprint(read_assistant(one)) == compute_fingerprint(read_assistant(named))
    assert "languages" not in read_settings(read_assistant(one), ())


def test_files_of_a_language_are_read_where_it_is_spoken(tmp_path: Path) -> None:
    source = ROOT / "model_artifacts" / "assistants" / "default"
    shutil.copytree(source, tmp_path / "default", ignore=shutil.ignore_patterns("bundle"))
    config = tmp_path / "default" / "config.yml"
    lines = [line for line in config.read_text().splitlines(keepends=True) if not line.startswith("language")]
    words = "nlu:\n- synonym: horror\n  examples: |\n    - gruselig\n"
    (tmp_path / "default" / "data" / "synonyms.de.yml").write_text(words)
    config.write_text("".join(["language: en\n", *lines]))
    english = read_assistant(tmp_path / "default")
    config.write_text("".join(["languages: [en, de, es, fr, it, pt]\n", *lines]))
    assistant = read_assistant(tmp_path / "default")
    assert {language_of(example) for example in english.held_out} == {None}
    assert "gruselig" in assistant.nlu.synonyms
    assert "gruselig" not in english.nlu.synonyms
    said = {example.text.casefold() for example in assistant.nlu.examples}
    for language in assistant.languages[1:]:
        held_out = [example for example in assistant.held_out if language_of(example) == language]
        in_scope = [example for example in held_out if example.intent not in REJECTED]
        assert len(in_scope) >= 40
        assert len(held_out) - len(in_scope) >= 10
        assert not {example.text.casefold() for example in held_out} & said
