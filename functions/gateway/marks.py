"""Marks of a message's event: that it is a probe, and which arm of a canary its conversation belongs to.

A conversation stays with one model from its first word to its last: so what became of it (a form, a handoff) is one
model's doing, and nobody meets two minds in mid-talk. Whoever knows the id of a conversation can compute its arm.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.gateway.access import MIN_TOKEN, is_same_secret
from shared.config import Misconfigured
from shared.digest import sha256
from shared.events.envelope import PROBE

PROBE_HEADER = "x-parley-probe"
CANARY = "canary"


@dataclass(frozen=True, slots=True)
class Marks:
    """How events are marked."""

    probe_token: str = ""
    """What a probe shows; empty: there are none."""
    canary_percent: float = 0.0
    """The share of conversations that the canary answers."""

    def is_probe(self, headers: Mapping[str, str]) -> bool:
        return bool(self.probe_token) and is_same_secret(headers.get(PROBE_HEADER, ""), self.probe_token)

    def find_purpose(self, headers: Mapping[str, str]) -> str:
        return PROBE if self.is_probe(headers) else ""

    def arm(self, conversation: str) -> str:
        return CANARY if is_in_canary(conversation, self.canary_percent) else ""


def read_marks(probe_token: str, canary_percent: float) -> Marks:
    """The marks, or Misconfigured: whoever guesses the token of a probe may use REST."""
    mistakes = []
    if probe_token and len(probe_token) < MIN_TOKEN:
        mistakes.append(f"PROBE_TOKEN must have at least {MIN_TOKEN} characters; `openssl rand -hex 24` makes one")
    if not 0 <= canary_percent <= 100:
        mistakes.append(f"CANARY_PERCENT is 0 to 100, not {canary_percent:g}")
    if mistakes:
        raise Misconfigured("\n".join(f"parley: {mistake}" for mistake in mistakes))
    return Marks(probe_token, canary_percent)


def is_in_canary(conversation: str, percent: float) -> bool:
    """Whether a conversation is among this share: the same answer everywhere, and whoever is in 1 % is also in 10 %."""
    if percent <= 0:
        return False
    return int(sha256(f"canary\n{conversation}".encode("utf-8", "surrogatepass"))[:8], 16) < percent / 100 * 2**32
