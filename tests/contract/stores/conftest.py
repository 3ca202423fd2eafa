"""Every adapter of the store port, each test on a store that is empty."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

# Before the tests import the client themselves: it says how gRPC is to work, and gRPC looks only once.
import shared.stores.firestore.grpc  # noqa: F401
from shared.stores.opening import open_store
from shared.stores.ports import Store
from tests.contract.firestore_emulator import PROJECT, Emulator, firestore_emulator

__all__ = ["firestore_emulator"]


CLIENTS = ("firestore", "firestore+grpc")
"""The schemes of the two clients: our own over REST, and Google's."""


@pytest.fixture(params=["memory", "sqlite", *CLIENTS])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store."""
    if request.param in CLIENTS:
        request.getfixturevalue("emulated")
        return f"{request.param}:{PROJECT}"
    return "memory:" if request.param == "memory" else f"sqlite:{tmp_path}/store/parley.db"


@pytest.fixture
def emulated(firestore_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator, empty, and where the clients of this test look for Firestore."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.host)
    firestore_emulator.wipe()
    return firestore_emulator


@pytest.fixture(params=CLIENTS)
def firestore_url(request: pytest.FixtureRequest, emulated: Emulator) -> str:
    """The address of an empty database in the emulator, through each client."""
    return f"{request.param}:{PROJECT}"


@pytest.fixture
def open_url() -> Iterator[Callable[[str], Store]]:
    """Opens stores that are closed after the test."""
    stores: list[Store] = []

    def opening(url: str) -> Store:
        stores.append(open_store(url))
        return stores[-1]

    yield opening
    for store in stores:
        store.close()


@pytest.fixture
def store(url: str, open_url: Callable[[str], Store]) -> Store:
    return open_url(url)


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "parley.db"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
