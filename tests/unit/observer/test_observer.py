"""Turns, dead letters and feedback become numbers, once each."""

import threading
from typing import Any

import pytest
from prometheus_client import generate_latest

from shared.events.catalogue import CalledAction, EventDeadlettered, MessageReceived, TurnCompleted, TurnRated
from shared.events.envelope import Envelope
from tests.unit.observer.observing import TURN, Observing, event

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


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
        ({"intent": "nlu_fallback", "fallback": True}, "low_confidence"),
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
    assert one.value("parley_transcription_failures_total", channel="web", reason="silence") == 1
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


def test_the_trace_of_a_turn_is_an_exemplar_where_openmetrics_is_asked_for() -> None:
    one = Observing()
    one.turn(seconds=0.4, timings="nlu=3", trace=f"00-{TRACE}-00f067aa0ba902b7-01")
    assert f'# {{trace_id="{TRACE}"}} 0.4' in one.openmetrics()
    assert TRACE not in generate_latest(one.registry).decode()


def test_what_is_no_trace_is_no_exemplar() -> None:
    one = Observing()
    one.turn(seconds=0.4, trace="my secret")
    assert "secret" not in one.openmetrics()


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
