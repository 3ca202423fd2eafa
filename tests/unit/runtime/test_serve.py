"""How an image starts its server: ours, or functions-framework; and what it lets go of once it has started."""

import http.client
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from functions.runtime.limits import Limits
from functions.runtime.server import Server
from knative.local import served
from knative.local.ports import find_free_ports
from knative.local.send import find_sample
from knative.local.stages import ROOT
from tests.bench.processes import first_answer
from tests.unit.runtime.running import echo, eventually


@pytest.mark.slow
def test_functions_framework_serves_the_same_stage_in_an_image(tmp_path: Path) -> None:
    """RUNTIME says so; the process becomes it, answers the same, and ends when it is told to."""
    (port,) = find_free_ports(1)
    given = {"PATH": os.environ["PATH"], "PORT": str(port), "RUNTIME": "functions-framework", "METRICS_PORT": "0"}
    command, environ = served.build_command(), served.build_environment("observer", given)
    process = subprocess.Popen(command, env=environ, cwd=tmp_path)
    try:
        assert first_answer(port, "/", find_sample("observer").read_bytes(), CE)[0] == 204
        assert b"functions_framework" in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    finally:
        process.terminate()
        process.wait(20)


CE = {"content-type": "application/cloudevents+json"}


def test_a_runtime_that_there_is_none_of_is_refused_with_those_there_are() -> None:
    environ = served.build_environment("observer", {"PATH": os.environ["PATH"], "RUNTIME": "flask"})
    done = subprocess.run(served.build_command(), env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "RUNTIME is parley or functions-framework, not 'flask'" in done.stderr


def test_without_functions_framework_it_says_how_to_build_the_image() -> None:
    environ = served.build_environment("observer", {"PATH": os.environ["PATH"], "RUNTIME": "functions-framework"})
    environ["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(served.build_command(), env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "build the image with RUNTIME=functions-framework" in done.stderr


def test_what_only_the_start_needs_is_let_go_of_once_somebody_was_answered() -> None:
    settled: list[int] = []
    server = Server(echo, "127.0.0.1", 0, 2, limits=Limits(look_seconds=0.02))
    thread = threading.Thread(target=server.run, kwargs={"settled": lambda: settled.append(1)})
    thread.start()
    time.sleep(0.3)
    assert settled == []
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for _ in range(2):
        connection.request("POST", "/", b"x")
        assert connection.getresponse().read() == b"x"
    assert eventually(lambda: settled == [1])
    connection.close()
    server.stop()
    thread.join(10)
    assert settled == [1]
