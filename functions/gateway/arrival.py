"""What a channel heard becomes an event: ids, conversation, trace and the time until which an answer is wanted."""

import os
import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from functions.gateway.spoken import Before
from shared.channels.port import InboundMessage
from shared.digest import sha256
from shared.events.catalogue import MessageArrived, MessageReceived, SpeechReceived
from shared.events.envelope import Envelope
from shared.events.identity import conversation_id, derive, message_id

SOURCE = "/parley/gateway"
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def received(
    heard: InboundMessage,
    channel: str,
    *,
    now: datetime,
    answer_within: float,
    traceparent: str | None,
    listening: bool = False,
) -> Envelope:
    """The event that somebody said something; that they spoke, where somebody is `listening` to recordings.

    Its id is the platform's, so that a redelivered message is the same event; where there is none it is made up.
    """
    sender = heard.sender if heard.sender is not None else secrets.token_urlsafe(18)
    ident = message_id(channel, heard.id if heard.id is not None else os.urandom(16).hex())
    data: MessageReceived | SpeechReceived | None = _spoken(heard, sender, now) if listening else None
    if data is None:
        data = MessageReceived(
            text=heard.text,
            sender=sender,
            sent_at=heard.sent_at or iso(now),
            locale=heard.locale,
            metadata=heard.metadata,
            attachments=heard.attachments,
            address=heard.address,
        )
    return Envelope(
        id=ident,
        source=SOURCE,
        subject=conversation_id(channel, sender),
        data=data,
        type=data.TYPE,
        message=ident,
        channel=channel,
        time=iso(now),
        traceparent=traceparent_of(traceparent),
        expirytime=iso(now + timedelta(seconds=answer_within)),
    )


def arrived(event: Envelope, quiet: float, at: datetime, before: Before | None = None) -> Envelope:
    """The event that somebody said something and may go on, or spoke before; what is not a message received stays."""
    if not isinstance(event.data, MessageReceived):
        return event
    after, until = (before.message, before.until) if before is not None else (None, 0.0)
    data = MessageArrived(event.data, quiet, at.timestamp(), after, until)
    return replace(event, id=derive(event.id, "arrived"), data=data, type=data.TYPE)


def _spoken(heard: InboundMessage, sender: str, now: datetime) -> SpeechReceived | None:
    """The recording, where one takes the place of text; None where the message is to be read."""
    recording = next((item for item in heard.attachments if item.type == "audio"), None)
    if heard.text or (heard.audio is None and recording is None):
        return None
    return SpeechReceived(
        sender=sender,
        recording=recording if heard.audio is None else None,
        audio=heard.audio,
        sent_at=heard.sent_at or iso(now),
        locale=heard.locale,
        metadata=heard.metadata,
        attachments=tuple(item for item in heard.attachments if item is not recording),
        address=heard.address,
    )


def scoped(sender: str, key: str) -> str:
    """A message's id from the caller's Idempotency-Key: two senders may use the same key."""
    return sha256(f"{sender}\n{key}".encode("utf-8", "surrogatepass"))[:32]


def traceparent_of(header: str | None) -> str:
    """The caller's trace (W3C Trace Context, version 00), or a new one where there is none that is valid."""
    if header is not None and _TRACEPARENT.fullmatch(header):
        return header
    return f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
