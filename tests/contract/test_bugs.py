"""A bug in any endpoint of any stage writes where it is, and not one word of what somebody sent.

Each stage runs as an image runs it, in a process of its own. The requests are made so that whatever looks at them
raises, with what a person wrote in the exception's message: in the headers, in the body, in the query.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.code import ROOT, STAGES

SECRET = "my card is 4111 1111 1111 1111"
PROGRAM = """
import importlib, json, sys
from functions.runtime.lazy_modules import import_lazily
import_lazily()
stage, part = sys.argv[1:3]
main = importlib.import_module(f"functions.{stage}.main")

class Stream:
    def read(self, size=-1):
        return int(SECRET)

class Hostile:
    query_string, content_length, remote_addr, url = b"", 9, "127.0.0.1", "http://localhost/"
    headers = {"ce-id": "1", "host": "localhost:1"}
    stream = Stream()
    def __init__(self, method, path):
        self.method, self.path = method, path
    def __getattribute__(self, name):
        return int(SECRET) if name == part else object.__getattribute__(self, name)

SECRET = sys.argv[3]
if stage == "gateway":
    described = json.load(open("functions/gateway/openapi.json"))["paths"]
    routes = [f"{method.upper()} {path.replace('{channel}', 'slack')}" for path, methods in described.items()
              for method in methods if method in ("get", "post")]
else:
    routes = main.ENDPOINT.routes
print(json.dumps({route: main.handle(Hostile(*route.split(" "))) for route in routes}, default=repr))
"""


def provoke(stage: str, part: str, directory: Path, **settings: str) -> tuple[dict[str, list[object]], list[str]]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "STORE_URL": "memory:", "LOG_LEVEL": "debug", **settings}
    program = [sys.executable, "-c", PROGRAM, stage, part, SECRET]
    done = subprocess.run(program, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    answers: dict[str, list[object]] = json.loads(done.stdout)
    assert SECRET not in done.stdout
    return answers, done.stderr.splitlines()


@pytest.mark.parametrize("part", ["headers", "stream", "query_string"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_bug_says_where_it_is_and_nothing_that_was_sent(stage: str, part: str, tmp_path: Path) -> None:
    answers, log = provoke(stage, part, tmp_path, BROKER_URL="http://127.0.0.1:9/", REST_AUTH="open")
    broken = [route for route, (_, status, _) in answers.items() if status in (422, 500)]
    assert part == "query_string" or broken, "nothing broke, so nothing was proven"
    failed = [json.loads(line) for line in log if '"ERROR"' in line]
    assert len(failed) >= len(broken)
    for line in failed:
        assert line["exception"].endswith(": ValueError")
        assert ".py:" in line["exception"]
    # As it was written and as an address writes it. Four digits alone are in a span's id now and then.
    assert not [line for line in log for told in ("4111 1111", "4111+1111", "4111%201111") if told in line]


def test_on_a_desk_the_message_is_there(tmp_path: Path) -> None:
    _, log = provoke("dead_letter", "stream", tmp_path, LOG_EXCEPTIONS="full", BROKER_URL="http://127.0.0.1:9/")
    assert SECRET in "\n".join(log)
