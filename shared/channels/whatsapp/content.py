"""What a WhatsApp message says: words, structured answers, what is shared and attached."""

from collections.abc import Iterator
from typing import Any

from shared.channels.body import read_webhook
from shared.channels.reading import (
    attachment_type,
    contacts,
    identifier,
    location,
    number,
    objects,
    pick,
    string,
    values_of,
)
from shared.errors import Rejected
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

MEDIA = ("image", "audio", "video", "document", "sticker")
KNOWN = (
    *MEDIA,
    *("text", "button", "interactive", "location", "contacts", "order"),
    *("reaction", "system", "request_welcome", "edit", "revoke"),
)
"""Types of messages that are read, and those that say nothing new."""


def read_content(message: dict[str, Any]) -> tuple[str, dict[str, JSON]]:
    """The words, and what of them has a structure."""
    sort = string(message, "type")
    metadata: dict[str, JSON] = {}
    if isinstance(referral := pick(message, "referral"), dict):
        # The advertisement, or the link, by which the person came.
        metadata["referral"] = referral
    if isinstance(product := pick(message, "context", "referred_product"), dict):
        metadata["product"] = product
    if sort == "interactive" and pick(message, "interactive", "nfm_reply") is not None:
        return _flow(pick(message, "interactive", "nfm_reply"), metadata)
    if sort == "contacts":
        words, found = contacts([_contact(person) for person in objects(message, "contacts")])
        return words, {**metadata, **found}
    if sort == "order":
        items = objects(message, "order", "product_items")
        lines = [f"{identifier(item, 'quantity') or 1} x {identifier(item, 'product_retailer_id')}" for item in items]
        words = string(message, "order", "text").strip() or ", ".join(lines)
        return words, {**metadata, "order": pick(message, "order")}
    if sort == "location":
        return string(message, sort, "address").strip() or string(message, sort, "name").strip(), metadata
    paths: tuple[tuple[str, ...], ...] = (
        ("text", "body"),
        ("interactive", "button_reply", "id"),
        ("interactive", "list_reply", "id"),
        ("interactive", "button_reply", "title"),
        ("interactive", "list_reply", "title"),
        ("button", "payload"),
        ("button", "text"),
        *((medium, "caption") for medium in MEDIA),
    )
    found_text = (string(message, *path).strip() for path in paths if path[0] == sort)
    return next(filter(None, found_text), ""), metadata


def _flow(reply: JSON, metadata: dict[str, JSON]) -> tuple[str, dict[str, JSON]]:
    """A Flow that was filled in: its values, and not the word (`Sent`) that WhatsApp shows for it."""
    try:
        filled_in = read_webhook(string(reply, "response_json").encode())
    except Rejected:
        return string(reply, "body").strip(), metadata
    filled_in.pop("flow_token", None)
    words = values_of(filled_in) or string(reply, "body").strip()
    return words, {**metadata, "form": filled_in, "form_name": string(reply, "name")}


def _contact(person: dict[str, Any]) -> tuple[str, list[str]]:
    numbers = [string(entry, "phone") or string(entry, "wa_id") for entry in objects(person, "phones")]
    return string(person, "name", "formatted_name").strip(), [number for number in numbers if number]


def read_attachments(message: dict[str, Any]) -> Iterator[Attachment]:
    sort = string(message, "type")
    medium = pick(message, sort)
    if sort in MEDIA and (reference := identifier(medium, "id")):
        content_type = string(medium, "mime_type")
        family = attachment_type(content_type) if sort == "document" else "image" if sort == "sticker" else sort
        yield Attachment(family, reference, string(medium, "filename") or None, content_type or None)
    if sort == "location":
        names = string(medium, "name"), string(medium, "address")
        yield from location(number(medium, "latitude"), number(medium, "longitude"), *names)
    if sort == "contacts":
        for name, numbers in map(_contact, objects(message, "contacts")):
            yield Attachment("contact", f"tel:{numbers[0]}" if numbers else "contact", name or None)
    if sort == "unsupported" or (sort not in KNOWN and isinstance(medium, dict)):
        # Polls, messages that can be seen once, what else WhatsApp does not hand on, and what it may hand on one day.
        yield Attachment("unsupported", identifier(message, "errors", 0, "code") or sort)
    if sort == "order":
        yield Attachment("order", identifier(message, "order", "catalog_id") or "order")
