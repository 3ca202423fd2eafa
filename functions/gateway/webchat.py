"""What the chat page asks for besides sending messages: a conversation of its own, the answers in it, and a voice; and
what it sends besides: files, and what the person thinks of an answer.

Whatever would wake a stage is asked only for a conversation that was given out here.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib import parse

from functions.gateway.arrivals import SOURCE, format_timestamp, scoped_id, traceparent_of
from functions.gateway.conversations import Conversations
from shared.channels import webchat
from shared.channels.body import read_object, read_optional_text
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import AnswerRated
from shared.events.envelope import Envelope
from shared.events.identity import derive_conversation_id, derive_message_id, is_token
from shared.outbound import Outbound
from shared.serving import Answer, fail, json_answer, read_whole_number

MAX_WAIT = 25.0
"""Seconds of a long poll; below the 30 s after which proxies commonly hang up."""
MAX_READING = 15.0
"""Seconds in which a text is spoken; espeak-ng needs a hundredth of what it says."""
MAX_STORING = 10.0
"""Seconds in which delivery keeps a piece of a file; it may have to start."""
NO_STORE = {"cache-control": "no-store"}


class Webchat:
    """Gives out conversations and fetches their messages from delivery's outbox; keeps nothing."""

    def __init__(
        self,
        conversations: Conversations,
        outbound: Outbound,
        delivery_url: str,
        speech_url: str = "",
        *,
        long_polls: int,
        publish: Callable[[Envelope], None] | None = None,
        uploads: bool = True,
    ) -> None:
        self._conversations = conversations
        self._outbound = outbound
        self._delivery_url = delivery_url.rstrip("/")
        self._speech_url = speech_url.rstrip("/")
        self._publish = publish
        self._uploads = uploads
        self._waiting = threading.BoundedSemaphore(max(long_polls, 1))

    def issue(self, body: bytes) -> Answer:
        """A new conversation; with `{"identity": token}` the one of a website's user."""
        identity = read_optional_text(read_object(body), "identity", 4000) if body.strip() else None
        return json_answer(201, {"conversation": self._conversations.issue(identity)}, NO_STORE)

    def take_piece(self, query: Mapping[str, str], body: bytes) -> Answer:
        """Keep one piece of a file: `conversation`, `file`, `piece` (from 0) and `of` are in the query.

        Rejected where files are not taken or the numbers are off, Unavailable where delivery did not keep it.
        """
        if not self._uploads:
            raise Rejected("files are not taken here: UPLOADS is off")
        name = webchat.conversation_of(query.get("conversation"))
        self._conversations.check(name)
        piece, of = read_whole_number(query, "piece"), read_whole_number(query, "of")
        if not 0 <= piece < of <= webchat.MAX_PIECES:
            raise Rejected(f"piece counts from 0 and is below of, which is at most {webchat.MAX_PIECES}")
        asked = parse.urlencode({"file": webchat.file_of(query.get("file")), "piece": piece, "of": of})
        conversation = parse.quote(derive_conversation_id(webchat.NAME, name), safe="")
        url = f"{self._require_delivery()}/files/{conversation}?{asked}"
        answered = self._outbound.post(url, body, {"content-type": "application/octet-stream"}, MAX_STORING)
        if answered.status != 201:
            raise Unavailable(f"delivery answered {answered.status} for a piece of a file; the page can send it again")
        return json_answer(201, {}, NO_STORE)

    def rate(self, body: bytes) -> Answer:
        """Take `{"conversation", "message", "helpful"}`: what a person thinks of the answer to that message.

        Rejected where it is not that, Unavailable without a broker.
        """
        document = read_object(body)
        name = webchat.conversation_of(document.get("conversation"))
        self._conversations.check(name)
        message, helpful = document.get("message"), document.get("helpful")
        if not isinstance(message, str) or not is_token(message) or not isinstance(helpful, bool):
            raise Rejected("message must be the id of one in this conversation, and helpful true or false")
        if self._publish is None:
            raise Unavailable("ratings need a broker: set BROKER_URL on the gateway")
        # Pressed twice it is one event; another opinion of the same answer is another.
        key = scoped_id(name, f"{message}\n{helpful}")
        rated = Envelope(
            id=derive_message_id(webchat.NAME, f"{key}.rated"),
            source=SOURCE,
            subject=derive_conversation_id(webchat.NAME, name),
            data=AnswerRated(helpful),
            type=AnswerRated.TYPE,
            message=message,
            channel=webchat.NAME,
            time=format_timestamp(datetime.now(UTC)),
            traceparent=traceparent_of(None),
        )
        self._publish(rated)
        return json_answer(202, {}, NO_STORE)

    def read_aloud(self, body: bytes) -> Answer:
        """A recording of `{"conversation", "text"}`, as the speech stage makes it; 404 where it has no voice.

        Unavailable where the stage fails.
        """
        if not self._speech_url:
            return fail(404, "nobody reads aloud here: set SPEECH_URL on the gateway")
        self._conversations.check(webchat.conversation_of(read_object(body).get("conversation")))
        headers = {"content-type": "application/json"}
        answered = self._outbound.post(f"{self._speech_url}/say", body, headers, MAX_READING)
        if answered.status == 200 and answered.headers.get("content-type") == "audio/wav":
            return answered.body, 200, {"content-type": "audio/wav", **NO_STORE}
        if answered.status in (400, 404, 413):
            return fail(answered.status, "the speech stage has no voice, or does not read this text")
        raise Unavailable(f"the speech stage answered {answered.status}; the page can still show the text")

    def list_messages(self, query: Mapping[str, str]) -> Answer:
        """The messages after number `after`; with `wait`, held for at most so many seconds until there is one.

        Where too many pages wait already, the answer comes at once: they all get their messages, some a little later.
        """
        name = webchat.conversation_of(query.get("conversation"))
        self._conversations.check(name)
        after, wait = read_whole_number(query, "after"), min(float(read_whole_number(query, "wait")), MAX_WAIT)
        held = wait > 0 and self._waiting.acquire(blocking=False)
        try:
            found = self.read_outbox(derive_conversation_id(webchat.NAME, name), after, wait if held else 0.0)
            return found, 200, {"content-type": "application/json", **NO_STORE}
        finally:
            if held:
                self._waiting.release()

    def read_outbox(self, conversation: str, after: int, wait: float) -> bytes:
        """What delivery has of a conversation behind a number, as JSON; Unavailable where it does not answer."""
        url = f"{self._require_delivery()}/outbox/{parse.quote(conversation, safe='')}?after={after}&wait={wait:g}"
        answered = self._outbound.request("GET", url, timeout=wait + 10)
        if answered.status != 200:
            raise Unavailable(f"delivery answered {answered.status} for the outbox; the page will ask again")
        return answered.body

    def _require_delivery(self) -> str:
        if not self._delivery_url:
            raise Unavailable("the gateway does not know where delivery is: set DELIVERY_URL")
        return self._delivery_url
