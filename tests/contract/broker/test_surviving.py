"""What the broker promises about time and death: nothing accepted is lost, by kill -9 or by a stop."""

import http.client
import json
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.contract.broker.running import (
    ROOT,
    Answer,
    Received,
    RunningBroker,
    Subscriber,
    environment,
    event_headers,
    failing,
    free_port,
    quick,
    running,
    subscribers,
    trigger,
    typed,
    until,
)

PATIENT = {"retry": 100, "backoffPolicy": "linear", "backoffDelay": "PT0.05S"}


def test_every_event_that_was_accepted_is_delivered_after_kill_minus_9(tmp_path: Path) -> None:
    with subscribers(None) as [subscriber]:
        port = subscriber.port
    accepted: list[str] = []
    broker = RunningBroker(tmp_path, [trigger("t", subscriber)], PATIENT)

    def publish(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", broker.port, timeout=5)
        try:
            for number in range(first, 100_000, 4):
                connection.request("POST", "/parley/default", b"body", event_headers(id=str(number)))
                answer = connection.getresponse()
                answer.read()
                if answer.status == 202:
                    accepted.append(str(number))
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    publishers = [threading.Thread(target=publish, args=(first,)) for first in range(4)]
    for thread in publishers:
        thread.start()
    until(lambda: len(accepted) > 100, "events are accepted")
    broker.kill()
    for thread in publishers:
        thread.join()
    returned = Subscriber(port=port)
    try:
        with running(tmp_path, [trigger("t", returned)], PATIENT) as broker:
            broker.settled()
    finally:
        returned.close()
    assert set(accepted) <= set(returned.ids())


def test_a_delivery_in_flight_when_the_broker_is_killed_is_made_again_with_its_attempts_counted(tmp_path: Path) -> None:
    release = threading.Event()

    def answer(got: Received) -> Answer:
        match len(subscriber.received):
            case 1:
                return Answer(503)
            case 2:
                release.wait(20)
                return Answer()
            case _:
                return Answer(503)

    with subscribers(answer, None) as (subscriber, sink):
        broker = RunningBroker(tmp_path, [trigger("t", subscriber)], quick(2, sink))
        broker.publish()
        until(lambda: len(subscriber.received) == 2, "the second attempt is under way")
        broker.kill()
        release.set()
        with running(tmp_path, [trigger("t", subscriber)], quick(2, sink)) as broker:
            until(lambda: sink.received, "the dead letter arrives")
    # One attempt before the kill was answered; two of the three that `retry: 2` allows were left.
    assert subscriber.ids() == ["1"] * 4
    assert sink.ids() == ["1"]


def test_a_dead_letter_on_its_way_survives_too(tmp_path: Path) -> None:
    with subscribers(lambda _: Answer(400), lambda _: Answer(503)) as (subscriber, sink):
        spec = {**PATIENT, "deadLetterSink": {"uri": sink.url}}
        broker = RunningBroker(tmp_path, [trigger("t", subscriber)], spec)
        broker.publish()
        until(lambda: sink.received, "the sink was tried")
        broker.kill()
        before = len(sink.received)
        sink.answer = lambda _: Answer()
        with running(tmp_path, [trigger("t", subscriber)], spec) as broker:
            assert broker.settled()["triggers"]["t"] == {"dead_lettered": 1}
    assert len(subscriber.received) == 1
    assert len(sink.received) == before + 1
    assert sink.received[-1].headers["ce-knativeerrorcode"] == "400"


def test_a_reply_that_was_taken_is_delivered_after_kill_minus_9(tmp_path: Path) -> None:
    reply = Answer(200, event_headers(id="reply", type="answer"))
    with subscribers(lambda _: reply, failing(10_000)) as (first, second):
        triggers = [trigger("first", first, filter=typed("t")), trigger("second", second, filter=typed("answer"))]
        broker = RunningBroker(tmp_path, triggers, PATIENT)
        broker.publish()
        until(lambda: second.received, "the reply was tried")
        broker.kill()
        second.answer = lambda _: Answer()
        with running(tmp_path, triggers, PATIENT) as broker:
            stats = broker.settled()["triggers"]
    assert stats == {"first": {}, "second": {"delivered": 1}}
    assert first.ids() == ["1"]
    assert set(second.ids()) == {"reply"}


def test_nothing_finished_is_delivered_again_after_a_restart(tmp_path: Path) -> None:
    with subscribers(None) as [subscriber]:
        for _ in range(2):
            with running(tmp_path, [trigger("t", subscriber)]) as broker:
                broker.settled()
                if not subscriber.received:
                    broker.publish()
                    until(lambda: subscriber.received, "the event arrives")
                    broker.settled()
                assert broker.stop() == 0
    assert subscriber.ids() == ["1"]


def test_a_stop_lets_the_request_in_flight_end_and_keeps_what_waits(tmp_path: Path) -> None:
    release = threading.Event()

    def answer(got: Received) -> Answer:
        if got.id == "slow":
            release.wait(20)
            return Answer()
        return Answer(503)

    with subscribers(answer) as [subscriber]:
        waits = {"retry": 5, "backoffPolicy": "exponential", "backoffDelay": "PT600S"}
        broker = RunningBroker(tmp_path, [trigger("t", subscriber)], waits)
        broker.publish(id="slow")
        broker.publish(id="later")
        until(lambda: len(subscriber.received) == 2, "both were tried")
        stopping = threading.Thread(target=broker.stop)
        stopping.start()
        release.set()
        stopping.join()
        assert broker.process.returncode == 0
    with sqlite3.connect(tmp_path / "journal.db") as db:
        kept = db.execute(
            "SELECT json_extract(attributes, '$.id'), outcome, attempts FROM deliveries d JOIN events e ON e.id = event"
        )
        assert sorted(kept) == [("later", None, 1), ("slow", "delivered", 0)]
    db.close()


def test_deliveries_of_a_trigger_that_left_the_manifests_wait_until_it_is_back(tmp_path: Path) -> None:
    with subscribers(failing(1)) as [subscriber]:
        waits = {"retry": 5, "backoffPolicy": "exponential", "backoffDelay": "PT1S"}
        with running(tmp_path, [trigger("t", subscriber)], waits) as broker:
            broker.publish()
            until(lambda: subscriber.received, "it was tried")
        with running(tmp_path, [], waits) as broker:
            assert broker.settled()["triggers"] == {}
        assert "waits for the trigger t, which no manifest defines" in (tmp_path / "broker.log").read_text()
        with running(tmp_path, [trigger("t", subscriber)], waits) as broker:
            assert broker.settled()["triggers"]["t"] == {"delivered": 1}


def test_an_event_is_refused_with_503_while_the_journal_cannot_be_written(tmp_path: Path) -> None:
    with subscribers(None) as [subscriber]:
        # A journal limited to the pages it has stands for a full disk.
        with running(tmp_path, [trigger("t", subscriber)]) as broker:
            broker.settled()
        limited = (
            "import sqlite3; connect = sqlite3.connect\n"
            "def limit(*arguments, **named):\n"
            "    db = connect(*arguments, **named); db.execute('PRAGMA max_page_count = 1'); return db\n"
            "sqlite3.connect = limit\n"
            "from knative.local.broker.__main__ import main; main()\n"
        )
        (tmp_path / "limited.py").write_text(limited)
        port = free_port()
        command = [sys.executable, str(tmp_path / "limited.py"), "--port", str(port)]
        command += ["--manifests", str(tmp_path / "manifests.yaml"), "--journal", str(tmp_path / "journal.db")]
        process = subprocess.Popen(command, cwd=ROOT, env=environment(PYTHONPATH=str(ROOT)), stderr=subprocess.PIPE)
        try:
            answers: list[tuple[int, bytes]] = []

            def ask() -> bool:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                try:
                    connection.request("POST", "/parley/default", b"x" * 100_000, event_headers())
                    answer = connection.getresponse()
                    answers.append((answer.status, answer.read()))
                except OSError:
                    return False
                finally:
                    connection.close()
                return True

            until(ask, "the broker answers")
        finally:
            process.terminate()
            process.communicate(timeout=20)
    assert answers[0][0] == 503
    assert b"cannot write its journal: database or disk is full" in answers[0][1]
    assert not subscriber.received


def start(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "knative.local.broker", *options]
    return subprocess.run(
        command, cwd=ROOT, env=environment(**variables), capture_output=True, text=True, timeout=20, check=False
    )


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with subscribers(None) as [occupant], running(tmp_path, [trigger("t", occupant)]) as broker:
        manifests = str(tmp_path / "manifests.yaml")
        ended = start("--port", str(broker.port), "--manifests", manifests, "--journal", str(tmp_path / "other.db"))
    assert ended.returncode == 1
    assert f"broker: port {broker.port} cannot be used" in ended.stderr
    assert "choose another with --port" in ended.stderr
    assert "Unclosed" not in ended.stderr


def test_a_journal_in_use_is_named(tmp_path: Path) -> None:
    with subscribers(None) as [subscriber], running(tmp_path, [trigger("t", subscriber)]):
        manifests, journal = str(tmp_path / "manifests.yaml"), str(tmp_path / "journal.db")
        ended = start("--port", "0", "--manifests", manifests, "--journal", journal)
    assert ended.returncode == 1
    assert "journal.db cannot be used (database is locked): end the broker that has it open" in ended.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--manifests", "nowhere"], "broker: there are no manifests at nowhere"),
        (["--service", "parley-nlu"], "--service takes NAME=URL; parley-nlu has no URL"),
        (["--manifests", "knative/base"], "pass --service parley-nlu=URL"),
    ],
)
def test_a_mistake_in_the_options_is_told_in_a_sentence(tmp_path: Path, options: list[str], said: str) -> None:
    ended = start(*options, "--journal", str(tmp_path / "journal.db"), BROKER_SERVICES="")
    assert ended.returncode in (1, 2)
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_damaged_journal_is_named_and_kept(tmp_path: Path) -> None:
    with subscribers(None) as [subscriber], running(tmp_path, [trigger("t", subscriber)]):
        pass
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"not a database " * 100)
    ended = start("--port", "0", "--manifests", str(tmp_path / "manifests.yaml"), "--journal", str(damaged))
    assert ended.returncode == 1
    assert "damaged.db cannot be used (file is not a database)" in ended.stderr
    assert damaged.read_bytes() == b"not a database " * 100


def test_services_may_be_named_in_the_environment_and_finished_deliveries_are_pruned(tmp_path: Path) -> None:
    with subscribers(None) as [subscriber]:
        ref = {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "nlu"}, "uri": "/wake"}
        options = ["--service", f"nlu={subscriber.url}", "--retention", "0.1"]
        with running(
            tmp_path, [trigger("t", subscriber), trigger("ref", subscriber, subscriber=ref)], None, options
        ) as broker:
            broker.publish()
            broker.settled()
            assert json.dumps(sorted(got.path for got in subscriber.received)) == '["/", "/wake"]'
            time.sleep(0.5)
    with sqlite3.connect(tmp_path / "journal.db") as db:
        assert db.execute("SELECT (SELECT count(*) FROM deliveries), (SELECT count(*) FROM events)").fetchone() == (
            0,
            0,
        )
    db.close()
