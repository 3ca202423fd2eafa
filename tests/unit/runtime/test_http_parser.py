"""What a stage sees of a request in its image is what functions-framework shows it; what is no request is refused."""

import io
from typing import Any

import flask
import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.urls import iri_to_uri

from functions.runtime.http_parser import HEAD_LIMIT, Refused, RequestParser
from functions.runtime.request import Request
from shared.http1 import FIELDS

LIMIT = 1000


def read(data: bytes, piece: int = 65536, address: str = "127.0.0.1") -> list[Request]:
    """The requests in these bytes, which come in pieces."""
    parser, found = RequestParser(address, body_limit), []
    for start in range(0, len(data), piece):
        parser.buffer += data[start : start + piece]
        while (request := parser.next()) is not None:
            found.append(request)
    return found


def body_limit(request: Request) -> int:
    return 10 if request.path == "/small" else LIMIT


def flask_request(method: str, path: str, query: str, headers: dict[str, str], body: bytes, address: str) -> Any:
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": address,
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return flask.Request(environ)


CASES = (
    ("POST", "/", "/", "", {"host": "localhost"}),
    ("GET", "/webhooks/rest/webhook", "/webhooks/rest/webhook", "stream=true&a=%20b", {"host": "localhost"}),
    ("POST", "/caf%C3%A9%20x", "/caf\xc3\xa9 x", "", {"host": "chat.example.com:8443"}),
    ("POST", "/", "/", "", {"host": "h", "content-type": "application/json", "ce-id": "rest:1"}),
)


@pytest.mark.parametrize(("method", "target", "path", "query", "headers"), CASES)
def test_a_request_has_what_flask_gives_it(
    method: str, target: str, path: str, query: str, headers: dict[str, str]
) -> None:
    headers = {**headers, "content-length": "5"}
    lines = [f"{method} {target}{'?' if query else ''}{query} HTTP/1.1"]
    raw = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", "hello"]).encode()
    (ours,) = read(raw, address="10.0.0.7")
    theirs = flask_request(method, path, query, headers, b"hello", "10.0.0.7")
    assert ours.method == theirs.method
    assert ours.path == theirs.path
    assert ours.query_string == theirs.query_string
    assert ours.remote_addr == theirs.remote_addr
    assert ours.content_length == theirs.content_length
    assert ours.headers == {name.lower(): value for name, value in theirs.headers.items()}
    assert ours.url == iri_to_uri(theirs.url), "as it went over the wire, which is what platforms sign"
    assert ours.stream.read() == theirs.stream.read()


def test_a_sidecar_says_that_the_client_came_over_tls_and_nobody_else() -> None:
    forwarded = {"x-forwarded-proto": "https", "host": "localhost"}
    assert Request("POST", "/", forwarded, "127.0.0.1").url == "https://localhost/"
    assert Request("POST", "/", forwarded, "10.0.0.7").url == "http://localhost/"


HEAD = b"POST /x HTTP/1.1\r\nhost: h\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n4;name=value\r\nwiki\r\n5\r\npedia\r\n0\r\nchecksum: 1\r\n\r\n"
SIZED = HEAD + b"content-length: 4\r\n\r\nbody"


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 65536])
def test_requests_come_whole_and_in_order_however_their_bytes_come(piece: int) -> None:
    first, second, third = read(CHUNKED + b"\r\n" + SIZED + HEAD + b"\r\n", piece)
    assert [request.stream.read() for request in (first, second, third)] == [b"wikipedia", b"body", b""]
    assert (first.content_length, second.content_length, third.content_length) == (None, 4, None)


@pytest.mark.parametrize(
    ("version", "connection", "keeps"),
    [(1, None, True), (1, "close", False), (1, "Keep-Alive", True), (0, None, False), (0, "keep-alive", True)],
)
def test_the_client_says_whether_the_connection_goes_on(version: int, connection: str | None, keeps: bool) -> None:
    header = f"connection: {connection}\r\n" if connection else ""
    (request,) = read(f"GET / HTTP/1.{version}\r\nhost: h\r\n{header}\r\n".encode())
    assert request.keep is keeps
    assert request.chunks is (version == 1)


@pytest.mark.parametrize("extensions", [b";a", b";a=b;c=d", b';a="b; \\" c"', b";a=b;c"])
def test_extensions_and_trailers_are_passed_over(extensions: bytes) -> None:
    (request,) = read(CHUNKS + b"4" + extensions + b"\r\nwiki\r\n0\r\na: b\r\nc:d\r\n\r\n")
    assert request.stream.read() == b"wiki"


def test_an_absolute_target_is_taken_for_its_path() -> None:
    (request,) = read(b"GET http://elsewhere.example/a?b=c HTTP/1.1\r\nhost: h\r\n\r\n")
    assert (request.path, request.query_string, request.headers["host"]) == ("/a", b"b=c", "h")


CHUNKS = HEAD + b"transfer-encoding: chunked\r\n\r\n"
REFUSED = {
    "garbage": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
    "another version": (b"GET / HTTP/2.0\r\nhost: h\r\n\r\n", 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\nhost: h\r\n\r\n", 400),
    "a small method": (b"get / HTTP/1.1\r\nhost: h\r\n\r\n", 400),
    "no path": (b"GET x HTTP/1.1\r\nhost: h\r\n\r\n", 400),
    "a method that nobody knows": (b"BREW / HTTP/1.1\r\nhost: h\r\n\r\n", 501),
    "a tunnel": (b"CONNECT h:1 HTTP/1.1\r\nhost: h\r\n\r\n", 501),
    "a byte above ASCII": (b"GET /caf\xe9 HTTP/1.1\r\nhost: h\r\n\r\n", 400),
    "a fragment": (b"GET /a#b HTTP/1.1\r\nhost: h\r\n\r\n", 400),
    "an address without a host": (b"GET http:///x HTTP/1.1\r\nhost: h\r\n\r\n", 400),
    "all of the server": (b"GET * HTTP/1.1\r\nhost: h\r\n\r\n", 400),
    "chunks of HTTP/1.0": (b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400),
    "a host that is none": (b"GET / HTTP/1.1\r\nhost: a/b\r\n\r\n", 400),
    "a folded header": (HEAD + b"a: b\r\n c\r\n\r\n", 400),
    "a space before the colon": (HEAD + b"a : b\r\n\r\n", 400),
    "no colon": (HEAD + b"abc\r\n\r\n", 400),
    "a nameless header": (HEAD + b": b\r\n\r\n", 400),
    "a control character": (HEAD + b"a: b\x00c\r\n\r\n", 400),
    "a bare line feed": (HEAD + b"a: b\nc: d\r\n\r\n", 400),
    "length and chunks": (HEAD + b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "two lengths": (HEAD + b"content-length: 4\r\ncontent-length: 4\r\n\r\nbody", 400),
    "a signed length": (HEAD + b"content-length: +4\r\n\r\nbody", 400),
    "a list of lengths": (HEAD + b"content-length: 4, 4\r\n\r\nbody", 400),
    "another coding": (HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n", 501),
    "a chunk without a length": (HEAD + b"transfer-encoding: chunked\r\n\r\nxyz\r\n", 400),
    "a line feed in an extension": (CHUNKS + b"2;\nxx\r\nab\r\n0\r\n\r\n", 400),
    "an extension without a name": (CHUNKS + b"2;=x\r\nab\r\n0\r\n\r\n", 400),
    "a space after a size": (CHUNKS + b"2 \r\nab\r\n0\r\n\r\n", 400),
    "a trailer without a colon": (CHUNKS + b"0\r\nbad trailer\r\n\r\n", 400),
    "a control character in a trailer": (CHUNKS + b"0\r\na: b\x00\r\n\r\n", 400),
    "a folded trailer": (CHUNKS + b"0\r\na: b\r\n c\r\n\r\n", 400),
    "a length in a trailer": (CHUNKS + b"0\r\ncontent-length: 4\r\n\r\n", 400),
    "a host in a trailer": (CHUNKS + b"0\r\nhost: h\r\n\r\n", 400),
    "trailers that are too large": (CHUNKS + b"0\r\na: " + b"b" * HEAD_LIMIT, 431),
    "too many trailers": (CHUNKS + b"0\r\n" + b"a: b\r\n" * (FIELDS + 1) + b"\r\n", 431),
    "a body that its path does not take": (b"POST /small?x HTTP/1.1\r\nhost: h\r\ncontent-length: 11\r\n\r\n", 413),
    "chunks that their path does not take": (
        b"POST /small HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\n",
        413,
    ),
    "a negative chunk": (HEAD + b"transfer-encoding: chunked\r\n\r\n-1\r\n", 400),
    "a chunk that is longer than it says": (HEAD + b"transfer-encoding: chunked\r\n\r\n1\r\nabc\r\n", 400),
    "an endless chunk line": (HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"0" * 300, 400),
    "a body that is too large": (HEAD + b"content-length: 1001\r\n\r\n", 413),
    "chunks that are too large": (HEAD + b"transfer-encoding: chunked\r\n\r\n3e9\r\n", 413),
    "headers that are too large": (HEAD + b"a: " + b"b" * HEAD_LIMIT, 431),
    "too many headers": (HEAD + b"a: b\r\n" * (FIELDS + 1) + b"\r\n", 431),
    "another expectation": (HEAD + b"expect: miracle\r\n\r\n", 417),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("piece", [3, 65536])
def test_what_is_no_request_is_refused(name: str, piece: int) -> None:
    data, status = REFUSED[name]
    with pytest.raises(Refused) as refused:
        read(data, piece)
    assert refused.value.status == status


@given(st.lists(st.sampled_from([CHUNKED, SIZED, b"\r\n", b"\x00", b"GET ", HEAD, b": "]), max_size=6), st.binary())
def test_whatever_comes_is_a_request_or_refused(parts: list[bytes], noise: bytes) -> None:
    try:
        read(b"".join(parts) + noise, 11)
    except Refused as refused:
        assert 400 <= refused.status < 600
