"""Platforms never wait: a webhook's messages go to the broker, and the webhook is answered once it holds them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from functions.gateway.arrival import received
from functions.gateway.waking import Waking
from shared.channels.catalogue import channel
from shared.channels.port import Answering, Inbound, Settings
from shared.errors import Unavailable
from shared.events.envelope import Envelope
from shared.serving import Answer

ALL_STAGES = ("nlu", "dialogue", "actions", "delivery")


class Asynchronous:
    """Takes the webhooks of every channel but REST."""

    def __init__(
        self,
        publish: Callable[[Envelope], None] | None,
        waking: Waking,
        *,
        settings: Mapping[str, Settings],
        answer_within: float,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._publish = publish
        self._waking = waking
        self._settings = settings
        self._answer_within = answer_within
        self._now = now

    def __call__(self, name: str, inbound: Inbound) -> Answer:
        """The channel's answer; Unavailable where the broker does not hold all of it, so that the platform repeats it.

        A repeated webhook carries the same ids, so what was published before is the same event and nothing doubles.
        """
        module = channel(name)
        parsed = module.parse(inbound, self._settings.get(name, {}))
        if isinstance(parsed, Answering):
            return _answer(parsed)
        if self._publish is None:
            raise Unavailable(f"the channel {name} needs a broker: set BROKER_URL on the gateway")
        self._waking.wake(*ALL_STAGES)
        for heard in parsed:
            self._publish(
                received(
                    heard,
                    name,
                    now=self._now(),
                    answer_within=self._answer_within,
                    traceparent=inbound.headers.get("traceparent"),
                )
            )
        return _answer(module.accepted(parsed))


def _answer(answering: Answering) -> Answer:
    return answering.body, answering.status, {"content-type": answering.content_type, "cache-control": "no-store"}
