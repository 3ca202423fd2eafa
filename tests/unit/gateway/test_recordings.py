"""What somebody spoke becomes an event of its own, where somebody listens to recordings."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from functions.gateway.arrivals import Arrivals
from shared.channels import webchat
from shared.channels.port import Document, Inbound, InboundMessage, Recipient
from shared.errors import Rejected
from shared.events.catalogue import Attachment, MessageReceived, Reply, SpeechReceived
from shared.events.envelope import Envelope

VOICE = Attachment("audio", "file-1", content_type="audio/ogg")
PHOTO = Attachment("image", "photo-1")
HEARD = InboundMessage("", "7", "m1", attachments=(PHOTO, VOICE), address={"chat": "7"})
CONVERSATION = "c" * 32


def event(heard: InboundMessage, *, listening: bool = True) -> Envelope:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    return Arrivals(120, transcribes=listening, now=lambda: now).make_event(heard, "telegram", None)


def test_a_voice_note_becomes_speech() -> None:
    found = event(HEARD)
    assert found.type == SpeechReceived.TYPE
    assert found.data == SpeechReceived(
        "7", VOICE, None, "2026-11-26T00:00:00.000Z", attachments=(PHOTO,), address={"chat": "7"}
    )
    assert (found.id, found.message, found.subject) == ("telegram:m1", "telegram:m1", "telegram:7")


def test_the_same_voice_note_has_the_same_id_whether_or_not_somebody_listens() -> None:
    assert event(HEARD).id == event(HEARD, listening=False).id


@pytest.mark.parametrize(
    "heard",
    [replace(HEARD, text="listen to this"), replace(HEARD, attachments=(PHOTO,)), InboundMessage("hello", "7", "m1")],
)
def test_what_can_be_read_is_read(heard: InboundMessage) -> None:
    assert event(heard).type == MessageReceived.TYPE


def test_where_nobody_listens_a_voice_note_is_an_attachment_like_others() -> None:
    message = event(HEARD, listening=False).data
    assert isinstance(message, MessageReceived)
    assert message.attachments == (PHOTO, VOICE)


def recorded(body: bytes, **query: str) -> Inbound:
    given = {"conversation": CONVERSATION, "id": "recording-1", **query}
    return Inbound(body, {"content-type": "audio/webm;codecs=opus"}, given)


def test_the_pages_recording_travels_in_its_event() -> None:
    parsed = webchat.parse(recorded(b"OggS...", locale="en-GB"), {})
    assert isinstance(parsed, tuple)
    assert parsed[0].locale == "en-GB"
    data = event(parsed[0]).data
    assert isinstance(data, SpeechReceived)
    assert base64.b64decode(data.audio or "") == b"OggS..."
    assert data.recording is None


@pytest.mark.parametrize(
    ("inbound", "told"),
    [
        (recorded(b""), "empty"),
        (recorded(b"x", id="short"), "id must be"),
        (recorded(b"x", conversation="guess"), "conversation must be"),
        (recorded(b"x", locale="x" * 40), "locale"),
    ],
)
def test_recordings_that_nobody_could_answer_are_refused(inbound: Inbound, told: str) -> None:
    with pytest.raises(Rejected, match=told):
        webchat.parse(inbound, {})


def test_the_page_is_told_what_was_heard_and_of_no_later_message() -> None:
    address = {"heard": {"message": "m1", "text": "play jazz"}}
    reply = (Reply(text="Here is jazz."),)
    first, *_ = webchat.render(reply, Recipient("me", address, "m1", True), {})
    assert isinstance(first, Document)
    assert first.content == {"message": "m1", "heard": "play jazz"}
    for to in (
        Recipient("me", address, "reminder-1", True),
        Recipient("me", address, "m1", True, sent=1),
        Recipient("me", {}, "m1", True),
    ):
        assert not any("heard" in item.content for item in webchat.render(reply, to, {}) if isinstance(item, Document))
