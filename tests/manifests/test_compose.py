"""compose.yaml: every stage, in the image that a cluster runs, with settings that exist."""

import importlib
import os
import shutil
import subprocess
from functools import cache
from typing import Any

import pytest
import yaml

from knative.images.build import BROKER
from knative.images.build import name as image_name
from knative.local.stages import ROOT, STAGES
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
        assert service["image"] == image_name(stage, "", "dev")
    assert services()["broker"]["image"] == image_name(BROKER, "", "dev")
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
        config = importlib.import_module(f"functions.{stage}.config").Config
        known = {field.metadata["env"] for field in config.__dataclass_fields__.values()} | ALL_STAGES | CLIENTS
        known |= {field.metadata["env"] for field in _platforms(stage)}
        given = set(services()[stage.replace("_", "-")].get("environment") or ())
        assert given <= known, f"{stage} has no setting {given - known}"


def _platforms(stage: str) -> Any:
    path = ROOT / "functions" / stage / "platforms.py"
    return (
        importlib.import_module(f"functions.{stage}.platforms").Platforms.__dataclass_fields__.values()
        if (path.exists() and "class Platforms" in path.read_text())
        else ()
    )


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
    done = subprocess.run(
        [*tool, "--project-directory", str(ROOT), "--file", "-", "config"],
        input=text,
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
