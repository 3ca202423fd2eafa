"""The later stages are woken before the gateway is up itself, with real sockets."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from functions.gateway import early
from functions.gateway.config import Config
from knative.local.ports import free_ports


class Sleeper:
    """A stage that takes connections, and answers the first call when it is told to."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.heard: list[bytes] = []
        self.awake = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        try:
            connection, _ = self._socket.accept()
        except OSError:
            return
        with connection:
            self.heard.append(connection.recv(1000))
            self.awake.wait(10)
            connection.sendall(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")

    def close(self) -> None:
        self.awake.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)


@pytest.fixture
def sleepers() -> Iterator[dict[str, Sleeper]]:
    made = {name: Sleeper() for name in early.STAGES}
    yield made
    for one in made.values():
        one.close()


def urls(sleepers: dict[str, Sleeper], path: str = "") -> dict[str, str]:
    return {name: f"http://127.0.0.1:{one.port}{path}" for name, one in sleepers.items()}


def until(sleepers: dict[str, Sleeper]) -> None:
    end = time.monotonic() + 10
    while not all(one.heard for one in sleepers.values()) and time.monotonic() < end:
        time.sleep(0.01)


def test_every_stage_is_called_at_once_and_nobody_waits_for_an_answer(sleepers: dict[str, Sleeper]) -> None:
    since = time.monotonic()
    early.begin(urls(sleepers))
    assert time.monotonic() - since < 5
    until(sleepers)
    for one in sleepers.values():
        assert one.heard[0].startswith(b"POST /wake HTTP/1.1\r\n")
        assert f"host: 127.0.0.1:{one.port}\r\n".encode() in one.heard[0]


def test_a_stage_below_a_path_is_called_there(sleepers: dict[str, Sleeper]) -> None:
    early.begin(urls(sleepers, "/below/"))
    until(sleepers)
    assert all(one.heard[0].startswith(b"POST /below/wake HTTP/1.1\r\n") for one in sleepers.values())


@pytest.mark.parametrize("off", ["0", "false", "NO"])
def test_nobody_is_called_where_waking_ahead_is_off(sleepers: dict[str, Sleeper], off: str) -> None:
    early.begin({**urls(sleepers), "WAKE_AHEAD": off})
    time.sleep(0.2)
    assert not any(one.heard for one in sleepers.values())


def test_what_cannot_be_called_harms_nobody() -> None:
    [port] = free_ports(1)
    wrong = ("", "https://127.0.0.1/", f"http://127.0.0.1:{port}", "http://127.0.0.1:nowhere", "http://")
    for url in wrong:
        early.begin(dict.fromkeys(early.STAGES, url))
    time.sleep(0.2)


def test_it_reads_the_settings_of_the_gateway() -> None:
    known = {field.metadata["env"] for field in Config.__dataclass_fields__.values()}
    assert {*early.STAGES, "WAKE_AHEAD"} <= known
