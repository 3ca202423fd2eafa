"""Whatever events say, labels and series are bounded, described, and born as zero."""

import pytest
from prometheus_client import generate_latest

from functions.observer import families
from functions.observer.families import FAMILIES
from functions.observer.first_values import ZeroFirst
from functions.observer.labels import LABELS
from functions.observer.metrics import LONGEST
from shared.events.catalogue import EventDeadlettered, TurnCompleted
from tests.unit.observer.observing import TURN, Observing, event


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
