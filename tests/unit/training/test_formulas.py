"""What people say to any assistant, learned in its other languages."""

from pathlib import Path

from model_artifacts.templates.__main__ import create_assistant
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.dataset import assemble
from model_artifacts.training.nlu.formulas import FILE, is_formula, read_formulas


def speaking(folder: Path, languages: str) -> Path:
    made = create_assistant("dentist", "booking", folder / "bot")
    config = made / "config.yml"
    config.write_text(config.read_text().replace("language: en", languages, 1))
    return made


def test_they_are_learned_for_the_intents_and_languages_of_an_assistant(tmp_path: Path) -> None:
    assistant = read_assistant(speaking(tmp_path, "languages: [en, de]"))
    found = {(example.text, example.intent) for example in read_formulas(assistant)}
    assert ("guten Morgen", "greet") in found
    assert ("auf keinen Fall", "deny") in found
    assert {intent for _, intent in found} <= {example.intent for example in assistant.nlu.examples}
    assert not {"buenos días", "good morning"} & {text for text, _ in found}


def test_they_are_learned_and_nothing_is_chosen_on_them(tmp_path: Path) -> None:
    dataset = assemble(read_assistant(speaking(tmp_path, "languages: [en, de]")), None, 0)
    assert any(is_formula(example) for example in dataset.training)
    assert not any(is_formula(example) for example in dataset.validation)


def test_an_assistant_of_one_language_learns_none(tmp_path: Path) -> None:
    assert read_formulas(read_assistant(speaking(tmp_path, "language: en"))) == ()


def test_what_the_assistant_says_itself_counts(tmp_path: Path) -> None:
    made = speaking(tmp_path, "languages: [en, de]")
    (made / "data" / "nlu.de.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: goodbye\n  examples: |\n    - guten Morgen\n'
    )
    (made / "tests" / "test_nlu.de.yml").write_text(
        'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - guten Abend\n'
    )
    texts = {example.text for example in read_formulas(read_assistant(made))}
    assert "guten Tag" in texts
    assert not {"guten Morgen", "guten Abend"} & texts


def test_no_phrase_means_two_things_in_one_language() -> None:
    meant: dict[tuple[str, str], str] = {}
    names = ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        language, colon, phrases = line.partition(": ")
        if not colon:
            names = line or names
            continue
        for phrase in phrases.split(";"):
            assert meant.setdefault((language, phrase.strip().casefold()), names) == names, phrase
