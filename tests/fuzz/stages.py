"""Feeds one stage, wired as it runs, with events that hypothesis makes: python -m tests.fuzz.stages --stage nlu.

Three kinds: events of every type with hostile content, events of which a part was replaced by any other JSON, and
bytes and headers of any kind. Whatever comes, no stage has a bug (422) and every answer is an event or empty.
"""

import argparse
import copy
import json
import os
import runpy
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from functions.actions.stage import Actions
from functions.delivery.stage import Delivery
from functions.dialogue.stage import Dialogue
from functions.nlu.stage import Nlu
from functions.observer.stage import Observer
from functions.speech.stage import Speech
from knative.local.stages import ASSISTANTS, ROOT
from shared.events.catalogue import CATALOGUE
from shared.events.wire import to_wire
from tests.unit.shared.test_wire import EVENTS, JSONS

STAGES: dict[str, Sequence[Any]] = {
    "speech": Speech.CONSUMES,
    "nlu": Nlu.CONSUMES,
    "dialogue": Dialogue.CONSUMES,
    "actions": Actions.CONSUMES,
    "delivery": Delivery.CONSUMES,
    "observer": Observer.CONSUMES,
    "dead_letter": CATALOGUE,
}
"""Each stage, and what it takes."""
ANSWERS = (200, 202, 204, 400, 401, 404, 405, 409, 413, 415, 429, 503)
DOMAIN = json.loads((ASSISTANTS / "default" / "bundle" / "dialogue.json").read_text(encoding="utf-8"))["domain"]
INTENTS = sorted(DOMAIN["intents"])
ACTIONS = sorted(DOMAIN["actions"])
TOKEN = st.text("abcXYZ019:._-", min_size=1, max_size=12)
TEXT = st.text(max_size=40) | st.sampled_from(("", "/greet", '/inform{"a":', "{{x}}", "\u202e", "\x00", "a" * 5000))


@st.composite
def events(draw: st.DrawFn, types: Sequence[Any]) -> dict[str, Any]:
    """A CloudEvent in JSON, mostly of these types, with attributes as a broker hands them on."""
    cls = draw(st.sampled_from((*types,) * 20 + CATALOGUE))
    data = to_wire(draw(EVENTS[cls]))
    if "text" in data:
        data["text"] = draw(TEXT)
    if data.get("intent") is not None:
        data["intent"]["name"] = draw(st.sampled_from(INTENTS) | st.text(max_size=5))
    if "action" in data:
        data["action"] = draw(st.sampled_from(ACTIONS) | st.text(max_size=5))
    channel = draw(st.sampled_from(("callback", "webchat", "slack", "telegram", "webchat", "rest", "nowhere")))
    return {
        "specversion": "1.0",
        "id": draw(TOKEN),
        "source": "/fuzz",
        "type": cls.TYPE,
        "subject": f"{channel}:{draw(st.sampled_from('ab'))}",
        "partitionkey": "p",
        "channel": channel,
        "message": draw(st.sampled_from(("rest:m1", "rest:m2", "m3"))),
        "datacontenttype": "application/json",
        "data": data,
    }


@st.composite
def broken(draw: st.DrawFn, types: Sequence[Any]) -> Any:
    """An event of which one part, however deep, is something else or missing."""
    event: Any = copy.deepcopy(draw(events(types)))
    place: Any = event["data"] if draw(st.integers(0, 9)) else event
    while True:
        names = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not names:
            return event
        name = draw(st.sampled_from(names))
        if isinstance(place[name], dict | list) and place[name] and draw(st.booleans()):
            place = place[name]
            continue
        if isinstance(place, dict) and draw(st.booleans()):
            del place[name]
        else:
            place[name] = draw(JSONS)
        return event


HEADERS = st.dictionaries(
    st.sampled_from(
        ("ce-id", "ce-type", "ce-source", "ce-specversion", "ce-subject", "ce-time", "ce-expirytime", "ce-timings",
         "ce-traceparent", "ce-message", "ce-channel", "ce-data", "content-type", "traceparent")
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
    | st.sampled_from([cls.TYPE for cls in CATALOGUE] + ["1.0", "application/json", "2026-01-01T00:00:00Z", "n=1c"]),
    max_size=8,
)  # fmt: skip


def requests(types: Sequence[Any]) -> st.SearchStrategy[tuple[dict[str, str], bytes]]:
    structured = {"content-type": "application/cloudevents+json"}
    written = (events(types) | broken(types)).map(lambda event: (structured, json.dumps(event).encode()))
    anything = st.tuples(st.just(structured), JSONS.map(lambda value: json.dumps(value).encode()))
    bare = st.tuples(HEADERS, st.binary(max_size=200) | st.just(b'{"text": "a"}'))
    # A quarter is hopeless; the rest gets as far as it may.
    return st.integers(0, 7).flatmap(lambda kind: (anything, bare)[kind] if kind < 2 else written)


def fuzz(stage: str, examples: int) -> Counter[int]:
    """How often each status was answered; AssertionError with the smallest request that makes the stage fail."""
    os.environ |= {
        "BUNDLE": str(ASSISTANTS / "default" / "bundle"),
        "ASSISTANT_ACTIONS": str(ASSISTANTS / "default" / "actions"),
        "STORE_URL": "memory:",
        "LOG_LEVEL": "error",
        "SEND_TIMEOUT": "1",
        "CALLBACK_URL": "http://127.0.0.1:9/",
    }
    wired = runpy.run_path(str(ROOT / "functions" / stage / "main.py"), run_name=f"fuzzed_{stage}")
    counted: Counter[int] = Counter()

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(requests(STAGES[stage]))
    def send(request: tuple[dict[str, str], bytes]) -> None:
        headers, body = request
        environ = EnvironBuilder(method="POST", headers=list(headers.items()), data=body).get_environ()
        content, status, answered = wired["handle"](Request(environ))
        counted[status] += 1
        assert status in ANSWERS, (status, content, headers, body)
        if status == 200:
            event = json.loads(content)
            types = {name.lower(): value for name, value in answered.items()}
            assert types["ce-type"].startswith("dev.parley."), types
            assert isinstance(event, dict)
        elif status in (202, 204):
            assert not content

    send()
    return counted


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task fuzz", description=__doc__)
    parser.add_argument("--stage", choices=[*STAGES], required=True)
    parser.add_argument("--examples", type=int, default=300)
    options = parser.parse_args(arguments)
    counted = fuzz(options.stage, options.examples)
    print(f"{options.stage}: {sum(counted.values())} requests, no bug; {dict(sorted(counted.items()))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
