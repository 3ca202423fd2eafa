"""A candidate reads along, and a canary takes a share, in a real run; `task rollout` tells the numbers."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.candidates import candidate
from tests.e2e.conftest import Running, running
from tests.monitoring.conftest import Watched
from tests.monitoring.prometheus import ROOT, eventually, value


def rollout(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "PARLEY_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "monitoring.rollout.verdict", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)


def say(assistant: Running, text: str, sender: str = "me") -> None:
    body = json.dumps({"sender": sender, "message": text}).encode()
    url = f"{assistant.url}/webhooks/rest/webhook"
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.load(answer)


def test_a_candidate_reads_along_over_rest_and_through_the_broker(run: Watched) -> None:
    rest = "sum(parley_intents_total)"
    eventually(lambda: value(run.server, "sum(parley_shadow_messages_total)") >= value(run.server, rest) - 2)
    assert value(run.server, "sum(parley_shadow_messages_total{intents='other'})") == 0
    assert value(run.server, "sum(parley_shadow_failures_total)") == 0
    assert value(run.server, "sum(parley_shadow_seconds_count)") > 0
    assert value(run.server, "sum(parley_shadow_unsure_total{unsure='both'})") >= 2


def test_nobody_hears_a_candidate(run: Watched) -> None:
    """Each message has one turn, and nothing that the candidate answered went into the broker as an answer."""
    assert value(run.server, 'sum(parley_dead_letters_total{destination="shadow"})') == 0
    assert not [span for service, span in run.receiver.spans if service == "parley-shadow" and span.status.code == 2]


@pytest.mark.parametrize("source", ["run", "prometheus"])
def test_rollout_tells_the_numbers(run: Watched, source: str) -> None:
    extra = ["--prometheus", run.server.url, "--since", "10m"] if source == "prometheus" else []
    done = rollout(run.assistant.home, *extra)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "the same intent in 100.0 %" in done.stdout
    assert "TOO EARLY TO SAY" in done.stdout
    done = rollout(run.assistant.home, "--enough", "10", *extra)
    assert "ok  failures        0 messages" in done.stdout
    assert "points (" in done.stdout


def test_a_canary_takes_its_share_and_is_told_apart_by_bundle_and_revision(tmp_path: Path) -> None:
    canary = ("--canary", str(candidate(tmp_path)), "--percent", "50")
    with running(tmp_path, arguments=canary) as assistant:
        for number in range(24):
            say(assistant, "hello", f"person{number}")

        def told() -> "subprocess.CompletedProcess[str] | None":
            done = rollout(tmp_path, "--canary", "--by", "revision", "--enough", "1")
            return done if "canary" in done.stdout or "live" in done.stdout else None

        eventually(told)
        names = ("--live", "live", "--candidate", "canary", "--enough", "1")
        eventually(lambda: "messages        " in rollout(tmp_path, "--canary", "--by", "revision", *names).stdout)
        done = rollout(tmp_path, "--canary", "--by", "revision", *names)
        assert "canary canary (" in done.stdout, done.stdout + done.stderr
        assert "0.0 % against 0.0 %" in done.stdout
        assert rollout(tmp_path, "--canary", "--enough", "1").stdout.startswith("canary ")
