"""What is missing, damaged or down is said in one sentence, by each stage, in a real process; and nothing is lost."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from knative.local.ports import find_free_ports
from knative.local.send import find_sample
from knative.local.stages import ROOT, build_command
from tests.bench.processes import first_answer, stages

BUNDLE = ROOT / "model_artifacts" / "assistants" / "default" / "bundle"


def start(stage: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Start a stage that is expected to refuse."""
    (port,) = find_free_ports(1)
    return subprocess.run(
        build_command(stage, port),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def missing(bundle: Path) -> None:
    (bundle / "model.bin").unlink()


def swapped(bundle: Path) -> None:
    shutil.copyfile(bundle / "nlu.json", bundle / "tokenizer.json")


def unvouched(bundle: Path) -> None:
    (bundle / "manifest.json").write_text("{}")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (missing, "model.bin cannot be read"),
        (swapped, "tokenizer.json is not the file that manifest.json vouches for"),
        (unvouched, "manifest.json cannot be read"),
    ],
    ids=["missing", "swapped", "unvouched"],
)
def test_a_damaged_bundle_is_refused_by_name_with_what_to_do(
    tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(BUNDLE, bundle)
    damage(bundle)
    refused = start("nlu", BUNDLE=str(bundle))
    assert refused.returncode != 0
    assert said in refused.stderr
    assert "task train" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("stage", ["nlu", "dialogue", "actions"])
def test_no_bundle_at_all_is_refused(stage: str) -> None:
    refused = start(stage, BUNDLE="no/such/bundle")
    assert refused.returncode != 0
    # Actions work in their project's folder, so there the path is told whole.
    assert re.search(r"there is no bundle at (/\S+/)?no/such/bundle", refused.stderr)
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("stage", ["dialogue", "delivery", "dead_letter"])
def test_a_store_of_an_unknown_kind_is_refused_with_the_kinds_there_are(stage: str) -> None:
    refused = start(stage, STORE_URL="mongo:somewhere", BUNDLE=str(BUNDLE))
    assert refused.returncode != 0
    assert "mongo" in refused.stderr
    assert "sqlite" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_setting_that_is_no_number_is_refused_by_name() -> None:
    refused = start("observer", METRICS_PORT="many")
    assert refused.returncode != 0
    assert "METRICS_PORT must be a whole number, not 'many'" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("stage", ["dialogue", "dead_letter"])
def test_a_store_that_is_down_is_503_so_that_the_broker_brings_the_event_again(stage: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    impossible = {"STORE_URL": f"sqlite:{tmp_path}/file/store.db"}
    with stages([stage], "default", tmp_path, impossible) as started:
        event = {"content-type": "application/cloudevents+json"}
        status, body = first_answer(started[stage].port, "/", find_sample(stage).read_bytes(), event)
    assert status == 503
    assert b"store" in body


def test_the_runner_refuses_an_assistant_that_is_none() -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "knative.local.up", "--assistant", "nobody", "--port", str(find_free_ports(1)[0])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 1
    assert "there is no assistant 'nobody'; there are: " in refused.stderr
