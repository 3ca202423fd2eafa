"""Recordings for tests, encoded by the library that decodes them: what people's phones and browsers send."""

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

Samples = npt.NDArray[np.int16]

CONTAINERS = {
    "opus": ("ogg", "libopus"),
    "webm": ("webm", "libopus"),
    "mp3": ("mp3", "libmp3lame"),
    "m4a": ("mp4", "aac"),
    "wav": ("wav", "pcm_s16le"),
    "flac": ("flac", "flac"),
}


def tone(seconds: float, *, rate: int = 16_000, channels: int = 1, loud: float = 0.3) -> Samples:
    """A tone that swells and fades as syllables do, interleaved."""
    at = np.arange(int(seconds * rate)) / rate
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * 4 * at)
    return np.repeat((32767 * loud * swell * np.sin(2 * np.pi * 220 * at)).astype(np.int16), channels)


def encoded(kind: str, samples: Samples, *, rate: int = 16_000, channels: int = 1) -> bytes:
    """The samples as a recording of this kind."""
    container, codec = CONTAINERS[kind]
    layout = "stereo" if channels == 2 else "mono"
    out = io.BytesIO()
    with av.open(out, "w", format=container) as opened:
        stream: Any = opened.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = rate
        opened.mux([*stream.encode(frame), *stream.encode(None)])
    return out.getvalue()


def film() -> bytes:
    """A second of moving pictures, in an MP4 file."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as opened:
        stream = opened.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        frames = [av.VideoFrame(32, 32, "yuv420p") for _ in range(10)]
        opened.mux([*(packet for frame in frames for packet in stream.encode(frame)), *stream.encode(None)])
    return out.getvalue()


def spoken(text: str, where: Path, *, voice: str = "en-us", speed: int = 150) -> bytes:
    """A WAV file in which espeak-ng says the text."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not here; apt-get install espeak-ng")
    out = where / "spoken.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", str(speed), "-w", str(out), "--", text], check=True, timeout=30)
    return out.read_bytes()
