"""How platforms' webhooks were answered is told afterwards, in batches, and is not lost while the broker refuses."""

from functions.gateway.webhook_latency import MAX_KEPT, WebhookLatency
from shared.errors import Unavailable
from shared.events.catalogue import WebhookAnswer, WebhooksAnswered
from shared.events.envelope import Envelope


class Broker:
    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.events: list[Envelope] = []

    def __call__(self, envelope: Envelope) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("the broker is down")
        self.events.append(envelope)

    @property
    def answers(self) -> list[WebhookAnswer]:
        found: list[WebhookAnswer] = []
        for event in self.events:
            assert isinstance(event.data, WebhooksAnswered)
            found += event.data.answers
        return found


def test_webhooks_of_a_moment_are_one_event() -> None:
    broker = Broker()
    latency = WebhookLatency(broker, pause=0.05, start=0.0)
    for _ in range(5):
        latency.record("slack", 0.2, 200)
    latency.join()
    assert len(broker.events) == 1
    assert broker.answers[1:] == [WebhookAnswer("slack", 0.2, 3.0, 200)] * 4


def test_channels_without_a_waiting_platform_and_callers_own_mistakes_are_not_told() -> None:
    broker = Broker()
    latency = WebhookLatency(broker, pause=0.0, start=0.0)
    for channel, status in (("webchat", 200), ("callback", 200), ("slack", 401), ("slack", 400), ("slack", 429)):
        latency.record(channel, 0.2, status)
    latency.join()
    assert [answer.status for answer in broker.answers] == [429]


def test_a_first_webhook_that_waited_for_the_process_counts_its_start() -> None:
    times = iter([10.0, 10.4, 10.5])
    broker = Broker()
    latency = WebhookLatency(broker, pause=0.0, clock=lambda: next(times), start=0.9)
    latency.record("slack", 0.3, 200)
    latency.record("slack", 0.3, 200)
    latency.join()
    assert [(answer.seconds, answer.cold) for answer in broker.answers] == [(1.2, True), (0.3, False)]


def test_a_first_webhook_of_a_process_that_stood_ready_does_not() -> None:
    times = iter([10.0, 60.0])
    broker = Broker()
    latency = WebhookLatency(broker, pause=0.0, clock=lambda: next(times), start=0.9)
    latency.record("slack", 0.3, 200)
    latency.join()
    assert broker.answers[0].seconds == 0.3


def test_what_a_broker_refuses_is_told_later_and_not_without_end() -> None:
    broker = Broker(refusals=2)
    latency = WebhookLatency(broker, pause=0.0, start=0.0)
    latency.record("slack", 2.6, 503)
    latency.join()
    for _ in range(MAX_KEPT + 10):
        latency.record("slack", 0.1, 200)
    latency.join()
    latency.record("slack", 0.1, 200)
    latency.join()
    assert len(broker.answers) <= MAX_KEPT + 1
    assert not broker.refusals
