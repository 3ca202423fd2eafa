"""The observer counts what the events say."""

from prometheus_client import CollectorRegistry

from functions.observer.metrics import LABEL_VALUES, Metrics
from functions.observer.stage import Observer
from shared.events.catalogue import EventDeadlettered, TurnCompleted, TurnSummary
from shared.events.envelope import Data, Envelope

REGISTRY_PREFIX = "parley_"


def event(data: Data, ident: str = "web:1", timings: str = "") -> Envelope:
    return Envelope(
        id=ident,
        source="/t",
        subject="web:me",
        data=data,
        type=data.TYPE,
        message="web:1",
        channel="web",
        timings=timings,
    )


TURN = TurnSummary(
    message="web:1",
    intent="order_food",
    confidence=0.93,
    actions=("validate_order_food_form", "utter_ask_dish"),
    form_started="order_food_form",
    bundle="abc",
)


def observing() -> tuple[Observer, CollectorRegistry]:
    registry = CollectorRegistry()
    return Observer(Metrics(registry)), registry


def test_a_turn_is_counted_with_intent_form_actions_and_each_stages_share() -> None:
    observer, registry = observing()
    observer(event(TurnCompleted(TURN, seconds=0.4), timings="gateway=1.5,nlu=20.0c"))
    value = registry.get_sample_value
    assert value("parley_turns_total", {"channel": "web", "delivery": "delivered", "bundle": "abc"}) == 1
    assert value("parley_intents_total", {"intent": "order_food", "fallback": "false", "bundle": "abc"}) == 1
    assert value("parley_forms_total", {"form": "order_food_form", "outcome": "started"}) == 1
    assert value("parley_actions_total", {"action": "utter_ask_dish"}) == 1
    assert value("parley_turn_seconds_sum", {"channel": "web"}) == 0.4
    assert value("parley_stage_seconds_sum", {"stage": "nlu", "cold": "true"}) == 0.02
    assert value("parley_stage_seconds_count", {"stage": "gateway", "cold": "false"}) == 1


def test_an_event_that_comes_again_is_not_counted_again() -> None:
    observer, registry = observing()
    for _ in range(3):
        observer(event(TurnCompleted(TURN)))
    assert registry.get_sample_value("parley_actions_total", {"action": "utter_ask_dish"}) == 1
    assert registry.get_sample_value("parley_duplicates_total", {"type": TurnCompleted.TYPE}) == 2


def test_a_dead_letter_is_counted_by_type_and_cause() -> None:
    observer, registry = observing()
    observer(event(EventDeadlettered("web:1", TurnCompleted.TYPE, "observer", "503")))
    labels = {"type": TurnCompleted.TYPE, "destination": "observer", "code": "503"}
    assert registry.get_sample_value("parley_dead_letters_total", labels) == 1


def test_labels_are_bounded_whatever_events_say() -> None:
    observer, registry = observing()
    for number in range(LABEL_VALUES + 50):
        observer(event(TurnCompleted(TurnSummary("web:1", intent=f"intent{number}")), ident=f"web:{number}"))
    labels = {"intent": "other", "fallback": "false", "bundle": "none"}
    assert registry.get_sample_value("parley_intents_total", labels) == 50
