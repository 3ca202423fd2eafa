"""STORE_URL: every mistake says what to write instead, and a library is imported only where it is chosen."""

import subprocess
import sys

import pytest

from shared.config import Misconfigured
from shared.stores.opening import open_store
from tests.contract.stores.test_writers import ROOT


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mongo:here", "STORE_URL: unknown scheme 'mongo'; use memory, sqlite, firestore or firestore+grpc"),
        ("", "STORE_URL: unknown scheme ''; use memory, sqlite, firestore or firestore+grpc"),
        ("sqlite:", "STORE_URL: sqlite needs a file: sqlite:.parley/parley.db"),
        ("firestore:", "STORE_URL: firestore needs a project: firestore:PROJECT, or firestore:PROJECT/DATABASE"),
        ("firestore:/x", "STORE_URL: firestore needs a project: firestore:PROJECT, or firestore:PROJECT/DATABASE"),
        (
            "firestore+grpc:",
            "STORE_URL: firestore+grpc needs a project: firestore+grpc:PROJECT, or firestore+grpc:PROJECT/DATABASE",
        ),
        ("firestore:a b", "STORE_URL: firestore needs a project: firestore:PROJECT, or firestore:PROJECT/DATABASE"),
        (
            "firestore:p/../q",
            "STORE_URL: '../q' is no name of a database: lower case letters, digits and hyphens",
        ),
    ],
)
def test_a_wrong_address_says_what_is_right(url: str, message: str) -> None:
    with pytest.raises(Misconfigured, match="STORE_URL") as caught:
        open_store(url)
    assert str(caught.value) == f"parley: {message}"


@pytest.mark.parametrize(
    ("url", "absent"),
    [
        ("memory:", ("sqlite3", "http.client", "google.auth", "grpc")),
        ("sqlite:x.db", ("http.client", "google.auth", "grpc")),
        ("firestore:p", ("sqlite3", "google.auth", "google.cloud.firestore", "grpc", "requests")),
    ],
)
def test_a_library_is_imported_only_where_it_is_chosen(url: str, absent: tuple[str, ...]) -> None:
    script = (
        "import sys; from shared.stores.opening import open_store; open_store(sys.argv[1]);"
        "print([name for name in sys.argv[2:] if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script, url, *absent], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
