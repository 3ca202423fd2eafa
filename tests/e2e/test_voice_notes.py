"""Voice notes of platforms, through the real stages: from the webhook to the text, or to what is said without one."""

import hashlib
import hmac
import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from shared.events.catalogue import (
    ActionCompleted,
    ActionRequested,
    MessageReceived,
    MessageUnderstood,
    RepliesDecided,
    SpeechReceived,
    TurnCompleted,
)
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.outbound import Outbound
from tests.e2e.webchat.standin import wired
from tests.loopback import served
from tests.unit.speech.recordings import encoded, spoken, tone

SECRET = "s" * 32
TELEGRAM = {"x-telegram-bot-api-secret-token": SECRET}
SILENCE = encoded("opus", tone(2.0, loud=0.0))


TAKES = {
    SpeechReceived.TYPE: "speech",
    MessageReceived.TYPE: "nlu",
    MessageUnderstood.TYPE: "dialogue",
    ActionRequested.TYPE: "actions",
    ActionCompleted.TYPE: "dialogue",
    RepliesDecided.TYPE: "delivery",
}


@dataclass
class Platforms:
    """Telegram and Meta as far as voice notes need them, before a gateway, a delivery and a speech stage."""

    files: dict[str, bytes] = field(default_factory=dict)
    """What the platform keeps, by its id."""
    asked: list[str] = field(default_factory=list)
    events: list[Envelope] = field(default_factory=list)
    gateway: str = ""
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Each stage's main.py, by name."""
    said: list[str] = field(default_factory=list)
    """What the person on Telegram reads."""
    told: list[dict[str, Any]] = field(default_factory=list)
    """What the operators' system is told."""
    url: str = ""

    def platform(self, request: Request) -> Any:
        self.asked.append(request.path)
        name = request.path.rsplit("/", 1)[-1]
        found = {"content-type": "application/json"}
        if request.path == "/operators":
            self.told.append(json.loads(request.get_data()))
            return "", 204, {}
        if name == "sendMessage":
            self.said.append(json.loads(request.get_data())["text"])
            return json.dumps({"ok": True, "result": {"message_id": 1}}), 200, found
        if name == "getFile":
            path = f"voice/{request.args['file_id']}"
            return json.dumps({"ok": True, "result": {"file_path": path}}), 200, found
        if request.path == f"/{name}":
            return json.dumps({"url": f"{self.url}/download/{name}", "mime_type": "audio/ogg"}), 200, found
        content = self.files.get(name)
        return ("", 404, {}) if content is None else (content, 200, {"content-type": "audio/ogg"})

    def broker(self, request: Request) -> Any:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.events.append(decode(headers, request.get_data()))
        return "", 202, {}

    def post(self, channel: str, body: Any, headers: dict[str, str]) -> int:
        content = json.dumps(body).encode()
        signature = hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
        signed = {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}", **headers}
        return Outbound().post(f"{self.gateway}/webhooks/{channel}/webhook", content, signed, 10).status

    def telegram(self, file: str, **voice: Any) -> int:
        message = {"message_id": 1, "from": {"id": 7, "is_bot": False}, "chat": {"id": 7}, "date": 1_764_140_000}
        message["voice"] = {"file_id": file, "mime_type": "audio/ogg", "duration": 2, **voice}
        return self.post("telegram", {"update_id": 5, "message": message}, TELEGRAM)

    def whatsapp(self, media: str) -> int:
        audio = {"id": media, "mime_type": "audio/ogg; codecs=opus", "voice": True}
        message = {"from": "491", "id": "wamid.1", "timestamp": "1764140000", "type": "audio", "audio": audio}
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1"}, "messages": [message]}
        change = {"field": "messages", "value": value}
        return self.post("whatsapp", {"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}, {})

    def messenger(self, address: str) -> int:
        message = {"mid": "m1", "attachments": [{"type": "audio", "payload": {"url": address}}]}
        event = {"sender": {"id": "7"}, "recipient": {"id": "1"}, "timestamp": 1_764_140_000_000, "message": message}
        return self.post("messenger", {"object": "page", "entry": [{"id": "1", "messaging": [event]}]}, {})

    def recognise(self) -> Any:
        """What the speech stage makes of the one event."""
        (event,) = self.events
        return self.stages["speech"]["STAGE"](event).data

    def answers(self) -> Envelope:
        """What comes of the one event, taken through all stages as the triggers say."""
        event = self.events.pop()
        while event.type != TurnCompleted.TYPE:
            headers, body = encode(event)
            request = Request(EnvironBuilder(method="POST", headers=list(headers.items()), data=body).get_environ())
            answer, status, answered = self.stages[TAKES[event.type]]["handle"](request)
            assert status == 200, answer
            event = decode(answered, answer)
        return event


@pytest.fixture
def platforms() -> Iterator[Platforms]:
    here = Platforms()
    with ExitStack() as stack:
        here.url = stack.enter_context(served(here.platform))
        delivery = wired(
            "delivery",
            STORE_URL="memory:",
            HANDOFF_URL=f"{here.url}/operators",
            PUBLIC_URL="https://bot.example",
            TELEGRAM_BOT_TOKEN="1:token",
            TELEGRAM_API_URL=here.url,
            WHATSAPP_ACCESS_TOKEN="token",
            WHATSAPP_API_URL=here.url,
        )
        delivery_url = stack.enter_context(served(delivery["handle"]))
        here.stages = {
            "speech": wired("speech", DELIVERY_URL=delivery_url, SPEECH_MODEL="embedded"),
            "delivery": delivery,
        }
        gateway = wired(
            "gateway",
            BROKER_URL=stack.enter_context(served(here.broker)),
            SPEECH_URL="http://127.0.0.1:9",
            DELIVERY_URL=delivery_url,
            HANDOFF_TOKEN=SECRET,
            PREWARM="false",
            TELEGRAM_SECRET_TOKEN=SECRET,
            WHATSAPP_APP_SECRET=SECRET,
            WHATSAPP_VERIFY_TOKEN=SECRET,
            MESSENGER_APP_SECRET=SECRET,
            MESSENGER_VERIFY_TOKEN=SECRET,
        )
        stack.callback(gateway["OUTBOUND"].close)
        here.gateway = stack.enter_context(served(gateway["handle"]))
        yield here


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
def test_a_voice_note_becomes_the_text_that_was_spoken(platforms: Platforms, tmp_path: Path, channel: str) -> None:
    platforms.files["media-1"] = spoken("play some jazz", tmp_path)
    assert getattr(platforms, channel)("media-1") == 200
    assert platforms.events[0].type == SpeechReceived.TYPE
    message = platforms.recognise()
    assert isinstance(message, MessageReceived)
    assert message.text == "play some jazz"
    assert message.sender
    assert message.address["heard"]["text"] == "play some jazz"


def test_messengers_voice_note_is_speech_on_its_own_hosts_only(platforms: Platforms) -> None:
    assert platforms.messenger("https://cdn.fbsbx.com/v/audioclip.mp4") == 200
    data = platforms.events[0].data
    assert isinstance(data, SpeechReceived)
    assert data.recording is not None
    assert data.recording.reference == "https://cdn.fbsbx.com/v/audioclip.mp4"
    platforms.events.clear()
    assert platforms.messenger("https://elsewhere.example/audioclip.mp4") == 200
    assert platforms.events[0].type != SpeechReceived.TYPE


def test_a_voice_note_that_says_nothing_is_passed_on_with_that(platforms: Platforms) -> None:
    platforms.files["media-1"] = SILENCE
    assert platforms.telegram("media-1") == 200
    message = platforms.recognise()
    assert isinstance(message, MessageReceived)
    assert (message.text, message.transcription_failure, message.address["chat"]) == ("", "silence", "7")
    assert [item.reference for item in message.attachments] == ["media-1"]


def test_a_voice_note_that_is_gone_is_passed_on_with_that(platforms: Platforms) -> None:
    assert platforms.telegram("media-9") == 200
    assert platforms.recognise().transcription_failure == "gone"


def test_a_voice_note_that_says_that_it_is_too_large_is_not_asked_for(platforms: Platforms) -> None:
    assert platforms.telegram("media-1", file_size=11 * 1024 * 1024) == 200
    assert platforms.recognise().transcription_failure == "too_large"
    assert platforms.asked == []


@pytest.fixture
def assistant(platforms: Platforms) -> Platforms:
    """With all stages of the default assistant behind them."""
    platforms.stages |= {
        "nlu": wired("nlu"),
        "dialogue": wired("dialogue", STORE_URL="memory:"),
        "actions": wired("actions", HANDOFF_URL="https://operators.example"),
    }
    return platforms


def write(assistant: Platforms, text: str) -> None:
    person = {"id": 7, "is_bot": False}
    message = {"message_id": 9, "from": person, "chat": {"id": 7}, "date": 1_764_140_000, "text": text}
    assert assistant.post("telegram", {"update_id": 6, "message": message}, TELEGRAM) == 200
    assistant.answers()


def test_somebody_whom_nobody_could_hear_is_told_so_in_the_conversation(assistant: Platforms) -> None:
    assistant.files["media-1"] = SILENCE
    assistant.telegram("media-1")
    completed = assistant.answers().data
    assert ["could not hear anything" in text for text in assistant.said] == [True]
    assert isinstance(completed, TurnCompleted)
    assert completed.turn.speech == "silence"
    assert assistant.told == []


def test_while_a_person_has_the_conversation_they_get_the_recording_and_the_assistant_is_silent(
    assistant: Platforms,
) -> None:
    write(assistant, "/human_handoff")
    said = list(assistant.said)
    assistant.files["media-1"] = SILENCE
    assistant.telegram("media-1")
    completed = assistant.answers().data
    assert isinstance(completed, TurnCompleted)
    assert (completed.turn.speech, completed.turn.handoff) == ("silence", True)
    assert assistant.said == said
    begun, message = assistant.told
    assert (begun["kind"], message["kind"], message["text"], message["transcription_failure"]) == (
        "begun",
        "message",
        "",
        "silence",
    )
    (attachment,) = message["attachments"]
    address = attachment["url"].replace("https://bot.example", assistant.gateway)
    asked = urllib.request.Request(address, headers={"authorization": f"Bearer {SECRET}"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert answer.read() == SILENCE
