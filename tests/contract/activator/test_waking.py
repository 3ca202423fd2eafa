"""A stage is started by who asks it, stopped when nobody does, and no request is lost on the way."""

import concurrent.futures
import http.client
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from knative.local.activator.__main__ import find_always_on
from knative.local.activator.ingress import Ingress, Revision
from knative.local.stages import ROOT
from tests.contract.activator.hosting import ask, hosted, stage, until


def one(before: str = "", idle: float = 60, *, kept: bool = False, **env: str) -> tuple[Ingress, Revision, list[str]]:
    said: list[str] = []
    revision = Revision("stage", stage(before, **env), idle=idle, kept=kept, tell=said.append)
    return Ingress({"now": revision}), revision, said


def test_nothing_runs_until_somebody_asks_and_the_first_request_is_held_until_it_does() -> None:
    ingress, revision, said = one("time.sleep(0.5)")
    with hosted({"stage": ingress}) as ingresses:
        time.sleep(0.3)
        assert revision.asleep
        assert said == []
        assert ask(ingresses.ports["stage"], body=b"hello")[:2] == (201, b"hello")
        assert revision.awake
        assert any(line.startswith("stage is awake after") for line in said)
        assert "stage | listening as None" in said
    assert revision.counts == {"requests": 1, "held": 1, "starts": 1, "stops": 1}


def test_a_burst_starts_one_process_and_all_are_answered() -> None:
    ingress, revision, _ = one("time.sleep(0.3)")
    with hosted({"stage": ingress}) as ingresses, concurrent.futures.ThreadPoolExecutor(40) as pool:
        bodies = [str(number).encode() for number in range(40)]
        answers = [*pool.map(lambda body: ask(ingresses.ports["stage"], body=body), bodies)]
    assert [answer[1] for answer in answers] == bodies
    assert len({answer[2]["x-pid"] for answer in answers}) == 1
    assert revision.counts["starts"] == 1


def test_it_is_stopped_when_nobody_asked_for_a_while_and_started_again() -> None:
    ingress, revision, said = one(idle=0.3)
    with hosted({"stage": ingress}) as ingresses:
        first = ask(ingresses.ports["stage"])[2]["x-pid"]
        until(lambda: revision.asleep and revision.counts["stops"] == 1, "it sleeps")
        assert not psutil.pid_exists(int(first))
        assert any(line.startswith("stage sleeps") for line in said)
        assert ask(ingresses.ports["stage"])[2]["x-pid"] != first


def test_a_request_that_takes_longer_than_the_idle_time_is_answered() -> None:
    ingress, revision, _ = one(idle=0.2)
    with hosted({"stage": ingress}) as ingresses:
        assert ask(ingresses.ports["stage"], "/slow/1.5", b"late")[:2] == (201, b"late")
        assert revision.counts["starts"] == 1


def test_no_request_is_lost_while_it_stops_and_starts() -> None:
    """Requests meet every moment of it: at rest, starting, just stopped, and while the process still ends."""
    ingress, revision, _ = one(idle=0.1, DRAIN="0.1")
    with hosted({"stage": ingress}) as ingresses, concurrent.futures.ThreadPoolExecutor(4) as pool:

        def talk(number: int) -> list[int]:
            statuses = []
            for turn in range(12):
                statuses.append(ask(ingresses.ports["stage"], body=f"{number}-{turn}".encode())[0])
                time.sleep(0.05 + 0.035 * ((number + turn) % 8))
            return statuses

        assert [status for statuses in pool.map(talk, range(4)) for status in statuses] == [201] * 48
    assert revision.counts["requests"] == 48
    assert revision.counts["starts"] == revision.counts["stops"]


def test_after_kill_minus_9_the_next_request_gets_a_new_process() -> None:
    ingress, revision, said = one()
    with hosted({"stage": ingress}) as ingresses:
        pid = int(ask(ingresses.ports["stage"])[2]["x-pid"])
        os.kill(pid, signal.SIGKILL)
        until(lambda: not revision.awake, "it is gone")
        status, _, headers = ask(ingresses.ports["stage"])
        assert status == 201
        assert int(headers["x-pid"]) != pid
    assert revision.counts["starts"] == 2
    assert "stage had ended and is started again" in said


def test_who_was_being_answered_when_it_was_killed_gets_502_and_may_ask_again() -> None:
    ingress, _, _ = one()
    with hosted({"stage": ingress}) as ingresses:
        status, body, _ = ask(ingresses.ports["stage"], "/die")
        assert status == 502
        assert b"broke off" in body
        assert ask(ingresses.ports["stage"])[0] == 201


def test_one_that_does_not_start_is_503_with_its_exit_code_and_tried_again(tmp_path: Path) -> None:
    flag = tmp_path / "mended"
    ingress, _, said = one(f"os.path.exists({str(flag)!r}) or sys.exit('no bundle')")
    with hosted({"stage": ingress}) as ingresses:
        status, body, _ = ask(ingresses.ports["stage"])
        assert (status, b"ended with exit code 1 before it was ready" in body) == (503, True)
        assert "stage | no bundle" in said
        flag.touch()
        assert ask(ingresses.ports["stage"])[0] == 201


def test_one_that_is_to_stay_is_started_by_itself_and_never_idle() -> None:
    ingress, revision, _ = one(idle=0.1, kept=True)
    with hosted({"stage": ingress}) as ingresses:
        until(lambda: revision.awake, "it runs")
        time.sleep(0.5)
        assert revision.awake
        pid = int(ask(ingresses.ports["stage"])[2]["x-pid"])
        os.kill(pid, signal.SIGKILL)
        until(lambda: revision.counts["starts"] == 2 and revision.awake, "it runs again")
        assert ask(ingresses.ports["stage"])[0] == 201


def test_who_gives_up_waiting_does_not_keep_it_awake() -> None:
    ingress, revision, _ = one(idle=0.3)
    with hosted({"stage": ingress}) as ingresses:
        ask(ingresses.ports["stage"])
        connection = http.client.HTTPConnection("127.0.0.1", ingresses.ports["stage"])
        connection.request("POST", "/slow/30")
        time.sleep(0.3)
        assert revision.awake
        connection.close()
        until(lambda: revision.counts["stops"] == 1, "it sleeps")


def test_the_observer_alone_is_never_scaled_to_zero() -> None:
    assert find_always_on(ROOT / "knative" / "base") == {"parley-observer"}


@pytest.mark.parametrize("body", [b"", b"x" * 3_000_000])
def test_what_is_said_passes_as_it_is(body: bytes) -> None:
    ingress, _, _ = one()
    with hosted({"stage": ingress}) as ingresses:
        sent = {"host": "bot.example.com", "x-kept": "yes", "connection": "keep-alive"}
        status, answered, headers = ask(ingresses.ports["stage"], "/?a=%2F&b=%C3%A9", body, headers=sent)
        assert (status, answered) == (201, body)
        assert headers["x-told"].split("|")[:2] == ["bot.example.com", "yes"]
        assert headers.get_all("set-cookie") == ["a=1", "b=2"]
        assert headers["location"] == "/elsewhere"
        assert ask(ingresses.ports["stage"], "/none")[:2] == (204, b"")
        status, answered, headers = ask(ingresses.ports["stage"], method="HEAD")
        assert (status, answered) == (201, b"")


def test_parts_come_as_they_are_written() -> None:
    ingress, _, _ = one()
    with hosted({"stage": ingress}) as ingresses:
        ask(ingresses.ports["stage"])
        connection = http.client.HTTPConnection("127.0.0.1", ingresses.ports["stage"], timeout=30)
        connection.request("POST", "/parts")
        answer = connection.getresponse()
        first = answer.read1(100)
        since = time.monotonic()
        rest = answer.read()
        assert (first, rest) == (b"one", b"two")
        assert time.monotonic() - since > 0.2
        connection.close()


def test_a_revision_that_leaves_answers_what_it_has_and_what_waits_for_it() -> None:
    ingress, revision, _ = one("time.sleep(0.4)")
    with hosted({"stage": ingress}) as ingresses, concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(ask, ingresses.ports["stage"], "/slow/0.5", b"still here")
        until(lambda: revision.counts["requests"] == 1, "it was asked")
        ingresses.run(revision.stop())
        assert waiting.result()[:2] == (201, b"still here")
        assert revision.asleep


def test_traffic_is_split_between_revisions_and_can_be_moved() -> None:
    revisions = {
        name: Revision(f"stage {name}", stage(NAME=name), idle=0.3, tell=lambda _: None) for name in ("old", "new")
    }
    ingress = Ingress(revisions, {"old": 1, "new": 1})
    with hosted({"stage": ingress}) as ingresses:
        names = [ask(ingresses.ports["stage"])[2]["x-name"] for _ in range(40)]
        assert 5 < names.count("old") < 35
        ingress.traffic = {"new": 1}
        assert {ask(ingresses.ports["stage"])[2]["x-name"] for _ in range(5)} == {"new"}
        until(lambda: revisions["old"].asleep, "the one that nobody asks any more sleeps")
