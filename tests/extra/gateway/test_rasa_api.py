"""What Rasa 3.6.21 answered over its HTTP API, recorded, against ours: the same fields, event by event."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.extra.material import material
from tests.unit.gateway.assistants import Assistant
from tests.unit.gateway.trips import trips

OURS: dict[str, tuple[str, str, Any]] = {
    "GET /version": ("GET", "/version", None),
    "GET /status": ("GET", "/status", None),
    "GET /domain": ("GET", "/domain", None),
    "POST /model/parse": ("POST", "/model/parse", {"text": '/inform{"city": "Oslo"}'}),
    "GET /conversations/a/tracker": ("GET", "/conversations/a/tracker", None),
    "GET /conversations/a/tracker?include_events=NONE": ("GET", "/conversations/a/tracker?include_events=NONE", None),
    "GET /conversations/new1/tracker": ("GET", "/conversations/new1/tracker", None),
    "POST /conversations/a/tracker/events": (
        "POST",
        "/conversations/a/tracker/events",
        {"event": "slot", "name": "city", "value": "Rome"},
    ),
    "POST /conversations/a/trigger_intent": ("POST", "/conversations/a/trigger_intent", {"name": "bye"}),
    "POST /conversations/a/predict": ("POST", "/conversations/a/predict", None),
    "POST /conversations/a/messages": ("POST", "/conversations/a/messages", {"text": "hi", "sender": "user"}),
}
LEFT_OUT = {
    "user_featurization": "an event about how a policy of Rasa's read the text, which no policy here does",
    "confidence_role": "one confidence of an entity covers its role",
}
"""What Rasa shows and we do not."""


@pytest.fixture(scope="module")
def bot() -> Iterator[Assistant]:
    with trips() as assistant:
        assistant.say({"sender": "a", "message": "a trip please"})
        assistant.say({"sender": "a", "message": '/inform{"city": "Oslo"}'})
        yield assistant


def recorded() -> dict[str, str]:
    """The body of the first good answer to each request; long ones were cut off after some events."""
    text = material("vectors", "rasa_rest", "http-capture.txt").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for block in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        request, answer, *body = block.split("\n")
        method, path, _ = request.split(" ", 2)
        if answer.startswith("-> 200 application/json") and f"{method} {path}" in OURS:
            found.setdefault(f"{method} {path}", "\n".join(body))
    return found


def whole(body: str) -> Any:
    """The answer, None where it was cut off."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def events_in(body: str) -> dict[str, set[str]]:
    """Kind of event -> its fields, of the events that a body holds in full."""
    found = {}
    for match in re.finditer(r'\{"event":', body):
        try:
            event, _ = json.JSONDecoder().raw_decode(body, match.start())
        except ValueError:
            continue
        if event["event"] not in LEFT_OUT:
            found[event["event"]] = fields(event)
    return found


def fields(answer: Any) -> set[str]:
    return set(answer) - set(LEFT_OUT)


@pytest.mark.parametrize("request_line", OURS)
def test_an_answer_has_the_fields_that_rasa_gives_it(bot: Assistant, request_line: str) -> None:
    recording = recorded()[request_line]
    method, path, body = OURS[request_line]
    answer = bot.call(method, path, body)
    ours, theirs = answer.json, whole(recording)
    if theirs is not None:
        assert fields(ours) == fields(theirs)
        for part in ("tracker", "latest_message"):
            if isinstance(theirs.get(part), dict):
                assert fields(ours[part]) == fields(theirs[part])
    mine, known = events_in(json.dumps(ours, separators=(",", ":"))), events_in(recording)
    for kind in set(mine) & set(known):
        assert mine[kind] == known[kind], kind
    if request_line == "POST /model/parse":
        assert fields(theirs["entities"][-1]) <= fields(ours["entities"][0])


def test_an_error_has_the_fields_of_rasas(bot: Assistant) -> None:
    answer = bot.call("POST", "/conversations/a/tracker/events", {"event": "nope"})
    assert answer.status_code == 400
    assert {"version", "status", "message", "reason", "details", "help", "code"} <= set(answer.json)
