"""The whole assistant in real processes, used as people and platforms use it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from knative.local import send
from knative.local.stages import STAGES
from monitoring.conversations import chat
from shared.events.catalogue import MessageReceived
from shared.events.envelope import Envelope
from shared.events.http import encode
from shared.stores.opening import open_store
from tests.e2e.conftest import ROOT, Running, running
from tests.e2e.receiver import Receiver, receiving


@pytest.fixture(scope="module", params=["many", "one"])
def assistant(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The default assistant in either shape, a process for each stage or five stages in one."""
    if request.param == "many":
        yield request.getfixturevalue("shared_assistant")
    else:
        with running(tmp_path_factory.mktemp("parley"), arguments=("--small",)) as started:
            yield started


def post(url: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            status, content = answer.status, answer.read()
    except urllib.error.HTTPError as exc:
        with exc:
            status, content = exc.code, exc.read()
    try:
        return status, json.loads(content)
    except ValueError:
        return status, content.decode()


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=40) as answer:
        content = answer.read()
    return json.loads(content) if answer.headers["content-type"].startswith("application/json") else content.decode()


def eventually(check: Callable[[], Any], seconds: float = 20.0) -> Any:
    """What `check` answers once that is true; fails after so many seconds."""
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, f"{check} is still {found!r}"
        time.sleep(0.1)
    return found


def say(assistant: Running, sender: str, message: str) -> str:
    """The texts of the REST answer, in one."""
    status, answer = post(f"{assistant.url}/webhooks/rest/webhook", {"sender": sender, "message": message})
    assert status == 200, answer
    assert all(part["recipient_id"] == sender for part in answer)
    return "\n".join(part.get("text", "") for part in answer)


def test_rest_answers_in_the_shape_of_rasa(assistant: Running) -> None:
    status, answer = post(f"{assistant.url}/webhooks/rest/webhook", {"sender": "me", "message": "play some jazz"})
    assert status == 200
    assert answer[0]["recipient_id"] == "me"
    assert answer[0]["text"]
    assert all({"title", "payload"} == set(button) for button in answer[0]["buttons"])


def test_the_sentences_of_the_article_are_understood_and_answered_from_the_catalogue(assistant: Running) -> None:
    assert "horror" in say(assistant, "film", "search for a video about horror movies")
    relaxed = say(assistant, "film", "something scary with Tom Hanks from the nineties")
    assert "Tom Hanks" in relaxed
    assert "1990s" in relaxed


def test_an_order_asks_for_what_is_missing_and_survives_an_interruption(assistant: Running) -> None:
    assert "Which one" in say(assistant, "hungry", "I'd like a large pizza")
    assert "address" in (asked := say(assistant, "hungry", "Pepperoni Pizza please").lower()) or "where" in asked
    interrupted = say(assistant, "hungry", "what can you do?").lower()
    assert "film" in interrupted
    assert "where" in interrupted or "address" in interrupted
    confirm = say(assistant, "hungry", "to 12 Baker Street")
    assert "12 Baker Street" in confirm
    assert "Pepperoni" in confirm
    assert "order" in say(assistant, "hungry", "yes").lower()


def test_a_recommendation_uses_what_was_asked_before(assistant: Running) -> None:
    say(assistant, "curious", "show me a comedy from the eighties")
    assert "comed" in say(assistant, "curious", "recommend me something").lower()


def test_a_stream_is_one_object_a_line(assistant: Running) -> None:
    url = f"{assistant.url}/webhooks/rest/webhook?stream=true"
    request = urllib.request.Request(url, json.dumps({"sender": "s", "message": "hello"}).encode())
    with urllib.request.urlopen(request, timeout=40) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [json.loads(line) for line in answer.read().splitlines() if line]
    assert lines
    assert all(line["recipient_id"] == "s" for line in lines)


def test_two_people_without_a_name_do_not_share_a_conversation(assistant: Running) -> None:
    url = f"{assistant.url}/webhooks/rest/webhook"
    recipients = {post(url, {"message": "hello"})[1][0]["recipient_id"] for _ in range(2)}
    assert len(recipients) == 2
    assert "default" not in recipients


def test_the_same_message_again_is_one_turn_with_the_same_answer(assistant: Running) -> None:
    url, body = f"{assistant.url}/webhooks/rest/webhook", {"sender": "twice", "message": "play some jazz"}
    first = post(url, body, {"idempotency-key": "k1"})
    assert post(url, body, {"idempotency-key": "k1"}) == first
    store = open_store(f"sqlite:{assistant.home / 'default' / 'store.db'}")
    assert [turn.number for turn in store.conversations.history("rest:twice", time.time())] == [1]
    store.close()


def test_a_web_chat_message_goes_through_the_broker_and_comes_back(assistant: Running) -> None:
    base = f"{assistant.url}/webhooks/webchat"
    conversation = post(f"{base}/conversations", b"")[1]["conversation"]
    status, _ = post(f"{base}/webhook", {"conversation": conversation, "id": str(uuid.uuid4()), "text": "hello"})
    assert status == 202
    messages = get(f"{base}/messages?conversation={conversation}&after=0&wait=15")["messages"]
    assert messages[0]["number"] == 1
    assert "text" in messages[0]["message"]


@pytest.fixture(scope="module")
def answering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Receiver]]:
    """An assistant whose callback channel is configured, beside the shared one."""
    with receiving() as receiver, running(tmp_path_factory.mktemp("beside"), CALLBACK_URL=receiver.url) as started:
        yield started, receiver


def test_callbacks_come_in_order_while_another_assistant_runs_beside(
    assistant: Running, answering: tuple[Running, Receiver]
) -> None:
    beside, receiver = answering
    status, answer = post(f"{beside.url}/webhooks/callback/webhook", {"sender": "cb", "message": "hello"})
    assert (status, answer) == (200, "success")
    assert receiver.wait_for("cb")["text"]
    post(f"{beside.url}/webhooks/callback/webhook", {"sender": "cb", "message": "bye"})
    assert receiver.wait_for("cb")["text"]
    assert say(assistant, "still", "hello")


def test_an_event_that_comes_twice_is_one_turn_and_one_answer(answering: tuple[Running, Receiver]) -> None:
    beside, receiver = answering
    envelope = Envelope(
        id="callback:twice-1",
        source="/test",
        subject="callback:dup",
        data=MessageReceived("thank you", "dup"),
        type=MessageReceived.TYPE,
        message="callback:twice-1",
        channel="callback",
    )
    headers, body = encode(envelope)
    for _ in range(3):
        assert post(f"{beside.addresses['broker']}/parley/default", body, headers)[0] == 202
    post(f"{beside.url}/webhooks/callback/webhook", {"sender": "dup", "message": "hello"})
    texts = [receiver.wait_for("dup")["text"], receiver.wait_for("dup")["text"]]
    time.sleep(1.0)
    assert receiver.received.empty(), (texts, receiver.received.queue)
    store = open_store(f"sqlite:{beside.home / 'default' / 'store.db'}")
    assert len(store.conversations.history("callback:dup", time.time())) == 2
    store.close()


def test_finished_turns_are_counted(assistant: Running) -> None:
    say(assistant, "counted", "play some jazz")
    metrics = f"{assistant.addresses['metrics']}/metrics"
    found = eventually(lambda: [line for line in get(metrics).splitlines() if 'intent="play_music"' in line])
    assert 'fallback="false"' in found[0]
    assert 'stage="nlu"' in get(metrics)


def test_an_event_that_no_stage_can_take_is_kept_with_its_cause_and_counted(assistant: Running) -> None:
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "rest:broken-1",
        "ce-source": "/test",
        "ce-type": MessageReceived.TYPE,
        "ce-subject": "rest:broken",
        "content-type": "application/json",
    }
    assert post(f"{assistant.addresses['broker']}/parley/default", {"sender": 7}, headers)[0] == 202
    store = open_store(f"sqlite:{assistant.home / 'default' / 'store.db'}")
    letters = eventually(
        lambda: [letter for letter in store.dead_letters.list_kept(time.time()) if letter.conversation == "rest:broken"]
    )
    store.close()
    assert len(letters) == 1
    assert "400" in letters[0].cause
    assert "text is missing" in letters[0].cause
    assert letters[0].event["data"] == {"sender": 7}
    eventually(lambda: 'code="400",destination="' in get(f"{assistant.addresses['metrics']}/metrics"))


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/webhooks/rest/webhook", b"{", 400),
        ("/webhooks/rest/webhook", b"[1]", 400),
        ("/webhooks/rest/webhook", b'{"message": "' + b"x" * 100_000 + b'"}', 413),
        ("/webhooks/nowhere/webhook", b"{}", 404),
        ("/elsewhere", b"{}", 405),
    ],
)
def test_bad_requests_have_a_status_and_a_cause(assistant: Running, path: str, body: bytes, status: int) -> None:
    answered, answer = post(assistant.url + path, body)
    assert answered == status
    assert answer


@pytest.mark.parametrize("stage", ["nlu", "dialogue", "actions", "delivery", "observer", "dead_letter"])
def test_every_stage_refuses_what_is_no_event(assistant: Running, stage: str) -> None:
    status, answer = post(assistant.addresses[stage], b"hello")
    assert status == 400
    assert "CloudEvent" in answer["error"]
    status, answer = post(assistant.addresses[stage], b"x" * 2_000_000)
    assert status == 413
    base, mark, token = assistant.addresses[stage].partition("?")
    assert get(f"{base}/healthz{mark}{token}") == "ok"


@pytest.mark.parametrize("stage", STAGES)
def test_send_shows_what_a_stage_makes_of_its_sample(
    assistant: Running, stage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if "/stages/" in assistant.addresses[stage]:
        pytest.skip("it has no port of its own")
    port = assistant.addresses[stage].rsplit(":", 1)[1]
    assert send.main(["--stage", stage, "--port", port]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(("200 OK", "204 No Content"))


def test_the_terminal_chat_talks_to_it(assistant: Running) -> None:
    port = assistant.url.rsplit(":", 1)[1]
    talk = subprocess.run(
        [sys.executable, "-m", "monitoring.conversations.chat", "--port", port],
        input="hello\n1\n\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=True,
    )
    assert talk.stdout.count("bot: ") >= 2
    assert chat.say(int(port), "terminal", "hello")


def test_ctrl_c_leaves_no_process_and_no_open_port(tmp_path: Path) -> None:
    with running(tmp_path) as started:
        parent = psutil.Process(started.process.pid)
        processes = [parent, *parent.children(recursive=True)]
        assert len(processes) > len(("gateway", "nlu", "dialogue", "actions", "delivery", "observer", "dead_letter"))
    _, alive = psutil.wait_procs(processes, timeout=5)
    assert alive == []
    assert started.process.returncode == 0
    output = started.output.read_text()
    assert "web chat" in output
    assert "Traceback" not in output
    assert "terminate called" not in output


def test_a_stage_that_dies_stops_the_assistant_with_a_reason(tmp_path: Path) -> None:
    with running(tmp_path) as started:
        nlu = next(
            child for child in psutil.Process(started.process.pid).children() if child.environ().get("STAGE") == "nlu"
        )
        os.kill(nlu.pid, signal.SIGKILL)
        started.process.wait(20)
    assert started.process.returncode == 1
    assert "nlu ended unexpectedly" in started.output.read_text()


def test_a_port_in_use_is_said_before_anything_starts(assistant: Running, tmp_path: Path) -> None:
    port = assistant.url.rsplit(":", 1)[1]
    second = subprocess.run(
        [sys.executable, "-m", "knative.local.up", "--port", port],
        env={**os.environ, "PARLEY_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert f"port {port} (gateway) is in use; try PORT=" in second.stderr


def processes_of(home: Path) -> list[int]:
    """What runs for the assistants of this home."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get("PARLEY_HOME") == str(home):
                found.append(process.pid)
    return found


@pytest.mark.parametrize(
    ("before", "after"), [((), ()), ((), ("--small",)), (("--small",), ())], ids=["same", "to-one", "to-many"]
)
def test_what_was_accepted_before_a_kill_is_answered_after_the_restart(
    tmp_path: Path, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    """kill -9 of everything right after the broker held the message; the next run takes up where this one was, in
    whichever shape, and the conversation goes on."""
    with receiving() as receiver:
        with running(tmp_path, arguments=before, CALLBACK_URL=receiver.url) as first:
            port = int(first.url.rsplit(":", 1)[1])
            assert "Which one" in say(first, "hungry", "I'd like a large pizza")
            status, _ = post(f"{first.url}/webhooks/callback/webhook", {"sender": "late", "message": "hello"})
            assert status == 200
            os.kill(first.process.pid, signal.SIGKILL)
            first.process.wait()
            eventually(lambda: not processes_of(tmp_path))
        with running(tmp_path, port=port, arguments=after, CALLBACK_URL=receiver.url) as second:
            # Where the kill met a delivery that had begun, its claim is waited for (DELIVERY_LEASE, 30 s), and retries.
            assert receiver.wait_for("late", timeout=180.0)["text"]
            assert "where" in say(second, "hungry", "Pepperoni Pizza please").lower()
