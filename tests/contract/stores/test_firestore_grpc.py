"""What only Google's client has: its exceptions, its threads and its credentials."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from google.api_core import exceptions
from google.auth import exceptions as auth

from shared.errors import Conflict, Failure, Rejected, Unavailable
from shared.stores.firestore.grpc import GrpcDatabase, explain
from tests.contract.firestore_emulator import PROJECT
from tests.contract.stores.test_writers import ROOT


def _below(kind: type[Exception]) -> list[type[Exception]]:
    return [found for child in kind.__subclasses__() for found in (child, *_below(child))]


def _name_of(kind: type[Exception]) -> str:
    return kind.__name__


@pytest.mark.parametrize("kind", _below(exceptions.GoogleAPICallError), ids=_name_of)
def test_every_error_of_the_client_is_one_of_ours(kind: type[Exception]) -> None:
    explained = explain(kind("no luck"), "p/d")
    assert isinstance(explained, Failure)
    assert "Firestore p/d: no luck; " in str(explained)


@pytest.mark.parametrize(
    ("exc", "meaning"),
    [
        (exceptions.AlreadyExists("x"), Conflict),
        (exceptions.FailedPrecondition("x"), Conflict),
        (exceptions.Aborted("x"), Conflict),
        (exceptions.NotFound("No document to update: projects/p"), Conflict),
        (exceptions.NotFound("The database (default) does not exist for project p"), Unavailable),
        (exceptions.PermissionDenied("x"), Unavailable),
        (exceptions.Unauthenticated("x"), Unavailable),
        (exceptions.DeadlineExceeded("x"), Unavailable),
        (exceptions.ResourceExhausted("x"), Unavailable),
        (exceptions.ServiceUnavailable("x"), Unavailable),
        (exceptions.Cancelled("x"), Unavailable),
        (exceptions.Unknown("x"), Unavailable),
        (exceptions.RetryError("x", cause=None), Unavailable),
        (exceptions.InvalidArgument("x"), Rejected),
        (auth.DefaultCredentialsError("x"), Unavailable),
        (auth.RefreshError("x"), Unavailable),
        (auth.TransportError("x"), Unavailable),
        (auth.MalformedError("x"), Unavailable),
        (ValueError("a bug of ours"), None),
    ],
)
def test_each_error_means_what_its_cause_is(exc: Exception, meaning: type[Failure] | None) -> None:
    assert type(explain(exc, "p/d")) is (meaning or type(None))


def test_a_transaction_that_gave_up_is_a_conflict() -> None:
    """The client says so with a bare ValueError whose cause is Aborted."""
    exc = ValueError("Failed to commit transaction in 5 attempts.")
    exc.__cause__ = exceptions.Aborted("too much contention")
    assert type(explain(exc, "p/d")) is Conflict


def test_without_credentials_the_error_says_how_to_give_some(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with (
        closing(GrpcDatabase(PROJECT, "(default)")) as database,
        pytest.raises(Unavailable, match="FIRESTORE_EMULATOR_HOST"),
    ):
        database.get(("conversations", "-"))


def test_reads_start_no_thread() -> None:
    """In a process of its own: gRPC looks only once, when it is imported."""
    script = (
        "import shared.stores.firestore.grpc; import grpc._channel as channel;"
        "print(channel._DEFAULT_SINGLE_THREADED_UNARY_STREAM)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_the_client_is_made_at_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("google.cloud.firestore.Client", None)
    GrpcDatabase(PROJECT, "(default)").close()
