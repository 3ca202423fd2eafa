"""What a Telegram message says: its words without the bot's name, what it shares, what is attached."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.channels.body import read_webhook
from shared.channels.port import Settings
from shared.channels.reading import (
    choose_attachment_type,
    cut,
    describe_contacts,
    describe_location,
    pick,
    read_integer,
    read_objects,
    read_string,
    units_to_index,
    values_of,
)
from shared.errors import Rejected
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

WORDS: Mapping[str, tuple[str, ...]] = {
    "sticker": ("emoji",),
    "dice": ("emoji",),
    "web_app_data": ("data",),
    "successful_payment": ("invoice_payload",),
    "poll": ("question",),
    "checklist": ("title",),
    "invoice": ("title",),
    "game": ("title",),
}
"""What a message without words of its own says."""
UNREAD = ("poll", "checklist", "invoice", "game", "story", "giveaway", "giveaway_winners", "paid_media", "gift")
"""What people send and no assistant can open: known as an attachment, so that it can say so."""
FILES = {"voice": "audio", "audio": "audio", "video": "video", "video_note": "video", "animation": "video"}


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says."""

    text: str
    attachments: tuple[Attachment, ...] = ()
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    addressed: bool = False


def read_content(message: JSON, settings: Settings, name: str) -> Content:
    """What a message says: its words, or those that stand for what was pressed, chosen, shared or filled in."""
    written = read_string(message, "text") or read_string(message, "caption")
    spans, called = _list_mentions(message, written, name)
    text = cut(written, spans)
    metadata: dict[str, JSON] = {}
    if start := re.fullmatch(r"/start(?:\s+(.+))?", text, re.IGNORECASE | re.DOTALL):
        # Pressing Start, or a link into the chat with something behind `?start=`.
        text = settings.get("start_text") or "/start"
        metadata |= {"start": start[1].strip()} if start[1] else {}
    elif not text and spans:
        # Somebody calls the bot, and says nothing else.
        text = settings.get("start_text") or "/start"
    for key, path in WORDS.items():
        text = text or read_string(message, key, *path).strip()
    person = pick(message, "contact")
    if isinstance(person, dict):
        names = " ".join(filter(None, (read_string(person, "first_name"), read_string(person, "last_name"))))
        phone = read_string(person, "phone_number")
        words, found = describe_contacts([(names, [phone] if phone else [])])
        text, metadata = text or words, {**metadata, **found}
    venue = pick(message, "venue")
    text = text or read_string(venue, "address").strip() or read_string(venue, "title").strip()
    if (filled_in := _read_form(read_string(message, "web_app_data", "data"))) is not None:
        metadata["form"], text = filled_in, values_of(filled_in) or text
    if isinstance(payment := pick(message, "successful_payment"), dict):
        metadata["payment"] = payment
    if isinstance(shared := pick(message, "users_shared") or pick(message, "chat_shared"), dict):
        metadata["shared"], text = shared, text or values_of(_list_ids(shared))
    return Content(text, tuple(_list_attachments(message)), metadata, called or _is_answer(message, name))


def _read_form(data: str) -> dict[str, JSON] | None:
    """What was filled in in a Web App, which may send any text; None where it is no object."""
    try:
        return read_webhook(data.encode()) if data.startswith("{") else None
    except Rejected:
        return None


def _list_ids(shared: dict[str, Any]) -> list[JSON]:
    people = read_objects(shared, "users")
    return [person.get("user_id") for person in people] if people else [shared.get("chat_id")]


def _list_mentions(message: JSON, text: str, name: str) -> tuple[list[tuple[int, int]], bool]:
    """Where the text names this bot, and whether it is called: by its name, or by a command that is not another's.

    Every bot's name ends in `bot`; with TELEGRAM_BOT_USERNAME only that one is ours.
    """
    spans: list[tuple[int, int]] = []
    called = False
    listed = pick(message, "entities" if read_string(message, "text") else "caption_entities")
    if not isinstance(listed, list):
        for found in re.finditer(r"(?<![\w@])(?P<command>/\w+)?@(?P<name>\w{2,32})\b", text):
            if _is_own(found["name"], name):
                spans.append((found.start("name") - 1, found.end()))
        return spans, bool(spans) or bool(re.match(r"/\w+(?![\w@])", text))
    for entity in read_objects(listed):
        offset, length = read_integer(entity, "offset"), read_integer(entity, "length")
        if offset is None or length is None:
            continue
        start, end = units_to_index(text, offset), units_to_index(text, offset + length)
        words = text[start:end]
        match read_string(entity, "type"):
            case "mention" if _is_own(words.removeprefix("@"), name):
                spans.append((start, end))
            case "text_mention" if pick(entity, "user", "is_bot") is True:
                if not name or _is_own(read_string(entity, "user", "username") or name, name):
                    spans.append((start, end))
            case "bot_command":
                command, at, whose = words.partition("@")
                if at and _is_own(whose, name):
                    spans.append((start + len(command), end))
                called |= not at
    return spans, called or bool(spans)


def _is_own(mentioned: str, name: str) -> bool:
    return mentioned.casefold() == name if name else mentioned.casefold().endswith("bot")


def _is_answer(message: JSON, name: str) -> bool:
    """Whether it replies to the bot; the first message of a topic is what all in it reply to."""
    replied = pick(message, "reply_to_message")
    if pick(replied, "from", "is_bot") is not True or pick(replied, "forum_topic_created") is not None:
        return False
    whose = read_string(replied, "from", "username")
    return not name or not whose or _is_own(whose, name)


def _list_attachments(message: JSON) -> Iterator[Attachment]:
    photos = read_objects(message, "photo")
    if photos and (largest := read_string(photos[-1], "file_id")):
        yield Attachment("image", largest, bytes=read_integer(photos[-1], "file_size"))
    for kind in ("voice", "audio", "video", "video_note", "animation", "document", "sticker"):
        file = pick(message, kind)
        if not read_string(file, "file_id") or (kind == "document" and pick(message, "animation")):
            continue
        content_type = read_string(file, "mime_type")
        sort = FILES.get(kind) or ("image" if kind == "sticker" else choose_attachment_type(content_type))
        named, size = read_string(file, "file_name") or None, read_integer(file, "file_size")
        yield Attachment(sort, read_string(file, "file_id"), named, content_type or None, size)
    venue = pick(message, "venue")
    where = pick(message, "location") or pick(venue, "location")
    names = read_string(venue, "title"), read_string(venue, "address")
    yield from describe_location(where, *names)
    if phone := read_string(message, "contact", "phone_number"):
        yield Attachment("contact", f"tel:{phone}", read_string(message, "contact", "first_name") or None)
    yield from (Attachment("unsupported", kind) for kind in UNREAD if pick(message, kind) is not None)
