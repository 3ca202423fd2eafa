"""Calls to a platform, in order, each with a few tries: how long to wait, when to stop, what to report."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.channels.port import Call, Channel
from shared.errors import Rejected, Unavailable
from shared.outbound import Outbound

PAUSES = (0.2, 0.8)
"""Seconds between the tries of one call; what then still fails comes back with the broker's own retries."""
LONGEST_RETRY_AFTER = 5.0
"""A platform that asks for more than this is asked again by the broker, not from here."""


class Refused(Rejected):
    """The platform does not take this call and never will: dead letter at once."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends calls over kept connections."""

    outbound: Outbound
    timeout: float
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep

    def send(self, channel: Channel, call: Call, until: float) -> None:
        """Return once the platform took the call; Refused where it never will, Unavailable where not before `until`."""
        for pause in (*PAUSES, None):
            left = until - self.clock()
            if left <= 0:
                raise Unavailable(f"{channel.NAME} took too long; the rest is sent with the next attempt")
            cause, wait = self._try(channel, call, min(self.timeout, left))
            if cause is None:
                return
            if pause is None or wait > LONGEST_RETRY_AFTER:
                raise cause
            self.sleep(max(pause, wait))
        raise AssertionError("the last try has no pause")

    def _try(self, channel: Channel, call: Call, timeout: float) -> tuple[Unavailable | None, float]:
        """One try: why it must be tried again and the seconds to wait, or (None, 0)."""
        try:
            answered = self.outbound.request(
                call.method, call.url, body=call.body, headers=call.headers, timeout=timeout
            )
        except Unavailable:
            # The cause may name the address, and an address may hold a secret.
            return Unavailable(f"the platform of {channel.NAME} cannot be reached or does not answer"), 0.0
        verdict = channel.judge(answered.status, answered.headers, answered.body)
        match verdict.outcome:
            case "taken":
                return None, 0.0
            case "later":
                return Unavailable(f"{channel.NAME} answered {answered.status}"), verdict.retry_after or 0.0
            case "denied":
                # Whoever mends the token gets the message sent, by the broker's retries or from the dead letters.
                raise Unavailable(f"{channel.NAME} does not accept our token ({answered.status}); mend its setting")
            case "refused":
                raise Refused(f"{channel.NAME} refused the message with {answered.status}; retrying cannot help")
