"""The process as it starts: five stages put together from one environment."""

import json
import os
import subprocess
import sys
from pathlib import Path

from knative.local.stages import ROOT

PROGRAM = """
import io, json, os
from functions.all_in_one import main
from functions.runtime.request import Request

request = Request("POST", "/webhooks/rest/webhook", {"content-type": "application/json"}, "127.0.0.1")
request.stream = io.BytesIO(json.dumps({"sender": "me", "message": "hello"}).encode())
body, status, _ = main.handle(request)
main.finish()
print(json.dumps([status, json.loads(body), os.getcwd()]))
"""


def test_paths_are_meant_from_where_it_starts_whatever_folder_actions_run_in(tmp_path: Path) -> None:
    """The assistant's code runs in its project's folder; bundle and store are named relatively to another."""
    assistant = tmp_path / "project"
    (assistant / "actions").mkdir(parents=True)
    (assistant / "actions" / "__init__.py").write_text("")
    (tmp_path / "bundle").symlink_to(ROOT / "model_artifacts" / "assistants" / "default" / "bundle")
    settings = {"BUNDLE": "bundle", "ASSISTANT_ACTIONS": "project/actions", "STORE_URL": "sqlite:kept.db"}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "REST_AUTH": "open", **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    status, answer, place = json.loads(ran.stdout.splitlines()[-1])
    assert status == 200
    assert answer[0]["recipient_id"] == "me"
    assert place == str(assistant)
    assert (tmp_path / "kept.db").is_file()
