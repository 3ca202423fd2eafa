"""The observer counts what the events say."""

import threading
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import choose_encoder

from functions.observer import families
from functions.observer.families import FAMILIES, LABELS
from functions.observer.first_values import ZeroFirst
from functions.observer.metrics import LONGEST, Metrics
from functions.observer.stage import Observer
from shared.events.catalogue import (
    CalledAction,
    EventDeadlettered,
    MessageCompared,
    MessageReceived,
    RepliesDecided,
    TurnCompleted,
    TurnRated,
    TurnSummary,
    WebhookAnswer,
    WebhooksAnswered,
)
from shared.events.envelope import Data, Envelope

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


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


def test_a_turn_is_counted_with_intent_form_actions_and_each_stages_share() -> None:
    one = Observing()
    one.observer(event(TurnCompleted(TURN, seconds=0.4), timings="gateway=1.5,nlu=20.0c"))
    assert one.value("parley_turns_total", channel="web", delivery="delivered", bundle="abc") == 1
    assert one.value("parley_intents_total", intent="order_food", fallback="false", bundle="abc") == 1
    assert one.value("parley_intent_confidence_sum", bundle="abc") == 0.93
    assert one.value("parley_forms_total", form="order_food_form", outcome="started", bundle="abc") == 1
    assert one.value("parley_form_slots_total", form="order_food_form", slot="dish", outcome="asked") == 1
    assert one.value("parley_actions_total", action="utter_ask_dish", bundle="abc") == 1
    assert one.value("parley_replies_total", channel="web") == 2
    assert one.value("parley_turn_seconds_sum", channel="web", cold="true") == 0.4
    assert one.value("parley_stage_seconds_sum", stage="nlu", cold="true") == 0.02
    assert one.value("parley_stage_seconds_count", stage="gateway", cold="false") == 1


def test_what_a_turn_spent_in_no_stage_is_measured_too() -> None:
    one = Observing()
    one.turn(seconds=2.0, timings="nlu=300c,dialogue=200")
    one.turn(seconds=0.1, timings="nlu=300")
    assert one.value("parley_between_stages_seconds_sum", channel="web", cold="true") == pytest.approx(1.5)
    assert one.value("parley_between_stages_seconds_sum", channel="web", cold="false") == 0


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"intent": "nlu_fallback", "fallback": True}, "unsure"),
        ({"intent": "out_of_scope"}, "out_of_scope"),
        ({"intent": "greet", "fallback": True}, "unhandled"),
        ({"fallback": True}, "unhandled"),
    ],
)
def test_what_was_not_recognised_has_a_kind(fields: dict[str, Any], kind: str) -> None:
    one = Observing()
    one.turn(**fields, disambiguation=True, bundle="abc")
    assert one.value("parley_unrecognised_total", kind=kind, bundle="abc") == 1
    assert one.value("parley_disambiguations_total", bundle="abc") == 1


def test_a_form_that_is_given_up_is_counted_at_the_slot_that_was_asked_for() -> None:
    one = Observing()
    one.turn(form_started="order", active_loop="order", slot_asked="dish")
    one.turn(active_loop="order", slot_asked="address")
    one.turn(form_abandoned="order")
    one.turn(form_abandoned="order")
    assert one.value("parley_forms_total", form="order", outcome="abandoned", bundle="none") == 2
    assert one.value("parley_form_slots_total", form="order", slot="address", outcome="abandoned") == 1
    assert one.value("parley_form_slots_total", form="order", slot="unknown", outcome="abandoned") == 1


def test_a_recording_that_was_not_heard_is_counted_once_and_leaves_the_form_where_it_was() -> None:
    one = Observing()
    one.turn(form_started="order", active_loop="order", slot_asked="dish")
    one.turn(active_loop="order", speech="silence")
    one.turn(form_abandoned="order")
    assert one.value("parley_speech_unheard_total", channel="web", reason="silence") == 1
    assert one.value("parley_form_slots_total", form="order", slot="dish", outcome="asked") == 1
    assert one.value("parley_form_slots_total", form="order", slot="dish", outcome="abandoned") == 1
    assert one.value("parley_intent_confidence_count") is None


def test_a_conversation_is_handed_over_once_however_much_is_said_afterwards() -> None:
    one = Observing()
    one.turn(handoff=True, actions=("utter_handoff", "action_pause"))
    one.turn(handoff=True)
    one.turn(handoff=True)
    assert one.value("parley_handoffs_total", channel="web", outcome="begun") == 1
    assert one.value("parley_handoffs_total", channel="web", outcome="message") == 2


def test_an_event_that_comes_again_is_not_counted_again() -> None:
    one = Observing()
    for _ in range(3):
        one.observer(event(TurnCompleted(TURN)))
    assert one.value("parley_actions_total", action="utter_ask_dish", bundle="abc") == 1
    assert one.value("parley_duplicates_total", type=TurnCompleted.TYPE) == 2


def test_an_event_that_comes_in_many_threads_at_once_is_counted_once() -> None:
    one = Observing()
    start = threading.Barrier(8)

    def bring() -> None:
        start.wait()
        for number in range(200):
            one.observer(event(TurnCompleted(TURN), f"web:{number}"))

    threads = [threading.Thread(target=bring) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one.value("parley_turn_outcomes_total", outcome="answered") == 200
    assert one.value("parley_duplicates_total", type=TurnCompleted.TYPE) == 1400


def test_a_dead_letter_is_counted_by_channel_type_and_cause_and_is_an_answer_that_failed() -> None:
    one = Observing()
    assert one.value("parley_turn_outcomes_total", outcome="failed") == 0
    one.observer(event(EventDeadlettered("web:1", MessageReceived.TYPE, "nlu", "503")))
    labels = {"channel": "web", "type": MessageReceived.TYPE, "destination": "nlu", "code": "503"}
    assert one.value("parley_dead_letters_total", **labels) == 1
    assert one.value("parley_turn_outcomes_total", outcome="failed") == 1


def test_a_dead_letter_about_a_number_is_no_answer_that_failed() -> None:
    one = Observing()
    one.observer(event(EventDeadlettered("web:1", TurnCompleted.TYPE, "observer", "503")))
    assert one.value("parley_turn_outcomes_total", outcome="failed") == 0


def test_a_turn_that_is_refused_is_an_answer_that_failed() -> None:
    one = Observing()
    one.observer(event(TurnCompleted(TURN, "refused")))
    assert one.value("parley_turn_outcomes_total", outcome="failed") == 1
    assert one.value("parley_turn_outcomes_total", outcome="answered") == 0


def test_labels_are_bounded_whatever_events_say() -> None:
    one = Observing()
    for number in range(LABELS["intent"].limit + 50):
        one.turn(intent=f"intent{number}")
    assert one.value("parley_intents_total", intent="other", fallback="false", bundle="none") == 50
    assert one.value("parley_label_overflows_total", label="intent") == 50


@pytest.mark.parametrize("odd", ["\ud800", "a\nb", "x" * (LONGEST + 1)])
def test_an_odd_value_neither_becomes_a_label_nor_breaks_the_page(odd: str) -> None:
    one = Observing()
    one.turn(intent=odd)
    assert one.value("parley_intents_total", intent="other", fallback="false", bundle="none") == 1
    assert b'intent="other"' in generate_latest(one.registry)


def test_numbers_that_are_none_are_left_out() -> None:
    one = Observing()
    one.turn(seconds=float("nan"), timings="nlu=nan,dialogue=inf,actions=2", confidence=float("inf"), replies=-1)
    assert one.value("parley_stage_seconds_sum", stage="actions", cold="false") == 0.002
    assert one.value("parley_turn_outcomes_total", outcome="answered") == 1
    assert b"NaN" not in generate_latest(one.registry)


def test_the_trace_of_a_turn_is_an_exemplar_where_openmetrics_is_asked_for() -> None:
    one = Observing()
    one.turn(seconds=0.4, timings="nlu=3", trace=f"00-{TRACE}-00f067aa0ba902b7-01")
    assert f'# {{trace_id="{TRACE}"}} 0.4' in one.openmetrics()
    assert TRACE not in generate_latest(one.registry).decode()


def test_what_is_no_trace_is_no_exemplar() -> None:
    one = Observing()
    one.turn(seconds=0.4, trace="my secret")
    assert "secret" not in one.openmetrics()


def test_the_words_of_our_own_leave_no_label_full() -> None:
    one = Observing()
    one.turn(form_started="a", active_loop="a", slot_asked="s", handoff=True, actions=("action_pause",))
    one.turn(form_completed="a", form_abandoned="b", handoff=True)
    one.turn(intent="nlu_fallback", fallback=True)
    one.turn(intent="out_of_scope")
    one.turn(intent="greet", fallback=True, seconds=1.0, timings="nlu=1c")
    one.turn(seconds=1.0, timings="nlu=1")
    assert 'outcome="completed"' in one.openmetrics()
    assert '="other"' not in one.openmetrics()


def test_every_metric_and_label_is_described_and_bounded() -> None:
    assert {label for family in FAMILIES for label in family.labels} == set(LABELS)
    for family in FAMILIES:
        assert family.name.startswith("parley_")
        assert family.doc.endswith(".")
        assert bool(family.buckets) == (family.kind == "histogram")


def test_a_cold_start_tells_what_it_cost_and_each_stage_its_revision() -> None:
    one = Observing()
    one.turn(
        seconds=1.0, timings="nlu=20.0c412@00004,dialogue=3@00007,odd=c,other=1c2c3,dialogue=2@00008", bundle="abc"
    )
    assert one.value("parley_start_seconds_sum", stage="nlu", revision="00004") == 0.412
    assert one.value("parley_stage_seconds_count", stage="nlu", cold="true", revision="00004") == 1
    assert one.value("parley_turns_total", bundle="abc", revision="00008") == 1, "of the stage that decided last"


def test_understanding_counts_for_the_bundle_and_revision_that_understood() -> None:
    """In a canary, the stage that understands and the one that decides may have different bundles."""
    one = Observing()
    one.turn(intent="greet", confidence=0.5, bundle="old", model="new", timings="nlu=1@2,dialogue=1@1")
    assert one.value("parley_intents_total", bundle="new", revision="2") == 1
    assert one.value("parley_intent_confidence_sum", bundle="new", revision="2") == 0.5
    assert one.value("parley_turns_total", bundle="old", revision="1") == 1


def test_own_actions_are_counted_by_outcome_and_timed_by_name() -> None:
    one = Observing()
    called = (CalledAction("action_play"), CalledAction("action_weather", "failed"))
    one.turn(called=called, timings="actions=20,dialogue=1,actions=500", bundle="abc")
    assert one.value("parley_action_calls_total", action="action_play", outcome="done", bundle="abc") == 1
    assert one.value("parley_action_calls_total", action="action_weather", outcome="failed", bundle="abc") == 1
    assert one.value("parley_action_seconds_sum", action="action_play") == 0.02
    assert one.value("parley_action_seconds_sum", action="action_weather") == 0.5
    one.turn(called=called, timings="actions=20")
    assert one.value("parley_action_seconds_count") == 2, "one of them never answered, and nobody knows which"
    assert one.value("parley_action_calls_total") == 4


def test_what_platforms_answered_is_counted_with_the_repetitions() -> None:
    one = Observing()
    one.observer(event(TurnCompleted(TURN, calls={"200": 3, "429_later": 1}, retries=1)))
    assert one.value("parley_deliveries_total", channel="web", answer="200") == 3
    assert one.value("parley_deliveries_total", channel="web", answer="429_later") == 1
    assert one.value("parley_delivery_retries_total", channel="web") == 1


def test_how_platforms_were_answered_is_measured_against_their_patience() -> None:
    one = Observing()
    answers = (
        WebhookAnswer("slack", 0.3, 3.0, 200),
        WebhookAnswer("slack", 2.9, 3.0, 200, cold=True),
        WebhookAnswer("slack", 4.0, 3.0, 200),
        WebhookAnswer("slack", 2.5, 3.0, 503),
        WebhookAnswer("slack", float("nan"), 3.0, 200),
        WebhookAnswer("slack", 1.0, 0.0, 200),
    )
    one.observer(event(WebhooksAnswered(answers)))
    assert one.value("parley_acks_total", channel="slack", outcome="in_time") == 1
    assert one.value("parley_acks_total", channel="slack", outcome="late") == 2
    assert one.value("parley_acks_total", channel="slack", outcome="failed") == 1
    assert one.value("parley_ack_budget_left_bucket", channel="slack", le="0.0") == 1
    assert one.value("parley_ack_seconds_count", channel="slack", cold="true") == 1


def test_a_candidate_is_compared_with_the_live_bundle() -> None:
    one = Observing()
    same = MessageCompared("a", "b", "greet", "greet", 0.8, 0.9, True, 3.0, 4.0)
    other = MessageCompared("a", "b", "greet", "nlu_fallback", 0.8, 0.2, False)
    for number, said in enumerate((same, other, MessageCompared("a", "b", failed=True))):
        one.observer(event(said, f"web:{number}.compared"))
    assert one.value("parley_shadow_messages_total", bundle="a", candidate="b", intents="same", entities="same") == 1
    assert one.value("parley_shadow_messages_total", bundle="a", candidate="b", intents="other", entities="other") == 1
    assert one.value("parley_shadow_unsure_total", unsure="candidate") == 1
    assert one.value("parley_shadow_unsure_total", unsure="neither") == 1
    assert one.value("parley_shadow_flips_total", candidate="b", intent="greet", meant="nlu_fallback") == 1
    assert one.value("parley_shadow_confidence_difference_bucket", le="0.1") == 1
    assert one.value("parley_shadow_confidence_difference_bucket", le="0.05") == 0
    assert one.value("parley_shadow_seconds_sum", model="candidate") == 0.004
    assert one.value("parley_shadow_failures_total", candidate="b") == 1


def test_a_candidate_that_fails_is_no_answer_that_failed() -> None:
    one = Observing()
    one.observer(event(EventDeadlettered("web:1", RepliesDecided.TYPE, "shadow", "500")))
    assert one.value("parley_turn_outcomes_total", outcome="failed") == 0


def test_what_people_think_of_answers_is_counted_once_with_the_bundle_that_gave_them() -> None:
    one = Observing()
    for ident, helpful in (("a", True), ("b", False), ("b", False), ("c", True)):
        data = TurnRated(helpful, "b-1")
        one.observer(Envelope(f"{ident}.rated", "/parley/dialogue", "webchat:me", data, data.TYPE, ident, "webchat"))
    assert one.value("parley_satisfaction_total", sign="positive", bundle="b-1") == 2
    assert one.value("parley_satisfaction_total", sign="negative", bundle="b-1") == 1


def test_positive_and_negative_feedback_is_counted() -> None:
    one = Observing()
    signs: list[dict[str, Any]] = [
        {"intent": "thank_you"},
        {"intent": "complain"},
        {"form_abandoned": "order"},
        {"intent": "greet"},
    ]
    for fields in signs:
        one.turn(**fields)
    assert one.value("parley_satisfaction_total", sign="positive") == 1
    assert one.value("parley_satisfaction_total", sign="negative") == 2


def test_observers_that_share_the_events_count_each_once_in_sum() -> None:
    replicas = (Observing(), Observing())
    for number in range(100):
        for _ in range(2):
            replicas[number % 2].observer(event(TurnCompleted(TURN), f"web:{number}.completed"))
    assert sum(one.value("parley_turns_total") or 0 for one in replicas) == 100
    assert sum(one.value("parley_duplicates_total") or 0 for one in replicas) == 100


def test_the_series_of_one_metric_are_bounded_however_labels_combine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "SERIES", 10)
    one = Observing()
    for number in range(40):
        one.turn(intent=f"intent{number % 8}", bundle=f"bundle{number // 8}")
    assert one.value("parley_intents_total") == 40, "all are counted"
    assert one.value("parley_intents_total", intent="other", bundle="other") == 30
    assert one.value("parley_label_overflows_total", label="series")


def test_a_new_series_is_shown_as_zero_until_two_scrapes_have_seen_it() -> None:
    one, now = Observing(), [0.0]
    shown = ZeroFirst(one.registry, 40.0, lambda: now[0])

    def value(name: str, **labels: str) -> list[float]:
        metrics = [sample for metric in shown.collect() for sample in metric.samples if sample.name == name]
        return [sample.value for sample in metrics if labels.items() <= sample.labels.items()]

    letter = EventDeadlettered("l", "dev.parley.replies.decided.v1", "delivery", "503")
    for number in range(3):
        one.observer(event(letter, f"web:{number}.deadlettered"))
    one.turn(seconds=0.4)
    assert value("parley_dead_letters_total", code="503") == [0.0]
    assert set(value("parley_turn_seconds_bucket", channel="web")) == {0.0}
    now[0] = 39.0
    assert value("parley_dead_letters_total", code="503") == [0.0]
    now[0] = 41.0
    one.observer(
        event(EventDeadlettered("l", "dev.parley.replies.decided.v1", "delivery", "401"), "web:9.deadlettered")
    )
    assert value("parley_dead_letters_total", code="503") == [3.0]
    assert value("parley_dead_letters_total", code="401") == [0.0]
    assert value("parley_turn_seconds_count", channel="web") == [1.0]
    assert value("process_cpu_seconds_total") != [0.0]
