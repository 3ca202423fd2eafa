"""One stage that does nothing, served with whatever looks at it: run in a process of its own by instrumentation.py.

It imports what an image imports and nothing else, for log lines are written in another way where `logging` is there.
"""

import gc
import io
import os
import sys
import time

from shared.events.catalogue import Intent, MessageReceived, MessageUnderstood
from shared.events.envelope import Envelope
from shared.events.http import encode
from shared.process import open_process
from shared.serving import Endpoint

EVENT = Envelope(
    id="web:1",
    source="/parley/gateway",
    subject="web:me",
    data=MessageReceived("play some jazz", "me"),
    type=MessageReceived.TYPE,
    message="web:1",
    channel="web",
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    timings="gateway=1.2",
)


class Nothing:
    CONSUMES = (MessageReceived,)
    PRODUCES = (MessageUnderstood,)
    answer = MessageUnderstood(MessageReceived("play some jazz", "me"), Intent("play_music", 0.99))

    def __call__(self, envelope: Envelope) -> Envelope:
        return envelope.answer(self.answer, "/parley/nlu", "understood")


class Asked:
    """A request, without what werkzeug brings along (it imports `logging`)."""

    method, path, content_length = "POST", "/", None
    query_string, remote_addr, url = b"", None, ""

    def __init__(self, headers: dict[str, str], body: bytes) -> None:
        self.headers, self.body = headers, body

    @property
    def stream(self) -> io.BytesIO:
        return io.BytesIO(self.body)


def one(events: int) -> float:
    """Microseconds of CPU of one event, in this process, all of its threads."""
    serving = Endpoint(open_process("nlu", os.environ), Nothing())
    asked = Asked(*encode(EVENT))
    for _ in range(500):
        serving(asked)
    gc.collect()
    began = time.process_time()
    for _ in range(events):
        serving(asked)
    took = time.process_time() - began
    return took / events * 1e6


if __name__ == "__main__":
    print(one(int(sys.argv[1])), "logging" in sys.modules)
