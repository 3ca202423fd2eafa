"""A recording becomes a message, with its text or with why it has none; the same recording becomes the same event."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from functions.speech.decoding import decode
from functions.speech.fetching import Fetch
from functions.speech.recognising import Hypothesis, NotTranscribed, Recogniser, Sound
from functions.speech.stage import Speech
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import Attachment, MessageReceived, SpeechReceived
from shared.events.envelope import Envelope
from tests.unit.speech.recordings import encoded, film, tone


@dataclass(frozen=True)
class Certain:
    """A recogniser that hears what it is told to."""

    heard: Sequence[Hypothesis]
    name: str = "certain"
    least: float = 0.4

    def recognise(self, sound: Sound) -> tuple[Hypothesis, ...]:
        assert sound.seconds > 0
        return tuple(self.heard)


JAZZ = Certain((Hypothesis("play some jazz", 0.9), Hypothesis("play sam jazz", 0.2)))
RECORDING = encoded("opus", tone(1.0))


def all_of_it(sound: Sound) -> Sound:
    """Where speech is, in recordings without any."""
    if not any(sound.samples):
        raise NotTranscribed("silence")
    return sound


def nowhere(channel: str, attachment: Attachment) -> bytes:
    raise AssertionError("nothing is to be fetched")


def stage(
    recogniser: Recogniser | None = JAZZ,
    fetch: Fetch = nowhere,
    spoken_part: Callable[[Sound], Sound] = all_of_it,
) -> Speech:
    return Speech(recogniser, fetch, decode, spoken_part)


def event(data: SpeechReceived, channel: str = "webchat") -> Envelope:
    return Envelope("m1", "/parley/gateway", f"{channel}:me", data, data.TYPE, "m1", channel, traceparent="00-a-b-01")


def uploaded(content: bytes) -> Envelope:
    return event(SpeechReceived("me", audio=base64.b64encode(content).decode(), sent_at="2026-11-26T08:00:00Z"))


def transcription_failure(answered: Envelope) -> str | None:
    """Why it did not become text."""
    assert isinstance(answered.data, MessageReceived)
    assert (answered.data.text == "") == (answered.data.transcription_failure is not None)
    return answered.data.transcription_failure


def test_what_was_heard_is_a_message_with_confidence_and_alternatives() -> None:
    answered = stage()(uploaded(RECORDING))
    message = answered.data
    assert isinstance(message, MessageReceived)
    assert message.text == "play some jazz"
    assert message.sent_at == "2026-11-26T08:00:00Z"
    assert message.metadata["speech"] == {
        "recogniser": "certain",
        "confidence": 0.9,
        "alternatives": [{"text": "play sam jazz", "confidence": 0.2}],
        "seconds": pytest.approx(1.0, abs=0.1),
    }
    assert message.hypotheses == JAZZ.heard
    assert (answered.id, answered.message, answered.channel) == ("m1.heard", "m1", "webchat")
    assert answered.traceparent == "00-a-b-01"


def test_a_redelivered_recording_is_the_same_event() -> None:
    assert stage()(uploaded(RECORDING)) == stage()(uploaded(RECORDING))


def test_what_was_heard_is_shown_for_this_message_only() -> None:
    message = stage()(uploaded(RECORDING)).data
    assert isinstance(message, MessageReceived)
    assert message.address["heard"] == {"message": "m1", "text": "play some jazz"}


def test_a_platforms_recording_is_fetched_where_the_channel_keeps_it() -> None:
    asked = []

    def fetch(channel: str, attachment: Attachment) -> bytes:
        asked.append((channel, attachment.reference))
        return RECORDING

    other = Attachment("image", "photo-1")
    spoken = SpeechReceived("me", recording=Attachment("audio", "file-1"), attachments=(other,), address={"chat": "7"})
    message = stage(fetch=fetch)(event(spoken, "telegram")).data
    assert asked == [("telegram", "file-1")]
    assert isinstance(message, MessageReceived)
    assert message.attachments == (other, Attachment("audio", "file-1"))
    assert message.address["chat"] == "7"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "unreadable"),
        (RECORDING[:60], "unreadable"),
        (b"%PDF-1.7 not audio", "unreadable"),
        (film(), "video"),
        (encoded("opus", tone(3.0, loud=0.0)), "silence"),
        (encoded("wav", tone(62.5)), "too_long"),
        (b"OggS" + b"\0" * 10 * 1024 * 1024, "too_large"),
    ],
    ids=["nothing", "broken off", "a document", "a film", "silence", "too long", "too large"],
)
def test_bad_recordings_are_messages_without_text_that_say_what_is_the_matter(content: bytes, reason: str) -> None:
    answered = stage()(uploaded(content))
    assert transcription_failure(answered) == reason
    message = answered.data
    assert isinstance(message, MessageReceived)
    assert (message.sender, message.sent_at, message.attachments) == ("me", "2026-11-26T08:00:00Z", ())
    assert (message.metadata, message.address) == ({}, {})


@pytest.mark.parametrize("heard", [(), (Hypothesis("play some jazz", 0.39),)])
def test_what_is_not_sure_enough_is_asked_again(heard: Sequence[Hypothesis]) -> None:
    assert transcription_failure(stage(Certain(heard))(uploaded(RECORDING))) == "unclear"


@pytest.mark.parametrize(("decibels", "reason"), [(3.0, "noisy"), (30.0, "unclear")])
def test_noise_is_told_where_it_is_why_nothing_was_understood(decibels: float, reason: str) -> None:
    def loud(sound: Sound) -> Sound:
        return replace(sound, signal_to_noise=decibels)

    assert transcription_failure(stage(Certain(()), spoken_part=loud)(uploaded(RECORDING))) == reason
    message = stage(spoken_part=loud)(uploaded(RECORDING)).data
    assert isinstance(message, MessageReceived)
    assert message.metadata["speech"]["signal_to_noise"] == decibels


def test_a_recording_that_is_not_understood_is_among_the_attachments() -> None:
    spoken = SpeechReceived("me", recording=Attachment("audio", "file-1"), address={"chat": "7"})
    message = stage(Certain(()), lambda *_: RECORDING)(event(spoken, "telegram")).data
    assert isinstance(message, MessageReceived)
    assert (message.text, message.transcription_failure) == ("", "unclear")
    assert message.attachments == (Attachment("audio", "file-1"),)
    assert message.address == {"chat": "7"}


def test_a_recording_that_is_gone_when_it_comes_again_is_no_other_event() -> None:
    def gone(channel: str, attachment: Attachment) -> bytes:
        raise NotTranscribed("gone")

    spoken = event(SpeechReceived("me", recording=Attachment("audio", "file-1")), "telegram")
    assert stage(fetch=gone)(spoken).id == stage(fetch=lambda *_: RECORDING)(spoken).id


def test_an_assistant_without_a_language_says_that_it_cannot_listen() -> None:
    assert transcription_failure(stage(None)(uploaded(RECORDING))) == "deaf"


def test_a_recording_that_is_gone_is_told_and_one_that_may_come_is_retried() -> None:
    def gone(channel: str, attachment: Attachment) -> bytes:
        raise NotTranscribed("gone")

    def down(channel: str, attachment: Attachment) -> bytes:
        raise Unavailable("delivery is down")

    spoken = event(SpeechReceived("me", recording=Attachment("audio", "file-1")), "telegram")
    assert transcription_failure(stage(fetch=gone)(spoken)) == "gone"
    with pytest.raises(Unavailable):
        stage(fetch=down)(spoken)


def test_events_that_are_wrong_in_themselves_are_refused() -> None:
    with pytest.raises(Rejected, match="Base64"):
        stage()(event(SpeechReceived("me", audio="&&&")))
    with pytest.raises(Rejected, match="missing"):
        stage()(event(SpeechReceived("me")))
    message = MessageReceived("hello", "me")
    with pytest.raises(Rejected, match="speech takes"):
        stage()(replace(uploaded(RECORDING), data=message, type=message.TYPE))
