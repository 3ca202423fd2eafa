"""Replies as WhatsApp's messages: texts, reply buttons, lists, media; in a group without buttons."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from shared.channels import parts
from shared.channels.fitting import count_utf16, join_titles, label_buttons, list_buttons, split_chunks
from shared.channels.markdown import NO_SPACE, Marks, Span, bare_address, write_marks
from shared.channels.port import Limit
from shared.channels.reading import pick, read_string
from shared.events.catalogue import Button
from shared.events.wire import JSON

LIMITS: Mapping[str, Limit] = {
    "text": Limit(4096, "UTF-16 units"),
    "body": Limit(1024, "UTF-16 units"),
    "buttons": Limit(3, "reply buttons"),
    "label": Limit(20, "UTF-16 units"),
    "payload": Limit(256, "UTF-16 units"),
    "rows": Limit(10, "rows of a list"),
    "row label": Limit(24, "UTF-16 units"),
    "row payload": Limit(200, "UTF-16 units"),
    "link": Limit(2048, "UTF-16 units"),
}
TEXT_LIMIT, BODY_LIMIT, ID_LIMIT = (LIMITS[key].most for key in ("text", "body", "payload"))
BUTTONS, BUTTON_LABEL, ROWS, ROW_LABEL = (LIMITS[key].most for key in ("buttons", "label", "rows", "row label"))
ROW_ID, LINK_LIMIT = (LIMITS[key].most for key in ("row payload", "link"))
CHOOSE = "☰"
"""The label of the button that opens a list; a sign, because it is the same in every language."""


def drop_buttons(part: parts.Part) -> parts.Part:
    """What a group can be shown: words and media, and buttons as words."""
    match part:
        case parts.Text(text, buttons, spans):
            return parts.Text(list_buttons(text, buttons), (), spans)
        case parts.Card():
            return replace(part, buttons=(), subtitle=list_buttons(part.subtitle, part.buttons))
        case parts.Cards(cards):
            return parts.Cards(tuple(card for card in map(drop_buttons, cards) if isinstance(card, parts.Card)))
    return part


def render_part(part: parts.Part) -> Iterator[dict[str, JSON]]:
    """The messages of one part of a reply, without recipient."""
    match part:
        case parts.Text(text, buttons, spans):
            yield from _render_text(text, buttons, spans)
        case parts.Image(url):
            yield from _render_medium("image", url)
        case parts.File(url, sort):
            yield from _render_medium("document" if sort == "file" else sort, url)
        case parts.Card():
            yield from _render_card(part)
        case parts.Cards(cards):
            for card in cards:
                yield from _render_card(card)
        case parts.Native(content):
            yield content


def _render_medium(sort: str, url: str) -> Iterator[dict[str, JSON]]:
    if len(url) > LINK_LIMIT:
        yield from _render_plain(url)
        return
    name_of = {"filename": url.rpartition("/")[2][:240] or "file"} if sort == "document" else {}
    yield {"type": sort, sort: {"link": url, **name_of}}


def spell_media(message: Mapping[str, JSON]) -> dict[str, JSON] | None:
    """The message with its medium's address as words, for one that WhatsApp does not take; None without any."""
    sort = read_string(message, "type")
    if link := read_string(message, sort, "link"):
        return {"type": "text", "text": {"body": link, "preview_url": False}}
    content = pick(message, "interactive")
    if isinstance(content, dict) and "header" in content:
        return {**message, "interactive": {key: value for key, value in content.items() if key != "header"}}
    return None


MARKS = Marks(
    {"bold": ("*", "*"), "italic": ("_", "_"), "strike": ("~", "~"), "code": ("```", "```")},
    lambda words, url: words if words in (url, bare_address(url)) else f"{words} ({bare_address(url)})",
    lambda words: words,
    apart=NO_SPACE,
)


def _render_plain(text: str, spans: Sequence[Span] = ()) -> Iterator[dict[str, JSON]]:
    for piece in write_marks(text, spans, TEXT_LIMIT, count_utf16, MARKS):
        yield {"type": "text", "text": {"body": piece, "preview_url": False}}


def _render_text(text: str, buttons: Sequence[Button], spans: Sequence[Span] = ()) -> Iterator[dict[str, JSON]]:
    few = len(buttons) <= BUTTONS
    limit = ID_LIMIT if few else ROW_ID
    ids = {_read_id(button) for button in buttons}
    # Ids must differ within a message, so that buttons that do the same are words.
    if len(ids) < len(buttons) or not buttons or max(map(count_utf16, ids)) > limit:
        yield from _render_plain(list_buttons(text, buttons), spans)
        return
    text, labels = label_buttons(text, buttons, BUTTON_LABEL if few else ROW_LABEL)
    *before, last = write_marks(text or join_titles(buttons), spans, BODY_LIMIT, count_utf16, MARKS)
    for piece in before:
        yield from _render_plain(piece)
    for group in split_chunks(labels, BUTTONS if few else ROWS):
        yield {"type": "interactive", "interactive": _render_buttons(last, group) if few else _render_list(last, group)}
        last = "…"


def _render_card(card: parts.Card) -> Iterator[dict[str, JSON]]:
    """Reply buttons below the picture, where they and the words are one message; else one after the other."""
    messages = list(_render_text(card.text(), card.buttons))
    content = messages[0].get("interactive")
    if len(messages) == 1 and isinstance(content, dict) and content["type"] == "button" and _is_web(card.image):
        yield {**messages[0], "interactive": {**content, "header": {"type": "image", "image": {"link": card.image}}}}
        return
    if card.image:
        yield from _render_medium("image", card.image)
    yield from messages


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= LINK_LIMIT


def _render_buttons(body: str, labels: Sequence[tuple[str, Button]]) -> Mapping[str, JSON]:
    replies = [{"type": "reply", "reply": {"id": _read_id(button), "title": label}} for label, button in labels]
    return {"type": "button", "body": {"text": body}, "action": {"buttons": replies}}


def _render_list(body: str, labels: Sequence[tuple[str, Button]]) -> Mapping[str, JSON]:
    rows = [{"id": _read_id(button), "title": label} for label, button in labels]
    return {"type": "list", "body": {"text": body}, "action": {"button": CHOOSE, "sections": [{"rows": rows}]}}


def _read_id(button: Button) -> str:
    return button.payload or button.title
