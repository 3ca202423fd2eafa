"""The settings of the speech stage."""

from dataclasses import dataclass

from shared.config import setting


@dataclass(frozen=True, slots=True)
class Config:
    bundle: str = setting(
        "BUNDLE", "model_artifacts/assistants/default/bundle", doc="The compiled assistant: the directory of a bundle."
    )
    hashes: bool = setting(
        "BUNDLE_HASHES",
        True,
        doc="Check the bundle's hashes at each start. An image says no: its build checked them, and it is read-only.",
    )
    delivery_url: str = setting(
        "DELIVERY_URL", "", doc="Where the delivery stage is; voice messages that a platform keeps are asked of it."
    )
    fetch_timeout: float = setting(
        "SPEECH_FETCH_TIMEOUT", 20.0, doc="Seconds in which a platform's voice message must be here."
    )
    model: str = setting(
        "SPEECH_MODEL",
        "",
        doc="A folder with a model: Whisper in CTranslate2's form, or Whisper, Moonshine or Zipformer in ONNX. Empty: "
        "the best that `task speech:model` brought; without any, the embedded recogniser. `embedded`: always that one.",
    )
    voice: str = setting(
        "SPEECH_VOICE",
        "",
        doc="What reads replies aloud where a browser has no voice: a voice of espeak-ng, e.g. en-us or en-gb+f3, or a "
        "folder with a Piper voice. Both need espeak-ng beside the stage, the latter onnxruntime too. Empty: nothing.",
    )
    language: str = setting(
        "SPEECH_LANGUAGE",
        "",
        doc="The language that Whisper listens for, e.g. en or de. Empty: the assistant's, or "
        "of several the one in which a recording sounds likeliest.",
    )
