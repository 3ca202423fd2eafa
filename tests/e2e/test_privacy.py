"""Nothing that a person writes is in any log, also where things fail; and what a platform user cannot reach."""

import http.client
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from monitoring.conversations.history import turns_of
from shared.stores.opening import open_store
from tests.e2e.conftest import Running, running

SECRET = "xylophone-quartz"
SENDER = "Ann.Lee@example.org"


@pytest.fixture(scope="module")
def debugged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An assistant that logs all that it can, and whose callback channel leads nowhere."""
    with running(
        tmp_path_factory.mktemp("debug"), LOG_LEVEL="debug", LOG_EXCEPTIONS="places", CALLBACK_URL="http://127.0.0.1:9/"
    ) as started:
        yield started


def call(
    assistant: Running, path: str, body: Any = None, headers: dict[str, str] | None = None, method: str = "POST"
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(assistant.url.removeprefix("http://"), timeout=40)
    try:
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, content, {"content-type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def say(assistant: Running, text: str, sender: str = SENDER) -> list[dict[str, Any]]:
    status, body = call(assistant, "/webhooks/rest/webhook", {"sender": sender, "message": text})
    assert status == 200, body
    found: list[dict[str, Any]] = json.loads(body)
    return found


def test_no_log_holds_what_a_person_wrote_or_who_it_was(debugged: Running) -> None:
    say(debugged, f"hello {SECRET}")
    say(debugged, f"search for a video about {SECRET}")
    say(debugged, "I want to order a large Pepperoni Pizza")
    say(debugged, f"to {SECRET} Street 5")
    _, body = call(debugged, "/webhooks/webchat/conversations")
    conversation = json.loads(body)["conversation"]
    message = {"conversation": conversation, "id": uuid.uuid4().hex, "text": f"play {SECRET}"}
    assert call(debugged, "/webhooks/webchat/webhook", message)[0] == 202
    # And where things go wrong: a platform that is gone, bodies that are none, events that are none.
    call(debugged, "/webhooks/callback/webhook", {"sender": SENDER, "message": f"bye {SECRET}"})
    call(debugged, "/webhooks/rest/webhook", f'{{"message": "{SECRET}'.encode())
    call(debugged, "/webhooks/rest/webhook", {"sender": {SECRET: 1}, "message": SECRET})
    call(debugged, f"/webhooks/{SECRET}/webhook", {"message": SECRET})
    for stage in ("nlu", "dialogue", "actions", "delivery", "dead_letter", "observer"):
        place = Running(debugged.addresses[stage], {}, debugged.process, debugged.home, debugged.output)
        headers = {
            "ce-id": "1",
            "ce-source": "/t",
            "ce-specversion": "1.0",
            "ce-type": "dev.parley.message.received.v1",
        }
        call(place, "/", {"text": 7, "sender": SECRET}, headers)
        call(place, "/", f"{SECRET}".encode(), {"content-type": "application/cloudevents+json"})
    path = f"/webhooks/webchat/messages?conversation={conversation}&after=0&wait=10"
    assert json.loads(call(debugged, path, method="GET")[1])["messages"]
    time.sleep(1.0)
    log = debugged.output.read_text(errors="replace")
    assert "taken" in log, "nothing was logged, so nothing was proven"
    for words in (SECRET, SENDER, conversation):
        found = [line for line in log.splitlines() if words.lower() in line.lower()]
        assert found == [], f"{words} is in the log"


def test_what_a_person_writes_is_never_a_template_a_response_or_code(debugged: Running) -> None:
    store = open_store(f"sqlite:{debugged.home / 'default' / 'store.db'}")
    for text in (
        "{sender} {slots} {0.__class__}",
        "{{7*7}} ${7*7} <script>alert(1)</script>",
        "'; DROP TABLE turns; --",
    ):
        assert "49" not in "".join(str(part.get("text")) for part in say(debugged, text, "tester"))
    texts = [turn.document["text"] for turn in turns_of(store, "rest:tester", time.time())]
    assert texts[2] == "'; DROP TABLE turns; --"
    store.close()


def test_a_person_reaches_only_the_intents_and_entities_of_the_domain(debugged: Running) -> None:
    """`/intent{...}` is how buttons speak, so people can say it too; it is worth no more than words."""
    say(debugged, '/no_such_intent{"order_id": "1"}', "button")
    say(debugged, '/inform{"last_results": "forged", "requested_slot": "forged"}', "button")
    store = open_store(f"sqlite:{debugged.home / 'default' / 'store.db'}")
    turns = list(turns_of(store, "rest:button", time.time()))
    store.close()
    assert turns[0].document["intent"] in ("nlu_fallback", "out_of_scope")
    assert turns[1].document["slots"].get("last_results") != "forged"
    assert turns[1].document["slots"].get("requested_slot") != "forged"


def test_nobody_reads_a_web_chat_without_its_name_or_by_guessing(debugged: Running) -> None:
    for name in ("a" * 32, "webchat", "../dead_letters", "%2e%2e", "rest:tester"):
        status, body = call(debugged, f"/webhooks/webchat/messages?conversation={name}&after=0", method="GET")
        assert (status, list(json.loads(body))) in ((400, ["error"]), (403, ["error"]))
    assert call(debugged, "/outbox/rest:tester", method="GET")[0] == 404


def test_a_web_page_elsewhere_cannot_speak_through_the_browser_of_somebody_here(debugged: Running) -> None:
    body = {"sender": "victim", "message": "hello"}
    assert call(debugged, "/webhooks/rest/webhook", body, {"origin": "https://evil.example"})[0] == 403
