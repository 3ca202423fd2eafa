"""What becomes of a delivery: pure decisions about answers, retries, dead letters and hops."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from knative.local.broker.events import Event, is_event, parse
from knative.local.routes import Policy
from shared.errors import Rejected

HOPS = "knativebrokerttl"
MAX_HOPS = 255
LONGEST = 30.0
"""Seconds between two attempts at most, so that an outage ends soon after its cause. Knative has no such limit: there
an answer may come as late again as the outage was long."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one Trigger's subscriber, or to the dead letter sink once `failure` is set."""

    id: int
    event: Event
    trigger: str
    attempts: int = 0
    due: float = 0.0
    failure: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """How a subscriber answered. `cause` goes to the dead letter; it may hold content, so never to the log."""

    code: int
    cause: bytes = b""
    reply: Event | None = None


def read_answer(code: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """A 2xx is a success when empty or a CloudEvent; any other body becomes 502, as in Knative's broker filter."""
    if code // 100 != 2:
        return Answer(code, body)
    if not is_event(headers):
        return Answer(502, b"the subscriber answered neither an empty body nor a CloudEvent") if body else Answer(code)
    try:
        reply = parse(headers, body)
    except Rejected as exc:
        return Answer(502, f"the subscriber's reply was refused: {exc}".encode())
    # Knative's specification lets only 200 carry a reply, and forbids to take one from 202.
    return Answer(code, reply=reply if code == 200 else None)


def take_step(
    delivery: Delivery, answer: Answer, policy: Policy, target: str, now: float, longest: float = LONGEST
) -> tuple[str, Delivery | None]:
    """What happened, and the delivery as it goes on: to another attempt, to the dead letter sink, or not at all.

    No wait is longer than `longest` seconds; in its place there are more attempts, until the time has passed that the
    policy's own waits would take. What its dead letter sink does not take is parked and offered again, for ever.
    """
    if answer.code // 100 == 2:
        return ("dead_lettered" if delivery.failure else "delivered"), None
    tries = delivery.attempts + 1
    wait = min(compute_backoff(policy, tries - 1), longest)
    if delivery.failure is not None:
        later = replace(delivery, attempts=tries, due=now + max(wait, 1.0))
        return ("parked", later) if policy.sink is not None else ("dropped", None)
    if answer.code >= 500 or answer.code in (404, 408, 409, 429):
        if tries <= policy.retry:
            return "retried", replace(delivery, attempts=tries, due=now + wait)
        if now + longest <= _find_arrival(delivery.event, now) + sum_backoffs(policy):
            return "retried", replace(delivery, attempts=tries, due=now + longest)
    if policy.sink is None:
        return "dropped", None
    # Knative cuts the encoded text at 1,024 characters, which still decodes.
    data = base64.b64encode(answer.cause).decode()[:1024]
    failure = {"knativeerrordest": target, "knativeerrorcode": str(answer.code), "knativeerrordata": data}
    return "failed", replace(delivery, attempts=0, due=now, failure=failure)


def sum_backoffs(policy: Policy) -> float:
    """Seconds from the first attempt to the last one."""
    return sum(compute_backoff(policy, retry) for retry in range(policy.retry))


def compute_backoff(policy: Policy, retry: int) -> float:
    """Seconds before a retry, counted from 0: PT0.2S gives 0.2, 0.4, 0.8 (seen on Knative), or linearly 0, 0.2, 0.4."""
    # Past 30 doublings it is decades anyway, and the power would overflow.
    return policy.delay * {"linear": retry, "exponential": 2.0 ** min(retry, 30)}.get(policy.backoff or "", 0)


def admit(event: Event, now: float) -> Event | None:
    """The event with its arrival stamped and one hop fewer to go, or None where it has come round too often."""
    hops = event.attributes.get(HOPS, "")
    left = int(hops) - 1 if re.fullmatch("-?[0-9]{1,9}", hops) else MAX_HOPS
    arrival = datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
    stamps = {"knativearrivaltime": arrival, HOPS: str(min(left, MAX_HOPS))}
    return replace(event, attributes={**event.attributes, **stamps}) if left > 0 else None


def inherit_hops(reply: Event, cause: Event) -> Event:
    """The reply with the hops of the event that it answers."""
    return replace(reply, attributes={**reply.attributes, HOPS: cause.attributes[HOPS]})


def list_sent_attributes(delivery: Delivery) -> dict[str, str]:
    """The attributes that the receiver sees: without the hops, and in a dead letter with what failed."""
    return {name: text for name, text in delivery.event.attributes.items() if name != HOPS} | dict(
        delivery.failure or {}
    )


def _find_arrival(event: Event, now: float) -> float:
    """When the broker took the event."""
    try:
        return datetime.fromisoformat(event.attributes.get("knativearrivaltime", "")).timestamp()
    except ValueError:
        return now
