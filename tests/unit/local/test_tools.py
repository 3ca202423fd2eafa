"""The tools of `task run`, `task send` and `task chat`."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from knative.local import send
from knative.local.ports import is_port_free
from knative.local.stages import STAGES, build_environment, find_place, name_service
from monitoring.conversations import chat
from tests.architecture.code import ROOT


class Assistant(BaseHTTPRequestHandler):
    """Answers as Rasa's REST channel does, and says no to who sends no token."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        allowed = self.headers.get("authorization") == "Bearer s3cret"
        answer: object = [{"recipient_id": asked["sender"], "text": asked["message"].upper()}]
        if not allowed:
            answer = {"error": "send the token"}
        body = json.dumps(answer).encode()
        self.send_response(200 if allowed else 401)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Assistant)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_chat_says_what_the_assistant_answers(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REST_TOKEN", "s3cret")
    assert chat.say(port, "me", "hello") == [{"recipient_id": "me", "text": "HELLO"}]


def test_chat_repeats_the_reason_of_a_refusal(port: int) -> None:
    with pytest.raises(chat.NoAssistant, match="401: send the token"):
        chat.say(port, "me", "hello")


def test_chat_says_how_to_start_an_assistant_where_there_is_none() -> None:
    with pytest.raises(chat.NoAssistant, match="task up PORT=9"):
        chat.say(9, "me", "hello")


def test_chat_numbers_buttons_and_shows_every_kind_of_reply() -> None:
    choices: list[str] = []
    reply = {"text": "Pick", "buttons": [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}]}
    assert chat.render_message(reply, choices) == ["Pick", "  1) Yes", "  2) No"]
    assert choices == ["/affirm", "/deny"]
    assert chat.render_message({"image": "https://example.com/a.png"}, choices) == ["[image] https://example.com/a.png"]
    assert chat.render_message({"custom": {"a": 1}}, choices) == ['[custom] {"a": 1}']


def test_send_says_how_to_start_the_stage_where_none_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert send.main(["--stage", "nlu", "--port", "9"]) == 1
    assert "task run STAGE=nlu PORT=9" in capsys.readouterr().err


def test_send_names_a_file_that_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert send.main(["--stage", "nlu", "--port", "9", "--event", "no/such.json"]) == 1
    assert "no/such.json cannot be read" in capsys.readouterr().err


def test_a_port_in_use_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert not is_port_free(taken.getsockname()[1])


def test_what_a_person_sets_wins_over_what_the_run_chooses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_HOME", str(tmp_path))
    where = find_place("default", 8080)
    chosen = build_environment("dialogue", where, {"nlu": 1, "broker": 2}, {"STORE_URL": "memory:", "LOG_LEVEL": ""})
    assert chosen["STORE_URL"] == "memory:"
    assert chosen["LOG_LEVEL"] == "warning"
    assert (chosen["NLU_URL"], chosen["BROKER_URL"]) == ("http://127.0.0.1:1", "http://127.0.0.1:2/parley/default")
    assert chosen["PYTHONPATH"] == str(ROOT)


def test_every_stage_of_the_runner_has_a_main_and_a_service_name() -> None:
    for stage in STAGES:
        assert (ROOT / "functions" / stage / "main.py").is_file()
    assert name_service("dead_letter") == "parley-dead-letter"
