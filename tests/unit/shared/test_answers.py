"""What an outgoing call takes for an answer: however its length is told, and nothing that is none."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from shared.errors import Unavailable
from shared.outbound import Outbound, TooMuch


@contextmanager
def saying(*parts: bytes, pause: float = 0.0) -> Iterator[str]:
    """A server that says these bytes to its first caller, in these parts, and ends."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        wire, _ = listener.accept()
        with closing(wire), suppress(OSError):
            wire.recv(65536)
            for part in parts:
                wire.sendall(part)
                time.sleep(pause)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        thread.join()
        listener.close()


CHUNKED = (
    b"HTTP/1.1 200 OK\r\nX-One: 1\r\nx-one: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"4;a=b\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n"
)


@pytest.mark.parametrize(
    "said",
    [
        (CHUNKED,),
        tuple(CHUNKED[place : place + 1] for place in range(len(CHUNKED))),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", CHUNKED),
        (b"HTTP/1.1 200 OK\r\nX-One: 1, 2\r\n\r\nwiki", b"pedia"),
        (b"HTTP/1.0 200 OK\r\nX-One: 1, 2\r\nContent-Length: 9\r\n\r\nwiki", b"pedia"),
    ],
)
def test_an_answer_is_read_however_its_length_is_told(outbound: Outbound, said: tuple[bytes, ...]) -> None:
    with saying(*said) as address:
        answered = outbound.request("GET", address, timeout=5.0)
        assert (answered.status, answered.headers["x-one"], answered.body) == (200, "1, 2", b"wikipedia")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbroken\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nwiki",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwi",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 30_000,
    ],
)
def test_what_is_no_whole_answer_is_unavailable(outbound: Outbound, said: bytes) -> None:
    with saying(said) as address, pytest.raises(Unavailable, match="cannot be reached"):
        outbound.request("GET", address, timeout=5.0)


@pytest.mark.parametrize("length", [b"content-length: 2000\r\n", b"transfer-encoding: chunked\r\n", b""])
def test_a_caller_may_take_less_than_others(outbound: Outbound, length: bytes) -> None:
    body = b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n" if b"chunked" in length else b"x" * 2000
    with saying(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + body) as address, pytest.raises(Unavailable) as refused:
        outbound.request("GET", address, timeout=5.0, most=1000)
    assert isinstance(refused.value.__cause__, TooMuch)


def test_an_answer_that_drips_has_the_whole_deadline_and_no_more(outbound: Outbound) -> None:
    since = time.monotonic()
    with (
        saying(b"HTTP/1.1 200 OK\r\n", *[b"a: b\r\n"] * 20, pause=0.05) as address,
        pytest.raises(Unavailable, match=r"did not answer within 0\.3 s"),
    ):
        outbound.request("GET", address, timeout=0.3)
    assert time.monotonic() - since < 3


@pytest.mark.parametrize(
    "address", ["http://", "http:///x", "http://h:x/", "http://127.0.0.1:1/a b", "http://127.0.0.1:1/\r\nx", "//x", "x"]
)
def test_an_address_that_is_none_is_unavailable(outbound: Outbound, address: str) -> None:
    with pytest.raises(Unavailable):
        outbound.request("GET", address, timeout=1.0)


def test_no_header_breaks_the_line(outbound: Outbound) -> None:
    with pytest.raises(ValueError, match="line break"):
        outbound.post("http://127.0.0.1:9/", b"", {"a": "b\r\nc: d"}, 1.0)
