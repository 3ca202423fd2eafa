"""Messages without an id that the broker did not confirm: who repeats one is answered once.

The broker may hold a message although it could not say so in time. A platform repeats its webhook with the same id; a
caller of the callback channel may have none (no Idempotency-Key), and repeats the words. Kept in this process alone: a
caller that may reach another gateway, or that says the same twice on purpose in between, sends an Idempotency-Key.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from functions.gateway.arrivals import scoped_id
from shared.channels.port import InboundMessage

SECONDS = 120.0
"""For which a repetition is the same message."""
MOST = 10_000


class Unconfirmed:
    """Ids of messages that may or may not have been published; safe to share between threads."""

    def __init__(self, new_id: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self._new_id = new_id
        self._clock = clock
        self._lock = threading.Lock()
        self._ids: OrderedDict[str, tuple[str, float]] = OrderedDict()
        """Digest of sender and text -> id, and when it was last refused."""

    def assign_id(self, message: InboundMessage) -> InboundMessage:
        """The message with an id: that of the unconfirmed one which it repeats, or a new one."""
        with self._lock:
            found = self._ids.get(_make_key(message))
        if found is not None and self._clock() - found[1] < SECONDS:
            return replace(message, id=found[0])
        return replace(message, id=self._new_id())

    def note(self, message: InboundMessage, *, confirmed: bool) -> None:
        """What became of a message that was named here."""
        key = _make_key(message)
        with self._lock:
            self._ids.pop(key, None)
            if not confirmed and message.id is not None:
                self._ids[key] = (message.id, self._clock())
                if len(self._ids) > MOST:
                    self._ids.popitem(last=False)


def _make_key(message: InboundMessage) -> str:
    """Not the words themselves: they are not kept for longer than a request lasts."""
    return scoped_id(message.sender or "", message.text)
