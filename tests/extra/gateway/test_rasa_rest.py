"""What Rasa 3.6.21 answered over REST, recorded, against our gateway with a dialogue that says the same lines."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from shared.channels import callback
from shared.channels.port import Call, Recipient
from shared.events.catalogue import Button, MessageUnderstood, Reply
from tests.extra.material import material
from tests.loopback import Stub
from tests.unit.gateway.assistants import Assistant, decided

GREETING = Reply(text="hello stranger\n\nsecond part")
RICH = Reply(
    text="pick None",
    buttons=(Button("Yes", "/affirm"), Button("Paris", '/inform{"city": "Paris"}')),
    quick_replies=(Button("q1", "/bye"),),
    image="https://example.invalid/a.png",
    attachment={"type": "video", "payload": {"src": "https://example.invalid/v.mp4"}},
    elements=({"title": "E1", "subtitle": "S1", "buttons": [{"title": "B", "payload": "/bye"}]},),
    custom={"blocks": [{"k": 1}]},
)
LINES = {
    "hi": (GREETING,),
    "/greet": (GREETING,),
    "show rich": (RICH, Reply(text=RICH.text, buttons=RICH.buttons)),
    "run action": (Reply(text="from action"), Reply(text="bye"), Reply(custom={"a": 1})),
    "I want to book": (Reply(text="where to?"),),
    "to Paris": (Reply(text="how many?"),),
}
"""What the recorded bot's responses are (domain.yml beside the recording), before a channel renders them."""

DIFFERENT = {
    '{"message": "hi"}': "the conversation `default` that all callers without a sender would share",
    "b'[1]'": "500 for the caller's mistake",
    "b''": "500 for the caller's mistake",
}
"""Requests that are answered otherwise on purpose, and what Rasa does."""


def replies(message: MessageUnderstood) -> tuple[Reply, ...]:
    received = message.message
    if received.sender == "f" and received.text == "hi":
        return (GREETING, Reply(text="how many?"))
    return LINES.get(received.text, (Reply(text="sorry?"),))


@pytest.fixture(scope="module")
def gateway() -> Iterator[Assistant]:
    with Assistant(dialogue=Stub(decided(replies))).running() as assistant:
        yield assistant


def recorded() -> Iterator[tuple[str, str, str, int, str, str]]:
    """Method, path, request body as it is written there, status, content type and body of each recorded answer."""
    text = material("vectors", "rasa_rest", "http-capture.txt").read_text(encoding="utf-8")
    for block in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        request, answer, *body = block.split("\n")
        method, path, content = request.split(" ", 2)
        _, status, content_type = answer.split(" ", 2)
        if path.split("?")[0] in ("/webhooks/rest/webhook", "/webhooks/rest/", "/webhooks/callback/webhook"):
            yield method, path, content, int(status), content_type.strip(), "\n".join(body).strip()


def content_of(written: str) -> bytes:
    if written == "null":
        return b""
    return written[2:-1].encode() if written.startswith("b'") else written.encode()


def test_every_recorded_request_is_answered_as_by_rasa_or_better_on_purpose(gateway: Assistant) -> None:
    met = set()
    for method, path, written, status, content_type, body in recorded():
        response = gateway.client.open(
            path,
            method=method,
            data=content_of(written),
            environ_base={"REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "50000"},
        )
        if method == "POST" and written in DIFFERENT:
            met.add(written)
            better(written, response)
            continue
        assert response.status_code == status, (method, path, written)
        if status == 405:
            continue
        assert response.content_type.split(";")[0] == content_type.split(";")[0].removesuffix(" chunked")
        answer = response.get_data(as_text=True)
        if "stream" in path:
            assert [json.loads(line) for line in answer.splitlines()] == [
                json.loads(line) for line in body.splitlines()
            ]
        elif content_type == "application/json" and status == 200:
            assert json.loads(answer) == json.loads(body), written
        elif status == 400:
            assert json.loads(answer).items() >= json.loads(body).items()
        else:
            assert answer == body
    assert met == set(DIFFERENT)


def better(written: str, response: Any) -> None:
    if written.startswith("b"):
        assert response.status_code == 400
        assert response.json["error"]
    else:
        assert {message["recipient_id"] for message in response.json} != {"default"}
        assert [message["text"] for message in response.json] == ["hello stranger", "second part"]


def test_the_contracts_examples_are_rendered() -> None:
    contract = json.loads(material("vectors", "rasa_rest", "contract.json").read_text(encoding="utf-8"))
    first, second, nothing = contract["response_examples"]
    said = (
        (Reply(text="Hey!", image="http://example.com/image.jpg"), first),
        (Reply(text="Pick", buttons=(Button("Yes", "/affirm"), Button("No", "/deny"))), second),
    )
    for reply, expected in said:
        with Assistant(dialogue=Stub(decided(lambda _, reply=reply: (reply,)))).running() as assistant:  # type: ignore[misc]
            assert assistant.say({"sender": "test_user", "message": "Hi there!"}).json == expected
    assert nothing == []


def test_the_callback_gets_what_rasa_sent() -> None:
    text = material("vectors", "rasa_rest", "action-server-and-callback-requests.jsonl").read_text(encoding="utf-8")
    sent = [request for line in text.splitlines() if line for request in [json.loads(line)]]
    bodies = [request["body"] for request in sent if request["path"] == "/callback"]
    to = Recipient("cb", {}, "callback:m", True)
    calls = callback.render((GREETING,), to, {"url": "http://localhost/callback"})
    assert [json.loads(call.body) for call in calls if isinstance(call, Call)] == bodies
    assert len(bodies) == 2
