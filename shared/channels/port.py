"""What a channel is: one object of pure functions on bytes, so that a platform can be tried without its servers.

`parse` turns a webhook's bytes into messages (after it verified them) or into the answer to a handshake; `render` turns
replies into calls to the platform or into documents for an outbox; `judge` says what the platform's answer means.
The gateway does the receiving and publishing, delivery the sending; a new platform changes neither.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from shared.errors import Rejected, Unavailable
from shared.events.catalogue import Attachment, Reply
from shared.events.meaning import Hypothesis
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


Stage = Literal["gateway", "delivery"]
GATEWAY: tuple[Stage, ...] = ("gateway",)
DELIVERY: tuple[Stage, ...] = ("delivery",)
BOTH: tuple[Stage, ...] = ("gateway", "delivery")
Settings = Mapping[str, str]
"""What a channel is configured with, e.g. its secret, by the names that its `settings` have."""


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
class InboundMessage:
    """One message of one person."""

    text: str
    sender: str | None
    """None where the channel does not say who speaks; the gateway then makes up a sender that nobody can guess."""
    id: str | None = None
    """The id with which the platform redelivers the message; None where it gives none."""
    sent_at: str | None = None
    locale: str | None = None
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    address: Mapping[str, JSON] = field(default_factory=dict)
    """What `render` needs to reach the person."""
    audio: str | None = None
    """A recording in Base64, where the person spoke and no platform keeps it."""
    hypotheses: tuple[Hypothesis, ...] | None = None
    """Where a platform's own recogniser heard it, what may have been said, likeliest first (`text`)."""
    synchronous: bool = False
    """True where the platform takes the answer only in the webhook's own: `answer_synchronously` makes it."""
    addressed: bool = True
    """False where it was said in a group and neither names the assistant nor answers it."""
    album: str | None = None
    """What the parts of one message have in common, where the platform sends each part (an album's pictures) alone."""


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """What a webhook is answered."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


Parsed = tuple[InboundMessage, ...] | WebhookResponse
"""Messages, or the answer to a webhook that brings none (a handshake, an empty message)."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom replies are for."""

    sender: str
    address: Mapping[str, JSON]
    message: str
    """The id of the message that they answer."""
    last: bool
    """Whether the turn ends with them."""
    sent: int = 0
    """How many replies of the turn were sent before them."""
    with_operator: bool = False
    """Whether the conversation is in a person's hands, who may answer at any time."""


To = Recipient
"""The name by which code outside of this repository imports it."""


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

    outcome: Literal["taken", "later", "refused", "denied", "unreachable", "moved"]
    """later: the same call may succeed; refused: it never will; denied: our own token or its rights are the matter;
    unreachable: the person does not take messages (any more), so that nobody can mend it; moved: with `amended` the
    same call may succeed."""
    retry_after: float | None = None
    """Seconds that the platform asks to wait."""
    cause: str = ""
    """The platform's own word or number for what is the matter: a plain token, never content."""
    amended: Mapping[str, JSON] = field(default_factory=dict)
    """Where it moved: what has to stand in the call's JSON instead."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a channel; its environment variable is the channel's name, `_` and this name, in capitals."""

    name: str
    doc: str
    stages: tuple[Stage, ...]
    secret: bool = False
    """A secret may come as a file, whose path is in the variable with `_FILE` behind it."""
    needed: bool = False
    """Whether the channel does nothing on these stages without it."""
    unless: str = ""
    """Another setting that makes this one unnecessary."""
    typing: bool = False
    """Whether the gateway may have it, too: with it, people see that the assistant is typing before any other stage is
    awake."""
    default: str = ""


class Limit(NamedTuple):
    """The most of something that a platform takes in one message."""

    most: int
    unit: str
    """`characters` (code points), `UTF-16 units` or `bytes`; for things that are counted, what they are."""


@dataclass(frozen=True, slots=True)
class AttachmentLocation:
    """What to GET for an attachment, and where its answer may lead."""

    url: str = field(repr=False)
    hosts: tuple[str, ...]
    """Where `url`, and whatever it redirects to, may be: the platform's own hosts."""
    also: str = ""
    """An address out of the settings that is trusted besides: a stand-in's."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Shown to the host of `url` only, never to where it redirects."""
    grant: Grant | None = None
    lookup: bool = False
    """The answer is not the content but says where that is: ask `locate` again with it."""


def cannot_locate(attachment: Attachment, settings: Settings, found: bytes | None = None) -> AttachmentLocation:  # noqa: ARG001 - the signature of `locate`
    """For channels that keep nothing: raises Rejected."""
    raise Rejected("this channel has no attachments that are fetched")


def no_sign(message: InboundMessage, settings: Settings) -> Sequence[Call]:  # noqa: ARG001 - the signature of `indicate`
    """For platforms that have no sign of typing, or take it in the webhook's own answer."""
    return ()


def tell_no_failures(inbound: Inbound) -> Sequence[str]:  # noqa: ARG001 - the signature of `read_failures`
    """For platforms that say at once whether they can deliver."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """All that is known of one channel; each module of a channel has one, `CHANNEL`, and the catalogue lists them."""

    name: str
    title: str
    """As people call the platform."""
    parse: Callable[[Inbound, Settings], Parsed]
    """The messages in a webhook; raises Rejected where it is malformed. Any bytes are answered, none raise else."""
    acknowledge: Callable[[Sequence[InboundMessage]], WebhookResponse]
    """What the webhook is answered once the broker holds these messages."""
    render: Callable[[Sequence[Reply], Recipient, Settings], Sequence[Outgoing]]
    """What goes out for these replies, in order: the same for the same arguments, always."""
    judge: Callable[[int, Mapping[str, str], bytes], Verdict]
    """What the platform's answer (status, headers, body) means."""
    settings: tuple[Setting, ...] = ()
    spoken: bool = False
    """Whether people hear what is said and do not read it: answers are shortened, pictures and addresses left out."""
    ack_seconds: float | None = None
    """How long the platform waits for its webhook's answer; None where nothing waits."""
    body_limit: int = 64 * 1024
    """Bytes of a webhook that are taken."""
    handshake: bool = False
    """Whether the platform asks with a GET whether the address is ours."""
    locate: Callable[[Attachment, Settings, bytes | None], AttachmentLocation] = cannot_locate
    """Where an attachment of this channel is; the third argument is what the lookup before answered, if there was one.
    Raises Rejected where it cannot be fetched, Unavailable where the channel's token is not configured."""
    limits: Mapping[str, Limit] = field(default_factory=dict)
    """What the platform publishes of its limits; renderer, stand-in and LIMITS.md share it."""
    chat: tuple[str, ...] = ()
    """The keys of an address that name a chat, for operators; where one is enough, its value alone names it."""
    indicate: Callable[[InboundMessage, Settings], Sequence[Call]] = no_sign
    """The calls that show that the assistant read the message and is typing; none where a setting is missing."""
    read_failures: Callable[[Inbound], Sequence[str]] = tell_no_failures
    """Of a webhook that was parsed: the causes of what the platform took before and could not deliver."""
    answer_synchronously: Callable[[Sequence[Reply], Recipient, Settings], WebhookResponse] | None = None
    """The answer to a webhook whose platform takes replies only there."""
    answer_seconds: float = 4.5
    """In which such an answer is to be there."""
    apologise: Callable[[Recipient, Settings], WebhookResponse] | None = None
    """What a person is told in such a webhook's answer where the turn failed; None: the platform gets our status."""

    def name_variable(self, setting: Setting) -> str:
        """The setting's environment variable."""
        return f"{self.name}_{setting.name}".upper()
