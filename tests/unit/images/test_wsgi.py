"""What a stage sees of a request in its image is what functions-framework shows it."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import flask
import pytest
from werkzeug.urls import iri_to_uri

from functions.wsgi import Request, application
from shared.serving import Answer, json_answer

ENVIRONMENTS: tuple[dict[str, str], ...] = (
    {},
    {"REQUEST_METHOD": "GET", "PATH_INFO": "/webhooks/rest/webhook", "QUERY_STRING": "stream=true&a=%20b"},
    {"PATH_INFO": "/caf\xc3\xa9 x", "HTTP_HOST": "chat.example.com:8443"},
    {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "5", "HTTP_CE_ID": "rest:1", "REMOTE_ADDR": "10.0.0.7"},
)


def environ(changes: dict[str, str], body: bytes = b"hello") -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        **changes,
    }


@pytest.mark.parametrize("changes", ENVIRONMENTS)
def test_a_request_has_what_flask_gives_it(changes: dict[str, str]) -> None:
    ours, theirs = Request(environ(changes)), flask.Request(environ(changes))
    assert ours.method == theirs.method
    assert ours.path == theirs.path
    assert ours.query_string == theirs.query_string
    assert ours.remote_addr == theirs.remote_addr
    assert ours.content_length == theirs.content_length
    assert ours.headers == {name.lower(): value for name, value in theirs.headers.items() if value}
    assert ours.url == iri_to_uri(theirs.url), "as it went over the wire, which is what platforms sign"


def test_a_sidecar_says_that_the_client_came_over_tls_and_nobody_else() -> None:
    forwarded = {"HTTP_X_FORWARDED_PROTO": "https"}
    assert Request(environ(forwarded)).url == "https://localhost/"
    assert Request(environ({**forwarded, "REMOTE_ADDR": "10.0.0.7"})).url == "http://localhost/"


def called(answer: Answer, method: str = "POST") -> tuple[str, dict[str, str], bytes]:
    said: list[Any] = []
    body = application(lambda _: answer)(environ({"REQUEST_METHOD": method}), lambda *args: said.extend(args))
    return said[0], dict(said[1]), b"".join(body)


def test_an_answer_has_its_length_and_its_type() -> None:
    assert called(json_answer(409, {"error": "füß"})) == (
        "409 Conflict",
        {"content-type": "application/json", "content-length": "18"},
        '{"error": "füß"}'.encode(),
    )
    assert called(("ok", 200, {}))[1]["content-type"] == "text/plain; charset=utf-8"


def test_no_content_has_no_length() -> None:
    assert called(("", 204, {})) == ("204 No Content", {}, b"")


def test_head_is_answered_with_the_length_of_the_body_that_it_leaves_out() -> None:
    assert called(("ok", 200, {}), "HEAD")[1:] == (
        {"content-length": "2", "content-type": "text/plain; charset=utf-8"},
        b"",
    )


def test_a_stream_is_passed_on_part_by_part_and_closed() -> None:
    closed = []

    def parts() -> Iterator[str]:
        try:
            yield "eins\n"
            yield "zwei\n"
        finally:
            closed.append(True)

    body: Iterable[bytes] = application(lambda _: (parts(), 200, {}))(environ({}), lambda *_: None)
    assert next(iter(body)) == b"eins\n"
    body.close()  # type: ignore[attr-defined]
    assert closed
