"""What operators do with a conversation in a person's hands, over HTTP and in their chat.

    POST /handoff/say         {"conversation": ..., "text": ..., "operator"?: ..., "id"?: ...}
    POST /handoff/resume      {"conversation": ..., "text"?: ..., "operator"?: ..., "id"?: ...}
    GET  /handoff/attachment?channel=&type=&reference=

All want `Authorization: Bearer HANDOFF_TOKEN`, and nothing that a person writes on a channel gets there: what counts
in the operators' chat is where a message was written, which its platform signs.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib import parse

from functions.gateway.access import MIN_TOKEN, Caller, Unauthorised, is_same_secret, read_bearer_token
from functions.gateway.arrivals import SOURCE, format_timestamp, scoped_id, traceparent_of
from functions.gateway.pipeline import Broken, Pipeline
from shared.channels.body import read_object, read_optional_text
from shared.channels.port import InboundMessage
from shared.config import Misconfigured
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import HandoffAnswered
from shared.events.envelope import Envelope
from shared.events.identity import derive_message_id, is_token
from shared.handoff import OperatorsChat, parse_command
from shared.outbound import Outbound
from shared.serving import Answer, json_answer

NAME = "handoff"
TEXT_LIMIT = 4000
MAX_BYTES = 32 * 1024 * 1024
"""More than delivery fetches."""
SECONDS = 10.0
"""An operator waits for the answer, and for a stage that has to start."""


class Operators:
    """Takes what operators say; keeps nothing."""

    def __init__(
        self,
        pipeline: Pipeline,
        publish: Callable[[Envelope], None] | None,
        outbound: Outbound,
        *,
        token: str,
        chat: OperatorsChat | None,
        delivery_url: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if token and len(token) < MIN_TOKEN:
            raise Misconfigured(f"parley: HANDOFF_TOKEN must have at least {MIN_TOKEN} characters")
        self._pipeline = pipeline
        self._publish = publish
        self._outbound = outbound
        self._token = token
        self._chat = chat
        self._delivery_url = delivery_url.rstrip("/")
        self._now = now

    def take(self, verb: str, caller: Caller, body: bytes) -> Answer:
        """Take an operator's words, or give the conversation back; answered once the broker holds what follows.

        Rejected where the dialogue refuses it, Unavailable without a broker.
        """
        self._check(caller)
        if self._publish is None:
            raise Unavailable("operators' words need a broker: set BROKER_URL on the gateway")
        document = read_object(body)
        conversation = document.get("conversation")
        if not isinstance(conversation, str) or not is_token(conversation) or ":" not in conversation:
            raise Rejected("conversation must be one that a handoff named, e.g. telegram:1234")
        text = read_optional_text(document, "text", TEXT_LIMIT)
        answered = HandoffAnswered(text, verb == "resume", read_optional_text(document, "operator", 100))
        key = read_optional_text(document, "id", 200)
        envelope = self._make_event(
            conversation, answered, scoped_id(conversation, key) if key else secrets.token_hex(16)
        )
        # The dialogue is asked here, and not over the broker, so that whoever mistyped a name learns it.
        try:
            *_, decided = self._pipeline.run(envelope, SECONDS)
        except Broken as exc:
            if exc.answered == Rejected.status:
                raise Rejected(str(exc)) from exc
            if exc.answered not in (200, 204):
                raise
            # Whoever calls REST reads it in the answer to their next call.
        else:
            self._publish(decided)
        return json_answer(202, {"conversation": conversation, "message": envelope.id, "resumed": answered.resume})

    def fetch_attachment(self, caller: Caller, query: Mapping[str, str]) -> Answer:
        """What a person attached, from delivery, which alone has the platforms' tokens.

        Unavailable where delivery is not known or fails.
        """
        self._check(caller)
        if not self._delivery_url:
            raise Unavailable("the gateway does not know where delivery is: set DELIVERY_URL")
        asked = {name: query[name] for name in ("channel", "type", "reference", "content_type") if name in query}
        url = f"{self._delivery_url}/attachments?{parse.urlencode(asked)}"
        found = self._outbound.request("GET", url, timeout=30.0, most=MAX_BYTES)
        if found.status >= 500:
            raise Unavailable(f"delivery answered {found.status} for the attachment; ask again in a moment")
        kept = ("content-type", "content-disposition", "content-security-policy", "x-content-type-options")
        headers = {name: found.headers[name] for name in kept if name in found.headers}
        return found.body, found.status, {**headers, "cache-control": "no-store"}

    def read_command(self, channel: str, message: InboundMessage) -> Envelope | bool:
        """What a message in the operators' chat asks for; True where it is there and asks nothing of us, False where it
        was written elsewhere."""
        if self._chat is None or not self._chat.holds(channel, message.address):
            return False
        verb = str(message.metadata.get("command", ""))
        found = parse_command(message.text) or parse_command(f"{verb} {message.text}")
        if found is None:
            return True
        conversation, answered = found
        return self._make_event(conversation, answered, f"{channel}.{message.id or secrets.token_hex(16)}")

    def _check(self, caller: Caller) -> None:
        if not self._token:
            raise Unavailable("operators cannot answer here: set HANDOFF_TOKEN on the gateway")
        if not is_same_secret(read_bearer_token(caller), self._token):
            raise Unauthorised("send the token of HANDOFF_TOKEN: `Authorization: Bearer TOKEN`")

    def _make_event(self, conversation: str, answered: HandoffAnswered, key: str) -> Envelope:
        message = derive_message_id(NAME, key)
        return Envelope(
            id=message,
            source=SOURCE,
            subject=conversation,
            data=answered,
            type=HandoffAnswered.TYPE,
            message=message,
            channel=conversation.partition(":")[0],
            time=format_timestamp(self._now()),
            traceparent=traceparent_of(None),
        )
