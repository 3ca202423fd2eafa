"""On a developer's desk an action that raises says what it raised and where; an image never says a value."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from knative.local.assistants import ASSISTANTS
from tests.e2e.conftest import ROOT, running

ACTIONS = """
import json
from functions.actions.fulfilment import Call, Result

def broken(call: Call) -> Result:
    raise ValueError("cannot read the wish: " + call.text.upper())

ACTIONS = dict.fromkeys(json.loads({names!r}), broken)
"""
WISH = "play some jazz"


@pytest.mark.parametrize("exceptions", ["", "places"])
def test_an_action_that_raises(exceptions: str, tmp_path: Path) -> None:
    domain = json.loads((ASSISTANTS / "default" / "bundle" / "dialogue.json").read_text(encoding="utf-8"))["domain"]
    folder = tmp_path / "actions"
    folder.mkdir()
    (folder / "__init__.py").write_text(ACTIONS.format(names=json.dumps(sorted(domain["actions"]))))
    settings = {"ASSISTANT_ACTIONS": str(folder), "LOG_EXCEPTIONS": exceptions}
    with running(tmp_path, None, (), **settings) as assistant:
        port = assistant.url.rpartition(":")[2]
        command = [sys.executable, "-m", "monitoring.conversations.chat", "--port", port, "--debug"]
        environ = {**os.environ, "PARLEY_HOME": str(assistant.home), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, input=f"{WISH}\n", capture_output=True, text=True, timeout=120, env=environ, cwd=ROOT
        )
        log = assistant.output.read_text(errors="replace")
    value = f"cannot read the wish: {WISH.upper()}"
    if exceptions == "places":
        assert "raised ValueError; the log of actions says where" in done.stdout
        assert value not in done.stdout + log
        assert "in broken: ValueError" in log
    else:
        assert f"ValueError: {value} at {folder / '__init__.py'}:6" in done.stdout
        assert f"ValueError: {value}" in log
        assert "Traceback" in log
