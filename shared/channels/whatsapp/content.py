"""What a WhatsApp message says: words, structured answers, what is shared and attached."""

from collections.abc import Iterator
from typing import Any

from shared.channels.body import read_webhook
from shared.channels.reading import (
    choose_attachment_type,
    describe_contacts,
    describe_location,
    pick,
    read_identifier,
    read_objects,
    read_string,
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
    sort = read_string(message, "type")
    metadata: dict[str, JSON] = {}
    if isinstance(referral := pick(message, "referral"), dict):
        # The advertisement, or the link, by which the person came.
        metadata["referral"] = referral
    if isinstance(product := pick(message, "context", "referred_product"), dict):
        metadata["product"] = product
    if sort == "interactive" and pick(message, "interactive", "nfm_reply") is not None:
        return _read_flow(pick(message, "interactive", "nfm_reply"), metadata)
    if sort == "contacts":
        words, found = describe_contacts([_read_contact(person) for person in read_objects(message, "contacts")])
        return words, {**metadata, **found}
    if sort == "order":
        items = read_objects(message, "order", "product_items")
        lines = [
            f"{read_identifier(item, 'quantity') or 1} x {read_identifier(item, 'product_retailer_id')}"
            for item in items
        ]
        words = read_string(message, "order", "text").strip() or ", ".join(lines)
        return words, {**metadata, "order": pick(message, "order")}
    if sort == "location":
        return read_string(message, sort, "address").strip() or read_string(message, sort, "name").strip(), metadata
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
    found_text = (read_string(message, *path).strip() for path in paths if path[0] == sort)
    return next(filter(None, found_text), ""), metadata


def _read_flow(reply: JSON, metadata: dict[str, JSON]) -> tuple[str, dict[str, JSON]]:
    """A Flow that was filled in: its values, and not the word (`Sent`) that WhatsApp shows for it."""
    try:
        filled_in = read_webhook(read_string(reply, "response_json").encode())
    except Rejected:
        return read_string(reply, "body").strip(), metadata
    filled_in.pop("flow_token", None)
    words = values_of(filled_in) or read_string(reply, "body").strip()
    return words, {**metadata, "form": filled_in, "form_name": read_string(reply, "name")}


def _read_contact(person: dict[str, Any]) -> tuple[str, list[str]]:
    numbers = [read_string(entry, "phone") or read_string(entry, "wa_id") for entry in read_objects(person, "phones")]
    return read_string(person, "name", "formatted_name").strip(), [number for number in numbers if number]


def read_attachments(message: dict[str, Any]) -> Iterator[Attachment]:
    """Media, places, contacts and orders of a message, and by a mark what WhatsApp or we do not know."""
    sort = read_string(message, "type")
    medium = pick(message, sort)
    if sort in MEDIA and (reference := read_identifier(medium, "id")):
        content_type = read_string(medium, "mime_type")
        family = choose_attachment_type(content_type) if sort == "document" else "image" if sort == "sticker" else sort
        yield Attachment(family, reference, read_string(medium, "filename") or None, content_type or None)
    if sort == "location":
        names = read_string(medium, "name"), read_string(medium, "address")
        yield from describe_location(medium, *names)
    if sort == "contacts":
        for name, numbers in map(_read_contact, read_objects(message, "contacts")):
            yield Attachment("contact", f"tel:{numbers[0]}" if numbers else "contact", name or None)
    if sort == "unsupported" or (sort and sort not in KNOWN):
        # Polls, messages that can be seen once, what else WhatsApp does not hand on, and what it may hand on one day.
        yield Attachment("unsupported", read_identifier(message, "errors", 0, "code") or sort)
    if sort == "order":
        yield Attachment("order", read_identifier(message, "order", "catalog_id") or "order")
