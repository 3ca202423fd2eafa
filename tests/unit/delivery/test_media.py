"""What people attached, given out to the gateway: as a file to save, of a harmless type."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.wrappers import Request

from functions.delivery.attachments import Attachments
from functions.delivery.media import TYPES, AttachmentReader
from knative.platforms import catalogue as platforms
from shared.serving import Endpoint
from tests.loopback import Asked, endpoint, served


def asked(query: bytes, method: str = "GET") -> Asked:
    return Asked(method, "/attachments", query_string=query)


@pytest.fixture
def serving() -> Iterator[Endpoint]:
    def platform(request: Request) -> Any:
        kind = "text/html" if request.path.endswith("/2/content") else "image/png"
        return b"\x89PNG", 200, {"content-type": kind}

    with served(platform) as url:
        attachments = Attachments({"line": platforms.settings("line", url)}, types=TYPES)
        yield endpoint({"GET /attachments": AttachmentReader(attachments)})
        attachments.close()


def test_an_attachment_is_given_out_as_a_file_that_is_not_run(serving: Endpoint) -> None:
    body, status, headers = serving(asked(b"channel=line&type=image&reference=1"))
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
    body, found, _ = serving(asked(query))
    assert found == status, body
    assert json.loads(body)["error"]


def test_attachments_are_read_with_get(serving: Endpoint) -> None:
    assert serving(asked(b"channel=line&reference=1", "POST"))[1] == 405
