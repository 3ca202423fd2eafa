"""How long things are kept, as the settings of an assistant's own stages say: the stages as they are wired."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from knative.local.stages import ASSISTANTS, ROOT
from shared.stores.opening import open_store

DAY = 86400.0
SCRIPT = """
import json, runpy, sys
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request
for stage, event in json.loads(sys.argv[1]):
    handle = runpy.run_path(f"functions/{stage}/main.py", run_name=stage)["handle"]
    headers = [("content-type", "application/cloudevents+json")]
    if event.pop("failed"):
        event |= {"knativeerrorcode": "503", "knativeerrordest": "http://parley-nlu/"}
    body = json.dumps(event)
    print(stage, handle(Request(EnvironBuilder(method="POST", headers=headers, data=body).get_environ()))[1])
"""


def events() -> list[tuple[str, dict[str, object]]]:
    """One event for each stage that keeps something: a message, replies for a web page, and an event given up."""
    found = []
    for stage in ("dialogue", "delivery", "dead_letter"):
        event = json.loads((ROOT / "functions" / stage / "sample.json").read_text())
        event |= {
            "subject": "webchat:ann",
            "channel": "webchat",
            "message": "webchat:m1",
            "failed": stage == "dead_letter",
        }
        found.append((stage, event))
    return found


@pytest.mark.parametrize("days", [3, 40])
def test_each_assistant_keeps_things_for_as_long_as_its_settings_say(tmp_path: Path, days: int) -> None:
    environ = {
        "PATH": "",
        "PYTHONPATH": str(ROOT),
        "BUNDLE": str(ASSISTANTS / "default" / "bundle"),
        "STORE_URL": f"sqlite:{tmp_path}/store.db",
        "CONVERSATION_DAYS": str(days),
        "OUTBOX_DAYS": str(days + 1),
        "DEAD_LETTER_DAYS": str(days + 2),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(events())], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    store, now = open_store(f"sqlite:{tmp_path}/store.db"), time.time()

    def look_after(after: float) -> list[bool]:
        at = now + after * DAY
        return [
            bool(store.conversations.list_ids(at)),
            bool(store.outbox.read_after("webchat:ann", 0, at)),
            bool(store.dead_letters.list_kept(at)),
        ]

    assert look_after(days - 0.1) == [True, True, True], done.stdout
    assert look_after(days + 0.1) == [False, True, True]
    assert look_after(days + 1.1) == [False, False, True]
    assert look_after(days + 2.1) == [False, False, False]
    store.close()
