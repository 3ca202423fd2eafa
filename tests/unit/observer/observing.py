"""An observer with metrics of its own, and events for it."""

from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from functions.observer.metrics import Metrics
from functions.observer.stage import Observer
from shared.events.catalogue import TurnCompleted, TurnSummary
from shared.events.envelope import Data, Envelope


def event(data: Data, ident: str = "web:1", timings: str = "", trace: str | None = None) -> Envelope:
    return Envelope(
        id=ident,
        source="/t",
        subject="web:me",
        data=data,
        type=data.TYPE,
        message="web:1",
        channel="web",
        timings=timings,
        traceparent=trace,
    )


TURN = TurnSummary(
    message="web:1",
    intent="order_food",
    confidence=0.93,
    actions=("validate_order_food_form", "utter_ask_dish"),
    active_loop="order_food_form",
    form_started="order_food_form",
    slot_asked="dish",
    replies=2,
    bundle="abc",
)


class Observing:
    """An observer and what its registry says."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.observer = Observer(Metrics(self.registry, positive=["thank_you"], negative=["complain"]))
        self.number = 0

    def turn(self, seconds: float | None = None, timings: str = "", trace: str | None = None, **fields: Any) -> None:
        self.number += 1
        completed = TurnCompleted(TurnSummary("web:1", **fields), seconds=seconds)
        self.observer(event(completed, f"web:{self.number}.completed", timings, trace))

    def openmetrics(self) -> str:
        """The page for a scraper that asks for OpenMetrics."""
        encode, _ = choose_encoder("application/openmetrics-text; version=1.0.0")
        return encode(self.registry).decode()

    def value(self, name: str, **labels: str) -> float | None:
        """The sum of the samples with these labels, whatever others they have; None where there are none."""
        found = [
            sample.value
            for metric in self.registry.collect()
            for sample in metric.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(found) if found else None
