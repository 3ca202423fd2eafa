"""What the acoustic model is given: the same as its library computes, and of the spread that it knows."""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pocketsphinx

from functions.speech.cepstra import CEPSTRA, ROOM, SPREAD, level_sound, mel_cepstra, narrow_spread
from functions.speech.recognising import RATE, Sound

MODEL = Path(pocketsphinx.get_model_path("en-us/en-us"))
CODEBOOKS, STREAMS, GAUSSIANS = 42, 3, 128


def sweep(seconds: float, loud: float = 0.3) -> Sound:
    at = np.arange(int(seconds * RATE)) / RATE
    wave = np.sin(2 * np.pi * (300 + 900 * at) * at) * np.sin(9 * at) * loud
    return Sound((wave * 32767).astype("<i2").tobytes())


def test_cepstra_are_those_of_the_library_without_its_noise_removal(tmp_path: Path) -> None:
    parameters = (MODEL / "feat.params").read_text().replace("-remove_noise yes", "-remove_noise no")
    (tmp_path / "feat.params").write_text(parameters)
    decoder = pocketsphinx.Decoder(
        hmm=str(MODEL),
        featparams=str(tmp_path / "feat.params"),
        lm=None,
        allphone=pocketsphinx.get_model_path("en-us/en-us-phone.lm.bin"),
        mfclogdir=str(tmp_path),
        loglevel="FATAL",
    )
    samples = level_sound(sweep(1.3))
    decoder.start_utt()
    decoder.process_raw(np.round(samples * 32767).astype("<i2").tobytes(), full_utt=True, no_search=True)
    decoder.end_utt()
    (log,) = tmp_path.glob("*.mfc")
    content = log.read_bytes()
    order = "<" if struct.unpack("<i", content[:4])[0] * 4 + 4 == len(content) else ">"
    theirs = np.frombuffer(content[4:], f"{order}f4").reshape(-1, CEPSTRA)
    ours = mel_cepstra(samples)
    assert ours.shape == theirs.shape
    # The last frame is filled up, by the library with what lay there before.
    np.testing.assert_allclose(ours[:-1], theirs[:-1], atol=0.01)


def test_the_spread_is_that_of_the_models_gaussians() -> None:
    means, variances = (_gaussians(name) for name in ("means", "variances"))
    whole = variances.mean(axis=(0, 1)) + means.reshape(-1, CEPSTRA).var(axis=0)
    np.testing.assert_allclose(np.sqrt(whole), SPREAD, atol=0.01)


def test_what_is_spread_like_people_stays_as_it_is() -> None:
    frames = _frames(SPREAD * 0.9)
    np.testing.assert_allclose(narrow_spread(frames), frames, atol=1e-4)


def test_what_is_spread_more_is_narrowed_but_for_its_level() -> None:
    frames = _frames(SPREAD * 2)
    found = narrow_spread(frames)
    np.testing.assert_allclose(found[:, 0], frames[:, 0], atol=1e-4)
    np.testing.assert_allclose(found.mean(axis=0), frames.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(found.std(axis=0)[1:], (SPREAD * ROOM)[1:], rtol=0.08)


def test_levelling_does_not_care_how_loud_a_recording_is() -> None:
    loud, quiet = (level_sound(sweep(1.0, loud)) for loud in (0.5, 0.05))
    assert np.abs(loud - quiet).max() < 0.002


def _frames(spread: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    frames = np.random.default_rng(1).standard_normal((400, CEPSTRA)) * spread + 3
    return frames.astype(np.float32)


def _gaussians(name: str) -> npt.NDArray[np.float32]:
    """The static part of an S3 file of the model: after its header a mark, four sizes, three lengths, a count."""
    content = (MODEL / name).read_bytes()
    body = np.frombuffer(content[content.index(b"endhdr\n") + 7 :], "<f4")[8:]
    return body[: CODEBOOKS * STREAMS * GAUSSIANS * CEPSTRA].reshape(CODEBOOKS, STREAMS, GAUSSIANS, CEPSTRA)[:, 0]
