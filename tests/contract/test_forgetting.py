"""One person forgotten everywhere: the store, the broker that runs and its journal, down to the bytes of the files."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from monitoring.conversations import history
from shared.stores.opening import open_store
from shared.stores.ports import Review, Store
from tests.contract.broker.running import Answer, RunningBroker, Subscriber, quick, running, subscribers, trigger, until
from tests.contract.firestore_emulator import PROJECT, Emulator, firestore_emulator
from tests.contract.stores.talking import letter, say
from tests.contract.stores.test_firestore import documents

__all__ = ["firestore_emulator"]

ANN, BEN = "web:ann", "web:ben"
SECRET = "my-secret-street-17"
FAR = 4e9


@pytest.fixture(params=["sqlite", "firestore"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    url = f"sqlite:{tmp_path}/kept/default/store.db"
    if request.param == "firestore":
        emulator: Emulator = request.getfixturevalue("firestore_emulator")
        emulator.wipe()
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", emulator.host)
        url = f"firestore:{PROJECT}"
    monkeypatch.setenv("STORE_URL", url)
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path / "kept"))
    with closing(open_store(url)) as opened:
        yield opened


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[RunningBroker, Subscriber]]:
    """One that takes a person's event, one that is down, and one whose dead letters are not taken."""
    home = tmp_path / "kept" / "default" / "8080"
    with subscribers(None, lambda _: Answer(503), lambda _: Answer(503)) as (takes, down, sink):
        triggers = [
            trigger("done", takes),
            trigger("waits", down, delivery={"retry": 90, "backoffPolicy": "linear", "backoffDelay": "PT60S"}),
        ]
        triggers.append(trigger("parked", down, delivery=quick(sink=sink, retry=0)))
        with running(home, triggers) as started:
            addresses = {"broker": f"http://127.0.0.1:{started.port}"}
            run = {"pid": os.getpid(), "bundle": "b", "addresses": addresses}
            (home / "run.json").write_text(json.dumps(run))
            yield started, takes


def fill(store: Store, conversation: str) -> None:
    """Something in every port, a rate counter and a reminder among them."""
    # Of this person's own, so that compressed it looks like nobody else's.
    own = {"text": f"{SECRET} {sha256(conversation.encode()).hexdigest()}"}
    for message in ("m1", "m2"):
        say(store, conversation, message, expire_at=FAR, due={"tea": (5.0, {"at": SECRET})}, document=own)
    store.ledger.claim(f"e.{conversation}", conversation, "a", 1.0, 10.0, FAR)
    store.ledger.claim(f"pace:{conversation}", conversation, "a", 1.0, 10.0, FAR)
    store.outbox.append(conversation, "e", [{"text": SECRET}], 1.0, FAR)
    store.dead_letters.keep(letter(f"l.{conversation}", conversation, cause=f"nlu answered 400: {SECRET}"), FAR)
    store.reviews.put(Review(conversation, "m1", 1.0, {"text": SECRET}), FAR)


def compressed(file: Path) -> list[bytes]:
    """Pieces of Ann's turns, which are kept in a form in which no word can be searched for."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT document FROM turns WHERE conversation = ?", (ANN,)).fetchall()
    return [bytes(row[0])[40:70] for row in rows]


def test_nothing_of_a_forgotten_person_is_left_in_any_place(
    store: Store,
    broker: tuple[RunningBroker, Subscriber],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    started, takes = broker
    fill(store, ANN)
    fill(store, BEN)
    for person in (ANN, BEN):
        body = json.dumps({"text": SECRET, "who": person, "audio": "UklGRg" * 50}).encode()
        assert started.publish(body, id=f"{person}1", subject=person, partitionkey=person) == 202
    until(lambda: len(takes.received) == 2, "both are delivered")
    until(lambda: started.stats()["triggers"]["parked"].get("parked", 0) >= 2, "both are parked")
    file = tmp_path / "kept" / "default" / "store.db"
    pieces = compressed(file) if file.exists() else []
    files = [path for path in (tmp_path / "kept").rglob("*") if path.is_file() and path.name != "broker.log"]
    assert any(ANN.encode() in path.read_bytes() for path in files)
    assert history.main(["forget", ANN]) == 0, capsys.readouterr()
    assert "0  events (removed 1): journal 8080" in capsys.readouterr().out
    for path in [*files, *(tmp_path / "kept").rglob("*.db-wal")]:
        content = path.read_bytes() if path.exists() else b""
        for words in (ANN.encode(), *pieces):
            assert words not in content, f"{words!r} is still in {path.name}"
    if "firestore" in request.node.name:
        left = json.dumps(documents(os.environ["FIRESTORE_EMULATOR_HOST"]))
        assert "ann" not in left
        assert "ben" in left
    # Of others nothing was taken: the event still waits and is still parked.
    assert len(store.conversations.history(BEN, 1.0)) == 2
    assert {name: counts["queued"] for name, counts in started.stats()["triggers"].items()} == {
        "done": 0,
        "waits": 1,
        "parked": 1,
    }
    assert (
        BEN.encode()
        in (tmp_path / "kept" / "default" / "8080" / "journal.db").read_bytes()
        + (tmp_path / "kept" / "default" / "8080" / "journal.db-wal").read_bytes()
    )


def test_what_people_wrote_is_for_this_user_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with closing(open_store(f"sqlite:{tmp_path}/mine/store.db")) as opened:
            say(opened, ANN, "m1", expire_at=FAR)
            rights = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "mine").iterdir()}
        assert set(rights.values()) == {"0o600"}, rights
        assert oct((tmp_path / "mine").stat().st_mode & 0o777) == "0o700"
    finally:
        os.umask(before)
