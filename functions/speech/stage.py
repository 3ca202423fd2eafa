"""The speech stage: what somebody spoke becomes a message received, or one without text that says why it has none."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import replace

from functions.speech.fetching import Fetch
from functions.speech.recognising import Hypothesis, NotTranscribed, Recogniser, Sound
from shared.errors import Rejected
from shared.events.catalogue import MessageReceived, SpeechReceived
from shared.events.envelope import Envelope
from shared.events.wire import JSON
from shared.logs import get_logger

log = get_logger(__name__)

SOURCE = "/parley/speech"
NOISY = 12.0
"""dB of speech above what is around it, below which that is why something was not understood."""


class Speech:
    """Listens to a recording; keeps nothing."""

    CONSUMES = (SpeechReceived,)
    PRODUCES = (MessageReceived,)

    def __init__(
        self,
        recogniser: Recogniser | None,
        fetch: Fetch,
        decode: Callable[[bytes], Sound],
        spoken_part: Callable[[Sound], Sound],
    ) -> None:
        self._recogniser = recogniser
        """None where the assistant has no language to listen in."""
        self._fetch = fetch
        self._decode = decode
        self._spoken_part = spoken_part

    def __call__(self, envelope: Envelope) -> Envelope:
        heard = envelope.data
        if not isinstance(heard, SpeechReceived):
            raise Rejected(f"speech takes {SpeechReceived.TYPE}, not {envelope.type}")
        try:
            message = self._transcribe(heard, envelope)
        except NotTranscribed as exc:
            log.info("not heard", extra={"fields": {"event": envelope.id, "reason": exc.reason}})
            message = _make_message(heard, "", heard.metadata, transcription_failure=exc.reason)
        # One id, whatever was heard: a recording that comes again and is gone by then is no second turn.
        return envelope.answer(message, SOURCE, "heard")

    def _transcribe(self, heard: SpeechReceived, envelope: Envelope) -> MessageReceived:
        """The message with its text, or NotTranscribed."""
        if self._recogniser is None:
            raise NotTranscribed("deaf")
        sound = self._spoken_part(self._decode(self._read_recording(heard, envelope.channel)))
        hypotheses = self._recogniser.recognise(sound)
        if not hypotheses or hypotheses[0].confidence < self._recogniser.least:
            loud = sound.signal_to_noise is not None and sound.signal_to_noise < NOISY
            raise NotTranscribed("noisy" if loud else "unclear")
        text = hypotheses[0].text
        metadata = {**heard.metadata, "speech": _describe_hypotheses(self._recogniser.name, hypotheses, sound)}
        # For channels that show what was heard; of this message only, for addresses outlive it.
        shown = {"message": envelope.message, "text": text}
        return replace(
            _make_message(heard, text, metadata), address={**heard.address, "heard": shown}, hypotheses=hypotheses
        )

    def _read_recording(self, heard: SpeechReceived, channel: str) -> bytes:
        if heard.audio is not None:
            try:
                return base64.b64decode(heard.audio, validate=True)
            except (binascii.Error, ValueError) as exc:
                raise Rejected("audio is not in Base64") from exc
        if heard.recording is None:
            raise Rejected("a recording or audio is missing")
        return self._fetch(channel, heard.recording)


def _make_message(
    heard: SpeechReceived, text: str, metadata: Mapping[str, JSON], transcription_failure: str | None = None
) -> MessageReceived:
    return MessageReceived(
        text=text,
        sender=heard.sender,
        sent_at=heard.sent_at,
        locale=heard.locale,
        metadata=metadata,
        # The recording too: a person who takes the conversation over may want to hear it.
        attachments=(*heard.attachments, *([heard.recording] if heard.recording is not None else [])),
        address=heard.address,
        transcription_failure=transcription_failure,
    )


def _describe_hypotheses(name: str, hypotheses: tuple[Hypothesis, ...], sound: Sound) -> dict[str, JSON]:
    """What is known of how the text came about, for actions and for who reviews conversations."""
    return {
        "recogniser": name,
        "confidence": hypotheses[0].confidence,
        "alternatives": [{"text": other.text, "confidence": other.confidence} for other in hypotheses[1:]],
        "seconds": round(sound.seconds, 2),
        **({"signal_to_noise": sound.signal_to_noise} if sound.signal_to_noise is not None else {}),
    }
