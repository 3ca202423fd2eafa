"""Importing Rasa projects: what is copied, what is refused, and what the page says."""

import os
from pathlib import Path

import pytest
import yaml

from model_artifacts.training.importing.__main__ import import_project, main
from model_artifacts.training.importing.code import FILE_BYTES
from model_artifacts.training.importing.encoding import detect_language
from model_artifacts.training.importing.page import render_page
from shared.errors import Rejected
from tests.unit.dialogue.talking import write_project

DOMAIN = """\
version: "3.1"
intents: [greet, book]
slots:
  place: {type: text, mappings: [{type: from_text, conditions: [{active_loop: trip_form}]}]}
forms:
  trip_form: {required_slots: [place]}
responses:
  utter_greet: [{text: Hello}]
  utter_ask_place: [{text: Where to?}]
actions: [validate_trip_form, action_book]
"""
RULES = """\
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: book
  steps: [{intent: book}, {action: trip_form}, {active_loop: trip_form}]
- rule: booked
  condition: [{active_loop: trip_form}]
  steps: [{action: trip_form}, {active_loop: null}, {action: action_book}]
"""
NLU = "nlu:\n- intent: greet\n  examples: |\n    - hello\n    - hi\n- intent: book\n  examples: |\n    - book a trip\n"
CONFIG = """\
language: en
pipeline:
- name: DIETClassifier
- name: FallbackClassifier
  threshold: 0.55
- name: DucklingEntityExtractor
- name: our.own.Component
policies:
- name: RulePolicy
- name: FancyPolicy
"""
TESTS = "stories:\n- story: one\n  steps: [{user: hello, intent: greet}, {action: utter_greet}]\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    project = write_project(tmp_path / "there", domain=DOMAIN, rules=RULES, nlu=NLU, config=CONFIG)
    (project / "tests").mkdir()
    (project / "tests" / "test_stories.yml").write_text(TESTS)
    (project / "actions").mkdir()
    (project / "actions" / "actions.py").write_text("raise SystemExit('never run')\n")
    (project / "credentials.yml").write_text("slack:\n  slack_token: secret\n")
    (project / "endpoints.yml").write_text("action_endpoint:\n  url: http://ann:secret@actions:5055/webhook?t=secret\n")
    return project


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def copied(into: Path) -> list[str]:
    return sorted(path.relative_to(into).as_posix() for path in into.rglob("*") if path.is_file())


def test_only_the_yaml_of_the_project_is_copied(source: Path, into: Path) -> None:
    import_project(source, "trips", into)
    assert copied(into) == [
        "trips/config.yml",
        "trips/data/nlu.yml",
        "trips/data/rules.yml",
        "trips/domain.yml",
        "trips/tests/test_stories.yml",
    ]


def test_the_page_says_what_is_the_same_what_is_changed_and_what_is_not(source: Path, into: Path) -> None:
    said = render_page(import_project(source, "trips", into))
    same, _, rest = said.partition("Runs in another way")
    changed, _, missing = rest.partition("Is not here")
    assert "3 examples, 2 intents, 1 slot, 1 form, 2 responses, 3 rules, 1 test story" in " ".join(same.split())
    assert "RulePolicy" in same
    assert "threshold 0.55" in same
    assert "DucklingEntityExtractor" in same
    assert "DIETClassifier" in changed
    assert all(name in missing for name in ("Component", "FancyPolicy"))
    assert "task test:stories ASSISTANT=trips" in said
    assert len(said.splitlines()) < 60


def test_custom_actions_are_named_with_what_to_do_and_without_secrets(source: Path, into: Path) -> None:
    said = render_page(import_project(source, "trips", into))
    assert "action_book, validate_trip_form" in said
    assert "ACTION_ENDPOINT=http://actions:5055/webhook" in said
    assert "actions/actions.py" in said
    assert "secret" not in said


def test_a_project_that_does_not_compile_is_told_and_leaves_nothing(
    source: Path, into: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = DOMAIN.replace("{required_slots: [place]}", "{place: [{type: from_text}]}")
    write_project(source, domain=old, rules=RULES, nlu=NLU, config=CONFIG)
    assert main(["--from", str(source), "--name", "trips", "--into", str(into)]) == 1
    said = capsys.readouterr()
    assert "domain.yml:6: error: the form 'trip_form' maps its slots in Rasa 2.x syntax" in said.out
    assert "rasa data migrate" in said.out
    assert "nothing was imported" in said.err
    assert list(into.iterdir()) == []


def test_links_to_the_outside_are_refused(source: Path, into: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.yml").write_text("nlu: []\n")
    (source / "data" / "outside.yml").symlink_to(tmp_path / "outside.yml")
    with pytest.raises(Rejected, match=r"data/outside\.yml: this is a link to something outside"):
        import_project(source, "trips", into)
    assert list(into.iterdir()) == []


def test_a_link_inside_the_project_is_copied_as_a_file(source: Path, into: Path) -> None:
    (source / "data" / "rules.yml").rename(source / "rules.txt")
    (source / "data" / "rules.yml").symlink_to(source / "rules.txt")
    import_project(source, "trips", into)
    assert not (into / "trips" / "data" / "rules.yml").is_symlink()


def test_folders_that_are_links_are_not_entered(source: Path, into: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "secret.yml").write_text("nlu: []\n")
    (source / "data" / "more").symlink_to(tmp_path / "more")
    (source / "data" / "round").symlink_to(source / "data")
    import_project(source, "trips", into)
    assert not any("secret" in name or "round" in name for name in copied(into))


def test_a_file_that_is_too_large_is_refused(source: Path, into: Path) -> None:
    (source / "data" / "large.yml").write_text("#" * (FILE_BYTES + 1))
    with pytest.raises(Rejected, match=r"data/large\.yml: this file has more than 8 MB"):
        import_project(source, "trips", into)


def test_a_pipe_is_refused_at_once(source: Path, into: Path) -> None:
    os.mkfifo(source / "data" / "pipe.yml")
    with pytest.raises(Rejected, match="no ordinary file"):
        import_project(source, "trips", into)


def test_yaml_that_multiplies_is_refused(source: Path, into: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    (source / "data" / "bomb.yml").write_text("\n".join(lines))
    with pytest.raises(Rejected, match="multiply to millions"):
        import_project(source, "trips", into)


def test_yaml_that_contains_itself_is_refused(source: Path, into: Path) -> None:
    (source / "data" / "self.yml").write_text("nlu: &a [*a]\n")
    with pytest.raises(Rejected, match="contains itself"):
        import_project(source, "trips", into)


@pytest.mark.parametrize("name", ["", "../up", "Trips", "a b", "-a", "a/b", ".hidden"])
def test_a_name_that_is_none_is_refused(source: Path, into: Path, name: str) -> None:
    with pytest.raises(Rejected, match="a name is lower-case letters"):
        import_project(source, name, into)


def test_an_assistant_that_is_there_is_not_overwritten(source: Path, into: Path) -> None:
    (into / "trips").mkdir()
    with pytest.raises(Rejected, match="there is an assistant trips already"):
        import_project(source, "trips", into)


def test_a_folder_without_a_domain_is_refused(into: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Rejected, match=r"there is no domain\.yml"):
        import_project(tmp_path / "empty", "trips", into)


def test_custom_actions_are_copied_only_where_that_is_asked_for(source: Path, into: Path) -> None:
    (source / "actions" / "table.csv").write_text("a,b\n")
    (source / "actions" / ".env").write_text("TOKEN=secret\n")
    (source / "requirements-actions.txt").write_text("requests\n")
    imported = import_project(source, "bot", into, code=True)
    copied = {path.relative_to(into / "bot").as_posix() for path in (into / "bot" / "actions").rglob("*")}
    assert copied == {"actions/actions.py", "actions/table.csv", "actions/requirements.txt"}
    shown = render_page(imported)
    assert "copied to actions/" in shown
    assert "task setup:actions ASSISTANT=bot" in " ".join(shown.split())
    assert "ACTION_ENDPOINT" not in shown


def test_actions_in_one_file_become_the_package_that_they_are_imported_as(source: Path, into: Path) -> None:
    (source / "actions" / "actions.py").unlink()
    (source / "actions").rmdir()
    (source / "actions.py").write_text("import rasa_sdk\n")
    import_project(source, "bot", into, code=True)
    assert (into / "bot" / "actions" / "__init__.py").read_text() == "import rasa_sdk\n"


def test_code_behind_a_link_to_the_outside_is_refused(source: Path, into: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("secret = 1\n")
    (source / "actions" / "more.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(Rejected, match=r"actions/more\.py: this is a link to something outside"):
        import_project(source, "bot", into, code=True)
    assert list(into.iterdir()) == []


def test_what_stands_around_a_project_is_named_with_what_takes_its_place(source: Path, into: Path) -> None:
    (source / "endpoints.yml").write_text(
        "nlg: {url: 'http://ann:secret@nlg/'}\ntracker_store: {type: SQL, password: secret}\n"
        "event_broker: {type: pika}\nlock_store: {type: redis}\n"
    )
    (source / "credentials.yml").write_text("facebook: {secret: secret}\nown.channels.Pigeon: {}\nrest:\n")
    said = " ".join(render_page(import_project(source, "trips", into)).split())
    for words in (
        "endpoints.yml, nlg: set NLG_ENDPOINT to the server's address",
        "STORE_URL",
        "event_broker: every event is a CloudEvent",
        "lock_store: nothing takes its place",
        "credentials.yml, facebook (messenger), rest: set what each needs in .env",
        "own.channels.Pigeon: a channel of the project's own",
    ):
        assert words in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "head", ["responses:\n    utter_bye: [{text: Bye}]", "responses: {}", "", "responses:  # ours"]
)
def test_responses_that_only_the_projects_server_says_stand_in_the_domain_without_words(
    head: str, source: Path, into: Path
) -> None:
    domain = f"version: '3.1'\nintents: [greet, book]\n{head}\nactions: [utter_listed]\n"
    (source / "domain.yml").write_text(domain)
    (source / "data" / "nlu.yml").write_text(
        "nlu:\n- intent: greet\n  examples: |\n    - hi\n    - hello\n- intent: book\n  examples: |\n    - book\n"
    )
    (source / "data" / "rules.yml").write_text(
        "rules:\n- rule: greet\n  steps: [{intent: greet}, {action: utter_spoken}, {action: utter_listed}]\n"
    )
    with pytest.raises(Rejected, match="utter_"):
        import_project(source, "trips", into)
    (source / "endpoints.yml").write_text("nlg: {url: 'http://nlg/'}\n")
    said = " ".join(render_page(import_project(source, "trips", into)).split())
    assert "utter_listed, utter_spoken; set NLG_ENDPOINT" in said
    responses = yaml.safe_load((into / "trips" / "domain.yml").read_text())["responses"]
    assert (responses["utter_listed"], responses["utter_spoken"]) == ([], [])
    assert ("utter_bye" in responses) == ("utter_bye" in head)


def test_components_come_along_with_the_code(source: Path, into: Path) -> None:
    (source / "components").mkdir()
    (source / "components" / "codes.py").write_text("def find(text, entities):\n    return entities\n")
    import_project(source, "without", into)
    assert not (into / "without" / "components").exists()
    import_project(source, "trips", into, code=True)
    assert (into / "trips" / "components" / "codes.py").is_file()


def test_the_page_measures_how_much_of_the_text_the_encoder_knows(source: Path, into: Path) -> None:
    # Sinhala, of which the English encoder has no piece; the setting says English.
    nlu = (
        "nlu:\n- intent: greet\n  examples: |\n    - ආයුබෝවන්\n    - සුබ උදෑසනක්\n"
        "- intent: book\n  examples: |\n    - ගමනක්\n    - කාමරයක්\n"
    )
    (source / "data" / "nlu.yml").write_text(nlu, encoding="utf-8")
    said = " ".join(render_page(import_project(source, "trips", into)).split())
    assert "characters the English encoder does not know" in said
    assert "examples of different intents are the same to it" in said
    assert "echo 'languages: [si]' >> model_artifacts/assistants/trips/config.yml && task train" in said


@pytest.mark.parametrize(
    ("examples", "code"),
    [
        ("Привет, как у вас дела|Хочу заказать билет до моря|Сколько это стоит", "ru"),
        ("你好|我想订一个房间|多少钱", "zh"),
        ("xin chào|tôi muốn đặt một phòng|giá bao nhiêu", "vi"),
        ("hello there|I would like a room|what does it cost", None),
        ("👍|🎉", None),
    ],
)
def test_the_language_of_examples_is_told_where_the_setting_does_not(examples: str, code: str | None) -> None:
    assert detect_language(examples.split("|")) == code


def test_english_examples_are_known_and_nothing_is_said(source: Path, into: Path) -> None:
    said = render_page(import_project(source, "trips", into))
    assert "encoder does not know" not in said
    assert "languages:" not in said
