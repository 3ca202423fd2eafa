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
from shared.logs import WARNING, configure, logger
configure({level!r})
log = logger("a.b")
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


def lines(before: str = "", between: str = "", level: str | None = None) -> tuple[str, list[dict[str, str]]]:
    code = CODE.format(before=before, between=between, level=level)
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
    assert "ZeroDivisionError: division by zero" in found[2]["exception"]
    assert all(line["time"].endswith("Z") for line in found)


@pytest.mark.parametrize("before", ["", "import logging"])
def test_the_level_decides_what_is_written(before: str) -> None:
    assert [line["message"] for line in lines(before, level="error")[1]] == ["failed"]
    assert [line["message"] for line in lines(before, level="debug")[1]] == ["low", "taken", "refused", "failed"]
