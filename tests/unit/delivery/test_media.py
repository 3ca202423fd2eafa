"""What people attached, given out to the gateway: as a file to save, of a harmless type."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.wrappers import Request

from functions.delivery.attachments import Attachments
from functions.delivery.files import PREFIX, Files
from functions.delivery.media import TYPES, AttachmentReader
from knative.platforms import catalogue as platforms
from shared.channels.webchat import MAX_PIECE, MAX_PIECES
from shared.serving import Endpoint
from shared.stores.memory import memory_store
from tests.loopback import Asked, endpoint, served


def make_request(query: bytes, method: str = "GET") -> Asked:
    return Asked(method, "/attachments", query_string=query)


ME = "webchat:me"


@pytest.fixture
def now() -> list[float]:
    return [1_800_000_000.0]


@pytest.fixture
def serving(now: list[float]) -> Iterator[Endpoint]:
    def platform(request: Request) -> Any:
        kind = "text/html" if request.path.endswith("/2/content") else "image/png"
        return b"\x89PNG", 200, {"content-type": kind}

    with served(platform) as url:
        attachments = Attachments({"line": platforms.list_settings("line", url)}, types=TYPES)
        files = Files(memory_store().records, keep_seconds=100.0, clock=lambda: now[0])
        yield endpoint({"GET /attachments": AttachmentReader(attachments, files), f"POST {PREFIX}": files})
        attachments.close()


def test_an_attachment_is_given_out_as_a_file_that_is_not_run(serving: Endpoint) -> None:
    body, status, headers = serving(make_request(b"channel=line&type=image&reference=1"))
    assert (body, status, headers["content-type"]) == (b"\x89PNG", 200, "image/png")
    assert headers["content-disposition"] == "attachment"
    assert "sandbox" in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (b"channel=line&type=image", 400),
        (b"channel=line&type=image&reference=2", 415),
        (b"channel=line&type=image&reference=../x", 400),
        (b"channel=nothing&reference=1", 400),
        (b"channel=slack&type=image&reference=http://127.0.0.1/", 503),
        (b"\xff\xfe=%", 400),
    ],
)
def test_what_cannot_be_had_has_a_status_and_a_cause(serving: Endpoint, query: bytes, status: int) -> None:
    body, found, _ = serving(make_request(query))
    assert found == status, body
    assert json.loads(body)["error"]


def test_attachments_are_read_with_get(serving: Endpoint) -> None:
    assert serving(make_request(b"channel=line&reference=1", "POST"))[1] == 405


def send(serving: Endpoint, piece: int, of: int, content: bytes, file: str = "file-1") -> int:
    query = f"file={file}&piece={piece}&of={of}".encode()
    return serving(Asked("POST", f"{PREFIX}{ME}", body=content, query_string=query))[1]


def read(serving: Endpoint, reference: str = f"{ME}/file-1", content_type: str = "image/png") -> tuple[Any, int]:
    query = f"channel=webchat&type=image&reference={reference}&content_type={content_type}".encode()
    body, status, headers = serving(make_request(query))
    if status == 200:
        assert headers["content-type"] == content_type
        assert headers["content-disposition"] == "attachment"
    return body, status


def test_a_file_of_the_web_chat_is_put_together_again_in_whatever_order_its_pieces_came(serving: Endpoint) -> None:
    assert send(serving, 1, 2, b"there") == 201
    assert read(serving)[1] == 400
    assert send(serving, 0, 2, b"wrong ") == 201
    assert send(serving, 0, 2, b"hello ") == 201
    assert read(serving) == (b"hello there", 200)


def test_a_file_is_its_conversations_own_and_goes_when_its_time_has_come(serving: Endpoint, now: list[float]) -> None:
    send(serving, 0, 1, b"mine")
    assert read(serving, "webchat:you/file-1")[1] == 400
    assert read(serving, "file-1")[1] == 400
    now[0] += 101
    assert read(serving)[1] == 400


def test_a_file_of_a_type_that_could_run_is_not_given_out(serving: Endpoint) -> None:
    send(serving, 0, 1, b"<script>")
    assert read(serving, content_type="text/html")[1] == 415


@pytest.mark.parametrize(("piece", "of"), [(1, 1), (0, 0), (0, MAX_PIECES + 1), (MAX_PIECES, MAX_PIECES)])
def test_pieces_that_no_file_has_are_refused(serving: Endpoint, piece: int, of: int) -> None:
    assert send(serving, piece, of, b"x") == 400


def test_the_largest_piece_fits_a_document_and_a_larger_one_is_refused(serving: Endpoint) -> None:
    assert send(serving, 0, 1, b"x" * MAX_PIECE) == 201
    assert send(serving, 0, 1, b"x" * (MAX_PIECE + 1)) == 413
    assert send(serving, 0, 1, b"x", file="no id") == 400
