"""Recordings become samples: OGG, WebM, MP3, M4A, WAV and the like, through FFmpeg's decoders (PyAV).

The bytes come from strangers. What is read of them is bounded: in size before, in samples and time while it is
decoded. FFmpeg is told which container to read, by its first bytes, so that none of its many others (playlists that
name addresses among them) is ever tried; only codecs that voice messages use are opened, on one thread.
"""

import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import av

from functions.speech.recognising import RATE, NotTranscribed, Sound

MOST_SECONDS = 60.0
MOST_BYTES = 10 * 1024 * 1024
GRACE = 1.0
"""Seconds more, because recorders that stop at a minute stop a little later."""
PATIENCE = 10.0
"""Seconds that decoding may take; a minute of Opus takes 0.1."""
MOST_BROKEN = 50
"""Packets that cannot be decoded, before the rest is not tried any more."""
RATES = range(4_000, 192_001)
CHANNELS = range(1, 9)
COMPRESSED = (
    "opus libopus vorbis mp3 mp3float aac aac_fixed alac flac amrnb amr_nb amrwb libopencore_amrnb libopencore_amrwb "
    "speex libspeex"
)
PLAIN = "pcm_s16le pcm_s16be pcm_s24le pcm_s32le pcm_u8 pcm_f32le pcm_f64le pcm_alaw pcm_mulaw"
CODECS = frozenset((*COMPRESSED.split(), *PLAIN.split()))


def decode(content: bytes, *, most_seconds: float = MOST_SECONDS, clock: Callable[[], float] = time.monotonic) -> Sound:
    """The sound, or NotTranscribed: unreadable, video, too_long, too_large, silence (where it is empty)."""
    if len(content) > MOST_BYTES:
        raise NotTranscribed("too_large")
    kind = detect_container(content)
    if kind is None:
        raise NotTranscribed("unreadable")
    try:
        with av.open(io.BytesIO(content), format=kind, metadata_errors="ignore") as opened:
            samples = _read_samples(opened, _find_stream(opened), int((most_seconds + GRACE) * RATE), clock)
    except (av.FFmpegError, ValueError, EOFError, MemoryError) as exc:
        raise NotTranscribed("unreadable") from exc
    if not samples:
        raise NotTranscribed("unreadable")
    return Sound(samples)


def detect_container(content: bytes) -> str | None:
    """FFmpeg's name for the container that the bytes begin like; None where no voice message begins so."""
    head = content[:12]
    if head[:4] in (b"OggS", b"fLaC", b"RIFF", b"\x1a\x45\xdf\xa3"):
        if head[:4] == b"RIFF" and head[8:12] != b"WAVE":
            return None
        return {b"OggS": "ogg", b"fLaC": "flac", b"RIFF": "wav"}.get(head[:4], "matroska")
    if head[4:8] == b"ftyp":
        return "mov"
    if head.startswith(b"#!AMR"):
        return "amr"
    if head.startswith(b"ID3"):
        return "mp3"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        # Layer 0 is AAC in ADTS, the others are MPEG audio.
        return "aac" if head[1] & 0x06 == 0 else "mp3"
    return None


def _find_stream(opened: Any) -> Any:
    """The one stream that is decoded."""
    if any(not stream.disposition & av.stream.Disposition.attached_pic for stream in opened.streams.video):
        raise NotTranscribed("video")
    if not opened.streams.audio:
        raise NotTranscribed("unreadable")
    stream = opened.streams.audio[0]
    context = stream.codec_context
    # A damaged file may name a codec that FFmpeg does not have.
    if context is None or context.name not in CODECS:
        raise NotTranscribed("unreadable")
    if context.sample_rate not in RATES or context.channels not in CHANNELS:
        raise NotTranscribed("unreadable")
    context.thread_count = 1
    return stream


def _read_samples(opened: Any, stream: Any, most: int, clock: Callable[[], float]) -> bytes:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    found, until = bytearray(), clock() + PATIENCE
    for frame in _read_frames(opened, stream):
        if frame is not None and frame.sample_rate not in RATES:
            raise NotTranscribed("unreadable")
        for resampled in resampler.resample(frame):
            found += bytes(resampled.planes[0])[: resampled.samples * 2]
        if len(found) > 2 * most or clock() > until:
            raise NotTranscribed("too_long")
    return bytes(found)


def _read_frames(opened: Any, stream: Any) -> Iterator[Any]:
    """What can be decoded, then None; a recording that breaks off is heard as far as it goes."""
    broken = 0
    try:
        for packet in opened.demux(stream):
            try:
                yield from packet.decode()
            except av.FFmpegError:
                broken += 1
                if broken > MOST_BROKEN:
                    break
    except (av.FFmpegError, EOFError):
        # Truncated between two packets.
        pass
    yield None
