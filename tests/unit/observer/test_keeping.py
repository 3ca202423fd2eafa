"""Counters outlive their process, and two observers say together what one would have said."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector

from functions.observer.first_values import ZeroFirst
from functions.observer.keeping import Continued, Kept
from functions.observer.metrics import Metrics
from functions.observer.stage import Observer
from shared.events.catalogue import EventDeadlettered, TurnCompleted, TurnSummary
from shared.events.envelope import Data, Envelope


class Life:
    """One process of an observer with a file."""

    def __init__(self, path: Path) -> None:
        self.kept = Kept(path)
        self.metrics = Metrics(CollectorRegistry())
        self.observer = Observer(self.metrics, self.kept.seen)
        self.page = Continued(self.metrics.registry, self.kept.before)

    def end(self) -> None:
        self.kept.save(self.page, self.observer.list_seen)


def turn(number: int, seconds: float = 0.4, purpose: str = "") -> Envelope:
    return event(TurnCompleted(TurnSummary(f"web:{number}", intent="greet"), seconds=seconds), number, purpose)


def event(data: Data, number: int, purpose: str = "") -> Envelope:
    return Envelope(f"web:{number}", "/t", "web:me", data, data.TYPE, f"web:{number}", channel="web", purpose=purpose)


def value(page: Collector, name: str, **labels: str) -> float:
    return sum(
        sample.value
        for metric in page.collect()
        for sample in metric.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def numbers(page: Collector) -> dict[tuple[str, str], float]:
    return {
        (sample.name, str(sorted(sample.labels.items()))): sample.value
        for metric in page.collect()
        for sample in metric.samples
        if sample.name.startswith("parley_") and not sample.name.endswith("_created")
    }


def test_counters_and_histograms_go_on_after_a_restart_and_an_event_that_comes_again_counts_once(
    tmp_path: Path,
) -> None:
    first = Life(tmp_path / "kept.json")
    for number in range(3):
        first.observer(turn(number))
    first.end()
    second = Life(tmp_path / "kept.json")
    assert (
        numbers(second.page).items()
        >= {key: counted for key, counted in numbers(first.page).items() if counted}.items()
    )
    second.observer(turn(2))
    second.observer(turn(3))
    assert value(second.page, "parley_turns_total", channel="web") == 4
    assert value(second.page, "parley_turn_seconds_count", channel="web") == 4
    assert value(second.page, "parley_turn_seconds_sum", channel="web") == pytest.approx(1.6)
    assert value(second.page, "parley_duplicates_total") == 1
    second.end()
    assert value(Life(tmp_path / "kept.json").page, "parley_turns_total") == 4


def test_a_series_that_was_kept_is_not_shown_as_zero_for_that_would_count_it_twice(tmp_path: Path) -> None:
    first = Life(tmp_path / "kept.json")
    first.observer(turn(1))
    first.end()
    second = Life(tmp_path / "kept.json")
    second.observer(event(EventDeadlettered("l", "dev.parley.message.received.v1", "nlu", "503"), 9))
    known = [(name, dict(labels)) for name, labels in second.page.before]
    shown = ZeroFirst(second.page, 40.0, lambda: 0.0, known)
    assert value(shown, "parley_turns_total", channel="web") == 1
    assert value(shown, "parley_dead_letters_total", code="503") == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"form": 9}', '{"form": 1, "samples": [["a"]], "seen": []}'])
def test_a_file_that_is_none_of_ours_begins_anew(tmp_path: Path, content: str) -> None:
    (tmp_path / "kept.json").write_text(content)
    assert Kept(tmp_path / "kept.json").before == {}


def test_a_file_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    life = Life(tmp_path / "missing" / "kept.json")
    life.observer(turn(1))
    life.end()
    assert value(life.page, "parley_turns_total") == 1


def test_two_observers_that_share_the_events_say_together_what_one_says() -> None:
    events = [turn(number, seconds=number / 10) for number in range(10)]
    events += [event(EventDeadlettered("l", "dev.parley.message.received.v1", "nlu", "503"), 20)]
    alone, left, right = (Observer(Metrics(CollectorRegistry())) for _ in range(3))
    for number, one in enumerate(events):
        alone(one)
        (left, right)[number % 2](one)
    pages = [numbers(one._metrics.registry) for one in (alone, left, right)]
    summed = {key: pages[1].get(key, 0.0) + pages[2].get(key, 0.0) for key in {*pages[1], *pages[2]}}
    assert summed == pytest.approx(pages[0])


def test_a_probes_turn_counts_nowhere_and_a_replayed_one_is_recovered_and_not_slow() -> None:
    metrics = Metrics(CollectorRegistry())
    observer = Observer(metrics)
    before = numbers(metrics.registry)
    observer(turn(1, purpose="probe"))
    observer(event(EventDeadlettered("l", "dev.parley.message.received.v1", "nlu", "503"), 2, "probe"))
    assert numbers(metrics.registry) == before
    observer(turn(3, seconds=7200.0, purpose="replay"))
    assert value(metrics.registry, "parley_turn_outcomes_total", channel="web", outcome="recovered") == 1
    assert value(metrics.registry, "parley_turn_outcomes_total", channel="web", outcome="answered") == 0
    assert value(metrics.registry, "parley_turn_seconds_count") == 0
    observer(event(EventDeadlettered("l", "dev.parley.message.received.v1", "nlu", "503"), 4, "replay"))
    assert value(metrics.registry, "parley_dead_letters_total") == 1
    assert value(metrics.registry, "parley_turn_outcomes_total", outcome="failed") == 0


def test_store_calls_and_lost_spans_are_counted_by_stage() -> None:
    metrics = Metrics(CollectorRegistry())
    completed = TurnCompleted(TurnSummary("web:1"), seconds=0.1)
    from dataclasses import replace

    Observer(metrics)(replace(event(completed, 1), timings="nlu=1.0!20,dialogue=2.0c30@00002*3,delivery=1.0*2"))
    assert value(metrics.registry, "parley_store_calls_total", stage="dialogue") == 3
    assert value(metrics.registry, "parley_store_calls_total", stage="delivery") == 2
    assert value(metrics.registry, "parley_spans_dropped_total", stage="nlu") == 20
    assert value(metrics.registry, "parley_start_seconds_sum", stage="dialogue") == pytest.approx(0.03)
