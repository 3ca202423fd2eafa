"""Handing an event to the broker."""

from collections.abc import Callable

from shared.errors import Rejected, Unavailable
from shared.events.envelope import Envelope
from shared.events.http import encode
from shared.outbound import Outbound


def make_publisher(outbound: Outbound, broker_url: str, timeout: float) -> Callable[[Envelope], None]:
    """A function that returns once the broker holds the event.

    It raises Unavailable where the broker does not take it within `timeout` seconds, and Rejected where the broker
    says that it is no event. An empty `broker_url` makes a function that hands the event to nobody.
    """

    def publish(envelope: Envelope) -> None:
        headers, body = encode(envelope)
        answered = outbound.post(broker_url, body, headers, timeout)
        if answered.status in (400, 413, 415):
            raise Rejected(f"the broker at {broker_url} refused the event with {answered.status}")
        if not 200 <= answered.status < 300:
            raise Unavailable(f"the broker at {broker_url} answered {answered.status}; is BROKER_URL right?")

    return publish if broker_url else lambda _: None
