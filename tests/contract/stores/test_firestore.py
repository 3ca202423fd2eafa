"""What only Firestore has, through either client: round trips to count, rules, indexes and a place that may be down."""

import json
import select
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from shared.errors import Failure, Rejected, Unavailable
from shared.stores.firestore.conversations import FirestoreConversations
from shared.stores.firestore.database import Database, Found, Query, Write, decode_id, encode_id
from shared.stores.firestore.database import Path as Place
from shared.stores.firestore.grpc import GrpcDatabase
from shared.stores.firestore.ledger import FirestoreLedger
from shared.stores.firestore.rest import RestDatabase
from shared.stores.firestore.store import FirestoreOutbox, open_firestore_store
from shared.stores.ports import Review, Store
from tests.contract.firestore_emulator import PROJECT, Emulator, free_port
from tests.contract.stores.conftest import CLIENTS
from tests.contract.stores.talking import LATER, ME, committed, letter, say
from tests.contract.stores.test_writers import ROOT

Opened = Callable[[str], Store]

JSON_BODY = {"Content-Type": "application/json"}
"""Without it the emulator answers 404."""


class Counted:
    """Counts the calls that go over the network."""

    def __init__(self, database: Database) -> None:
        self.trips = 0
        self._database = database
        self.close = database.close

    def get(self, *paths: Place) -> list[Found]:
        self.trips += 1
        return self._database.get(*paths)

    def write(self, *writes: Write) -> Sequence[str]:
        self.trips += 1
        return self._database.write(*writes)

    def query(self, query: Query, limit: int) -> list[Found]:
        self.trips += 1
        return self._database.query(query, limit)


def client(scheme: str, deadline: float) -> Database:
    if scheme == "firestore":
        return RestDatabase(PROJECT, "(default)", deadline)
    return GrpcDatabase(PROJECT, "(default)", deadline)


@pytest.fixture
def counting(firestore_url: str) -> Iterator[Counted]:
    database = Counted(client(firestore_url.partition(":")[0], 5.0))
    yield database
    database.close()


def documents(host: str, path: str = "") -> list[dict[str, Any]]:
    """Every document below a path, as the emulator's REST interface shows them to an owner."""
    root = f"http://{host}/v1/projects/{PROJECT}/databases/(default)/documents"
    post = urllib.request.Request(
        f"{root}{path}:runQuery",
        json.dumps({"structuredQuery": {"from": [{"allDescendants": True}]}}).encode(),
        {"Authorization": "Bearer owner", **JSON_BODY},
    )
    with urllib.request.urlopen(post, timeout=10) as answer:
        return [row["document"] for row in json.load(answer) if "document" in row]


def test_a_turn_takes_two_round_trips(counting: Counted) -> None:
    conversations = FirestoreConversations(counting)
    for message in ("m1", "m2", "m2"):
        counting.trips = 0
        loaded = conversations.load(ME, message, 1.0)
        conversations.commit(ME, loaded.revision, committed(message, due={"tea": (5.0, {})}), 1.0)
        assert counting.trips == 2


def test_a_delivery_takes_one_round_trip_for_each_of_its_steps(counting: Counted) -> None:
    ledger = FirestoreLedger(counting)
    ledger.claim("e1", ME, "a", 1.0, 10.0, LATER)
    ledger.advance("e1", "a", 1)
    ledger.advance("e1", "a", 2)
    ledger.settle("e1", "a", "delivered")
    assert counting.trips == 4


def test_a_page_that_has_seen_everything_costs_one_read(counting: Counted) -> None:
    outbox = FirestoreOutbox(counting)
    outbox.append(ME, "e1", [{"text": "a"}], 1.0, LATER)
    counting.trips = 0
    outbox.read_after(ME, 1, 1.0)
    assert counting.trips == 1


def test_steps_of_an_owner_survive_a_new_process(firestore_url: str, open_url: Opened) -> None:
    open_url(firestore_url).ledger.claim("e1", ME, "a", 1.0, 10.0, LATER)
    open_url(firestore_url).ledger.advance("e1", "a", 1)
    open_url(firestore_url).ledger.settle("e1", "a", "delivered")
    assert open_url(firestore_url).ledger.claim("e1", ME, "b", 1.0, 10.0, LATER).state == "settled"


def test_the_layout_is_the_documented_one(firestore_url: str, open_url: Opened, firestore_emulator: Emulator) -> None:
    store = open_url(firestore_url)
    say(store, ME, "m1", due={"tea": (5.0, {})})
    store.ledger.claim("e1", ME, "a", 1.0, 10.0, LATER)
    store.outbox.append(ME, "e1", [{"text": "a"}], 1.0, LATER)
    store.dead_letters.keep(letter("l1"), LATER)
    store.reviews.put(Review(ME, "m1", 1.0, {"intent": "greet"}), LATER)
    store.records.put(ME, "file.1", {"content": "eA=="}, LATER)
    found = {one["name"].split("/documents/")[1]: one["fields"] for one in documents(firestore_emulator.host)}
    assert set(found) == {
        "conversations/web~3Ame",
        "conversations/web~3Ame/turns/m1",
        "ledger/e1",
        "outboxes/web~3Ame",
        "outboxes/web~3Ame/posts/e1",
        "dead_letters/l1",
        next(path for path in found if path.startswith("reviews/")),
        next(path for path in found if path.startswith("records/")),
    }
    assert all("timestampValue" in fields["expire_at"] for fields in found.values())
    page = (ROOT / "shared/stores/README.md").read_text()
    for path, fields in found.items():
        collection = path.split("/")[-2]
        assert f"{collection}/" in page
        for field in fields:
            assert f"`{field}`" in page, f"{path} has a field {field} that the page does not name"


def test_every_collection_has_a_ttl_and_keeps_documents_out_of_the_indexes() -> None:
    """Firestore indexes each field by itself; text that is never asked for would only cost writes and money."""
    text = (ROOT / "knative/firestore/firestore.indexes.json").read_text()
    overrides = {(one["collectionGroup"], one["fieldPath"]): one for one in json.loads(text)["fieldOverrides"]}
    collections = ("conversations", "turns", "ledger", "outboxes", "posts", "dead_letters", "reviews", "records")
    for collection in collections:
        assert overrides[collection, "expire_at"]["ttl"]
        assert overrides[collection, "expire_at"]["indexes"] == []
        assert (
            f"gcloud firestore fields ttls update expire_at --collection-group={collection}"
            in (ROOT / "shared/stores/README.md").read_text()
        )
    asked = {("conversations", "due_at"), ("turns", "number"), ("posts", "last"), ("ledger", "conversation")}
    asked |= {("dead_letters", "conversation"), ("dead_letters", "kept_at"), ("reviews", "conversation")}
    asked |= {("records", "conversation")}
    assert not asked & set(overrides)
    kept = [("conversations", "state"), ("conversations", "due"), ("turns", "document"), ("posts", "documents")]
    for field in [
        *kept,
        ("dead_letters", "event"),
        ("dead_letters", "cause"),
        ("reviews", "document"),
        ("records", "document"),
    ]:
        assert overrides[field]["indexes"] == []


def test_nobody_reads_or_writes_past_the_stages(
    firestore_url: str, open_url: Opened, firestore_emulator: Emulator
) -> None:
    """The rules in the real emulator: an owner may, a person with or without a token may not."""
    rules = (ROOT / "knative/firestore/firestore.rules").read_text()
    host = f"http://{firestore_emulator.host}"
    body = json.dumps({"rules": {"files": [{"name": "firestore.rules", "content": rules}]}}).encode()
    put = urllib.request.Request(f"{host}/emulator/v1/projects/{PROJECT}:securityRules", body, JSON_BODY, method="PUT")
    with urllib.request.urlopen(put, timeout=20) as answer:
        assert answer.status == 200
    say(open_url(firestore_url), ME, "m1")
    documents = f"{host}/v1/projects/{PROJECT}/databases/(default)/documents"
    fields = json.dumps({"fields": {"state": {"stringValue": "{}"}}}).encode()
    for method, path, sent in (
        ("GET", f"/conversations/{encode_id(ME)}", None),
        ("GET", "/conversations", None),
        ("PATCH", f"/conversations/{encode_id(ME)}", fields),
        ("DELETE", f"/conversations/{encode_id(ME)}/turns/m1", None),
        ("POST", "/anything", fields),
    ):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(documents + path, sent, JSON_BODY, method=method), timeout=10)
        with closing(caught.value):
            assert caught.value.code == 403
    assert len(open_url(firestore_url).conversations.history(ME, 1.0)) == 1


@pytest.mark.parametrize("scheme", CLIENTS)
def test_a_store_that_is_down_is_an_error_within_the_deadline(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
    with closing(open_firestore_store(client(scheme, 2.0))) as store:
        for call in (
            store.upkeep.check,
            lambda: store.conversations.load(ME, "m1", 1.0),
            lambda: store.conversations.commit(ME, None, committed("m1"), 1.0),
            lambda: store.conversations.history(ME, 1.0),
            lambda: store.ledger.claim("e1", ME, "a", 1.0, 10.0, LATER),
            lambda: store.outbox.append(ME, "e1", [{}], 1.0, LATER),
            lambda: store.dead_letters.list_kept(1.0),
            lambda: store.upkeep.forget(ME),
        ):
            begun = time.monotonic()
            with pytest.raises(Unavailable, match="try again"):
                call()
            assert time.monotonic() - begun < 3.0


@pytest.mark.parametrize("scheme", CLIENTS)
def test_a_store_that_hangs_is_an_error_at_the_deadline(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{silent.getsockname()[1]}")
        with closing(open_firestore_store(client(scheme, 0.5))) as store:
            begun = time.monotonic()
            with pytest.raises(Unavailable, match="try again"):
                store.conversations.load(ME, "m1", 1.0)
            assert time.monotonic() - begun < 3.0


@pytest.mark.parametrize("scheme", CLIENTS)
def test_a_store_that_comes_up_later_is_found(
    scheme: str, firestore_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that met a closed port keeps working once the port opens; nobody has to restart the stage."""
    port = free_port()
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{port}")
    with closing(open_firestore_store(client(scheme, 5.0))) as store:
        with pytest.raises(Unavailable):
            store.upkeep.check()
        stop = threading.Event()
        host, target = firestore_emulator.host.split(":")
        with socket.create_server(("127.0.0.1", port)) as listening:
            listening.settimeout(0.1)
            pump = threading.Thread(target=_forward, args=(listening, (host, int(target)), stop))
            pump.start()
            try:
                deadline = time.monotonic() + 20
                while True:
                    try:
                        store.upkeep.check()
                        break
                    except Unavailable:
                        assert time.monotonic() < deadline
                        time.sleep(0.2)
            finally:
                store.close()
                stop.set()
                pump.join()


def _forward(listening: Any, target: tuple[str, int], stop: Any) -> None:
    """Pass bytes between whoever connects and the target, until told to stop."""
    pairs: dict[socket.socket, socket.socket] = {}
    while not stop.is_set():
        readable, _, _ = select.select([listening, *pairs], [], [], 0.05)
        for one in readable:
            if one is listening:
                near, _ = listening.accept()
                far = socket.create_connection(target)
                pairs[near], pairs[far] = far, near
            elif content := one.recv(65536):
                pairs[one].sendall(content)
            else:
                other = pairs.pop(one)
                pairs.pop(other, None)
                one.close()
                other.close()
    for one in pairs:
        one.close()


def test_what_firestore_itself_refuses_is_rejected(firestore_url: str, open_url: Opened) -> None:
    store = open_url(firestore_url)
    with pytest.raises(Rejected, match="does not take this document"):
        say(store, ME, "m" * 2000)


def test_databases_of_one_project_and_projects_are_apart(firestore_url: str, open_url: Opened) -> None:
    say(open_url(firestore_url), ME, "m1")
    for other in (f"{firestore_url}/second", firestore_url.replace(PROJECT, "demo-other")):
        store = open_url(other)
        store.upkeep.forget(ME)
        assert store.conversations.load(ME, "m1", 1.0).revision is None
        say(store, ME, "m2")
    assert [turn.id for turn in open_url(firestore_url).conversations.history(ME, 1.0)] == ["m1"]


def test_forgotten_words_are_in_no_document(firestore_url: str, open_url: Opened, firestore_emulator: Emulator) -> None:
    store, word = open_url(firestore_url), "my-secret-street-17"
    say(store, ME, "m1", document={"text": word}, due={word: (5.0, {"at": word})})
    store.ledger.claim("e1", ME, "a", 1.0, 10.0, LATER)
    store.outbox.append(ME, "e1", [{"text": word}], 1.0, LATER)
    store.dead_letters.keep(letter("l1", cause=word), LATER)
    assert word in json.dumps(documents(firestore_emulator.host))
    store.upkeep.forget(ME)
    assert documents(firestore_emulator.host) == []


@pytest.mark.parametrize(
    "text",
    ["web:me", ".", "..", "__x__", "__", "a/b", "~", "~2E", "~~", "a~", "%", "%2F", "é", "\U0001f600", "\ud83d", ""],
)
def test_a_document_id_leads_back_to_what_it_was_made_of(text: str) -> None:
    assert decode_id(encode_id(text)) == text
    assert "/" not in encode_id(text)


def test_threads_that_come_first_at_once_share_one_channel(firestore_url: str, open_url: Opened) -> None:
    failures: list[BaseException] = []
    for _ in range(8):
        store, barrier = open_url(firestore_url), threading.Barrier(16)

        def read(store: Store = store, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            try:
                store.conversations.load(ME, "m1", 1.0)
            except Failure as exc:
                failures.append(exc)

        threads = [threading.Thread(target=read) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
