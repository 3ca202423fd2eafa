"""`task up SCALE_TO_ZERO=1`: stages come and go under a conversation, and nothing of it is lost or said twice."""

import os
import random
import signal
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psutil
import pytest

from knative.local.stages import STAGES
from shared.stores.opening import open_store
from tests.e2e.chaos.faults import Chances, Faults, Platform
from tests.e2e.chaos.people import SETTINGS, talks
from tests.e2e.chaos.stores import Crash
from tests.e2e.chaos.verdict import judge
from tests.e2e.conftest import Running, running, without_examples
from tests.e2e.test_assistant import eventually, get, post, say

SCALED = ("--scale-to-zero", "--idle")


def stats(assistant: Running) -> dict[str, dict[str, Any]]:
    return dict(get(f"{assistant.addresses['activator']}/stats"))


def asleep(assistant: Running) -> bool:
    return all(counts["asleep"] for stage, counts in stats(assistant).items() if stage != "observer")


@pytest.mark.parametrize("ahead", ["1", "0"])
def test_a_message_wakes_what_it_needs_and_with_prewarming_what_it_may_need(tmp_path: Path, ahead: str) -> None:
    with running(tmp_path, arguments=(*SCALED, "1"), PREWARM=ahead) as assistant:
        assert asleep(assistant)
        assert stats(assistant)["observer"]["process"] is not None
        assert say(assistant, "me", "good morning to you")
        starts = {stage: counts["starts"] for stage, counts in stats(assistant).items()}
        assert starts["gateway"] == starts["nlu"] == starts["dialogue"] == 1
        eventually(lambda: stats(assistant)["actions"]["starts"] == int(ahead))
        eventually(lambda: asleep(assistant))
        # Through the broker, after everything slept; delivery holds the page's question and the answer.
        base = f"{assistant.url}/webhooks/webchat"
        conversation = post(f"{base}/conversations", b"")[1]["conversation"]
        body = {"conversation": conversation, "id": str(uuid.uuid4()), "text": "search for a video about horror movies"}
        assert post(f"{base}/webhook", body)[0] == 202
        messages = get(f"{base}/messages?conversation={conversation}&after=0&wait=25")["messages"]
        assert "horror" in messages[0]["message"]["text"]
        assert stats(assistant)["delivery"]["starts"] == 1
        eventually(lambda: asleep(assistant))
        counts = stats(assistant)
        assert all(counts[stage]["starts"] == counts[stage]["stops"] for stage in STAGES if stage != "observer")


def test_no_turn_is_lost_or_doubled_while_stages_sleep_wake_and_are_killed(tmp_path: Path) -> None:
    faults = Faults(1)
    faults.chances = Chances(0, 0, 0, 0)
    platform, kills, over = Platform(faults), [], threading.Event()
    with (
        platform.serving() as url,
        running(tmp_path, None, (*SCALED, "0.4"), CALLBACK_URL=url, LOG_LEVEL="info", **SETTINGS) as assistant,
    ):

        def kill() -> None:
            chance = random.Random(7)
            while not over.wait(1.0 + chance.random()):
                stage = chance.choice(("gateway", "nlu", "dialogue", "actions", "delivery"))
                if (pid := stats(assistant)[stage]["process"]) is not None:
                    os.kill(pid, signal.SIGKILL)
                    kills.append((stage, time.time()))

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            told = talks(int(assistant.url.rpartition(":")[2]), 10, 4, seed=3, seconds=120, at_once=2)
        finally:
            over.set()
            killer.join()
        broker = assistant.addresses["broker"]
        eventually(lambda: not any(counts["queued"] for counts in get(f"{broker}/stats")["triggers"].values()), 90)
        counts = stats(assistant)
        logs = tmp_path / "logs"
        logs.mkdir()
        (logs / "output.txt").write_text(without_examples(assistant.output.read_text(errors="replace")))
        store = open_store(f"sqlite:{assistant.home / 'default' / 'store.db'}")
        verdict = judge(
            told, store, platform.taken, [Crash(at, at) for stage, at in kills if stage == "delivery"], logs
        )
        store.close()
    assert verdict.faults == []
    assert verdict.unexplained == 0
    assert verdict.accepted == 40
    assert verdict.letters == 0
    assert len(kills) > 2
    assert counts["dialogue"]["starts"] > 3


def test_kill_minus_9_of_the_runner_leaves_no_stage_behind(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    with running(tmp_path, arguments=(*SCALED, "60"), SCALE_TEST_MARK=mark) as assistant:
        assert say(assistant, "me", "hello")
        assert len(marked(mark)) > 5
        assistant.process.kill()
        assistant.process.wait(20)
        eventually(lambda: not marked(mark), 30)


def marked(mark: str) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("SCALE_TEST_MARK") == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found
