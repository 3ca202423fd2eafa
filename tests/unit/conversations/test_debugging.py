"""`task chat -- --debug`: what it shows of a turn, through the stages over HTTP and from the store."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from functions.dialogue.stage import Dialogue
from knative.local.runs import NotThere, Run
from model_artifacts.training.story_tests.__main__ import stages_of
from monitoring.conversations import chat
from monitoring.conversations.debugging import Debugger, debugger_of
from monitoring.conversations.rendering import explain_turn
from shared.bundle.manifest import read_bundle
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.stores.memory import memory_store
from shared.telemetry import Timing
from tests.architecture.code import ROOT

DEFAULT = ROOT / "model_artifacts" / "assistants" / "default"
TURN = {
    "intent": "inform",
    "confidence": 0.5,
    "ranking": [{"name": "inform", "confidence": 0.5}, {"name": "greet", "confidence": 0.25}],
    "entities": [{"entity": "city", "value": "Oslo", "start": 3, "end": 7, "role": "from", "extractor": "model"}],
    "slots": {"city": "Oslo", "kept": 1, "requested_slot": "day"},
    "active_loop": "trip_form",
    "decided_by": [
        {"action": "trip_form", "policy": "RulePolicy", "confidence": 1.0, "source": "form trip_form goes on"},
        {
            "action": "utter_chat",
            "policy": "MemoizationPolicy",
            "confidence": 1.0,
            "source": "chat (data/stories.yml:3)",
            "others": [{"policy": "RulePolicy", "action": "action_default_fallback", "confidence": 0.3}],
        },
        {"action": "trip_form", "policy": "RulePolicy", "confidence": 1.0},
    ],
    "events": [
        {"event": "user"},
        {"event": "action_execution_rejected", "name": "trip_form"},
        {"event": "action", "name": "utter_chat"},
        {"event": "action", "name": "trip_form"},
    ],
    "failed_actions": ["action_weather"],
}


def test_a_turn_is_told_with_slots_before_and_after_with_who_decided_and_with_times() -> None:
    timings = [Timing("nlu", 3.24, cold=True), Timing("dialogue", 0.8, cold=False)]
    assert list(explain_turn(TURN, {"kept": 1, "gone": "x"}, timings, 0.0051)) == [
        "intent    inform (0.50); then greet 0.25",
        "entity    city = 'Oslo' role from [3:7] (model)",
        "slot      city: null -> 'Oslo'",
        "slot      gone: 'x' -> null",
        "slot      kept = 1",
        "slot      requested_slot: null -> 'day'",
        "refuses   trip_form  (RulePolicy 1.00, form trip_form goes on)",
        "does      utter_chat  (MemoizationPolicy 1.00, chat (data/stories.yml:3))",
        "          not RulePolicy action_default_fallback 0.30",
        "does      trip_form  (RulePolicy 1.00)",
        "failed    action_weather",
        "form      trip_form, asks for day",
        "took      5.1 ms: nlu 3.2 ms (just started), dialogue 0.8 ms",
    ]


Stage = Callable[[Envelope], Envelope | None]


def serving(stage: Stage) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = stage(decode({name.lower(): value for name, value in self.headers.items()}, body))
            assert answer is not None
            headers, content = encode(answer)
            self.send_response(200)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def debugger() -> Iterator[Debugger]:
    store = memory_store()
    stages = stages_of(DEFAULT, read_bundle(DEFAULT / "bundle"))
    servers = {
        "nlu": serving(stages.nlu),
        "dialogue": serving(Dialogue(stages.table, store.conversations, clock=time.time)),
        "actions": serving(stages.actions),
    }
    threads = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}) for server in servers.values()
    ]
    for thread in threads:
        thread.start()
    made = Debugger(Run({name: f"http://127.0.0.1:{server.server_port}" for name, server in servers.items()}), store)
    yield made
    made.close()
    for server in servers.values():
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()


def test_a_message_goes_through_the_stages_and_its_turn_is_shown(debugger: Debugger) -> None:
    said = debugger.say("ann", "a film with Tom Hanks")
    assert said.messages[0]["recipient_id"] == "ann"
    assert any(line.startswith("intent    search_video (") for line in said.lines)
    assert any(line.startswith("slot      actor: null -> 'Tom Hanks'") for line in said.lines)
    assert any(line.startswith("does      action_search_video  (RulePolicy") for line in said.lines)
    again = debugger.say("ann", "hello")
    assert any(line.startswith("slot      actor = 'Tom Hanks'") for line in again.lines)


def test_debugging_needs_a_run_and_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path))
    with pytest.raises(NotThere, match="task up ASSISTANT=default PORT=9"):
        debugger_of("default", 9)
    assert chat.main(["--port", "9", "--debug"]) == 1
    assert "does not run at port 9" in capsys.readouterr().err


def test_a_stage_that_is_gone_is_named() -> None:
    with pytest.raises(NotThere, match="nlu does not answer"):
        Debugger(Run({"nlu": "http://127.0.0.1:9"}), memory_store()).say("ann", "hello")


def test_what_the_learned_policy_weighed_is_told_in_its_order() -> None:
    ranking = [{"action": "utter_a", "confidence": 0.6}, {"action": "utter_b", "confidence": 0.3}]
    note = {"action": "utter_a", "policy": "TEDPolicy", "confidence": 0.6, "ranking": ranking}
    lines = list(explain_turn({"decided_by": [note]}, {}, [], 0.001))
    assert "does      utter_a  (TEDPolicy 0.60)" in lines
    assert "          nor utter_b 0.30" in lines
