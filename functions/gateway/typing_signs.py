"""A sign of life before any other stage is awake: people see at once that the assistant read them and is typing.

Telegram and Discord take it in the webhook's own answer; the others want a call with the token that delivery has, which
the gateway may be given, too. It is sent beside all else and only once: a sign that comes late is worse than none.
"""

import threading
from collections.abc import Mapping, Sequence

from shared.channels.port import Call, Channel, InboundMessage, Settings
from shared.channels.tokens import Tokens
from shared.errors import Failure
from shared.logs import get_logger
from shared.outbound import Outbound

log = get_logger(__name__)

SECONDS = 3.0
MAX_AT_ONCE = 16
"""Calls; where a platform is so slow that more wait, they are left out."""


class TypingSigns:
    """Sends signs; safe to share between threads."""

    def __init__(self, outbound: Outbound, tokens: Tokens | None = None) -> None:
        self._outbound = outbound
        self._tokens = tokens or Tokens(outbound)
        self._slots = threading.BoundedSemaphore(MAX_AT_ONCE)

    def show(self, channel: Channel, messages: Sequence[InboundMessage], settings: Settings) -> None:
        """Begin to send the signs for these messages, and return at once."""
        calls = [call for message in messages if message.id for call in channel.indicate(message, settings)]
        if calls and self._slots.acquire(blocking=False):
            threading.Thread(target=self._send, args=(channel.name, calls), name="typing", daemon=True).start()

    def join(self) -> None:
        """Wait until every sign is sent or lost."""
        for _ in range(MAX_AT_ONCE):
            self._slots.acquire()
        self._slots.release(MAX_AT_ONCE)

    def _send(self, channel: str, calls: Sequence[Call]) -> None:
        try:
            for call in calls:
                headers: Mapping[str, str] = call.headers
                if call.grant is not None:
                    headers = {**headers, "authorization": f"Bearer {self._tokens.fetch_token(call.grant, SECONDS)}"}
                answered = self._outbound.request(
                    call.method, call.url, body=call.body, headers=headers, timeout=SECONDS
                )
                if answered.status >= 400:
                    self._note(channel, f"{answered.status}")
        except Failure as exc:
            # The cause may name an address that holds a secret.
            self._note(channel, type(exc).__name__)
        finally:
            self._slots.release()

    def _note(self, channel: str, cause: str) -> None:
        fields = {"stage": "gateway", "channel": channel, "cause": cause}
        log.warning("no typing sign", extra={"fields": fields})
