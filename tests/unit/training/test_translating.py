"""`task translate`: a skeleton that keeps what is there, filled in by hand or from a translator's table."""

import csv
from pathlib import Path

import pytest

from model_artifacts.templates.__main__ import create_assistant
from model_artifacts.training.dialogue.compilation import compile_dialogue
from model_artifacts.training.translating import Refused, main, read_table
from model_artifacts.training.validating.project import problems_of


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    made = create_assistant("dentist", "booking", tmp_path / "bot")
    config = made / "config.yml"
    config.write_text(config.read_text().replace("language: en", "languages: [en, de]", 1))
    return made


def run(bot: Path, *more: str) -> int:
    return main(["--assistant", str(bot), "--to", "de", *more])


def test_what_is_missing_is_listed_until_it_is_translated(bot: Path) -> None:
    (note,) = problems_of(bot)
    assert (note.severity, note.place.file) == ("note", "config.yml")
    assert "responses are not in 'de' and are said in 'en': " in note.text
    run(bot)
    assert problems_of(bot) == (note,)
    said = compile_dialogue(bot)["domain"]["responses"]
    assert all("language" not in variation for variations in said.values() for variation in variations)


def test_a_table_fills_it_in_and_comments_stay(bot: Path, tmp_path: Path) -> None:
    table = tmp_path / "open.csv"
    run(bot, "--table", str(table))
    path = bot / "domain" / "responses.de.yml"
    path.write_text("# by Ms Schmidt\n" + path.read_text())
    with table.open(encoding="utf-8", newline="") as file:
        sources = [row["source"] for row in csv.DictReader(file)]
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("source", "translation"), *((source, f"«{source}»") for source in sources)])
    run(bot, "--file", str(table))
    assert path.read_text().startswith("# by Ms Schmidt\n")
    assert problems_of(bot) == ()
    before = path.read_text()
    run(bot)
    assert path.read_text() == before
    said = compile_dialogue(bot)["domain"]["responses"]["utter_greet"]
    assert {variation.get("language") for variation in said} == {None, "de"}
    german = [variation for variation in said if variation.get("language") == "de"]
    english = [variation for variation in said if "language" not in variation]
    assert german[0]["text"] == f"«{english[0]['text']}»"
    assert [one["payload"] for one in german[0].get("buttons", ())] == [
        one["payload"] for one in english[0].get("buttons", ())
    ]


def test_a_new_response_is_added_to_what_is_there(bot: Path) -> None:
    run(bot)
    domain = bot / "domain.yml"
    domain.write_text(domain.read_text().replace("responses:\n", 'responses:\n  utter_new:\n    - text: "New"\n', 1))
    before = (bot / "domain" / "responses.de.yml").read_text()
    run(bot)
    after = (bot / "domain" / "responses.de.yml").read_text()
    assert after.startswith(before)
    assert '- text: ""  # "New"' in after


@pytest.mark.parametrize(
    ("to", "text"),
    [("fr", "config.yml does not name fr; write `languages: [en, de, fr]`"), ("en", "en is the language of the")],
)
def test_a_language_that_is_not_named_is_refused(to: str, text: str, bot: Path) -> None:
    with pytest.raises(Refused, match=text.replace("[", r"\[").replace("]", r"\]")):
        main(["--assistant", str(bot), "--to", to])


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.csv", "en,de\nYes,Ja\n", "must be CSV with the columns source and translation"),
        ("a.yml", "- Yes\n", "must hold `source: translation` lines"),
        ("a.yml", "a: [", "is no YAML"),
    ],
)
def test_a_file_that_is_no_table_is_refused(name: str, content: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(Refused, match=text):
        read_table(tmp_path / name)
    with pytest.raises(Refused, match="cannot be read"):
        read_table(tmp_path / "missing.csv")
