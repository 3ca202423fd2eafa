"""The rules are valid, each alert fires when it should and is silent when it should not, and each is explained."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.gateway import requests_page
from monitoring.generate.__main__ import generate_files
from monitoring.generate.dashboards import build_dashboards
from tests.monitoring.prometheus import MONITORING, ROOT, tool

RULES = sorted((MONITORING / "rules").glob("*.yml"))
CASES = sorted((Path(__file__).parent / "rules").glob("*.yml"))
OBSERVED = {*re.findall(r"parley_[a-z_]+", generate_files()["monitoring/metrics.md"])}
OBSERVED |= {requests_page.NAME}
BROKER = ROOT / "knative" / "local" / "broker" / "server.py"
OBSERVED |= {*re.findall(r"parley_broker_[a-z_]+", BROKER.read_text(encoding="utf-8"))}
"""What the local broker tells of itself."""


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((MONITORING / "rules" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_the_configuration_and_the_rules_are_valid() -> None:
    promtool = tool("promtool")
    for command in (
        ["check", "config", str(MONITORING / "prometheus.yml")],
        ["check", "rules", *map(str, RULES)],
    ):
        checked = subprocess.run([promtool, *command], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert "no rules" not in checked.stdout


def test_the_jobs_for_a_cluster_without_an_operator_are_valid(tmp_path: Path) -> None:
    """Debian's Prometheus is built without Kubernetes' discovery, so the rest of each job is checked."""
    found = yaml.safe_load((MONITORING / "kubernetes" / "scrape.yml").read_text())
    for job in found["scrape_configs"]:
        (discovery,) = job.pop("kubernetes_sd_configs")
        assert discovery["role"] == "pod"
        job["static_configs"] = [{"targets": ["10.0.0.1"]}]
    (tmp_path / "scrape.yml").write_text(yaml.safe_dump(found))
    checked = subprocess.run(
        [tool("promtool"), "check", "config", str(tmp_path / "scrape.yml")], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.stem)
def test_rules_record_and_alert_as_their_cases_say(cases: Path) -> None:
    tested = subprocess.run(
        [tool("promtool"), "test", "rules", str(cases)], capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_is_silent() -> None:
    fires: set[str] = set()
    silent: set[str] = set()
    for path in CASES:
        for case in yaml.safe_load(path.read_text())["tests"]:
            for alert in case.get("alert_rule_test", ()):
                (fires if alert["exp_alerts"] else silent).add(alert["alertname"])
                if alert["alertname"] == "ParleyLabelsOverflow" and len(alert["exp_alerts"]) == 1:
                    # Its case has a label that overflows and one that does not.
                    silent.add(alert["alertname"])
    names = {alert["alert"] for alert in alerts()}
    assert fires == names
    # The watchdog always fires: that is what it is for.
    assert silent == names - {"ParleyWatchdog"}


def test_every_alert_has_a_paragraph_in_the_runbook_and_every_paragraph_an_alert() -> None:
    runbook = (MONITORING / "runbook.md").read_text()
    paragraphs = re.findall(r"^## (Parley\w+)\n(.{80,})", runbook, re.MULTILINE)
    assert [name for name, _ in paragraphs] == [alert["alert"] for alert in alerts()]
    for alert in alerts():
        assert alert["labels"]["severity"] in ("page", "ticket", "none")


def test_every_alert_leads_to_its_paragraph_and_to_a_panel_that_is_there() -> None:
    panels = {
        f"{dashboard['uid']}?viewPanel=panel-{panel['id']}": panel["title"]
        for dashboard in build_dashboards().values()
        for panel in dashboard["panels"]
    }
    for alert in alerts():
        links = {
            name: alert["annotations"][name].removeprefix("{{ $externalLabels.grafana }}/d/")
            for name in ("runbook_url", "dashboard_url")
        }
        assert panels[links["runbook_url"]] == alert["alert"]
        assert links["dashboard_url"] in panels, alert["alert"]


def test_the_queries_of_a_clusters_dashboard_find_what_knative_and_kafka_tell(tmp_path: Path) -> None:
    """Series as Knative 1.19 and later, Kafka Exporter and cAdvisor name them."""
    of = 'k8s_namespace_name="parley",kn_service_name="parley-nlu",kn_revision_name="r"'
    pod = 'namespace="parley",pod="parley-nlu-1",container="user-container"'
    group = 'consumergroup="knative-trigger-parley-nlu"'
    status = 'service="parley-gateway",http_response_status_code="200"'
    growing = [
        f"kn_serving_invocation_duration_seconds_count{{{status}}}",
        'kn_eventing_dispatch_latency_ms_count{kn_trigger_namespace="parley",http_response_status_code="503"}',
        f"kafka_consumergroup_current_offset{{{group}}}", f"container_cpu_usage_seconds_total{{{pod}}}",
        'parley_turn_outcomes_total{outcome="answered"}', 'parley_stage_seconds_sum{stage="nlu"}',
        'parley_store_calls_total{stage="dialogue"}',
    ]  # fmt: skip
    names = ("pods_count", "pods_desired", "concurrency_stable", "concurrency_panic", "concurrency_target")
    steady = [f"kn_revision_{name}{{{of}}}" for name in (*names, "panic_mode", "request_concurrency")]
    steady += ['kn_serving_queue_depth{service="parley-nlu"}', f"kafka_consumergroup_lag{{{group}}}"]
    steady += [f"container_memory_working_set_bytes{{{pod}}}"]
    series = [{"series": one, "values": "0+5x60"} for one in growing] + [
        {"series": s, "values": "2x60"} for s in steady
    ]
    queries = [
        VARIABLE.sub(lambda found: CHOSEN.get(found.group(0), ".*"), target["expr"])
        for panel in build_dashboards()["cluster"]["panels"]
        for target in panel.get("targets", ())
    ]
    assert len(queries) > 15
    asked = [
        {"expr": f"count({query}) > bool 0", "eval_time": "50m", "exp_samples": [{"labels": "{}", "value": 1}]}
        for query in queries
    ]
    case = {"interval": "1m", "input_series": series, "promql_expr_test": asked}
    rules = [str(path) for path in RULES]
    (tmp_path / "case.yml").write_text(
        yaml.safe_dump({"rule_files": rules, "evaluation_interval": "1m", "tests": [case]})
    )
    tested = subprocess.run(
        [tool("promtool"), "test", "rules", str(tmp_path / "case.yml")], capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr


VARIABLE = re.compile(r"\$\w+")
CHOSEN = {"$__rate_interval": "10m", "$__range": "40m"}


def test_dashboards_and_rules_come_into_a_cluster_by_one_component() -> None:
    component = ROOT / "knative" / "components" / "monitoring"
    maps = list(yaml.safe_load_all((component / "dashboards.yaml").read_text()))
    assert {next(iter(item["data"])) for item in maps} == {f"parley-{name}.json" for name in build_dashboards()}
    for item in maps:
        assert item["metadata"]["labels"]["grafana_dashboard"] == "1"
        (text,) = item["data"].values()
        # kubectl apply keeps the whole object in an annotation, which has so much room.
        assert len(text) < 200_000
        assert json.loads(text)["uid"] == item["metadata"]["name"].replace("-dashboard", "")


def test_the_runbook_names_only_tasks_and_files_that_exist() -> None:
    runbook = (MONITORING / "runbook.md").read_text()
    tasks = yaml.safe_load((ROOT / "Taskfile.yml").read_text())["tasks"]
    assert set(re.findall(r"`task ([a-z:]+)", runbook)) <= set(tasks)
    for path in re.findall(r"`([a-z_]+/[a-z_./]+)`", runbook):
        assert (ROOT / path).exists() or (MONITORING / path).exists(), path


def test_rules_ask_only_for_metrics_that_the_observer_or_the_broker_has() -> None:
    for path in RULES:
        for name in re.findall(r"parley_[a-z_]+", path.read_text()):
            assert _family(name) in OBSERVED, f"{path.name} asks for {name}"


def test_dashboards_ask_only_for_metrics_and_recorded_series_that_there_are() -> None:
    recorded = set(re.findall(r"record: (\S+)", (MONITORING / "rules" / "recording.yml").read_text()))
    for name, content in generate_files().items():
        if name.endswith(".json"):
            for metric in re.findall(r"parley_[a-z_]+", content):
                assert _family(metric) in OBSERVED, f"{name} asks for {metric}"
            for series in re.findall(r"parley:[a-z0-9_]+:[a-z0-9_]+", content):
                assert series in recorded, f"{name} asks for {series}"


@pytest.mark.parametrize("name", sorted(generate_files()))
def test_generated_files_are_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == generate_files()[name], "run `task docs`"


def _family(metric: str) -> str:
    return re.sub(r"_(bucket|sum|count)$", "", metric)
