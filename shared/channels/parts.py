"""A reply taken apart into what a platform can show, in Rasa's order.

Parts
|- Text     text, with buttons or quick replies where there are any
|- Image    an image by its address
|- File     anything else by its address
|- Card     one element of Rasa's `elements`: title, subtitle, image, buttons
|- Cards    several of them, which people swipe through where the platform can
`- Native   a `custom` object in the platform's own form
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from shared.channels.body import write_json
from shared.channels.fitting import number_titles, trim
from shared.channels.markdown import Span, read, strip_markdown
from shared.channels.names import PLATFORMS
from shared.channels.reading import pick, read_objects, read_string
from shared.events.catalogue import Button, Reply
from shared.events.wire import JSON


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    buttons: tuple[Button, ...] = ()
    spans: tuple[Span, ...] = ()
    """What is marked in the text, where the platform has marks."""
    quick: bool = False
    """Whether the buttons are quick replies, which go away once one is chosen."""


@dataclass(frozen=True, slots=True)
class Image:
    url: str


@dataclass(frozen=True, slots=True)
class File:
    url: str
    type: str = "file"
    """image, audio, video or file."""


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    subtitle: str = ""
    image: str = ""
    buttons: tuple[Button, ...] = ()
    links: tuple[Button, ...] = ()
    """Buttons that open an address, which is their payload."""

    def text(self) -> str:
        """The card in words, for platforms without cards."""
        lines = (self.title, self.subtitle, *(f"{link.title}: {link.payload}" for link in self.links))
        return "\n".join(line for line in lines if line.strip())


@dataclass(frozen=True, slots=True)
class Cards:
    cards: tuple[Card, ...]
    """Two or more."""


@dataclass(frozen=True, slots=True)
class Native:
    content: dict[str, JSON]


Part = Text | Image | File | Card | Cards | Native


def split_replies(
    replies: Sequence[Reply], channel: str, markdown: Literal["spans", "plain", "as it is"]
) -> Iterator[Part]:
    """Everything that these replies say on this channel, in order; Markdown as spans, as plain words, or as it is."""
    for reply in replies:
        text, spans = trim(reply.text or ""), ()  # type: str, tuple[Span, ...]
        if markdown == "spans":
            text, spans = read(text)
        elif markdown == "plain":
            text = strip_markdown(text)
        # Quick replies beat buttons, as on Rasa's REST channel (core/channels/channel.py:60-80).
        buttons = number_titles(_name_buttons(reply.quick_replies or reply.buttons))
        if text or buttons:
            yield Text(text, buttons, spans, bool(reply.quick_replies))
        yield from _read_custom(reply.custom, channel)
        if reply.image:
            yield Image(reply.image)
        yield from _make_attachment(reply.attachment)
        yield from _join_found([part for element in reply.elements for part in _read_card(element)])


def _name_buttons(buttons: Iterable[Button]) -> list[Button]:
    """The buttons that have a title, each on one line, as platforms want it."""
    named = (Button(trim(" ".join(button.title.split())), button.payload or button.title) for button in buttons)
    return [button for button in named if button.title]


def _read_custom(custom: JSON, channel: str) -> Iterator[Part]:
    """`custom` as it is, or its part for this channel where it is `{"slack": {...}, "telegram": {...}}`."""
    if not custom:
        return
    if not isinstance(custom, dict):
        yield Text(write_json(custom))
    elif isinstance(custom.get(channel), dict):
        yield Native(custom[channel])
    elif not all(key in PLATFORMS for key in custom):
        yield Native(custom)


def _join_found(found: Sequence[Part]) -> Iterator[Part]:
    cards = tuple(part for part in found if isinstance(part, Card))
    yield from (Cards(cards),) if len(cards) > 1 and len(cards) == len(found) else found


def _make_attachment(attachment: JSON) -> Iterator[Part]:
    """An address, Rasa's `{"type": "image", "payload": {"src": address}}`, or a template with elements, as its Facebook
    channel takes them."""
    if elements := read_objects(attachment, "payload", "elements"):
        yield from _join_found([part for element in elements for part in _read_card(element)])
        return
    url = attachment if isinstance(attachment, str) else ""
    for path in (("payload", "url"), ("payload", "src"), ("url",)):
        url = url or read_string(attachment, *path)
    if url:
        sort = read_string(attachment, "type").lower()
        yield File(url, sort if sort in ("image", "audio", "video") else "file")
    elif attachment:
        yield Text(write_json(attachment))


def _read_card(element: JSON) -> Iterator[Part]:
    title, subtitle = (trim(read_string(element, key)) for key in ("title", "subtitle"))
    image = read_string(element, "image_url") or read_string(element, "image")
    buttons = read_objects(element, "buttons")
    payloads, links = (
        _name_buttons(
            Button(read_string(button, "title"), read_string(button, key))
            for button in buttons
            if isinstance(pick(button, key), str) and (key == "payload" or button[key])
        )
        for key in ("payload", "url")
    )
    named = number_titles([*payloads, *links])
    payloads, links = list(named[: len(payloads)]), list(named[len(payloads) :])
    if title or subtitle or payloads or links:
        yield Card(title or subtitle, subtitle if title else "", image, tuple(payloads), tuple(links))
    elif image:
        yield Image(image)
