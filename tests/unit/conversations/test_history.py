"""Stored conversations: shown, exported without personal data, played against a bundle again, and forgotten."""

import json
import re
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
import yaml

from functions.actions.loading import load_functions
from functions.actions.stage import Actions
from functions.dialogue.stage import Dialogue
from functions.dialogue.table import read_table
from functions.nlu.reading import open_reader
from functions.nlu.stage import Nlu
from knative.local.broker.events import Event
from knative.local.broker.journal import Journal
from model_artifacts.training.nlu.reading import read_files
from monitoring.conversations import export, history, questions, rerun
from monitoring.conversations.redaction import Redaction, make_redaction
from monitoring.conversations.review.reading import Wanted, find_conversations
from shared.bundle.manifest import read_bundle
from shared.events.catalogue import MessageReceived
from shared.events.envelope import Envelope
from shared.stores.opening import open_store
from shared.stores.ports import Committed, DeadLetter, Turn
from tests.architecture.code import ROOT

ASSISTANT = ROOT / "model_artifacts" / "assistants" / "default"
SAID = (
    "hello",
    "search for a video about horror movies",
    "I want to order a large Pepperoni Pizza",
    "to 12 Baker Street",
    "yes",
    "mail the receipt to Ann.Lee+x@example.org or call +44 20 7946 0958",
    "play some jazz",
    # Of the documents.
    "how do I connect Telegram?",
)
SPOKEN = MessageReceived("", "ann", transcription_failure="silence")
"""What nobody could hear, after what was said."""
TURNS = len(SAID) + 1
PROBED = ("hello again", "search for a video about glaciers")
"""What the observer said to see that there is an answer; the second through an action."""
PERSONAL = ("12 Baker", "Ann.Lee", "example.org", "7946")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the store of one conversation and of one probe, as the real stages leave it."""
    home = tmp_path_factory.mktemp("home")
    bundle = read_bundle(ASSISTANT / "bundle")
    functions = load_functions(ASSISTANT / "actions", {})
    store = open_store(f"sqlite:{home / 'default' / 'store.db'}")
    nlu = Nlu(open_reader(bundle), bundle.id)
    table = read_table(bundle.find_file("dialogue.json").read_bytes(), bundle.id, bundle.read_verified)
    dialogue = Dialogue(table, store.conversations, clock=time.time)
    actions = Actions(functions.actions, assets=bundle.path, settings=functions.settings)
    heard = [("rest:ann", heard, "") for heard in [*(MessageReceived(text, "ann") for text in SAID), SPOKEN]]
    heard += [("rest:observer", MessageReceived(text, "observer"), "probe") for text in PROBED]
    for number, (conversation, data, purpose) in enumerate(heard):
        ident = f"rest:m{number}"
        event: Envelope | None = Envelope(
            ident, "/t", conversation, data, MessageReceived.TYPE, ident, "rest", purpose=purpose
        )
        assert event is not None
        event = dialogue(nlu(event))
        while event is not None and (completed := actions(event) if event.type.endswith("requested.v1") else None):
            event = dialogue(completed)
    store.outbox.append("rest:ann", "k", [{"text": "posted"}], time.time(), time.time() + 60)
    store.dead_letters.keep(
        DeadLetter("l", "t", "rest:ann", "nlu answered 400", time.time(), {"id": "e"}), time.time() + 60
    )
    store.close()
    return home


@pytest.fixture
def home(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(recorded, tmp_path / "home")
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_conversation_is_shown_with_what_was_meant_done_and_said(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert history.main(["show", "rest:ann"]) == 0
    shown = capsys.readouterr().out
    assert "person  search for a video about horror movies" in shown
    assert "genre=horror" in shown
    assert "action_search_video (RulePolicy" in shown
    assert "says    Here are horror films" in shown
    assert "BotFather" in shown
    assert "person  [a voice message that did not become text: silence]\n   says    I could not hear anything" in shown
    assert history.main(["show", "--assistant", "default", "rest:ann"]) == 0
    assert capsys.readouterr().out == shown
    assert history.main(["show", "--assistant", "default"]) == 0
    listed = capsys.readouterr().out
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\dZ +{TURNS} turns  rest:ann  \n", listed)
    assert history.main(["show", "rest:nobody"]) == 1


def test_what_the_observer_says_is_nowhere_among_what_people_said(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert history.main(["show"]) == 0
    assert export.main(["--out", str(tmp_path / "out")]) == 0
    assert rerun.main(["--bundle", str(ASSISTANT / "bundle")]) == 0
    told = capsys.readouterr().out + "".join(path.read_text() for path in (tmp_path / "out").iterdir())
    assert "1 conversations" in told
    assert f"{TURNS} turns, 0 would change" in told
    assert "rest:observer" not in told
    assert not [text for text in PROBED if text in told]
    store = open_store(f"sqlite:{home / 'default' / 'store.db'}")
    found, _ = find_conversations(store, Wanted(), now=time.time())
    store.close()
    assert [conversation.name for conversation in found] == ["rest:ann"]
    # Whoever names it looks for what is wrong with it.
    assert history.main(["show", "rest:observer"]) == 0
    shown = capsys.readouterr().out
    assert all(text in shown for text in PROBED)


def test_a_question_that_a_probe_asks_is_no_persons(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A probe that the documents do not answer would be the most frequent question of all."""
    store, now = open_store(f"sqlite:{home / 'default' / 'store.db'}"), time.time()
    unanswered = {"event": "bot", "metadata": {"knowledge": {"outcome": "not_found"}}}
    for conversation, purpose in (("rest:ben", {}), ("rest:probing", {"purpose": "probe"})):
        document = {"text": f"do you know {conversation[5:]}?", "events": [unanswered], "replies": [], **purpose}
        store.conversations.commit(conversation, None, Committed({}, Turn("q", now, document), now + 60), now)
    store.close()
    assert questions.main([]) == 0
    asked = capsys.readouterr().out
    assert "do you know ben?" in asked
    assert "probing" not in asked


def test_an_export_has_every_turn_and_no_personal_data(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert export.main(["--out", str(out)]) == 0
    files = {path.name: path.read_text() for path in out.iterdir()}
    assert len(files["conversations.jsonl"].splitlines()) == TURNS
    assert [
        json.loads(line).get("transcription_failure") for line in files["conversations.jsonl"].splitlines()[-2:]
    ] == [
        None,
        "silence",
    ]
    for name, content in files.items():
        for words in (*PERSONAL, "rest:ann"):
            assert words.lower() not in content.lower(), f"{words} is in {name}"
    assert "<address>" in files["conversations.jsonl"]
    assert "<email>" in files["conversations.jsonl"]
    assert "<phone>" in files["conversations.jsonl"]
    assert json.loads(files["conversations.jsonl"].splitlines()[1])["intent"] == "search_video"


def test_exported_examples_are_training_data_again(home: Path, tmp_path: Path) -> None:
    assert export.main(["--out", str(tmp_path)]) == 0
    read = read_files([tmp_path / "nlu.yml"])
    example = next(example for example in read.examples if example.text == "search for a video about horror movies")
    assert example.intent == "search_video"
    told = yaml.safe_load((tmp_path / "stories.yml").read_text())["stories"][0]["steps"]
    assert {"intent": "search_video", "entities": [{"genre": "horror"}]} in told
    assert {"action": "action_search_video"} in told


def test_unredacted_is_what_people_wrote(home: Path, tmp_path: Path) -> None:
    assert export.main(["--out", str(tmp_path), "--unredacted"]) == 0
    assert "Ann.Lee+x@example.org" in (tmp_path / "conversations.jsonl").read_text()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("write to a@b.co now", "write to <email> now"),
        ("0171 234 5678 is mine", "<phone> is mine"),
        ("call +49 (0)30 1234567", "call <phone>"),
        ("order 123456789", "order <number>"),
        ("card 4111 1111 1111 1111", "card <number>"),
        ("GB82 WEST 1234 5698 7654 32", "<iban>"),
        ("between 1990 and 1999, 2 large ones for 25.50", "between 1990 and 1999, 2 large ones for 25.50"),
        ("I live at 5 Elm Road, elm road!", "I live at <delivery_address>, elm road!"),
        ("030 12345 or 0800 12", "<phone> or 0800 12"),
        ("call +4930123", "call <phone>"),
        ("Ann Lee or Annabel", "<surname> or Annabel"),
    ],
)
def test_redaction_finds_what_it_promises_and_leaves_the_rest(text: str, kept: str) -> None:
    slots = {"delivery_address": "5 Elm Road", "genre": "large", "surname": "Ann Lee", "rename": "large"}
    assert make_redaction([{"slots": slots}]).redact_text(text) == kept


def test_whole_numbers_are_redacted_from_eight_digits_on() -> None:
    redacted = Redaction().redact_value(
        {"table": 1_234_567, "phone": 12_345_678, "card": -4_111_111_111_111_111, "yes": True}
    )
    assert redacted == {"table": 1_234_567, "phone": "<number>", "card": "<number>", "yes": True}


def test_the_same_bundle_changes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (home / "default" / "store.db").read_bytes()
    assert rerun.main(["--bundle", str(ASSISTANT / "bundle")]) == 0
    assert f"{TURNS} turns, 0 would change" in capsys.readouterr().out
    assert (home / "default" / "store.db").read_bytes() == before


def test_another_bundle_is_compared_turn_by_turn(home: Path) -> None:
    player = rerun.Player(ASSISTANT / "bundle")
    store = open_store(f"sqlite:{home / 'default' / 'store.db'}")
    turns = list(history.turns_of(store, "rest:ann", time.time()))
    store.close()
    # As if an older bundle had decided: another intent, another reply, and an action that nobody asked for then.
    old = dict(turns[1].document)
    old |= {"intent": "play_music", "replies": [{"text": "Old words"}], "answers": []}
    turns[1] = type(turns[1])(turns[1].id, turns[1].at, old, turns[1].number)
    changes = {change.turn: change for change in player.play("rest:ann", turns, 0.1)}
    assert changes[2].intent == ("play_music", "search_video")
    assert changes[2].new_actions == ("action_search_video",)
    assert changes[2].replies is not None
    assert changes[2].replies[0] == ["Old words"]
    assert "intent      play_music -> search_video" in rerun.render_change(changes[2])
    assert 1 not in changes


def test_forgetting_leaves_nothing_in_any_port_nor_in_the_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal(home / "default" / "8080" / "journal.db")
    event = Event({"subject": "rest:ann", "id": "1", "type": "t", "source": "s"}, b"words", {})
    journal.accept(event, ["t"], 1.0)
    assert history.main(["forget", "rest:ann"]) == 1
    assert "end it, and forget again" in capsys.readouterr().out
    journal.close()
    assert history.main(["forget", "rest:ann"]) == 0
    assert "events (removed 1)" in capsys.readouterr().out
    for path in (home / "default" / "store.db", home / "default" / "8080" / "journal.db"):
        for file in (path, path.with_name(path.name + "-wal")):
            content = file.read_bytes() if file.exists() else b""
            for words in (b"rest:ann", b"Baker", b"horror", b"words"):
                assert words not in content, f"{words!r} is still in {file.name}"
    with sqlite3.connect(home / "default" / "store.db") as db:
        rows = [row for row in db.iterdump() if row.startswith("INSERT INTO") and "sqlite_" not in row]
    db.close()
    rows = [row for row in rows if "rest:observer" not in row]
    assert rows == []


def test_the_tools_say_what_to_do_without_a_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path))
    assert history.main(["show"]) == 1
    assert "task up" in capsys.readouterr().err


def test_buttons_and_reminders_teach_nothing() -> None:
    texts = ("play some jazz", "/play_music", "EXTERNAL: EXTERNAL_order_arrived")
    turns = [{"text": text, "intent": "play_music", "entities": []} for text in texts]
    conversation = export.Conversation("web:me", turns, Redaction(off=True), ())
    assert export.export_examples([conversation]) == {"play_music": ["play some jazz"]}
