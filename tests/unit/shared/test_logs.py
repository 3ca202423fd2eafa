"""Log lines are the same whether or not anybody has imported `logging`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CODE = """
import sys
{before}
from shared.logs import WARNING, configure, get_logger
configure({level!r}, whole_tracebacks={whole})
log = get_logger("a.b")
log.debug("low")
log.info("taken", extra={{"fields": {{"event": "e1"}}}})
{between}
log.log(WARNING, "refused", extra={{"fields": {{"event": "e2"}}}})
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
assert log.isEnabledFor(WARNING) is ({level!r} != 'error')
print("logging" in sys.modules)
"""


def lines(
    before: str = "", between: str = "", level: str = "info", whole: bool = False
) -> tuple[str, list[dict[str, str]]]:
    code = CODE.format(before=before, between=between, level=level, whole=whole)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), [json.loads(line) for line in done.stderr.splitlines()]


@pytest.mark.parametrize(("before", "between"), [("", ""), ("import logging", ""), ("", "import logging")])
def test_lines_are_json_with_their_fields(before: str, between: str) -> None:
    imported, found = lines(before, between)
    assert imported == str(bool(before or between))
    assert [(line["severity"], line["logger"], line["message"], line.get("event")) for line in found] == [
        ("INFO", "a.b", "taken", "e1"),
        ("WARNING", "a.b", "refused", "e2"),
        ("ERROR", "a.b", "failed", None),
    ]
    assert found[2]["exception"] == "<string>:12 in <module>: ZeroDivisionError"
    assert all(line["time"].endswith("Z") for line in found)


@pytest.mark.parametrize("before", ["", "import logging"])
def test_the_level_decides_what_is_written(before: str) -> None:
    assert [line["message"] for line in lines(before, level="error")[1]] == ["failed"]
    assert [line["message"] for line in lines(before, level="debug")[1]] == ["low", "taken", "refused", "failed"]


@pytest.mark.parametrize("before", ["", "import logging"])
def test_on_a_desk_a_bug_is_written_with_its_message(before: str) -> None:
    failed = lines(before, level="error", whole=True)[1][0]
    assert failed["exception"].startswith("Traceback")
    assert "ZeroDivisionError: division by zero" in failed["exception"]


UNCAUGHT = """
import {imported}, sys, threading
from shared.process import open_process
open_process("nlu", {{}})
def wish(text):
    return int(text)
{what}
"""


@pytest.mark.parametrize("imported", ["os", "logging"])
@pytest.mark.parametrize(
    "what",
    [
        "wish('a secret')",
        "thread = threading.Thread(target=wish, args=('a secret',)); thread.start(); thread.join()",
        "import _thread, time; _thread.start_new_thread(wish, ('a secret',)); time.sleep(0.2)",
        """
class Wish:
    def __del__(self): wish('a secret')
Wish()""",
        """
try: wish('a secret')
except ValueError as exc: raise KeyError('another secret') from exc""",
        """
try: wish('a secret')
except ValueError: raise LookupError('another secret')""",
    ],
)
def test_what_nobody_caught_is_written_without_a_value(imported: str, what: str) -> None:
    code = UNCAUGHT.format(imported=imported, what=what)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert "secret" not in done.stderr
    assert "in wish: ValueError" in done.stderr
