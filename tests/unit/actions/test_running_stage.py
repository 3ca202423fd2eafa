"""The actions stage as users run it: under functions-framework, with a bundle and an assistant from disk."""

import json
import runpy
from pathlib import Path
from typing import Any

import functions_framework
import pytest

from shared.bundle.manifest import write_manifest
from shared.errors import Unavailable
from tests.unit.actions.standin import Answer, standin

ROOT = Path(__file__).resolve().parents[3]
STAGE = ROOT / "functions" / "actions"
ASSISTANT = ROOT / "model_artifacts" / "assistants" / "default"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    built = runpy.run_path(str(ASSISTANT / "catalogue" / "build.py"))
    built["build_catalogue"](ASSISTANT / "catalogue", tmp_path / built["NAME"])
    (tmp_path / "dialogue.json").write_text('{"domain": {"intents": {"greet": []}}}')
    write_manifest(tmp_path, "default")
    return tmp_path


@pytest.fixture(autouse=True)
def settings(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUNDLE", str(bundle))
    monkeypatch.setenv("ASSISTANT_ACTIONS", str(ASSISTANT / "actions"))
    monkeypatch.delenv("ACTION_ENDPOINT", raising=False)
    # The stage makes the assistant its working directory.
    monkeypatch.chdir(bundle)


def client() -> Any:
    return functions_framework.create_app("handle", str(STAGE / "main.py"), "http").test_client()


def sample() -> dict[str, Any]:
    event: dict[str, Any] = json.loads((STAGE / "sample.json").read_text(encoding="utf-8"))
    return event


def send(event: dict[str, Any]) -> Any:
    return client().post("/", data=json.dumps(event), content_type="application/cloudevents+json")


def test_the_sample_event_is_answered_with_films() -> None:
    answer = send(sample())
    assert answer.status_code == 200
    assert answer.headers["ce-type"] == "dev.parley.action.completed.v1"
    assert answer.headers["ce-id"] == "rest:sample-1.understood.requested.completed"
    data = answer.get_json()
    assert data["outcome"] == "done"
    slots = {event["name"]: event["value"] for event in data["events"] if event["event"] == "slot"}
    assert slots["genre"] == "horror"
    assert slots["last_results"]["kind"] == "film"
    assert "utter_part_genre_films" in json.dumps(data["responses"][0])


def test_an_action_server_stands_in_for_what_the_assistant_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    event = sample()
    event["data"]["action"] = "action_of_the_server"
    with standin(lambda _: Answer(body={"events": [], "responses": [{"text": "from the server"}]})) as seen:
        monkeypatch.setenv("ACTION_ENDPOINT", seen.url + "/webhook")
        data = send(event).get_json()
    assert data["responses"] == [{"text": "from the server"}]
    assert seen.asked[0].body["domain"]["intents"] == ["greet"]


def test_a_bundle_without_its_catalogue_stops_the_stage_at_once(bundle: Path) -> None:
    (bundle / "catalogue.sqlite").unlink()
    write_manifest(bundle, "default")
    with pytest.raises(Unavailable, match=r"no catalogue\.sqlite; compile it again"):
        client()


def test_a_damaged_catalogue_stops_the_stage_at_once(bundle: Path) -> None:
    with (bundle / "catalogue.sqlite").open("r+b") as file:
        file.write(b"x")
    with pytest.raises(Unavailable, match=r"not the file that manifest\.json vouches for"):
        client()


def test_an_event_with_mistakes_is_refused_with_all_of_them() -> None:
    event = sample()
    event["data"] = {"action": 1}
    answer = send(event)
    assert answer.status_code == 400
    assert "action" in answer.get_json()["error"]
    assert "sender" in answer.get_json()["error"]
