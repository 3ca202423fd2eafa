"""Attachments over HTTP, for the gateway: `GET /attachments?channel=&type=&reference=[&content_type=]`.

Delivery has the tokens with which platforms give out what people attached; nobody else needs them for that.
"""

from typing import Any, Protocol
from urllib import parse

from functions.delivery.attachments import Attachments
from shared.errors import Failure, Rejected
from shared.events.catalogue import Attachment
from shared.logs import logger
from shared.serving import Answer, failed

log = logger(__name__)

PATH = "/attachments"
TYPES = ("image/", "audio/", "video/", "text/plain", "text/csv", "application/pdf", "application/ogg")
HEADERS = {
    # What a person sent is shown or saved, never run: not as a page, not under another type.
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "content-disposition": "attachment",
    "cache-control": "no-store",
}


class Request(Protocol):
    """The part of a Flask request that is used here."""

    method: str
    query_string: bytes


class AttachmentServing:
    """Answers what a person attached."""

    def __init__(self, attachments: Attachments) -> None:
        self._attachments = attachments

    def __call__(self, request: Request) -> Answer:
        if request.method != "GET":
            return failed(405, "attachments are read with GET")
        query = dict(parse.parse_qsl(request.query_string.decode("utf-8", "replace")))
        try:
            return self._answer(query)
        except Failure as exc:
            return failed(exc.status, str(exc))
        except Exception as exc:
            log.exception("failed", extra={"fields": {"stage": "delivery"}})
            return failed(500, f"delivery has a bug: {type(exc).__name__}; its log has the traceback")

    def _answer(self, query: dict[str, Any]) -> Answer:
        reference = query.get("reference")
        if not reference:
            raise Rejected("reference is missing")
        attachment = Attachment(query.get("type", "file"), reference, content_type=query.get("content_type"))
        found = self._attachments.fetch(query.get("channel", ""), attachment)
        return found.content, 200, {"content-type": found.content_type or "application/octet-stream", **HEADERS}
