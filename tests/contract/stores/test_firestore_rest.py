"""Firestore over REST: what its answers mean, whom it speaks to, and what a lost answer leads to."""

import datetime
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from shared.errors import Conflict, Failure, Rejected, Unavailable
from shared.stores.firestore.database import Query, create
from shared.stores.firestore.errors import MEANING
from shared.stores.firestore.rest import RestDatabase
from shared.stores.firestore.store import open_firestore_store
from tests.contract.firestore_emulator import Emulator
from tests.contract.stores.on_google import KINDS, SOMEWHERE, error, granting
from tests.contract.stores.standin import Asked, answering, nothing_there, stand_in
from tests.contract.stores.talking import LATER, ME, committed


def emulated(host: str) -> RestDatabase:
    return RestDatabase("p", "(default)", 2.0, environ={"FIRESTORE_EMULATOR_HOST": host})


@pytest.mark.parametrize("status", KINDS)
def test_every_code_of_google_is_one_of_our_errors_with_an_advice(status: str) -> None:
    assert status in MEANING
    with stand_in(answering(400, error(400, status))) as server, closing(emulated(server.host)) as database:
        with pytest.raises(Failure, match=r"Firestore p/\(default\): no luck; \w+") as caught:
            database.get(SOMEWHERE)
        assert type(caught.value) is MEANING[status][0]


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (409, error(409, "ALREADY_EXISTS"), Conflict, "somebody else"),
        (400, error(400, "FAILED_PRECONDITION", "the stored version (1) does not match"), Conflict, "somebody else"),
        (404, error(404, "NOT_FOUND", "No document to update: projects/p"), Conflict, "removed"),
        (404, error(404, "NOT_FOUND", "The database (default) does not exist"), Unavailable, "databases create"),
        (400, error(400, "FAILED_PRECONDITION", "The query requires an index."), Unavailable, "firebase deploy"),
        (400, error(400, "FAILED_PRECONDITION", "not available for Datastore Mode"), Unavailable, "native mode"),
        (400, error(400, "INVALID_ARGUMENT"), Rejected, "too large"),
        (403, error(403, "PERMISSION_DENIED"), Unavailable, "roles/datastore.user"),
        (429, error(429, "RESOURCE_EXHAUSTED"), Unavailable, "quota"),
        (500, error(500, "INTERNAL"), Unavailable, "try again"),
        (400, error(400, "OF_TOMORROW"), Unavailable, "try again"),
        (200, [{"found": {}}, error(503, "UNAVAILABLE")], Unavailable, "try again"),
        (400, [error(400, "INVALID_ARGUMENT")], Rejected, "too large"),
        (502, b"<html>Bad Gateway</html>", Unavailable, "502, and not as Firestore answers"),
        (400, b"", Unavailable, "400, and not as Firestore answers"),
        (200, b"<html>Welcome to this hotel's network</html>", Unavailable, "200, and not as Firestore answers"),
        (200, b"\xff\xfe", Unavailable, "200, and not as Firestore answers"),
        (302, b"", Unavailable, "302, and not as Firestore answers"),
    ],
)
def test_each_answer_means_what_its_cause_is(status: int, body: Any, kind: type[Failure], words: str) -> None:
    with stand_in(answering(status, body)) as server, closing(emulated(server.host)) as database:
        for call in (
            lambda: database.get(SOMEWHERE),
            lambda: database.write(create(SOMEWHERE, {"last": 1})),
            lambda: database.query(Query(("ledger",)), 20),
        ):
            with pytest.raises(kind, match=words):
                call()


def test_a_field_that_parley_never_writes_is_told_apart() -> None:
    """Another program in the same database is a matter for whoever set it up, not a crash."""
    name = "projects/p/databases/(default)/documents/conversations/web~3Ame"
    fields: dict[str, Any] = {"a": {"arrayValue": {}}}
    rows = [{"found": {"name": name, "updateTime": "2026-01-01T00:00:00Z", "fields": fields}}]
    with (
        stand_in(answering(200, rows)) as server,
        closing(emulated(server.host)) as database,
        pytest.raises(Unavailable, match="another program"),
    ):
        database.get(SOMEWHERE)


def certificate(folder: Path, key: rsa.RSAPrivateKey, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's certificate for a name or an address, signed by itself; and the file to trust it by."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now = datetime.datetime.now(datetime.UTC)
    other: x509.GeneralName = x509.DNSName(name)
    if name[0].isdigit():
        other = x509.IPAddress(ipaddress.ip_address(name))
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([other]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, chain = folder / "ca.pem", folder / "chain.pem"
    trusted.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(trusted.read_bytes() + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context, trusted


@pytest.mark.parametrize(
    ("name", "trusted", "works"),
    [("127.0.0.1", True, True), ("127.0.0.1", False, False), ("firestore.example", True, False)],
    ids=["trusted", "of nobody known", "of somebody else"],
)
def test_nothing_is_said_to_a_server_that_is_not_the_one(
    tmp_path: Path, key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch, name: str, trusted: bool, works: bool
) -> None:
    context, authority = certificate(tmp_path, key, name)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with stand_in(granting()) as metadata, stand_in(nothing_there, context) as server:
        environ = {"GCE_METADATA_HOST": metadata.host, "CLOUDSDK_CONFIG": "/nowhere"}
        address = f"https://{server.host}"
        with closing(RestDatabase("p", "(default)", 5.0, address=address, environ=environ)) as database:
            if works:
                database.get(SOMEWHERE)
            else:
                with pytest.raises(Unavailable, match="cannot be reached: SSLCertVerificationError"):
                    database.get(SOMEWHERE)
        assert len(server.asked) == works


class Lossy:
    """Between a client and the emulator: answers get lost, and the connection with them, while `losing` is set."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.losing = threading.Event()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def lossy(emulator: Emulator) -> Iterator[Lossy]:
    host, _, port = emulator.host.partition(":")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        between = Lossy(listening.getsockname()[1])

        def serve(near: socket.socket) -> None:
            with near, socket.create_connection((host, int(port))) as far:
                pump = threading.Thread(target=back, args=(far, near))
                pump.start()
                while content := _received(near):
                    far.sendall(content)
                _end(far)
                pump.join()

        def back(far: socket.socket, near: socket.socket) -> None:
            while content := _received(far):
                if between.losing.is_set():
                    between.losing.clear()
                    break
                near.sendall(content)
            _end(near)

        def accept() -> None:
            while True:
                try:
                    near, _ = listening.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=serve, args=(near,)))
                threads[-1].start()

        threads = [threading.Thread(target=accept)]
        threads[0].start()
        try:
            yield between
        finally:
            _end(listening)
            for thread in threads:
                thread.join(10)


def _received(one: socket.socket) -> bytes:
    try:
        return one.recv(65536)
    except OSError:
        return b""


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def test_where_an_answer_is_lost_nothing_is_done_twice_and_nothing_is_lost(firestore_emulator: Emulator) -> None:
    """The connection breaks after the emulator did its work; the call is made again on a new one."""
    firestore_emulator.wipe("p")
    with lossy(firestore_emulator) as between, closing(open_firestore_store(emulated(between.host))) as store:
        store.upkeep.check()

        def losing(call: Callable[[], Any]) -> Any:
            between.losing.set()
            try:
                return call()
            finally:
                assert not between.losing.is_set()

        with pytest.raises(Conflict):
            losing(lambda: store.conversations.commit(ME, None, committed("m1"), 1.0))
        assert [turn.id for turn in store.conversations.history(ME, 1.0)] == ["m1"]
        loaded = losing(lambda: store.conversations.load(ME, "m1", 1.0))
        assert loaded.turn is not None
        assert losing(lambda: store.ledger.claim("e1", ME, "a", 1.0, 10.0, LATER)).state == "claimed"
        losing(lambda: store.ledger.advance("e1", "a", 1))
        losing(lambda: store.ledger.settle("e1", "a", "delivered"))
        assert store.ledger.claim("e1", ME, "b", 1.0, 10.0, LATER).state == "settled"
        losing(lambda: store.outbox.append(ME, "e1", [{"text": "a"}, {"text": "b"}], 1.0, LATER))
        assert [post.number for post in store.outbox.read_after(ME, 0, 1.0)] == [1, 2]
        losing(lambda: store.upkeep.forget(ME))
        assert store.conversations.load(ME, "m1", 1.0).state is None


def test_the_wire_is_what_the_reference_says() -> None:
    """A commit's body, field by field (firebase.google.com/docs/firestore/reference/rest, documents.commit)."""
    bodies: list[Mapping[str, Any]] = []

    def answer(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        bodies.append(json.loads(asked.body))
        return 200, {}, json.dumps({"writeResults": [{"updateTime": "2026-01-01T00:00:00Z"}]}).encode()

    moment = datetime.datetime(2026, 1, 1, 12, 0, 0, 250000, datetime.UTC)
    fields = {"text": "שלום", "whole": 2**53 + 1, "real": 0.5, "at": moment, "yes": True, "gone": None}
    with stand_in(answer) as server, closing(emulated(server.host)) as database:
        assert database.write(create(SOMEWHERE, fields)) == ["2026-01-01T00:00:00Z"]
    assert bodies == [
        {
            "writes": [
                {
                    "update": {
                        "name": "projects/p/databases/(default)/documents/conversations/web~3Ame",
                        "fields": {
                            "text": {"stringValue": "שלום"},
                            "whole": {"integerValue": "9007199254740993"},
                            "real": {"doubleValue": 0.5},
                            "at": {"timestampValue": "2026-01-01T12:00:00.250000Z"},
                            "yes": {"booleanValue": True},
                        },
                    },
                    "currentDocument": {"exists": False},
                }
            ]
        }
    ]


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b"[{}]",
        b'[{"readTime": "2026-01-01T00:00:00Z"}]',
        b'{"documents": []}',
        b'[{"found": {}}]',
        b'[{"found": {"name": "projects/p/databases/(default)/documents/conversations/web~3Ame"}}]',
        b'[{"missing": "projects/p/databases/(default)/documents/conversations/somebody-else"}]',
        b"null",
        b"7",
        b"<html>",
    ],
)
def test_an_answer_that_is_no_document_is_no_conversation_that_is_missing(answer: bytes) -> None:
    """Or a person's conversation would begin anew, over the one that is there."""
    with stand_in(answering(200, answer)) as server:
        store = open_firestore_store(emulated(server.host))
        for call in (
            lambda: store.conversations.load(ME, "m1", 1.0),
            lambda: store.conversations.commit(ME, None, committed("m1"), 1.0),
            lambda: store.ledger.claim("e1", ME, "a", 1.0, 10.0, LATER),
        ):
            with pytest.raises(Unavailable):
                call()
        store.close()
