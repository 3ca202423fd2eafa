"""The runner with real processes: ready together, ended together, and nothing left behind, whatever happens."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from knative.local.ports import find_free_ports

ROOT = Path(__file__).resolve().parents[3]
DEADLINE = 30.0

SERVER = """
import http.server, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({status}); self.send_header("content-length", "0"); self.end_headers()
    def log_message(self, *arguments): pass
{before}
print("listening", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
CHILD = "import subprocess; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])"


class Run:
    """A runner process whose descendants can be told from all others by a mark in their environment."""

    def __init__(self, tmp_path: Path) -> None:
        self.mark = uuid.uuid4().hex
        self.log = tmp_path / "runner.log"

    def start(self, processes: list[dict[str, Any]], deadline: float = 30, *, nohup: bool = False) -> None:
        argument = json.dumps({"processes": processes, "deadline": deadline, "nohup": nohup})
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.contract.runner.subject", argument],
                cwd=ROOT,
                env={**os.environ, "RUNNER_MARK": self.mark, "PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def read_log(self) -> str:
        return self.log.read_text()

    def ready(self) -> None:
        until(lambda: "all ready" in self.read_log() or self.process.poll() is not None, "all is ready")
        assert self.process.poll() is None, self.read_log()

    def ended(self) -> int:
        return self.process.wait(DEADLINE)

    def left(self) -> list[str]:
        """What still runs of all that the runner started."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("RUNNER_MARK") == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(f"{process.pid} {' '.join(process.cmdline())[:80]}")
            except psutil.Error:
                continue
        return found


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    subject = Run(tmp_path)
    yield subject
    if subject.process.poll() is None:
        subject.process.terminate()
        subject.process.wait(DEADLINE)
    until(lambda: not subject.left(), "nothing is left")


def until(holds: Callable[[], object], what: str) -> None:
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end, f"waited {DEADLINE:g} s in vain until {what}"
        time.sleep(0.05)


def server(name: str, before: str = "", status: int = 200) -> dict[str, Any]:
    [port] = find_free_ports(1)
    code = SERVER.format(before=before, status=status)
    return {"name": name, "argv": [sys.executable, "-c", code, str(port)], "port": port}


def framework(tmp_path: Path, name: str) -> dict[str, Any]:
    """A stage as it really runs: functions-framework, a gunicorn master with its workers."""
    source = tmp_path / f"{name}.py"
    source.write_text("def handle(request):\n    print('took', request.path, flush=True)\n    return '', 204\n")
    [port] = find_free_ports(1)
    argv = [sys.executable, "-m", "functions_framework", "--source", str(source), "--target", "handle"]
    argv = ["/usr/bin/env", "WORKERS=2", "THREADS=2", *argv, "--host", "127.0.0.1", "--port", str(port)]
    return {"name": name, "argv": argv, "port": port}


def test_all_become_ready_with_progress_and_their_lines_are_told_apart(run: Run, tmp_path: Path) -> None:
    one, two = server("one"), server("number-two", before="import time; time.sleep(0.5)")
    run.start([one, two])
    run.ready()
    said = run.read_log()
    assert f"one is ready on port {one['port']} after" in said
    assert "(2 of 2)" in said
    assert "one        | listening" in said
    assert "number-two | listening" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_gunicorn_trees_in_order_and_leaves_nothing(run: Run, tmp_path: Path, number: int) -> None:
    run.start([framework(tmp_path, "one"), server("two", before=CHILD)])
    run.ready()
    until(lambda: len(run.left()) == 7, "runner, supervisor, master, two workers, server and its child run")
    run.process.send_signal(number)
    assert run.ended() == 0
    assert run.left() == []
    assert run.read_log().rstrip().endswith("stopped")
    assert "did not end" not in run.read_log()


def test_kill_minus_9_of_the_runner_leaves_nothing(run: Run, tmp_path: Path) -> None:
    run.start([framework(tmp_path, "one"), framework(tmp_path, "two"), server("deaf", before=DEAF + "\n" + CHILD)])
    run.ready()
    until(lambda: len(run.left()) == 10, "runner, supervisor, two masters, four workers, server and its child run")
    run.process.kill()
    run.ended()
    until(lambda: not run.left(), "the supervisor has ended all")


def test_kill_minus_9_while_processes_start_leaves_nothing(run: Run, tmp_path: Path) -> None:
    run.start([framework(tmp_path, name) for name in ("one", "two", "three")])
    until(lambda: len(run.left()) > 2, "the first process exists")
    run.process.kill()
    run.ended()
    until(lambda: not run.left(), "the supervisor has ended all")


def test_a_signal_before_all_are_ready_ends_all(run: Run) -> None:
    run.start([server("one"), server("never", before="import time; time.sleep(300)")])
    until(lambda: "one is ready" in run.read_log(), "the first is ready")
    run.process.terminate()
    assert run.ended() == 0
    assert "stopped early" in run.read_log()
    assert run.left() == []


def test_when_one_ends_all_end_and_its_last_lines_are_shown(run: Run, tmp_path: Path) -> None:
    dies = {"name": "dies", "argv": [sys.executable, "-c", "import time; time.sleep(2); print('no bundle'); exit(3)"]}
    run.start([framework(tmp_path, "one"), dies])
    assert run.ended() == 1
    assert "cannot run: dies ended unexpectedly, with exit code 3. Its last lines:\n  no bundle" in run.read_log()
    assert run.left() == []


def test_a_process_that_is_killed_is_told_with_the_signal(run: Run, tmp_path: Path) -> None:
    run.start([framework(tmp_path, "one"), server("two")])
    run.ready()
    [victim] = [
        process for process in psutil.Process(run.process.pid).children() if "HTTPServer" in str(process.cmdline())
    ]
    victim.kill()
    assert run.ended() == 1
    assert "two ended unexpectedly, by SIGKILL" in run.read_log()
    assert run.left() == []


def test_the_death_of_the_supervisor_ends_all(run: Run, tmp_path: Path) -> None:
    run.start([framework(tmp_path, "one"), server("two")])
    run.ready()
    [supervisor] = [
        child for child in psutil.Process(run.process.pid).children() if "supervisor.py" in str(child.cmdline())
    ]
    supervisor.kill()
    assert run.ended() == 1
    assert "the supervisor of the process group was killed" in run.read_log()
    assert run.left() == []


def test_one_that_does_not_answer_in_time_is_named_with_its_last_lines(run: Run) -> None:
    mute = server("mute", before="print('loading', flush=True); import time; time.sleep(300)")
    run.start([server("one"), mute], deadline=1.5)
    assert run.ended() == 1
    assert f"mute did not answer on port {mute['port']} within 1.5 s. Its last lines:\n  loading" in run.read_log()
    assert run.left() == []


def test_one_that_answers_errors_is_not_ready(run: Run) -> None:
    run.start([server("unable", status=503)], deadline=1)
    assert run.ended() == 1
    assert "unable did not answer" in run.read_log()


@pytest.mark.slow
def test_one_that_ignores_the_signal_is_killed_and_named(run: Run) -> None:
    run.start([server("deaf", before=DEAF), server("two")])
    run.ready()
    run.process.terminate()
    assert run.ended() == 0
    assert "deaf did not end within 5 s and is killed" in run.read_log()
    assert run.left() == []


def test_a_second_signal_ends_all_at_once(run: Run) -> None:
    run.start([server("deaf", before=DEAF)])
    run.ready()
    since = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    run.process.send_signal(signal.SIGINT)
    run.ended()
    assert time.monotonic() - since < 4
    assert run.left() == []


def test_under_nohup_the_end_of_the_terminal_does_not_end_the_run(run: Run) -> None:
    run.start([server("one")], nohup=True)
    run.ready()
    run.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert run.process.poll() is None


def test_ports_in_use_are_all_named_before_anything_starts(run: Run) -> None:
    with socket.socket() as first, socket.socket() as second:
        for occupant in (first, second):
            occupant.bind(("127.0.0.1", 0))
            occupant.listen()
        one, two = server("one"), server("two")
        one["port"] = first.getsockname()[1]
        two["also"] = [second.getsockname()[1]]
        run.start([one, two])
        assert run.ended() == 1
    said = run.read_log()
    assert f"cannot run: port {one['port']} (one) is in use, port {two['also'][0]} (two) is in use; " in said
    assert re.search(r"; try PORT=\d+$", said, re.MULTILINE)
    assert "listening" not in said


def test_a_program_that_does_not_exist_is_named_and_the_others_end(run: Run) -> None:
    run.start([server("one"), {"name": "gone", "argv": ["/nowhere/program"]}])
    assert run.ended() == 1
    assert "cannot run: gone cannot be started" in run.read_log()
    assert run.left() == []


def test_the_end_of_the_reader_ends_the_run(tmp_path: Path) -> None:
    argument = json.dumps({"processes": [server("one", before="print('x', flush=True)")]})
    command = [sys.executable, "-m", "tests.contract.runner.subject", argument]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(DEADLINE) != 0


def test_on_a_terminal_each_process_has_its_colour() -> None:
    argument = json.dumps({"processes": [server("one"), server("two")]})
    command = [sys.executable, "-m", "tests.contract.runner.subject", argument]
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    while b"all ready" not in said:
        said += os.read(ours, 4096)
    process.terminate()
    process.wait(DEADLINE)
    os.close(ours)
    assert b"\x1b[36mone | \x1b[0mlistening" in said
    assert b"\x1b[33mtwo | \x1b[0mlistening" in said
