"""What a channel brought becomes an event: ids, conversation, trace and the time until which an answer is wanted."""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from functions.gateway.marks import Marks
from functions.gateway.recent_speech import RecentSpeech
from shared.channels.names import PLATFORMS
from shared.channels.port import InboundMessage
from shared.digest import sha256
from shared.errors import Rejected, TooLarge
from shared.events.catalogue import MessageArrived, MessageReceived, SpeechReceived
from shared.events.envelope import Envelope
from shared.events.identity import derive_conversation_id, derive_event_id, derive_message_id
from shared.events.wire import JSON
from shared.telemetry import parse_traceparent

SOURCE = "/parley/gateway"
MAX_JOIN_SECONDS = 10.0
"""The Trigger's retries (knative/base/triggers.yaml) outlast the longest burst of these."""
ALBUM_SECONDS = 1.0
"""In which the parts of an album come, each in a webhook of its own: they are one message."""
KEY_LIMIT = 200
"""Characters of an Idempotency-Key."""
NO_HEADERS: Mapping[str, str] = {}
MAX_METADATA_BYTES = 8 * 1024
"""Of a message's metadata in JSON: it travels through every stage and is kept with the turn."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Makes events of messages; keeps who spoke a moment ago, and nothing else."""

    answer_within: float
    """Seconds after which nobody wants an answer any more."""
    transcribes: bool = False
    """Whether somebody makes text of recordings."""
    join_seconds: float = 0.0
    """How long what a person writes waits for more of it; MAX_JOIN_SECONDS at most, 0: not at all."""
    now: Callable[[], datetime] = utc_now
    recent_speech: RecentSpeech = field(default_factory=RecentSpeech)
    marks: Marks = field(default_factory=Marks)

    def make_event(
        self, message: InboundMessage, channel: str, traceparent: str | None, headers: Mapping[str, str] = NO_HEADERS
    ) -> Envelope:
        """The event of a message that somebody waits for: that it was received, or that somebody spoke.

        Its id is the platform's, so that a redelivered message is the same event; where there is none it is made up.
        Raises TooLarge where its metadata is.
        """
        if _is_too_large(message.metadata):
            raise TooLarge(f"metadata has more than {MAX_METADATA_BYTES} bytes in JSON")
        now = self.now()
        sender = message.sender if message.sender is not None else secrets.token_urlsafe(18)
        event_id = derive_message_id(channel, message.id if message.id is not None else os.urandom(16).hex())
        # What is answered in the webhook's own answer has no time for being transcribed.
        spoken = _make_speech(message, sender, now) if self.transcribes and not message.synchronous else None
        data = spoken if spoken is not None else _make_text(message, sender, now)
        return Envelope(
            id=event_id,
            source=SOURCE,
            subject=derive_conversation_id(channel, sender),
            data=data,
            type=data.TYPE,
            message=event_id,
            channel=channel,
            time=format_timestamp(now),
            traceparent=traceparent_of(traceparent),
            expirytime=format_timestamp(now + timedelta(seconds=self.answer_within)),
            purpose=self.marks.find_purpose(headers),
            arm=self.marks.arm(derive_conversation_id(channel, sender)),
        )

    def event_in_order(
        self, message: InboundMessage, channel: str, traceparent: str | None, headers: Mapping[str, str] = NO_HEADERS
    ) -> Envelope:
        """The event of a message on a platform, which may wait for those after it (joining), or for what was spoken
        before. The page of the web chat sees to its own order, and a caller of REST waits for each answer."""
        if channel in PLATFORMS and _is_too_large(message.metadata):
            # A long form, or a large order: its words are in the text, and others' messages come in the same webhook.
            message = replace(message, metadata={"too_large": True})
        event = self.make_event(message, channel, traceparent, headers)
        if channel not in PLATFORMS or message.synchronous:
            return event
        now = self.now()
        if isinstance(event.data, SpeechReceived):
            self.recent_speech.remember(event, now)
            return event
        before = self.recent_speech.find(event.subject, now)
        album = ALBUM_SECONDS if message.album is not None else 0.0
        join = max(min(self.join_seconds, MAX_JOIN_SECONDS), album)
        if not isinstance(event.data, MessageReceived) or (before is None and join <= 0):
            return event
        after, until = (before.message, before.until) if before is not None else (None, 0.0)
        data = MessageArrived(event.data, join, now.timestamp(), after, until)
        return replace(event, id=derive_event_id(event.id, "arrived"), data=data, type=data.TYPE)


def _is_too_large(metadata: Mapping[str, JSON]) -> bool:
    return bool(metadata) and len(json.dumps(metadata)) > MAX_METADATA_BYTES


def _make_text(message: InboundMessage, sender: str, now: datetime) -> MessageReceived:
    return MessageReceived(
        text=message.text,
        sender=sender,
        sent_at=message.sent_at or format_timestamp(now),
        locale=message.locale,
        metadata=message.metadata,
        attachments=message.attachments,
        address=message.address,
        hypotheses=message.hypotheses,
    )


def _make_speech(message: InboundMessage, sender: str, now: datetime) -> SpeechReceived | None:
    """The recording, where one takes the place of text; None where the message is to be read."""
    recording = next((item for item in message.attachments if item.type == "audio"), None)
    if message.text or (message.audio is None and recording is None):
        return None
    return SpeechReceived(
        sender=sender,
        recording=recording if message.audio is None else None,
        audio=message.audio,
        sent_at=message.sent_at or format_timestamp(now),
        locale=message.locale,
        metadata=message.metadata,
        attachments=tuple(item for item in message.attachments if item is not recording),
        address=message.address,
    )


def with_key(message: InboundMessage, key: str | None) -> InboundMessage:
    """The message under the id that the caller chose (Idempotency-Key), so that asking again gives the same turn.

    Rejected where the key is empty or too long, or the message has no sender.
    """
    if key is None:
        return message
    if not key or len(key) > KEY_LIMIT:
        raise Rejected(f"Idempotency-Key must have 1 to {KEY_LIMIT} characters")
    if message.sender is None:
        raise Rejected("Idempotency-Key needs a sender: without one each call is a new conversation")
    return replace(message, id=scoped_id(message.sender, key))


def scoped_id(sender: str, key: str) -> str:
    """A message's id from the caller's Idempotency-Key: two senders may use the same key."""
    return sha256(f"{sender}\n{key}".encode("utf-8", "surrogatepass"))[:32]


def traceparent_of(header: str | None) -> str:
    """The caller's trace (W3C Trace Context, version 00), or a new one where there is none that is valid."""
    if header is not None and parse_traceparent(header) is not None:
        return header
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"


def format_timestamp(timestamp: datetime) -> str:
    return timestamp.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
