"""The observer's probe, against a gateway that answers as it is told."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.wrappers import Request

from functions.observer.config import Config, check_probe
from functions.observer.probing import Prober
from shared.config import Misconfigured
from shared.outbound import Outbound
from tests.loopback import served


class Assistant:
    """Answers REST at once, and web chats with an outbox."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.conversations = 0
        self.said: list[tuple[str, str, str]] = []
        """Path, token, text."""

    def __call__(self, request: Request) -> Any:
        path = request.path.removeprefix("/webhooks/")
        body = json.loads(request.get_data() or b"{}")
        if path in self.broken:
            return "{}", 503, {}
        answers: dict[str, Callable[[], Any]] = {
            "rest/webhook": lambda: [{"text": "hello"}],
            "webchat/conversations": self._begin,
            "webchat/webhook": dict,
            "webchat/messages": lambda: self._messages(request),
        }
        if path.endswith("/webhook"):
            text = body.get("message") or body.get("text")
            self.said.append((path, request.headers.get("x-parley-probe", ""), text))
        return json.dumps(answers[path]()), 200, {"content-type": "application/json"}

    def _begin(self) -> dict[str, str]:
        self.conversations += 1
        return {"conversation": f"c{self.conversations}"}

    def _messages(self, request: Request) -> dict[str, Any]:
        after = int(parse_qs(urlsplit(request.url).query)["after"][0])
        written = sum(path == "webchat/webhook" for path, _, _ in self.said)
        return {"messages": [{"number": number, "message": {}} for number in range(after + 1, written + 1)]}


def probing(assistant: Assistant, rounds: int, change: Callable[[int], None] = lambda _: None) -> list[Any]:
    reports: list[Any] = []
    with served(assistant) as url:
        outbound = Outbound()
        prober = Prober(url, "token", "hello", outbound, lambda *report: reports.append(report))
        for number in range(rounds):
            change(number)
            prober.probe(("rest", "webchat"))
        outbound.close()
    return [(channel, seconds is not None, failures) for channel, seconds, failures in reports]


def test_each_way_in_is_tried_with_the_token_and_one_web_chat_serves_all_probes() -> None:
    assistant = Assistant()
    assert probing(assistant, 2) == [("rest", True, 0), ("webchat", True, 0)] * 2
    assert assistant.conversations == 1
    assert {token for _, token, _ in assistant.said} == {"token"}
    assert {text for _, _, text in assistant.said} == {"hello"}


def test_failures_are_counted_in_a_row_for_each_way_and_end_with_an_answer() -> None:
    assistant = Assistant()

    def change(number: int) -> None:
        assistant.broken = {"rest/webhook"} if number < 2 else set()

    found = probing(assistant, 3, change)
    assert [report for report in found if report[0] == "rest"] == [
        ("rest", False, 1),
        ("rest", False, 2),
        ("rest", True, 0),
    ]
    assert all(answered for channel, answered, _ in found if channel == "webchat")


def test_a_web_chat_that_is_not_known_any_more_begins_anew() -> None:
    assistant = Assistant()

    def change(number: int) -> None:
        assistant.broken = {"webchat/webhook"} if number == 0 else set()

    assert ("webchat", True, 0) in probing(assistant, 2, change)
    assert assistant.conversations == 2


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"probe_url": "bot.example.com"}, "PROBE_URL"),
        ({"probe_url": "https://bot.example.com", "probe_channels": ("slack",)}, "slack"),
    ],
)
def test_what_cannot_be_probed_is_said_at_the_start(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        check_probe(Config(**settings))


def test_without_an_address_nothing_is_probed() -> None:
    check_probe(Config())
