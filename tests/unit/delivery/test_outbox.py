"""The outbox over HTTP."""

import json
import threading
import time
from typing import Any

import pytest

from functions.delivery.outbox import Arrivals, OutboxReader
from shared.stores.opening import open_store
from tests.loopback import Asked, endpoint


def make_request(path: str = "/outbox/webchat:c", query_string: bytes = b"", method: str = "GET") -> Asked:
    return Asked(method, path, query_string=query_string)


class Box:
    def __init__(self, long_polls: int = 2) -> None:
        self.store: Any = open_store("memory:")
        self.arrivals = Arrivals()
        reader = OutboxReader(self.store.outbox, self.arrivals, long_polls=long_polls)
        self.serving = endpoint({"GET /outbox/": reader})

    def post(self, key: str, *texts: str, tell: bool = True) -> None:
        now = time.time()
        self.store.outbox.append("webchat:c", key, [{"text": text} for text in texts], now, now + 100)
        if tell:
            self.arrivals.notify("webchat:c")

    def get(self, query: str = "") -> list[Any]:
        body, status, _ = self.serving(make_request(query_string=query.encode()))
        assert status == 200
        return [(message["number"], message["message"]["text"]) for message in json.loads(body)["messages"]]


def test_messages_come_in_order_after_a_number() -> None:
    box = Box()
    box.post("k1", "a", "b")
    box.post("k2", "c")
    assert box.get() == [(1, "a"), (2, "b"), (3, "c")]
    assert box.get("after=1&limit=1") == [(2, "b")]
    assert box.get("after=3") == []


def test_a_long_poll_ends_when_a_message_is_posted_here() -> None:
    box, found = Box(), []
    waiting = threading.Thread(target=lambda: found.extend(box.get("wait=20")))
    waiting.start()
    time.sleep(0.05)
    started = time.monotonic()
    box.post("k1", "a")
    waiting.join(5)
    assert found == [(1, "a")]
    assert time.monotonic() - started < 1
    assert box.arrivals._waiting == {}


def test_a_long_poll_also_sees_what_another_process_posted() -> None:
    box, found = Box(), []
    waiting = threading.Thread(target=lambda: found.extend(box.get("wait=20")))
    waiting.start()
    time.sleep(0.05)
    box.post("k1", "a", tell=False)
    waiting.join(5)
    assert found == [(1, "a")]


def test_a_long_poll_ends_empty_after_its_time() -> None:
    started = time.monotonic()
    assert Box().get("wait=1") == []
    assert 0.9 < time.monotonic() - started < 3


def test_where_too_many_wait_the_answer_comes_at_once() -> None:
    box = Box(long_polls=1)
    waiting = threading.Thread(target=lambda: box.get("wait=20"))
    waiting.start()
    time.sleep(0.05)
    started = time.monotonic()
    assert box.get("wait=20") == []
    assert time.monotonic() - started < 1
    box.post("k1", "a")
    waiting.join(5)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (make_request(method="POST"), 405),
        (make_request(path="/outbox/"), 400),
        (make_request(path="/outbox/a b"), 400),
        (make_request(path="/outbox/a/b"), 400),
        (make_request(query_string=b"after=x"), 400),
        (make_request(query_string=b"wait=-1"), 400),
        (make_request(query_string=b"limit=\xff"), 400),
    ],
)
def test_what_cannot_be_answered_says_why(request_: Asked, status: int) -> None:
    body, answered, _ = Box().serving(request_)
    assert answered == status
    assert json.loads(body)["error"]
