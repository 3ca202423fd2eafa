"""A candidate reads along, and a canary takes a share, in a real run; `task rollout` tells the numbers."""

import itertools
import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from functions.gateway.marks import is_in_canary
from monitoring.rollout.analysis import of_page
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
    assert value(run.server, "sum(parley_shadow_low_confidence_total{low_confidence='both'})") >= 2


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

        def run_rollout() -> "subprocess.CompletedProcess[str] | None":
            done = rollout(tmp_path, "--canary", "--by", "revision", "--enough", "1")
            return done if "canary" in done.stdout or "live" in done.stdout else None

        eventually(run_rollout)
        names = ("--live", "live", "--candidate", "canary", "--enough", "1")
        eventually(lambda: "messages        " in rollout(tmp_path, "--canary", "--by", "revision", *names).stdout)
        done = rollout(tmp_path, "--canary", "--by", "revision", *names)
        assert "canary canary (" in done.stdout, done.stdout + done.stderr
        assert "0.0 % against 0.0 %" in done.stdout
        assert rollout(tmp_path, "--canary", "--enough", "1").stdout.startswith("canary ")


SAID = ("hello", "thank you", "who are you?", "help")
NAMES = itertools.count()


def somebody(*, canary: bool, percent: int) -> str:
    """Who is in the canary's arm at this percentage, or is not, and has said nothing yet."""
    return next(
        name
        for name in (f"someone{next(NAMES)}" for _ in itertools.count())
        if is_in_canary(f"rest:{name}", percent) == canary
    )


def people(percent: int, crowd: int) -> Iterator[tuple[str, str]]:
    """Conversations in which these words are said, as many of the canary's arm as of the other."""
    for number in range(2 * crowd):
        name = somebody(canary=bool(number % 2), percent=percent)
        yield from ((name, text) for text in SAID)


def apply(assistant: Running, home: Path) -> tuple[int, str]:
    """Status and output of a rollout that goes its way by itself, while people talk until it has ended."""
    environ = {**os.environ, "PARLEY_HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "monitoring.rollout.verdict", "--apply", "--every", "0.5", "--enough", "30"]
    lines: list[str] = []
    with (
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
        ThreadPoolExecutor(4) as crowd,
    ):
        assert process.stdout is not None
        begun, output = threading.Event(), process.stdout

        def read() -> None:
            for line in output:
                lines.append(line)
                begun.set()
            begun.set()

        reading = threading.Thread(target=read)
        reading.start()
        begun.wait()
        while process.poll() is None:
            steps = re.findall(r"^(\d+) % of the conversations", "".join(lines), re.MULTILINE)
            said = people(int(steps[-1]) if steps else 1, 4)
            list(crowd.map(lambda one: say(assistant, one[1], one[0]), said))
        reading.join()
    return process.returncode, "".join(lines)


def given(text: str) -> list[int]:
    return [int(percent) for percent in re.findall(r"^(\d+) % of the conversations", text, re.MULTILINE)]


def test_a_candidate_that_is_as_good_goes_its_way_by_itself_until_everybody_has_it(tmp_path: Path) -> None:
    canary = ("--canary", str(candidate(tmp_path)), "--percent", "0")
    with running(tmp_path, arguments=canary) as assistant:
        status, said = apply(assistant, tmp_path)
        assert status == 0, said
        assert given(said) == [1, 10, 50]
        assert "100 %: the candidate is promoted" in said
        live = somebody(canary=False, percent=50)
        before = understood(assistant)
        say(assistant, "hello", live)
        eventually(lambda: understood(assistant)["canary"] > before["canary"])
        assert understood(assistant)["live"] == before["live"]


def test_a_candidate_that_understands_less_goes_back_by_itself_at_the_first_step(tmp_path: Path) -> None:
    canary = ("--canary", str(candidate(tmp_path, confidence=0.9999999)), "--percent", "0")
    with running(tmp_path, arguments=canary) as assistant:
        status, said = apply(assistant, tmp_path)
        assert status == 4, said
        assert given(said) == [1]
        assert "back to 0 %" in said
        first = somebody(canary=True, percent=1)
        before = understood(assistant)
        say(assistant, "hello", first)
        eventually(lambda: understood(assistant)["live"] > before["live"])
        assert understood(assistant)["canary"] == before["canary"]


def understood(assistant: Running) -> dict[str, float]:
    """Messages that each revision has understood, once all that were said are counted."""
    found = {"live": 0.0, "canary": 0.0}
    for labels, number in of_page(assistant.addresses["metrics"])("parley_intents_total"):
        found[labels["revision"]] += number
    return found
