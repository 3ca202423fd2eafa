"""Notifying the operators of a conversation in a person's hands: a signed webhook, a chat on a platform, or both.

POST HANDOFF_URL
X-Parley-Timestamp: seconds
X-Parley-Signature: v1=hex HMAC-SHA256(HANDOFF_SECRET, "v1:{timestamp}:{body}")
Idempotency-Key: the event's id, the same when it is sent again
{"kind": "begun", "conversation": ..., "channel": ..., "sender": ..., "message": ..., "sent_at": ..., "locale": ...,
 "text": ..., "attachments": [...], "transcript": [{"by": "person", "text": ...}], "say": address, "resume": address}
and, where the person spoke and it did not become text, "transcription_failure": why
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib import parse

from shared.channels.catalogue import find_channel
from shared.channels.port import Call, Recipient, Settings, Verdict
from shared.channels.verdicts import judge_by_status_and_token
from shared.events.catalogue import Button, Handoff, RepliesDecided, Reply
from shared.events.envelope import Envelope
from shared.events.wire import JSON, to_wire
from shared.handoff import OperatorsChat, resume_command


class Webhook:
    """What HANDOFF_URL's answers mean."""

    name = "handoff"

    def judge(self, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
        return judge_by_status_and_token(status, headers, body)


@dataclass(frozen=True, slots=True)
class Operators:
    """Where operators are notified."""

    url: str = ""
    secret: str = ""
    chat: OperatorsChat | None = None
    public_url: str = ""
    settings: Mapping[str, Settings] | None = None
    """By channel, as for people."""

    def webhook_calls(self, envelope: Envelope, decided: RepliesDecided, now: Callable[[], float]) -> Sequence[Call]:
        """The call of the webhook; none where there is no webhook."""
        if not self.url or decided.handoff is None:
            return ()
        body = json.dumps(self._write_notification(envelope, decided, decided.handoff), ensure_ascii=False).encode()
        stamp = str(int(now()))
        headers = {"content-type": "application/json", "x-parley-timestamp": stamp, "idempotency-key": envelope.id}
        if self.secret:
            signed = hmac.new(self.secret.encode(), f"v1:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
            headers["x-parley-signature"] = f"v1={signed}"
        return (Call(self.url, body, headers),)

    def chat_calls(self, envelope: Envelope, decided: RepliesDecided) -> Sequence[Call]:
        """The messages in the operators' chat; none where there is no chat, or it is they who spoke."""
        if self.chat is None or decided.handoff is None or decided.handoff.kind == "answered":
            return ()
        module = find_channel(self.chat.channel)
        to = Recipient("operators", self.chat.address, f"{envelope.message}.handoff", True)
        replies = _write_words(envelope, decided.handoff, self._list_attachments(envelope, decided.handoff))
        outgoing = module.render(replies, to, (self.settings or {}).get(module.name, {}))
        return [item for item in outgoing if isinstance(item, Call)]

    def _write_notification(self, envelope: Envelope, decided: RepliesDecided, handoff: Handoff) -> dict[str, JSON]:
        notification = {
            "kind": handoff.kind,
            "conversation": envelope.subject,
            "channel": envelope.channel,
            "sender": decided.sender,
            "message": envelope.message,
            "sent_at": decided.turn.started_at,
            "locale": decided.locale,
            "text": handoff.text,
            **({"transcription_failure": failure} if (failure := handoff.transcription_failure) is not None else {}),
            "attachments": self._list_attachments(envelope, handoff),
            "transcript": list(handoff.transcript),
        }
        if self.public_url:
            notification |= {verb: f"{self.public_url.rstrip('/')}/handoff/{verb}" for verb in ("say", "resume")}
        return notification

    def _list_attachments(self, envelope: Envelope, handoff: Handoff) -> list[dict[str, JSON]]:
        """Each with the gateway's address for it, where that is known: the platform's own wants our token."""
        found = []
        for attachment in handoff.attachments:
            shown: dict[str, JSON] = to_wire(attachment)
            if self.public_url and attachment.type not in ("link", "location"):
                query = {"channel": envelope.channel, "type": attachment.type, "reference": attachment.reference}
                if attachment.content_type:
                    query["content_type"] = attachment.content_type
                shown["url"] = f"{self.public_url.rstrip('/')}/handoff/attachment?{parse.urlencode(query)}"
            found.append(shown)
        return found


def _write_words(envelope: Envelope, handoff: Handoff, attachments: Sequence[Mapping[str, JSON]]) -> list[Reply]:
    """What the operators read."""
    name = envelope.subject
    sent = [f"[{item['type']}] {item.get('url') or item['reference']}" for item in attachments]
    failure = handoff.transcription_failure
    spoke = _describe_recording(failure, attachments) if failure is not None else ""
    said = "\n".join(line for line in (handoff.text, spoke, *sent) if line)
    give_back = (Button("Give back to the assistant", resume_command(name)),)
    match handoff.kind:
        case "begun":
            lines = "\n".join(f"{line.get('by')}: {line.get('text')}" for line in handoff.transcript)
            lead = f"Somebody on {envelope.channel} wants a person: {name}"
            words = "\n\n".join((lead, "\n".join(part for part in (lines, *sent) if part), f"Answer: /say {name} ..."))
            return [Reply(text=words, buttons=give_back)]
        case "message":
            return [Reply(text=f"{name}\n{said}", buttons=give_back)]
    return [Reply(text=f"{name} is with the assistant again.")]


def _describe_recording(reason: str, attachments: Sequence[Mapping[str, JSON]]) -> str:
    """Why there is no text, and whether there is anything to listen to."""
    kept = any(item["type"] == "audio" for item in attachments)
    return f"[a voice message that did not become text: {reason}{'' if kept else '; the recording is not kept'}]"
