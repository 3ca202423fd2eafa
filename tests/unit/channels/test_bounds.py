"""Hostile webhooks, signed and large: answered in bounded time and memory."""

import json
import time
import tracemalloc
from collections.abc import Callable

import pytest

from knative.platforms import catalogue as platforms
from shared.channels.catalogue import PLATFORMS, find_channel
from shared.channels.port import Inbound, WebhookResponse
from shared.errors import Rejected
from tests.unit.channels.test_parsing import inbound, parse

SECONDS_A_MEGABYTE = 3.0
"""Of CPU; an ordinary machine takes a hundredth. What grows with the square of the size takes minutes."""
TIMES = 40
"""Bytes of memory for each byte of the body: an empty object is 64 bytes and two characters."""


def filled(name: str, size: int) -> bytes:
    """A message whose text fills the body."""
    body = platforms.write_text(name, "FILL", 1).body
    return body.replace(b"FILL", b"x" * (size - len(body)))


def repeated(name: str, size: int) -> bytes:
    """The message again and again, wherever it lies in a list."""
    document = platforms.write_text(name, "hi", 1).body
    if not document.startswith(b"{"):
        return (document + b"&") * (size // (len(document) + 1))
    parsed = json.loads(document)
    for key in ("entry", "events"):
        if key in parsed:
            parsed[key] *= max(1, size // (len(document) + 2))
    return json.dumps(parsed).encode()[:size]


SHAPES: dict[str, Callable[[str, int], bytes]] = {
    "a long text": filled,
    "the message repeated": repeated,
    "nothing but brackets": lambda _, size: b"[" * size,
    "deeply nested": lambda _, size: b'{"a":' * (size // 6) + b"1" + b"}" * (size // 6),
    "many empty objects": lambda _, size: b'{"events":[' + b"{}," * ((size - 20) // 3) + b"{}]}",
    "many keys": lambda _, size: ("{" + ",".join(f'"{n}":1' for n in range(size // 12)) + "}").encode(),
    "one huge number": lambda _, size: b'{"update_id":' + b"9" * (size - 20) + b"}",
    "many fields": lambda _, size: b"&".join(b"%d=" % n for n in range(size // 9)),
    "one long word": lambda name, size: filled(name, size).replace(b"x" * 64, b"@" * 64),
    "escapes": lambda name, size: filled(name, size // 6).replace(b"x", b"\\u00e9"),
    "angles": lambda name, size: filled(name, size).replace(b"xx", b"<@"),
    "percent": lambda _, size: b"Body=" + b"%" * (size - 5),
    "no text at all": lambda _, size: bytes(range(256)) * (size // 256),
}


@pytest.mark.parametrize("name", PLATFORMS)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_hostile_body_is_answered_in_bounded_time_and_memory(name: str, shape: str) -> None:
    size = min(find_channel(name).body_limit, 128 * 1024)
    body = SHAPES[shape](name, size)[:size]
    content_type = platforms.write_text(name, "x", 1).content_type
    asked = inbound(name, body, content_type)
    parse(name, inbound(name, platforms.write_text(name, "warm", 1).body, content_type))
    # What an earlier test left running in this process counts too: what is over the bounds twice is the parser's.
    spent, peak = (min(one) for one in zip(*(_measure(name, asked) for _ in range(2)), strict=True))
    assert spent < SECONDS_A_MEGABYTE * size / 1e6 + 0.5
    assert peak < TIMES * size + 1_000_000


def _measure(name: str, asked: Inbound) -> tuple[float, int]:
    """Seconds of CPU and the most bytes of memory that parsing takes."""
    tracemalloc.start()
    try:
        since = time.thread_time()
        try:
            parsed = parse(name, asked)
            assert not isinstance(parsed, WebhookResponse) or parsed.status < 500
        except Rejected as exc:
            assert exc.status < 500
        return time.thread_time() - since, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
