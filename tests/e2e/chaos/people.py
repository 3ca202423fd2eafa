"""People who talk to the assistant through the storm: they send each message until it is accepted, then the next."""

import http.client
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from functions.gateway.conversations import Conversations

SCRIPTS = tuple(
    tuple(script.split("; "))
    for script in (
        "good morning to you; search for a video about horror movies; show me another one; thank you very much; bye",
        "play some jazz music please; play another song; who are you; play something by Miles Davis; thanks",
        "I want to order a large pizza; Pepperoni Pizza please; to 12 Baker Street; yes that is right; goodbye now",
        "what is the weather in London; and what about Paris tomorrow; what can you do for me; okay thanks; bye bye",
        "something scary with Tom Hanks; recommend me something; find a comedy from the eighties; the second one; ciao",
    )
)

SETTINGS = {
    "PERSON_RATE": "0",
    "ADDRESS_RATE": "0",
    "ANONYMOUS_RATE": "0",
    "REST_AUTH": "open",
    "INSTALLATION_SECRET": "people-of-the-chaos-suite-32-letters",
}
"""Of an assistant with which many people talk from here at once."""
CONVERSATIONS = Conversations((SETTINGS["INSTALLATION_SECRET"],))
"""As its gateway gives them out, which may be away when a person begins."""


GRACE = 120.0
"""Seconds after the time to begin in which those who began come to their end."""


@dataclass(slots=True)
class Talk:
    """One conversation and what became of its messages."""

    channel: str
    sender: str
    accepted: list[dict[str, Any]] = field(default_factory=list)
    """In order: `n`, `try`, and `id` where the channel says it."""
    unsure: list[dict[str, Any]] = field(default_factory=list)
    """Messages whose acceptance nobody confirmed: they may have a turn."""
    attempts: int = 0
    fault: str = ""
    """Why it ended before its end."""

    @property
    def conversation(self) -> str:
        return f"{self.channel}:{self.sender}"


def talk(port: int, number: int, turns: int, seed: int, deadline: float, stopped: threading.Event) -> Talk:
    """One person's conversation. Half of them write on without waiting for any answer."""
    chance = random.Random(seed * 1_000_003 + number)
    channel = ("webchat", "callback")[number % 2]
    name = f"chaos{number:06d}{chance.getrandbits(64):016x}"
    told = Talk(channel, CONVERSATIONS.issue() if channel == "webchat" else name)
    script = SCRIPTS[number % len(SCRIPTS)]
    hasty = chance.random() < 0.5
    if time.monotonic() > deadline:
        told.fault = f"person {number} had no time to begin"
    for n in range(turns if not told.fault else 0):
        text, tries = script[n % len(script)], 0
        ident = f"m{n:04d}{chance.getrandbits(64):016x}"
        while True:
            tries += 1
            told.attempts += 1
            status, body = _send(port, told, text, ident, {"n": n, "try": tries})
            if status in (200, 202):
                known = {"id": json.loads(body)["message"]} if channel == "webchat" else {}
                told.accepted.append({"n": n, "try": tries, **known})
                break
            if channel == "callback":
                # Also a 503 may come after the broker took the message, where its answer was late or lost; and this
                # channel gives a message no id, so that the next try is another message.
                told.unsure.append({"n": n, "try": tries})
            # A gateway that was killed behind the activator is 502 there, as behind Knative's.
            lost = status == 502 and b"broke off" in body
            if not (lost or status in (0, 429, 503)):
                told.fault = f"{channel} answered {status} {body[:200]!r}"
            elif time.monotonic() > deadline + GRACE or stopped.is_set():
                told.fault = f"message {n} of person {number} was not accepted before the end"
            if told.fault:
                return told
            time.sleep(0.1 + chance.random() * 0.3)
        if not hasty:
            time.sleep(chance.random() * 1.5)
    return told


def talks(port: int, conversations: int, turns: int, seed: int, seconds: float, at_once: int) -> list[Talk]:
    deadline = time.monotonic() + seconds
    stopped = threading.Event()
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="person")
    try:
        jobs = [pool.submit(talk, port, number, turns, seed, deadline, stopped) for number in range(conversations)]
        return [job.result() for job in jobs]
    finally:
        stopped.set()
        pool.shutdown(cancel_futures=True)


def _send(port: int, told: Talk, text: str, ident: str, metadata: dict[str, Any]) -> tuple[int, bytes]:
    """Status and body; status 0 where nobody answered."""
    if told.channel == "webchat":
        body = {"conversation": told.sender, "id": ident, "text": text, "metadata": metadata}
    else:
        body = {"sender": told.sender, "message": text, "metadata": metadata}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        connection.request(
            "POST", f"/webhooks/{told.channel}/webhook", json.dumps(body), {"content-type": "application/json"}
        )
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
