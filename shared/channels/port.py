"""What a channel is: a module with pure functions on bytes, so that a platform can be tried without its servers.

`parse` turns a webhook's bytes into messages (after it verified them) or into the answer to a handshake; `render` turns
replies into calls to the platform or into documents for an outbox; `judge` says what the platform's answer means.
The gateway does the receiving and publishing, delivery the sending; a new platform changes neither.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from shared.events.catalogue import Attachment, Reply
from shared.events.wire import JSON

Settings = Mapping[str, str]
"""What a channel is configured with, e.g. its secret; named by the channel, read from the environment by main.py."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A webhook as it came in."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    url: str = ""
    """As the platform called it; some sign it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message of one person."""

    text: str
    sender: str | None
    """None where the channel does not say who speaks; the gateway then makes up a sender that nobody can guess."""
    ident: str | None = None
    """The id with which the platform redelivers the message; None where it gives none."""
    sent_at: str | None = None
    locale: str | None = None
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    address: Mapping[str, JSON] = field(default_factory=dict)
    """What `render` needs to reach the person."""


@dataclass(frozen=True, slots=True)
class Answering:
    """What a webhook is answered."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


Parsed = tuple[Heard, ...] | Answering
"""Messages, or the answer to a webhook that brings none (a handshake, an empty message)."""


@dataclass(frozen=True, slots=True)
class To:
    """Whom replies are for."""

    sender: str
    address: Mapping[str, JSON]
    message: str
    """The id of the message that they answer."""
    last: bool
    """Whether the turn ends with them."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a platform."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Document:
    """A message for the outbox, from which the person's page fetches it."""

    content: Mapping[str, JSON]


Outgoing = Call | Document


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a platform's answer means for the delivery."""

    outcome: Literal["taken", "later", "refused"]
    """later: the same call may succeed; refused: it never will."""
    retry_after: float | None = None
    """Seconds that the platform asks to wait."""


class Channel(Protocol):
    """A channel's module."""

    @property
    def NAME(self) -> str: ...

    def parse(self, inbound: Inbound, settings: Settings) -> Parsed:
        """The messages in a webhook; raises Rejected where it is malformed. Any bytes are answered, none raise else."""
        ...

    def accepted(self, heard: Sequence[Heard]) -> Answering:
        """What the webhook is answered once these messages are held by the broker."""
        ...

    def render(self, replies: Sequence[Reply], to: To, settings: Settings) -> Sequence[Outgoing]:
        """What goes out for these replies, in order: the same for the same arguments, always."""
        ...

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict: ...


def by_status(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:  # noqa: ARG001 - platforms read the body
    """The verdict where a platform says everything with its status, as HTTP defines it."""
    if 200 <= status < 300:
        return Verdict("taken")
    if status >= 500 or status in (408, 425, 429):
        return Verdict("later", _seconds(headers.get("retry-after")))
    return Verdict("refused")


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in its form of seconds; its form of a date is not worth a parser here."""
    if retry_after is not None and retry_after.isascii() and retry_after.isdigit() and len(retry_after) <= 6:
        return float(retry_after)
    return None
