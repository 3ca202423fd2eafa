"""The speech stage: what somebody spoke becomes a message received, or a reply that says why it does not."""

import base64
import binascii
from collections.abc import Callable, Mapping

from functions.speech.answers import answer
from functions.speech.fetching import Fetch
from functions.speech.recognising import Hypothesis, NotHeard, Recogniser, Sound
from shared.errors import Rejected
from shared.events.catalogue import MessageReceived, RepliesDecided, SpeechReceived
from shared.events.envelope import Envelope
from shared.events.wire import JSON
from shared.logs import logger

log = logger(__name__)

SOURCE = "/parley/speech"


class Speech:
    """Listens to a recording; keeps nothing."""

    CONSUMES = (SpeechReceived,)
    PRODUCES = (MessageReceived, RepliesDecided)

    def __init__(
        self,
        recogniser: Recogniser | None,
        fetch: Fetch,
        decode: Callable[[bytes], Sound],
        spoken_part: Callable[[Sound], Sound],
        said: Mapping[str, str],
    ) -> None:
        self._recogniser = recogniser
        """None where the assistant has no language to listen in."""
        self._fetch = fetch
        self._decode = decode
        self._spoken_part = spoken_part
        self._said = said

    def __call__(self, envelope: Envelope) -> Envelope:
        heard = envelope.data
        if not isinstance(heard, SpeechReceived):
            raise Rejected(f"speech takes {SpeechReceived.TYPE}, not {envelope.type}")
        try:
            message = self._message(heard, envelope)
        except NotHeard as exc:
            log.info("not heard", extra={"fields": {"event": envelope.id, "reason": exc.reason}})
            replied = answer(heard, envelope.message, exc.reason, self._said)
            return envelope.answer(replied, source=SOURCE, step="unheard")
        return envelope.answer(message, source=SOURCE, step="heard")

    def _message(self, heard: SpeechReceived, envelope: Envelope) -> MessageReceived:
        if self._recogniser is None:
            raise NotHeard("deaf")
        sound = self._spoken_part(self._decode(self._recording(heard, envelope.channel)))
        hypotheses = self._recogniser.recognise(sound)
        if not hypotheses or hypotheses[0].confidence < self._recogniser.least:
            raise NotHeard("unclear")
        text = hypotheses[0].text
        return MessageReceived(
            text=text,
            sender=heard.sender,
            sent_at=heard.sent_at,
            locale=heard.locale,
            metadata={**heard.metadata, "speech": _described(self._recogniser.name, hypotheses, sound)},
            # The recording too: a person who takes the conversation over may want to hear it.
            attachments=(*heard.attachments, *([heard.recording] if heard.recording is not None else [])),
            # For channels that show what was heard; of this message only, for addresses outlive it.
            address={**heard.address, "heard": {"message": envelope.message, "text": text}},
        )

    def _recording(self, heard: SpeechReceived, channel: str) -> bytes:
        if heard.audio is not None:
            try:
                return base64.b64decode(heard.audio, validate=True)
            except (binascii.Error, ValueError) as exc:
                raise Rejected("audio is not in Base64") from exc
        if heard.recording is None:
            raise Rejected("a recording or audio is missing")
        return self._fetch(channel, heard.recording)


def _described(name: str, hypotheses: tuple[Hypothesis, ...], sound: Sound) -> dict[str, JSON]:
    """What is known of how the text came about, for actions and for who reviews conversations."""
    return {
        "recogniser": name,
        "confidence": hypotheses[0].confidence,
        "alternatives": [{"text": other.text, "confidence": other.confidence} for other in hypotheses[1:]],
        "seconds": round(sound.seconds, 2),
    }
