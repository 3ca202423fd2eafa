"""Handing a conversation to a person, through the whole assistant: asked for on Telegram, answered from Slack."""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from knative.platforms import catalogue as platforms
from knative.platforms import port
from knative.platforms.standin import Standin
from knative.platforms.standin import run_stand_in as standing_in
from tests.e2e.conftest import Running, running

TOKEN = "an operator's long token"
PERSON = "telegram:4242"


@dataclass
class World:
    assistant: Running
    standin: Standin
    number: int = 0

    def webhook(self, name: str, webhook: port.Webhook) -> None:
        url = f"{self.assistant.url}/webhooks/{name}/webhook"
        headers = platforms.sign_webhook(name, webhook.body, url, time.time(), content_type=webhook.content_type)
        assert self.post(f"/webhooks/{name}/webhook", webhook.body, dict(headers))[0] == 200

    def person(self, words: str) -> None:
        self.number += 1
        self.webhook("telegram", platforms.write_text("telegram", words, self.number))

    def operators(self, words: str) -> None:
        self.number += 1
        body = platforms.write_text("slack", words, self.number).body
        self.webhook("slack", port.Webhook(body.replace(b"D0SIMULATED", b"C0OPERATORS").replace(b'"im"', b'"channel"')))

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(urlsplit(self.assistant.url).netloc, timeout=30)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def operator(self, verb: str, **body: str) -> tuple[int, Any]:
        status, answer = self.post(f"/handoff/{verb}", json.dumps(body).encode(), {"authorization": f"Bearer {TOKEN}"})
        return status, json.loads(answer)

    def sees(self, platform: str, holds: Callable[[list[str]], bool]) -> list[str]:
        end = time.monotonic() + 30
        while not holds(self.standin.list_texts(platform)):
            assert time.monotonic() < end, self.standin.list_texts(platform)
            time.sleep(0.02)
        return self.standin.list_texts(platform)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with standing_in() as standin:
        settings = {
            **platforms.build_environment(standin.url),
            "HANDOFF_TO": "slack:C0OPERATORS",
            "HANDOFF_TOKEN": TOKEN,
        }
        with running(tmp_path, None, **settings) as assistant:
            yield World(assistant, standin)


def test_a_conversation_goes_to_a_person_and_comes_back(world: World) -> None:
    world.person("hello")
    world.sees("telegram", lambda seen: len(seen) >= 1)
    world.person("/human_handoff")
    told = world.sees("slack", lambda seen: len(seen) >= 2)
    assert f"wants a person: {PERSON}" in told[0]
    assert "person: hello" in told[0]
    silent = world.sees("telegram", lambda seen: any("asking a person" in line for line in seen))

    # What the person writes is passed on and not answered, whatever they write.
    world.person(f"/resume {PERSON}")
    world.sees("slack", lambda seen: any(line.startswith(f"{PERSON}\n/resume") for line in seen))

    world.operators(f"say {PERSON} This is Ann. What is it about?")
    world.sees("telegram", lambda seen: seen == [*silent, "This is Ann. What is it about?"])
    assert world.operator("say", conversation=PERSON, text="Are you there?")[0] == 202
    world.sees("telegram", lambda seen: seen[-1] == "Are you there?")

    world.operators(f"/resume {PERSON}")
    world.sees("slack", lambda seen: seen[-1] == f"{PERSON} is with the assistant again.")
    before = len(world.standin.list_texts("telegram"))
    world.person("hello")
    world.sees("telegram", lambda seen: len(seen) > before)
    status, answer = world.operator("resume", conversation=PERSON)
    assert (status, "not in a person's hands" in answer["error"]) == (400, True)
    assert world.standin.list_mistakes() == []
