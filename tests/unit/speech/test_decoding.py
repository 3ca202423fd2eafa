"""Recordings of every kind become 16 kHz mono, and what is none is told apart, in bounded time and memory."""

import io
import time
import tracemalloc
import wave

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.speech.decoding import MOST_BYTES, decode, detect_container
from functions.speech.recognising import NotTranscribed
from tests.unit.speech.recordings import CONTAINERS, encoded, film, tone


def reason(content: bytes) -> str:
    with pytest.raises(NotTranscribed) as caught:
        decode(content)
    return caught.value.reason


@pytest.mark.parametrize("kind", CONTAINERS)
def test_each_kind_of_voice_message_is_decoded(kind: str) -> None:
    sound = decode(encoded(kind, tone(1.5)))
    assert sound.seconds == pytest.approx(1.5, abs=0.15)
    assert np.frombuffer(sound.samples, "<i2").max() == pytest.approx(0.3 * 32767, rel=0.15)


@pytest.mark.parametrize(("kind", "rate"), [("opus", 48_000), ("m4a", 44_100), ("wav", 48_000), ("wav", 8_000)])
def test_other_rates_and_stereo_become_16_khz_mono(kind: str, rate: int) -> None:
    sound = decode(encoded(kind, tone(1.0, rate=rate, channels=2), rate=rate, channels=2))
    assert sound.seconds == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\0" * 5000, b"<html>404</html>", b"OggS", b"RIFF\0\0\0\0WAVE", b"ID3"]
)
def test_what_is_no_recording_is_unreadable(content: bytes) -> None:
    assert reason(content) == "unreadable"


@pytest.mark.parametrize("name", ["RIFF....AVI LIST", "%PDF-1.7", "GIF89a", "#EXTM3U\nhttp://x/", "PK\x03\x04"])
def test_wrong_types_under_a_right_name_are_not_even_tried(name: str) -> None:
    assert detect_container(name.encode().replace(b"....", b"\0\0\0\0")) is None
    assert reason(name.encode() + b"\0" * 100) == "unreadable"


def test_a_video_is_told_apart() -> None:
    assert reason(film()) == "video"


def test_the_wrong_content_for_its_beginning_is_unreadable() -> None:
    assert reason(b"OggS" + encoded("mp3", tone(1.0))) == "unreadable"


@pytest.mark.parametrize("kind", ["opus", "mp3", "wav", "flac", "webm"])
def test_a_truncated_recording_is_heard_as_far_as_it_goes(kind: str) -> None:
    whole = encoded(kind, tone(4.0))
    sound = decode(whole[: len(whole) * 2 // 3])
    assert 1.0 < sound.seconds < 3.6


def test_an_m4a_without_its_table_is_unreadable() -> None:
    whole = encoded("m4a", tone(4.0))
    assert reason(whole[: len(whole) // 2]) == "unreadable"


@pytest.mark.parametrize("kind", ["opus", "wav"])
def test_a_minute_is_taken_and_more_is_not(kind: str) -> None:
    assert decode(encoded(kind, np.zeros(16_000 * 60, np.int16))).seconds == pytest.approx(60, abs=0.2)
    assert reason(encoded(kind, np.zeros(16_000 * 63, np.int16))) == "too_long"


def test_hours_of_silence_in_a_small_file_cost_neither_time_nor_memory() -> None:
    """An hour in Opus is 120 kB; it is decoded to the first minute."""
    bomb = hours()
    assert len(bomb) < 1_500_000
    tracemalloc.start()
    began = time.process_time()
    assert reason(bomb) == "too_long"
    spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent < 5
    assert peak < 12 * 1024 * 1024


def hours() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="ogg") as opened:
        stream = opened.add_stream("libopus", rate=48_000, layout="mono")
        stream.bit_rate = 6_000
        frame = av.AudioFrame(format="s16", layout="mono", samples=48_000)
        frame.sample_rate = 48_000
        for _ in range(900):
            opened.mux(stream.encode(frame))
        opened.mux(stream.encode(None))
    return out.getvalue()


def test_a_header_that_lies_about_its_rate_is_unreadable() -> None:
    """At 1 Hz a few kilobytes would be resampled to hours."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(1)
        file.writeframes(b"\1\2" * 4000)
    assert reason(out.getvalue()) == "unreadable"


def test_more_than_10_mb_is_refused_before_anything_is_read() -> None:
    assert reason(b"RIFF" + b"\0" * MOST_BYTES) == "too_large"


def test_decoding_that_takes_too_long_is_given_up() -> None:
    clock = iter(range(0, 10_000, 6))
    with pytest.raises(NotTranscribed) as caught:
        decode(encoded("wav", tone(5.0)), clock=lambda: float(next(clock)))
    assert caught.value.reason == "too_long"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(CONTAINERS)), st.data())
def test_damaged_recordings_raise_nothing_else(kind: str, data: st.DataObject) -> None:
    content = bytearray(SAMPLES[kind])
    for _ in range(data.draw(st.integers(1, 12))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode(bytes(content))
    except NotTranscribed as exc:
        assert exc.reason in ("unreadable", "video", "too_long")


SAMPLES = {kind: encoded(kind, tone(0.5)) for kind in CONTAINERS}
