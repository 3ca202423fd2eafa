"""The tools behind `task history`, `forget`, `deadletters` and `export` on the stores that outlive a process."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from monitoring.conversations import dead_letters as letters
from monitoring.conversations import export, history
from shared.stores.ports import Store
from tests.contract.firestore_emulator import Emulator
from tests.contract.stores.talking import ME, YOU, letter, say
from tests.contract.stores.test_firestore import documents
from tests.contract.stores.test_keeping import SECRET

KEPT = pytest.mark.parametrize("url", ["sqlite", "firestore", "firestore+grpc"], indirect=True)
FAR = 4e9
"""An expiry after today."""


@pytest.fixture
def filled(url: str, open_url: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch) -> Store:
    """Two people in the store that STORE_URL names."""
    monkeypatch.setenv("STORE_URL", url)
    store = open_url(url)
    for conversation in (ME, YOU):
        document = {"text": f"send it to {SECRET}", "intent": "order", "confidence": 0.9, "replies": [{"text": "yes"}]}
        for message in ("m1", "m2"):
            say(store, conversation, message, expire_at=FAR, document=document, due={"tea": (5.0, {"at": SECRET})})
        store.ledger.claim(f"e.{conversation}", conversation, "a", 1.0, 10.0, FAR)
        store.outbox.append(conversation, "e", [{"text": SECRET}], 1.0, FAR)
        store.dead_letters.keep(letter(f"l.{conversation}", conversation, cause="nlu answered 400: no luck"), FAR)
    return store


@KEPT
def test_a_conversation_is_shown_and_forgotten_with_proof(filled: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert history.main(["show"]) == 0
    assert [line.split()[4] for line in capsys.readouterr().out.splitlines()] == [ME, YOU]
    assert history.main(["show", ME]) == 0
    assert f"send it to {SECRET}" in capsys.readouterr().out
    assert history.main(["forget", ME]) == 0
    said = capsys.readouterr().out
    assert f" documents of {ME}; what is left of it now" in said
    assert not said.startswith("removed 0")
    assert "  0  documents in any table or collection" in said
    assert history.main(["show", ME]) == 1
    assert [turn.id for turn in filled.conversations.history(YOU, 1.0)] == ["m1", "m2"]


@pytest.mark.parametrize("url", ["firestore", "firestore+grpc"], indirect=True)
@pytest.mark.usefixtures("filled")
def test_nothing_of_a_forgotten_person_is_in_any_document_of_firestore(emulated: Emulator) -> None:
    for conversation in (ME, YOU):
        assert SECRET in json.dumps(documents(emulated.host))
        assert history.main(["forget", conversation]) == 0
    assert documents(emulated.host) == []


@KEPT
@pytest.mark.usefixtures("filled")
def test_dead_letters_are_listed_and_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert letters.main(["list"]) == 0
    said = capsys.readouterr().out
    assert "2 dead letters, 2 not replayed" in said
    assert f"l.{ME}" in said


@KEPT
@pytest.mark.usefixtures("filled")
def test_conversations_are_exported(tmp_path: Path) -> None:
    assert export.main(["--out", str(tmp_path / "out")]) == 0
    lines = (tmp_path / "out" / "conversations.jsonl").read_text().splitlines()
    assert len(lines) >= 2
    assert ME not in "".join(lines)
