"""Every panel's query has data in a real Prometheus that watched a real run; alerts and exemplars arrive there too."""

import json
import math
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from monitoring.generate.dashboards import all_dashboards
from tests.e2e.conftest import Running, running
from tests.monitoring.prometheus import Server, asking, tool
from tests.monitoring.traffic import talk

VALUES = {"$__rate_interval": "1m", "$__range": "5m", "$channel": ".*", "$bundle": ".*"}
"""What Grafana puts into a query."""


def filled(expr: str) -> str:
    for name, value in VALUES.items():
        expr = expr.replace(name, value)
    assert "$" not in expr, expr
    return expr


def queries() -> list[tuple[str, str]]:
    """(name, expression) of every query of every panel, and of every variable's values."""
    return [
        (f"{name}: {panel['title']}: {target['refId']}", filled(target["expr"]))
        for name, dashboard in all_dashboards().items()
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
    ]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Prometheus that watched two rounds of talk: `increase` sees a series only from its second value on."""
    tool("prometheus")
    with running(tmp_path_factory.mktemp("assistant")) as assistant:
        target = assistant.addresses["metrics"].removeprefix("http://")
        with asking(target, tmp_path_factory.mktemp("prometheus")) as server:
            _rounds(assistant, server)
            yield server


def _rounds(assistant: Running, server: Server) -> None:
    dead, last = "sum(parley_dead_letters_total)", "parley:intent_confidence:mean1d"
    for number in (1, 2):
        talk(assistant, f"round{number}")
        _eventually(lambda number=number: _value(server, dead) == number)  # type: ignore[misc]
        time.sleep(2.5)
    _eventually(lambda: server.ask(last))


@pytest.mark.parametrize(("name", "expr"), queries(), ids=[name for name, _ in queries()])
def test_every_panels_query_has_data(watched: Server, name: str, expr: str) -> None:
    found = watched.ask(expr)
    assert found, f"{name}: nothing for {expr}"
    assert any(math.isfinite(float(sample["value"][1])) for sample in found), f"{name}: only {found}"


@pytest.mark.parametrize("label", ["channel", "bundle"])
def test_the_choices_of_a_dashboard_are_there(watched: Server, label: str) -> None:
    values = watched.get(f"label/{label}/values", **{"match[]": "parley_turns_total"})
    assert {"channel": {"rest", "webchat"}, "bundle": {"another"}}[label] <= set(values)


def test_what_happened_is_what_the_numbers_say(watched: Server) -> None:
    form = 'parley_forms_total{form="order_food_form",outcome="%s"}'
    assert _value(watched, f"sum({form % 'started'})") == 4
    assert _value(watched, f"sum({form % 'completed'})") == 2
    assert _value(watched, f"sum({form % 'abandoned'})") == 2
    assert _value(watched, 'sum(parley_form_slots_total{outcome="abandoned",slot="address"})') == 2
    assert _value(watched, 'sum(parley_unrecognised_total{kind="unsure"})') == 2
    assert _value(watched, "sum(parley_duplicates_total)") == 2
    assert _value(watched, 'sum(parley_turns_total{channel="webchat",delivery="delivered"})') == 4
    assert _value(watched, 'sum(parley_turn_outcomes_total{outcome="failed"})') == 2


def test_the_dead_letter_raises_its_alert(watched: Server) -> None:
    alerts = _eventually(lambda: [one for one in watched.get("alerts")["alerts"] if one["state"] == "firing"])
    assert "ParleyDeadLetters" in {alert["labels"]["alertname"] for alert in alerts}
    assert any("dev.parley.message.received.v1 (400)" in alert["annotations"]["summary"] for alert in alerts)


def test_a_point_of_latency_leads_to_its_trace(watched: Server) -> None:
    found = watched.get(
        "query_exemplars", query="parley_turn_seconds_bucket", start=time.time() - 300, end=time.time() + 1
    )
    traces = {exemplar["labels"]["trace_id"] for series in found for exemplar in series["exemplars"]}
    assert traces
    assert all(re.fullmatch("[0-9a-f]{32}", trace) for trace in traces)


def test_dashboards_are_distinct_and_reproducible() -> None:
    dashboards = all_dashboards()
    assert json.dumps(dashboards) == json.dumps(all_dashboards())
    assert len({dashboard["uid"] for dashboard in dashboards.values()}) == len(dashboards)
    for dashboard in dashboards.values():
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
            assert panel["type"] == "row" or panel["description"].endswith("."), panel["title"]


def _value(server: Server, expr: str) -> float:
    return sum(float(sample["value"][1]) for sample in server.ask(expr))


def _eventually(check: Callable[[], Any], seconds: float = 30.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, f"still {found!r}"
        time.sleep(0.3)
    return found
