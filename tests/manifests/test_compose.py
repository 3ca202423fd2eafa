"""compose.yaml: every stage, in the image that a cluster runs, with settings that exist."""

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from knative.images.build import BROKER
from knative.images.build import name_image as image_name
from knative.local.stages import ROOT, STAGES
from monitoring.generate.compose_settings import CHOSEN, list_documents, settings_of, write_example
from tests.manifests.test_overlays import ALL_STAGES, CLIENTS


@cache
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text()))


def services() -> dict[str, Any]:
    return dict(compose()["services"])


def test_it_runs_every_stage_in_the_image_that_a_task_builds() -> None:
    for stage in STAGES:
        service = services()[stage.replace("_", "-")]
        assert service["build"]["args"]["STAGE"] == stage
        assert service["image"] == "${IMAGES:-}" + image_name(stage, "", "${TAG:-dev}")
    assert services()["broker"]["image"] == "${IMAGES:-}" + image_name(BROKER, "", "${TAG:-dev}")
    for one in (*STAGES, BROKER):
        assert (ROOT / services()[one.replace("_", "-")]["build"]["dockerfile"]).is_file()


def test_every_stage_is_confined_and_asked_for_its_health() -> None:
    for stage in (*STAGES, BROKER):
        service = services()[stage.replace("_", "-")]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
    for name, service in services().items():
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "unless-stopped", name


def test_every_variable_is_a_setting_of_its_stage() -> None:
    for stage in STAGES:
        known = {*settings_of(stage), *CHOSEN} | ALL_STAGES | CLIENTS
        given = set(services()[stage.replace("_", "-")].get("environment") or ())
        assert given <= known, f"{stage} has no setting {given - known}"


def test_nothing_is_open_to_other_machines() -> None:
    for name, service in services().items():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), f"{name} publishes {port}"


def test_the_broker_knows_where_every_stage_is() -> None:
    places = dict(pair.split("=") for pair in services()["broker"]["environment"]["BROKER_SERVICES"].split())
    for stage in STAGES:
        name = stage.replace("_", "-")
        assert places[f"parley-{name}"] == f"http://{name}:8080"
        assert name in services()


def test_what_is_named_is_there() -> None:
    volumes = compose()["volumes"]
    for name, service in services().items():
        for other in service.get("depends_on", ()):
            assert other in services(), name
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            if source == "/var/run/docker.sock":
                # Whoever reads all containers' lines asks for a profile of its own.
                assert service["profiles"] == ["traces"]
                continue
            assert (ROOT / source).exists() if source.startswith(".") else source in volumes, f"{name}: {source}"


def test_prometheus_asks_the_observer_where_it_answers() -> None:
    config = yaml.safe_load((ROOT / "monitoring" / "prometheus.yml").read_text())
    targets = {target for job in config["scrape_configs"] for one in job["static_configs"] for target in one["targets"]}
    port = services()["observer"]["environment"]["METRICS_PORT"]
    assert f"observer:{port}" in targets
    if shutil.which("promtool"):
        checked = subprocess.run(
            ["promtool", "check", "config", str(ROOT / "monitoring" / "prometheus.yml")], capture_output=True, text=True
        )
        assert checked.returncode == 0, checked.stderr


def resolved(**settings: str) -> dict[str, Any]:
    """What Compose makes of the file: checked against its schema, anchors merged, variables filled in."""
    text = (ROOT / "compose.yaml").read_text()
    if shutil.which("docker") and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        tool = ["docker", "compose"]
    elif shutil.which("docker-compose"):
        # The first Compose knows everything that is used but the project's name.
        tool, text = ["docker-compose"], text.replace("name: parley\n", "", 1)
    else:
        pytest.skip("Docker Compose is not here; the other tests read the file themselves")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        done = subprocess.run(
            [*tool, "--project-directory", str(ROOT), "--file", file.name, "config"],
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    return dict(yaml.safe_load(done.stdout)["services"])


def test_compose_resolves_it_to_what_it_says() -> None:
    found = resolved(PORT="8099", ASSISTANT="mine")
    assert set(found) == set(services())
    assert "8099" in str(found["gateway"]["ports"])
    assert found["nlu"]["build"]["args"]["ASSISTANT"] == "mine"
    assert found["dialogue"]["environment"]["STORE_URL"] == "firestore:parley"
    for stage in STAGES:
        assert found[stage.replace("_", "-")]["read_only"] is True
    assert resolved(STORE_URL="firestore:other")["delivery"]["environment"]["STORE_URL"] == "firestore:other"


def test_every_setting_reaches_the_stages_that_read_it_and_no_others() -> None:
    """A platform is connected by its settings alone, from .env as from the environment."""
    found = resolved(
        TELEGRAM_BOT_TOKEN="token", TELEGRAM_SECRET_TOKEN="secret", CHAT_TITLE="Mine", HANDOFF_TOKEN="t" * 16,
        SPEECH_VOICE="en", WEATHER_URL="http://weather",
    )  # fmt: skip
    environments = {name: service.get("environment") or {} for name, service in found.items()}
    having = {
        name: {stage for stage, given in environments.items() if given.get(name)}
        for name in ("TELEGRAM_BOT_TOKEN", "TELEGRAM_SECRET_TOKEN", "CHAT_TITLE", "HANDOFF_TOKEN", "WEATHER_URL")
    }
    assert having == {
        "TELEGRAM_BOT_TOKEN": {"delivery"},
        "TELEGRAM_SECRET_TOKEN": {"gateway"},
        "CHAT_TITLE": {"gateway"},
        "HANDOFF_TOKEN": {"gateway"},
        "WEATHER_URL": {"actions"},
    }


def test_the_generated_files_are_as_task_docs_writes_them() -> None:
    for path, text in list_documents():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `task docs`"


def test_every_setting_stands_in_the_example_once_and_off() -> None:
    lines = [line for line in write_example().splitlines() if line and not line.startswith("# ")]
    names = [line.removeprefix("#").split("=")[0] for line in lines]
    assert all(line.startswith("#") for line in lines)
    assert len(names) == len(set(names))
    assert set(names) >= {name for stage in STAGES for name in settings_of(stage)}


def test_conversations_outlive_the_emulators_container() -> None:
    firestore = services()["firestore"]
    (volume,) = firestore["volumes"]
    kept = volume.split(":")[1]
    command = " ".join(firestore["command"])
    assert f"--export-on-exit={kept}" in command
    assert f"find {kept} " in command


@pytest.mark.parametrize("name", ["ALERT_URL", "WATCHDOG_URL"])
def test_alertmanager_calls_who_is_named_by_a_setting_and_nobody_else(name: str, tmp_path: Path) -> None:
    script = ROOT / "monitoring" / "alertmanager" / "start.sh"
    written = tmp_path / "alertmanager.yml"
    environ = {"PATH": os.environ["PATH"], name: "https://example.com/hook"}
    subprocess.run(["sh", str(script), str(written), "only"], env=environ, check=True)
    found = yaml.safe_load(written.read_text())
    called = {one["name"]: one.get("webhook_configs", []) for one in found["receivers"]}
    mine, other = ("people", "watchdog") if name == "ALERT_URL" else ("watchdog", "people")
    assert [hook["url"] for hook in called[mine]] == ["https://example.com/hook"]
    assert called[other] == []
    named = {found["route"]["receiver"], *(route["receiver"] for route in found["route"]["routes"])}
    assert named == set(called)


@pytest.mark.parametrize("address", ["example.com", 'https://x/"y', "https://x/ y"])
def test_an_address_for_alerts_that_is_none_is_refused_at_the_start(address: str, tmp_path: Path) -> None:
    script = ROOT / "monitoring" / "alertmanager" / "start.sh"
    environ = {"PATH": os.environ["PATH"], "ALERT_URL": address}
    refused = subprocess.run(
        ["sh", str(script), str(tmp_path / "a.yml"), "only"], env=environ, capture_output=True, text=True
    )
    assert refused.returncode == 1
    assert address in refused.stderr


def test_prometheus_sends_to_the_alertmanager_and_grafana_reads_every_source_that_runs() -> None:
    config = yaml.safe_load((ROOT / "monitoring" / "prometheus.yml").read_text())
    (manager,) = config["alerting"]["alertmanagers"]
    assert manager["static_configs"] == [{"targets": ["alertmanager:9093"]}]
    sources = yaml.safe_load((ROOT / "monitoring/grafana/provisioning/datasources/sources.yml").read_text())
    hosts = {source["url"].split("//")[1].split(":")[0] for source in sources["datasources"]}
    assert hosts == {"prometheus", "alertmanager", "tempo", "loki"}
    assert hosts <= set(services())


def test_traces_are_sent_where_the_profile_takes_them_and_the_failed_are_always_kept() -> None:
    profile = {name for name, service in services().items() if service.get("profiles") == ["traces"]}
    assert profile == {"collector", "tempo", "loki", "alloy"}
    collector = yaml.safe_load((ROOT / "monitoring" / "traces" / "collector.yaml").read_text())
    policies = {policy["type"]: policy for policy in collector["processors"]["tail_sampling"]["policies"]}
    assert policies["status_code"]["status_code"]["status_codes"] == ["ERROR"]
    pipeline = collector["service"]["pipelines"]["traces"]
    assert "tail_sampling" in pipeline["processors"]
    for kind in ("receivers", "processors", "exporters"):
        assert set(pipeline[kind]) <= set(collector[kind])
    tempo = yaml.safe_load((ROOT / "monitoring" / "traces" / "tempo.yaml").read_text())
    assert tempo["distributor"]["receivers"]["otlp"]["protocols"]["http"]["endpoint"].endswith(":4318")
    assert collector["exporters"]["otlphttp"]["endpoint"] == "http://tempo:4318"
