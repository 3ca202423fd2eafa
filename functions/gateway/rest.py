"""Rasa's REST contract: parse, envelope, pipeline, messages. One answer, or a JSON object a line as replies come."""

import json
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from functions.gateway.arrivals import Arrivals, with_key
from functions.gateway.turns import Turns
from shared.channels import rest
from shared.channels.body import Malformed
from shared.channels.port import Inbound, WebhookResponse
from shared.errors import Failure, Unavailable
from shared.events.envelope import Envelope
from shared.events.wire import JSON
from shared.serving import Answer, json_answer

if TYPE_CHECKING:
    from functions.gateway.rasa_api.api import RasaApi


class Rest:
    """Answers REST messages."""

    def __init__(
        self,
        arrivals: Arrivals,
        turns: Turns,
        *,
        deadline: float,
        max_concurrent: int = 12,
        api: "Callable[[Rest], RasaApi] | None" = None,
    ) -> None:
        """`api` makes Rasa's HTTP API, whose turns count among those that are answered at once."""
        self._arrivals = arrivals
        self._turns = turns
        self._deadline = deadline
        # A turn holds a thread for as long as it lasts; some must stay free, or nobody could even be refused.
        self.api = api
        self._slots = threading.BoundedSemaphore(max(max_concurrent, 1))

    def __call__(self, inbound: Inbound) -> Answer:
        """The answer to a message. Raises Unavailable where too many are being answered, and what the pipeline does."""
        parsed = rest.parse(inbound, {})
        if isinstance(parsed, WebhookResponse):
            return parsed.body, parsed.status, {"content-type": parsed.content_type}
        message = with_key(parsed[0], inbound.headers.get("idempotency-key"))
        recipient = message.sender if message.sender is not None else secrets.token_urlsafe(18)
        message = replace(message, sender=recipient)
        envelope = self._arrivals.make_event(message, rest.NAME, inbound.headers.get("traceparent"), inbound.headers)
        messages = self._list_messages(envelope, recipient)
        # Rasa reads the flag so: the one word, in any case (rasa.utils.endpoints.bool_arg).
        if inbound.query.get("stream", "").lower() != "true":
            return json_answer(200, list(messages))
        # The status goes out with the first message, so a turn that fails before it still has a status of its own.
        first = list(_take(messages, 1))
        return (
            self._write_lines(first, messages),
            200,
            {"content-type": "text/event-stream", "cache-control": "no-store"},
        )

    def _list_messages(self, envelope: Envelope, recipient: str) -> Iterator[dict[str, JSON]]:
        """Rasa's messages of the turn, as soon as each is decided; Unavailable at once where too many are at it."""
        with self.hold_slot():
            for reply in self._turns.iterate_replies(envelope, self._deadline):
                yield from rest.render_messages((reply,), recipient)

    @contextmanager
    def hold_slot(self) -> Iterator[None]:
        """A place among the turns that are answered at once; Unavailable where all are taken."""
        if not self._slots.acquire(blocking=False):
            raise Unavailable("too many messages are being answered; send this one again in a moment")
        try:
            yield
        finally:
            self._slots.release()

    def _write_lines(self, first: list[dict[str, JSON]], rest_of: Iterator[dict[str, JSON]]) -> Iterator[str]:
        try:
            for message in first:
                yield json.dumps(message) + "\n"
            for message in rest_of:
                yield json.dumps(message) + "\n"
        except Failure as exc:
            yield json.dumps({"error": str(exc), "status": exc.status}) + "\n"
        except GeneratorExit:
            # The caller hung up; the turn goes on, or the next message would meet an action that nobody runs.
            self._turns.reports.submit(lambda: deque(rest_of, maxlen=0))
            raise


def refuse(failure: Failure) -> Answer:
    """A failure in Rasa's shape of an error, and in ours (`error`): Rasa answers most of these `200 []`."""
    from http import HTTPStatus

    message = "Failed when parsing body as json" if isinstance(failure, Malformed) else str(failure)
    body = {
        "description": HTTPStatus(failure.status).phrase,
        "status": failure.status,
        "message": message,
        "error": str(failure),
    }
    return json_answer(failure.status, body)


def _take(messages: Iterator[dict[str, JSON]], count: int) -> Iterator[dict[str, JSON]]:
    for _, message in zip(range(count), messages, strict=False):
        yield message
