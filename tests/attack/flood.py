"""Callers that nobody knows ask for much: made-up web chats, polls, conversations, metadata. Nothing is woken."""

import http.client
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from tests.attack.result import Result
from tests.attack.target import Target

WEBCHAT = "/webhooks/webchat"
ADDRESS_RATE = 240
"""A minute: what the gateway has where nothing is set."""


def attack(target: Target, small: bool) -> Iterator[Result]:
    count = 50 if small else 1000
    connection = _connect(target)
    ask = _caller(connection)

    before = _cpu(target, "nlu", "dialogue", "actions")
    yield _all(
        "web chats that nobody gave out",
        (403, 429),
        count,
        lambda: ask("POST", f"{WEBCHAT}/webhook", _message(_name()))[0],
    )
    path = f"{WEBCHAT}/messages?after=0&wait=20&conversation="
    yield _all("polls of them", (403, 429), count, lambda: ask("GET", path + _name())[0])
    yield _all(
        "recordings to read aloud",
        (403, 404, 429),
        count,
        lambda: ask("POST", f"{WEBCHAT}/aloud", _message(_name()))[0],
    )
    spent = _cpu(target, "nlu", "dialogue", "actions") - before
    yield Result(
        "all of these",
        "no stage behind the gateway works for them",
        f"{spent:.2f} CPU-s in nlu, dialogue, actions",
        spent < 0.2,
    )
    # From an address of its own: what was asked above has spent the rate of the first.
    second = _connect(target, "127.0.0.2")
    other = _caller(second)
    started = time.monotonic()
    given = Counter(other("POST", f"{WEBCHAT}/conversations", {})[0] for _ in range(400))
    refilled = (time.monotonic() - started) * ADDRESS_RATE / 60
    held = 0 < given[201] <= ADDRESS_RATE / 2 + refilled and given[429] >= 250
    yield Result(
        "400 conversations of one address",
        "at most half of ADDRESS_RATE at once, then its rate",
        str(dict(given)),
        held,
    )
    message = {"sender": "honest", "message": "hello", "metadata": {"x": "y" * 60_000}}
    status = ask("POST", "/webhooks/rest/webhook", message)[0]
    yield Result("60 kB of metadata", "more than 8 kB are refused", f"status {status}", status == 413)
    target.honest(5)
    connection.close()
    second.close()


def _all(name: str, expected: tuple[int, ...], count: int, ask: Callable[[], int]) -> Result:
    found = Counter(ask() for _ in range(count))
    promise = "refused before anything is asked or woken"
    return Result(f"{count} {name}", promise, str(dict(found)), set(found) <= set(expected))


def _connect(target: Target, address: str = "127.0.0.1") -> http.client.HTTPConnection:
    """To the gateway, from this address."""
    return http.client.HTTPConnection("127.0.0.1", target.port, timeout=30, source_address=(address, 0))


def _caller(connection: http.client.HTTPConnection) -> Callable[..., tuple[int, bytes]]:
    def ask(method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        content = None if body is None else json.dumps(body).encode()
        connection.request(method, path, content, {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    return ask


def _name() -> str:
    return secrets.token_urlsafe(30)


def _message(conversation: str) -> dict[str, str]:
    return {"conversation": conversation, "id": secrets.token_hex(8), "text": "hello"}


def _cpu(target: Target, *stages: str) -> float:
    """Seconds of CPU that these have used since they started."""
    ticks = 0
    for stage in stages:
        with open(f"/proc/{target.started[stage].process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / 100
