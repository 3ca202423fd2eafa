"""What a Slack message, or a pressed element of one, says: words without markup and mentions, values, files."""

import html
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.channels.body import repair_text
from shared.channels.reading import (
    choose_attachment_type,
    cut,
    format_timestamp,
    pick,
    read_integer,
    read_objects,
    read_string,
    refer_to_attachment,
)
from shared.events.catalogue import Attachment
from shared.events.wire import JSON

HOSTS = ("files.slack.com", "slack-files.com")
CHOICES = (
    "selected_date",
    "selected_time",
    "selected_user",
    "selected_users",
    "selected_conversation",
    "selected_conversations",
    "selected_channel",
    "selected_channels",
)
"""Where the elements of Block Kit put what was chosen, besides options and inputs (docs.slack.dev, Block Kit)."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says."""

    text: str
    attachments: tuple[Attachment, ...] = ()
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    named: bool = False
    """Whether it mentions the bot."""


def bots_of(document: dict[str, JSON], text: str, *, named: bool) -> Collection[str]:
    """The bot's own user ids: those of the authorizations that are a bot's (in Slack Connect the first may be a
    person's), and where none is in a text that names the bot, the mention that it begins with."""
    listed = read_objects(document, "authorizations")
    bots = {read_string(entry, "user_id") for entry in listed if entry.get("is_bot", True) is True} - {""}
    if named and not any(f"<@{bot}" in text for bot in bots) and (first := re.match(r"\s*<@(\w+)", text)):
        bots.add(first[1])
    return bots


def read_message(event: JSON, bots: Collection[str]) -> Content:
    """The words as a person wrote them: mentions of the bot go, others become names, links show what they say."""
    raw = read_string(event, "text") or _blocks_text(event)
    raw = raw or read_string(event, "attachments", 0, "text") or read_string(event, "attachments", 0, "fallback")
    for part in (part for block in read_objects(event, "blocks") for part in _flatten_block(block)):
        if sign := _write_emoji(part):
            # In the text it is `:+1:`, or `:+1::skin-tone-2:`.
            tone = read_integer(part, "skin_tone")
            raw = raw.replace(f":{read_string(part, 'name')}:{f':skin-tone-{tone}:' if tone else ''}", sign)
    own, others = [], []
    for mention in re.finditer(r"<@(\w+)(?:\|([^<>]*))?>", raw):
        if mention[1] in bots:
            own.append(mention.span())
        else:
            others.append(mention[1])
    nameless = [
        found.span()
        for found in re.finditer(r"<@\w+>|<!(?:here|channel|everyone)(?:\|[^<>]*)?>|<!subteam\^\w+>|<#\w+\|?>", raw)
    ]
    text = cut(raw, [*own, *(span for span in nameless if span not in own)])
    text = re.sub(r"<[@#!][^<>|]*\|([^<>]*)>", r"\1", text)
    text = re.sub(r"<(?![@#!])[^<>|]*\|([^<>]*)>", r"\1", text)
    text = re.sub(r"<([^<>@#!][^<>|]*)>", r"\1", text)
    files = tuple(_read_file(file) for file in read_objects(event, "files"))
    return Content(html.unescape(text).strip(), files, {"mentions": list(others)} if others else {}, bool(own))


def _blocks_text(event: JSON) -> str:
    """The words of a message that has them in its blocks alone, mentions as in a text."""
    lines = []
    for block in read_objects(event, "blocks"):
        words = [
            f"<@{read_string(part, 'user_id')}>"
            if read_string(part, "user_id")
            else html.escape(read_string(part, "text") or read_string(part, "url") or _write_emoji(part), quote=False)
            for part in _flatten_block(block)
        ]
        lines.append("".join(words) or read_string(block, "text", "text"))
    return "\n".join(filter(None, lines))


def _write_emoji(part: JSON) -> str:
    """A sign that a person chose; empty for a workspace's own, which exist nowhere else."""
    points = read_string(part, "unicode").split("-") if read_string(part, "type") == "emoji" else []
    known = all(re.fullmatch(r"[0-9a-fA-F]{1,6}", point) and int(point, 16) < 0x110000 for point in points)
    return repair_text("".join(chr(int(point, 16)) for point in points)) if known else ""


def _read_file(file: dict[str, Any]) -> Attachment:
    content_type = read_string(file, "mimetype")
    if not read_string(file, "url_private"):
        # Of another workspace (Slack Connect), deleted, or beyond what the plan keeps.
        return Attachment("unsupported", read_string(file, "id") or "file", read_string(file, "name") or None)
    return refer_to_attachment(
        choose_attachment_type(content_type),
        read_string(file, "url_private"),
        HOSTS,
        name=read_string(file, "name") or None,
        content_type=content_type or None,
        bytes=read_integer(file, "size"),
    )


def form_values(blocks: JSON) -> dict[str, JSON]:
    """What is filled in and chosen in a message or form, by the action_id of its elements."""
    found: dict[str, JSON] = {}
    for block in blocks.values() if isinstance(blocks, dict) else ():
        for name, element in block.items() if isinstance(block, dict) else ():
            value = chosen_value(element)
            if value not in (None, "", []):
                found[name] = value
    return found


def chosen_value(element: JSON) -> JSON:
    """What was entered or chosen in one element: a text, a list of them, or None."""
    if value := read_string(element, "value").strip():
        return value
    for key in CHOICES:
        if value := pick(element, key):
            return value
    if timestamp := pick(element, "selected_date_time"):
        return format_timestamp(timestamp)
    if value := _read_option(pick(element, "selected_option")):
        return value
    if options := read_objects(element, "selected_options"):
        return [value for value in map(_read_option, options) if value]
    if files := read_objects(element, "files"):
        return [read_string(file, "name") or read_string(file, "id") for file in files]
    rich = pick(element, "rich_text_value")
    return "".join(read_string(part, "text") for part in _flatten_block(rich)).strip() or None if rich else None


def button_text(element: JSON) -> str:
    """The words on a button that carries nothing else."""
    return read_string(element, "text", "text").strip()


def _read_option(option: JSON) -> str:
    return read_string(option, "value").strip() or read_string(option, "text", "text").strip()


def _flatten_block(block: JSON) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for element in read_objects(block, "elements"):
        found += [element, *_flatten_block(element)]
    return found
