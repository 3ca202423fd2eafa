"""What a recogniser is: sound in, what may have been said out; and what is heard of both."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from shared.events.meaning import Hypothesis as Hypothesis

RATE = 16_000
"""Samples a second of everything that is recognised."""


Reason = Literal["silence", "noise", "noisy", "unclear", "too_long", "too_large", "unreadable", "video", "gone", "deaf"]
"""Why a recording does not become text; dialogue has a sentence for each, or the assistant's domain."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Decoded audio: 16 kHz, one channel, 16 bit, little-endian."""

    samples: bytes = field(repr=False)
    signal_to_noise: float | None = None
    """How much louder speech is than what is between it, in dB; None where nobody looked, or nothing is between."""

    @property
    def seconds(self) -> float:
        return len(self.samples) / 2 / RATE


class Recogniser(Protocol):
    """A port with two adapters: functions.speech.sphinx and functions.speech.onnx."""

    @property
    def name(self) -> str: ...

    @property
    def least(self) -> float:
        """The confidence below which what was heard is not worth passing on; chosen on validation examples."""
        ...

    def recognise(self, sound: Sound) -> tuple[Hypothesis, ...]:
        """What may have been said, likeliest first, a few at most; empty where nothing was recognised.

        Any sound has an answer, and takes time in proportion to its length.
        """
        ...


class NotTranscribed(Exception):
    """A recording that does not become text, for a reason that the person is told."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason
