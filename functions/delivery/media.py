"""Attachments over HTTP, for the gateway: `GET /attachments?channel=&type=&reference=[&content_type=]`.

Delivery has the tokens with which platforms give out what people attached; nobody else needs them for that.
"""

from functions.delivery.attachments import Attachments, WrongType
from functions.delivery.files import Files
from shared.channels import webchat
from shared.errors import Rejected
from shared.events.catalogue import Attachment
from shared.serving import Answer, Request, query_of

TYPES = ("image/", "audio/", "video/", "text/plain", "text/csv", "application/pdf", "application/ogg")
HEADERS = {
    # What a person sent is shown or saved, never run: not as a page, not under another type.
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "content-disposition": "attachment",
    "cache-control": "no-store",
}


class AttachmentReader:
    """Answers what a person attached."""

    def __init__(self, attachments: Attachments, files: Files) -> None:
        self._attachments = attachments
        self._files = files

    def __call__(self, request: Request) -> Answer:
        query = query_of(request)
        reference = query.get("reference")
        if not reference:
            raise Rejected("reference is missing")
        attachment = Attachment(query.get("type", "file"), reference, content_type=query.get("content_type"))
        if query.get("channel") == webchat.NAME:
            found = self._files.fetch(attachment)
            if found.content_type and not found.content_type.startswith(TYPES):
                raise WrongType(f"webchat: a file of this type is not taken here; {', '.join(TYPES)} are")
        else:
            found = self._attachments.fetch(query.get("channel", ""), attachment)
        return found.content, 200, {"content-type": found.content_type or "application/octet-stream", **HEADERS}
