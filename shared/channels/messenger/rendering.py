"""Replies as Messenger's and Instagram's messages: texts, quick replies, templates, media."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.channels import parts
from shared.channels.fitting import (
    count_utf8,
    count_utf16,
    join_titles,
    label_buttons,
    list_buttons,
    split,
    split_chunks,
)
from shared.channels.port import Limit
from shared.channels.reading import read_objects, read_string
from shared.events.catalogue import Button
from shared.events.wire import JSON

NAME = "messenger"
LIMITS: Mapping[str, Limit] = {
    "text": Limit(2000, "UTF-16 units"),
    "text on Instagram": Limit(1000, "bytes"),
    "text with buttons": Limit(640, "UTF-16 units"),
    "card title": Limit(80, "UTF-16 units"),
    "cards": Limit(10, "cards of a carousel"),
    "buttons": Limit(3, "buttons"),
    "quick replies": Limit(13, "quick replies"),
    "label": Limit(20, "UTF-16 units"),
    "payload": Limit(1000, "UTF-16 units"),
}
TEXT_LIMIT, INSTAGRAM_LIMIT = LIMITS["text"].most, LIMITS["text on Instagram"].most
TEMPLATE_LIMIT, CARD_LIMIT, CARDS = (LIMITS[key].most for key in ("text with buttons", "card title", "cards"))
LABEL_LIMIT, PAYLOAD_LIMIT = LIMITS["label"].most, LIMITS["payload"].most
BUTTONS, QUICK = LIMITS["buttons"].most, LIMITS["quick replies"].most


def render_part(part: parts.Part, instagram: bool) -> Iterator[dict[str, JSON]]:
    """The messages of one part of a reply; Instagram counts bytes where Messenger counts characters."""
    match part:
        case parts.Text(text, buttons, _, quick):
            yield from _render_text(text, buttons, quick, instagram)
        case parts.Image(url):
            yield _render_medium("image", url)
        case parts.File(url, sort):
            yield _render_medium(sort, url)
        case parts.Card():
            yield from _render_cards((part,), instagram)
        case parts.Cards(cards):
            yield from _render_cards(cards, instagram)
        case parts.Native(content):
            yield content


def _render_medium(sort: str, url: str) -> dict[str, JSON]:
    return {"attachment": {"type": sort, "payload": {"url": url, "is_reusable": True}}}


def spell_media(message: Mapping[str, JSON]) -> dict[str, JSON] | None:
    """The message with addresses in the place of pictures and files, for one that Meta cannot fetch."""
    if url := read_string(message, "attachment", "payload", "url"):
        return {"text": url} if count_utf8(url) <= INSTAGRAM_LIMIT else None
    elements: list[dict[str, Any]] = read_objects(message, "attachment", "payload", "elements")
    if not any("image_url" in element for element in elements):
        return None
    plain = [
        {"subtitle": element.get("image_url", "")[:CARD_LIMIT], **element, "image_url": None} for element in elements
    ]
    fitting = [{key: value for key, value in element.items() if value} for element in plain]
    payload = {"template_type": "generic", "elements": fitting}
    return {"attachment": {"type": "template", "payload": payload}}


def _split_text(text: str, instagram: bool) -> list[str]:
    # Instagram counts bytes.
    return split(text, INSTAGRAM_LIMIT, count_utf8) if instagram else split(text, TEXT_LIMIT)


def _render_text(text: str, buttons: Sequence[Button], quick: bool, instagram: bool) -> Iterator[dict[str, JSON]]:
    if not buttons or any(count_utf16(_make_payload(button)) > PAYLOAD_LIMIT for button in buttons):
        yield from ({"text": piece} for piece in _split_text(list_buttons(text, buttons), instagram))
        return
    text, labels = label_buttons(text, buttons, LABEL_LIMIT)
    # More than three buttons are quick replies, as Rasa does (core/channels/facebook.py); only the last message keeps
    # them, so that more than 13 become templates of three.
    quick = len(labels) <= QUICK and (quick or len(labels) > BUTTONS)
    pieces = _split_text(text or join_titles(buttons), instagram)
    if quick:
        choices = [
            {"content_type": "text", "title": label, "payload": _make_payload(button)} for label, button in labels
        ]
        yield from ({"text": piece} for piece in pieces[:-1])
        yield {"text": pieces[-1], "quick_replies": choices}
        return
    if len(pieces) > 1 or count_utf16(pieces[-1]) > TEMPLATE_LIMIT:
        pieces = split(text or join_titles(buttons), TEMPLATE_LIMIT)
    yield from ({"text": piece} for piece in pieces[:-1])
    last = pieces[-1]
    for group in split_chunks(labels, BUTTONS):
        template = {"template_type": "button", "text": last, "buttons": _render_buttons(group)}
        yield {"attachment": {"type": "template", "payload": template}}
        last = "…"


def _render_cards(cards: Sequence[parts.Card], instagram: bool) -> Iterator[dict[str, JSON]]:
    """A generic template, up to ten cards beside each other, of those that fit one; of others image and text."""
    fitting: list[JSON] = []
    for card in cards:
        if (element := _render_element(card)) is not None:
            fitting.append(element)
            continue
        yield from _render_generic(fitting)
        fitting = []
        if card.image:
            yield _render_medium("image", card.image)
        yield from _render_text(card.text(), card.buttons, False, instagram)
    yield from _render_generic(fitting)


def _render_generic(elements: Sequence[JSON]) -> Iterator[dict[str, JSON]]:
    for group in split_chunks(elements, CARDS):
        payload = {"template_type": "generic", "elements": list(group)}
        yield {"attachment": {"type": "template", "payload": payload}}


def _render_element(card: parts.Card) -> dict[str, JSON] | None:
    """The card as an element of a generic template; None where it does not fit one."""
    choices = (*card.buttons, *card.links)
    short = all(count_utf16(button.title) <= LABEL_LIMIT for button in choices) and len(choices) <= BUTTONS
    fits = bool(card.title) and max(count_utf16(card.title), count_utf16(card.subtitle)) <= CARD_LIMIT and short
    # A title alone is refused: there must be something below it.
    if not fits or not (card.subtitle or card.image or choices):
        return None
    if any(count_utf16(_make_payload(button)) > PAYLOAD_LIMIT for button in card.buttons):
        return None
    buttons = _render_buttons([(button.title, button) for button in card.buttons])
    buttons += [{"type": "web_url", "title": link.title, "url": link.payload} for link in card.links]
    optional = {"subtitle": card.subtitle, "image_url": card.image, "buttons": buttons}
    return {"title": card.title, **{key: value for key, value in optional.items() if value}}


def _render_buttons(labels: Sequence[tuple[str, Button]]) -> list[JSON]:
    return [{"type": "postback", "title": label, "payload": _make_payload(button)} for label, button in labels]


def _make_payload(button: Button) -> str:
    return button.payload or button.title
