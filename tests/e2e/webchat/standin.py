"""An assistant behind the real gateway, outbox and page, in this process: it does as a test tells it."""

import logging
import os
import runpy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from werkzeug.wrappers import Request

from functions.dialogue.texts.en import TEXTS
from shared.events.catalogue import (
    AnswerRated,
    Button,
    Handoff,
    MessageReceived,
    RepliesDecided,
    Reply,
    SpeechReceived,
    TurnSummary,
)
from shared.events.envelope import Envelope
from shared.events.http import decode
from shared.events.wire import JSON
from tests.loopback import served

FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"
PIXEL = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='320' height='180'%3E%3Crect width='320' "
    "height='180' fill='%23467'/%3E%3Ccircle cx='160' cy='90' r='50' fill='%23fc6'/%3E%3C/svg%3E"
)


CARDS: tuple[JSON, ...] = (
    {
        "title": "Green Bowl",
        "subtitle": "Salads and soups, until 22:00",
        "image_url": "https://picture.invalid/bowl.svg",
        "buttons": [
            {"title": "Order here", "type": "postback", "payload": '/order{"place": "Green Bowl"}'},
            {"title": "Menu", "type": "web_url", "url": "https://example.invalid/green-bowl"},
        ],
    },
    {
        "title": "Da Mario, the pizzeria with the longest name of the whole quarter around the old harbour",
        "subtitle": "Pizza",
        "buttons": [{"title": "Order here", "type": "postback", "payload": '/order{"place": "Da Mario"}'}],
    },
    *(
        {"title": f"Place {number}", "buttons": [{"title": f"Take {number}", "payload": f"/{number}"}]}
        for number in range(3, 8)
    ),
)
HEBREW_CARDS: tuple[JSON, ...] = (
    {"title": "הקערה הירוקה", "subtitle": "סלטים ומרקים", "buttons": [{"title": "להזמין כאן", "payload": "/a"}]},
    {"title": "פיצה מריו", "subtitle": "פיצה", "buttons": [{"title": "להזמין", "payload": "/b"}]},
)
MARKDOWN = """Your **order** is *on its way*: `A-17`.
- two pizzas
- one *large* salad, see [the menu](https://example.invalid/menu)

5 * 3 * 2 = 30, a_b_c and ** nothing ** stay; so does <b>this</b>."""


def scripted(text: str) -> tuple[Reply, ...]:
    """What the stand-in answers."""
    match text:
        case "buttons":
            choices = (
                Button("Horror", "/inform_horror"),
                Button("Comedy", "/inform_comedy"),
                Button("Surprise me", "/any"),
            )
            return (Reply(text="What kind of film would you like?", buttons=choices),)
        case "picture":
            return (Reply(text="Here is the poster:", image=PIXEL),)
        case "cards":
            return (Reply(text="These are near you:", elements=CARDS),)
        case "one card":
            return (Reply(custom={"payload": {"template_type": "generic", "elements": [CARDS[1]]}}),)
        case "markdown":
            return (Reply(text=MARKDOWN),)
        case "hebrew cards":
            return (Reply(text="אלה קרובים אליך:", elements=HEBREW_CARDS),)
        case "links":
            return (Reply(text="See https://example.invalid/a?b=1&c=2. <b>Not bold</b> <img src=x onerror=alert(1)>"),)
        case "long":
            return tuple(
                Reply(text=f"Paragraph {number}. " + "Some more words follow here. " * 6) for number in range(8)
            )
        case "nothing":
            return ()
        case _:
            return (Reply(text=f"You said: {text}"),)


def wired(stage: str, **settings: str) -> dict[str, Any]:
    """What the stage's main.py makes of these settings, in this process; the tests' logging stays as it is."""
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    clean = {"PATH": os.environ.get("PATH", ""), **settings}
    try:
        with patch.dict(os.environ, clean, clear=True):
            return runpy.run_path(str(FUNCTIONS / stage / "main.py"))
    finally:
        root.handlers[:], root.level = before


@dataclass
class Standin:
    """A running stand-in."""

    url: str = ""
    port: int = 0
    received: list[MessageReceived] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    """Of the events received."""
    handed: list[Envelope] = field(default_factory=list)
    """The answer that handed the conversation to a person."""
    rated: list[tuple[str, bool]] = field(default_factory=list)
    """The message that was answered, and whether the answer helped."""
    requests: list[str] = field(default_factory=list)
    """Method and path of all that the page asked the gateway for."""
    delay: float = 0.15
    """Seconds until an answer comes."""
    broken: bool = False
    """Whether the broker refuses."""
    answering: threading.Event = field(default_factory=threading.Event)
    """While it is cleared no answer comes."""
    listening: bool = False
    """Whether there is a speech stage: the real one, with the default assistant's language and a voice."""
    voice: str = "en-us"
    replies: Callable[[str], tuple[Reply, ...]] = scripted
    delivery: dict[str, Any] = field(default_factory=lambda: wired("delivery", STORE_URL="memory:"))
    """The stage's main.py, which outlives the gateway's going away."""
    speech: dict[str, Any] = field(default_factory=dict)
    """The speech stage's main.py."""
    settings: dict[str, str] = field(default_factory=dict)
    """More of the gateway's."""
    _threads: list[threading.Thread] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["Standin"]:
        self.answering.set()
        with ExitStack() as stack:
            speech = {}
            if self.listening:
                # The recogniser that every machine has, whatever `task speech:model` brought to this one.
                self.speech = wired("speech", SPEECH_VOICE=self.voice, SPEECH_MODEL="embedded")
                speech = {"SPEECH_URL": stack.enter_context(served(self.speech["handle"]))}
            gateway = wired(
                "gateway",
                INSTALLATION_SECRET="standin-" * 5,
                **speech,
                DELIVERY_URL=stack.enter_context(served(self.delivery["handle"])),
                BROKER_URL=stack.enter_context(served(self._take)),
                PREWARM="false",
                **self.settings,
            )
            stack.callback(gateway["OUTBOUND"].close)

            def handle_counted(request: Request) -> Any:
                self.requests.append(f"{request.method} {request.path}")
                return gateway["handle"](request)

            self.url = stack.enter_context(served(handle_counted, self.port))
            try:
                yield self
            finally:
                self.answering.set()
                for thread in self._threads:
                    thread.join()

    def _take(self, request: Request) -> Any:
        """The broker, with all stages behind it."""
        if self.broken:
            return "", 503, {}
        event = decode({name.lower(): value for name, value in request.headers.items()}, request.get_data())
        if isinstance(event.data, AnswerRated):
            self.rated.append((event.message, event.data.helpful))
            return "", 202, {}
        self.ids.append(event.id)
        thread = threading.Thread(target=self._answer, args=(event,))
        self._threads.append(thread)
        thread.start()
        return "", 202, {}

    def _answer(self, event: Envelope) -> None:
        time.sleep(self.delay)
        self.answering.wait(30)
        if isinstance(event.data, SpeechReceived):
            event = self.speech["STAGE"](event)
        message = event.data
        assert isinstance(message, MessageReceived)
        self.received.append(message)
        handoff = Handoff("begun", message.text) if message.text == "a person, please" else None
        replies = self.replies(message.text) if handoff is None else (Reply("One takes over."),)
        if message.transcription_failure is not None:
            replies = (Reply(TEXTS[f"utter_speech_{message.transcription_failure}"]),)
        turn = TurnSummary(message=event.message)
        data = RepliesDecided(message.sender, replies, turn, address=message.address, handoff=handoff)
        decided = event.answer(data, "/standin", "decided")
        self.delivery["STAGE"](decided)
        if handoff is not None:
            self.handed.append(decided)

    def operator(self, text: str) -> None:
        """A person who took over answers."""
        (decided,) = self.handed
        assert isinstance(decided.data, RepliesDecided)
        said = Handoff("answered", text, operator=True)
        data = replace(decided.data, replies=(Reply(text),), handoff=said)
        self.delivery["STAGE"](replace(decided, id=f"operator-{text}", message=f"operator-{text}", data=data))
