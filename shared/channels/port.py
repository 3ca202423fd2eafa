"""What a channel is: a module with pure functions on bytes, so that a platform can be tried without its servers.

`parse` turns a webhook's bytes into messages (after it verified them) or into the answer to a handshake; `render` turns
replies into calls to the platform or into documents for an outbox; `judge` says what the platform's answer means.
The gateway does the receiving and publishing, delivery the sending; a new platform changes neither.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from shared.errors import Rejected, Unavailable
from shared.events.catalogue import Attachment, Reply
from shared.events.wire import JSON


class Forged(Rejected):
    """The webhook is not signed by its platform, or too old: 401, or the status that the platform's rules name."""

    def __init__(self, cause: str, status: int = 401) -> None:
        super().__init__(cause)
        self.status = status


class KeysNeeded(Unavailable):
    """The platform's public keys (a JWK set) are needed to check the signature: fetch them, put them into `keys`.

    The address comes from the settings or from the channel's code, never from a message.
    """

    def __init__(self, address: str) -> None:
        super().__init__(f"the keys at {address} could not be fetched, or do not hold the key of this signature")
        self.address = address


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
    now: float = 0.0
    """Seconds since the epoch, for the time window of signatures."""
    keys: Mapping[str, JSON] = field(default_factory=dict)
    """JWK sets by address, see KeysNeeded."""


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
    audio: str | None = None
    """A recording in Base64, where the person spoke and no platform keeps it."""
    at_once: bool = False
    """True where the platform takes the answer only in the webhook's own: the channel's `answered` makes it."""


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
    said: int = 0
    """How many replies of the turn went before them."""
    in_hands: bool = False
    """Whether the conversation is in a person's hands, who may answer at any time."""


@dataclass(frozen=True, slots=True)
class Grant:
    """How to get the access token that goes out as `Authorization: Bearer` (OAuth 2.0): a form POSTed to `url`."""

    url: str
    form: Mapping[str, str] = field(repr=False)
    claims: Mapping[str, str] = field(default_factory=dict)
    """Where there are any: they become, with the time, a JWT in the form's `assertion` (RFC 7523)."""
    private_key: str = field(default="", repr=False)
    """PEM; signs the assertion."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a platform."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    """All three may hold secrets, and stay out of what is printed."""
    method: str = "POST"
    grant: Grant | None = None
    pause: float = 0.0
    """Seconds to leave between the call before and this one, where the platform asks for a pace."""
    fallback: "Call | None" = None
    """What goes out instead where the platform refuses this call, e.g. because a reply token ended."""


@dataclass(frozen=True, slots=True)
class Document:
    """A message for the outbox, from which the person's page fetches it."""

    content: Mapping[str, JSON]


Outgoing = Call | Document


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a platform's answer means for the delivery."""

    outcome: Literal["taken", "later", "refused", "denied"]
    """later: the same call may succeed; refused: it never will; denied: our own token or its rights are the matter."""
    retry_after: float | None = None
    """Seconds that the platform asks to wait."""
    cause: str = ""
    """The platform's own word or number for what is the matter: a plain token, never content."""


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


class AtOnce(Protocol):
    """A channel that answers some webhooks in the call itself."""

    def answered(self, replies: Sequence[Reply]) -> Answering: ...


def by_status(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:  # noqa: ARG001 - platforms read the body
    """The verdict where a platform says everything with its status, as HTTP defines it."""
    if 200 <= status < 300:
        return Verdict("taken")
    if status >= 500 or status in (408, 425, 429):
        return Verdict("later", seconds(headers.get("retry-after")))
    return Verdict("refused")


def by_status_and_token(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """As `by_status`, where 401 says that our token is not valid."""
    return Verdict("denied") if status == 401 else by_status(status, headers, body)


def seconds(retry_after: str | None) -> float | None:
    """Retry-After in its form of seconds, also broken ones; its form of a date is not worth a parser here."""
    if retry_after is None or not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", retry_after):
        return None
    return float(retry_after)
