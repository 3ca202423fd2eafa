"""Every panel's query has data in a real Prometheus that watched a real run; alerts and exemplars arrive there too."""

import json
import math
import re
import time

import pytest

from monitoring.generate.dashboards import build_dashboards
from tests.monitoring.prometheus import Server, eventually, value

VALUES = {"$__rate_interval": "1m", "$__range": "5m", "$channel": ".*", "$bundle": ".*", "$namespace": ".*"}
"""What Grafana puts into a query."""


ELSEWHERE = ("cluster",)
"""Dashboards of a cluster's metrics; test_rules.py asks their queries of series that are made up."""


def filled(expr: str) -> str:
    for name, chosen in VALUES.items():
        expr = expr.replace(name, chosen)
    assert "$" not in expr, expr
    return expr


def queries() -> list[tuple[str, str]]:
    """(name, expression) of every query of every panel, and of every variable's values."""
    return [
        (f"{name}: {panel['title']}: {target['refId']}", filled(target["expr"]))
        for name, dashboard in build_dashboards().items()
        if name not in ELSEWHERE
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
    ]


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
    assert value(watched, f"sum({form % 'started'})") == 4
    assert value(watched, f"sum({form % 'completed'})") == 2
    assert value(watched, f"sum({form % 'abandoned'})") == 2
    assert value(watched, 'sum(parley_form_slots_total{outcome="abandoned",slot="address"})') == 2
    assert value(watched, 'sum(parley_unrecognised_total{kind="low_confidence"})') == 2
    assert value(watched, "sum(parley_duplicates_total)") == 2
    assert value(watched, 'sum(parley_turns_total{channel="webchat",delivery="delivered"})') == 4
    assert value(watched, 'sum(parley_turn_outcomes_total{outcome="failed"})') == 2
    assert value(watched, 'sum(parley_acks_total{channel="telegram",outcome="in_time"})') == 4
    assert value(watched, 'sum(parley_deliveries_total{channel="telegram",answer="200"})') >= 4
    assert value(watched, 'sum(parley_deliveries_total{channel="telegram",answer="429_later"})') >= 1
    assert value(watched, "sum(parley_delivery_retries_total)") >= 1
    assert value(watched, 'sum(parley_action_calls_total{action="action_play_music",outcome="done"})') >= 4
    assert value(watched, 'sum(parley_action_seconds_count{action="action_play_music"})') >= 4
    assert value(watched, 'sum(parley_satisfaction_total{sign="positive"})') == 4
    assert value(watched, "sum(parley_start_seconds_count)") >= 5


def test_the_dead_letter_raises_its_alert(watched: Server) -> None:
    alerts = eventually(lambda: [one for one in watched.get("alerts")["alerts"] if one["state"] == "firing"])
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
    dashboards = build_dashboards()
    assert json.dumps(dashboards) == json.dumps(build_dashboards())
    assert len({dashboard["uid"] for dashboard in dashboards.values()}) == len(dashboards)
    for dashboard in dashboards.values():
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            assert place["x"] + place["w"] <= 24
            assert panel["type"] == "row" or panel["description"].endswith("."), panel["title"]
