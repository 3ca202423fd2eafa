"""What Rasa 3.6.21 really sent to an action server, and what ours is sent."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.actions.action_server import build_request
from functions.actions.fulfilment import Call
from model_artifacts.training.dialogue.compilation import compile_project
from shared.domain_view import render_domain
from shared.events.catalogue import ActionRequested
from tests.extra.material import material
from tests.unit.actions.events import NOW


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    lines = (material("vectors", "rasa_rest") / "action-server-and-callback-requests.jsonl").read_text().splitlines()
    bodies: list[dict[str, Any]] = [json.loads(line)["body"] for line in lines]
    return next(body for body in bodies if "next_action" in body)


def test_our_request_is_the_one_that_rasa_sent(recorded: dict[str, Any]) -> None:
    tracker = recorded["tracker"]
    requested = ActionRequested(
        action=recorded["next_action"],
        sender=recorded["sender_id"],
        slots=tracker["slots"],
        latest_message=tracker["latest_message"],
        events=tuple(tracker["events"]),
        active_loop=tracker["active_loop"],
        latest_action_name=tracker["latest_action_name"],
    )
    call = Call(requested.action, requested.sender, f"rest:{requested.sender}", "rest:m", NOW)
    assert build_request(call, requested, recorded["domain"]) == recorded


def test_our_domain_has_the_shape_of_the_one_that_rasa_sent(recorded: dict[str, Any]) -> None:
    sent = recorded["domain"]
    ours = render_domain(compile_project(Path(material("vectors", "rasa_rest"))).data)
    assert ours.keys() == sent.keys()
    # The compiled dialogue also has the intents that every Rasa project has without naming them.
    assert set(ours["intents"]) - set(sent["intents"]) <= {
        "back",
        "nlu_fallback",
        "out_of_scope",
        "restart",
        "session_start",
    }
    assert set(sent["intents"]) <= set(ours["intents"])
    assert ours["forms"].keys() == sent["forms"].keys()
    assert set(sent["responses"]) <= set(ours["responses"])
    assert set(sent["slots"]) <= set(ours["slots"])
    assert {name: ours["slots"][name]["type"] for name in sent["slots"]} == {
        name: slot["type"] for name, slot in sent["slots"].items()
    }
