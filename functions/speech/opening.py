"""Which recogniser listens: the one that SPEECH_MODEL names, one that was brought, the bundle's, or none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from functions.speech.recognising import Recogniser
from shared.bundle.manifest import read_bundle
from shared.errors import Unavailable
from shared.logs import get_logger

log = get_logger(__name__)

FILES = ("speech.json", "speech.ctl", "speech.lm", "speech.classes", "speech.dict")
"""What the embedded recogniser reads of a bundle."""
BROUGHT = Path("model_artifacts/recognisers/models")
"""Where `task speech:model` puts models, here and in an image."""
PREFERRED = ("small", "base", "tiny")
"""Of several that were brought the best, each for English alone before the one for all languages."""


def open_recogniser(
    model: str, language: str, bundle: Path, *, hashes: bool, brought: Path = BROUGHT
) -> Recogniser | None:
    """The recogniser; None where nothing here knows the assistant's language. Unavailable where something is broken.

    `model` is a folder, `embedded`, or empty for the best that was brought. Without a `language` it is the
    assistant's, or of several the one in which a recording sounds likeliest.
    """
    # Each brings a library of its own, and is imported only where it is chosen.
    told = _read_told(bundle, hashes=hashes)
    of_assistant = (str(told.get("language") or "en"), *map(str, told.get("languages") or ()))
    languages = (language,) if language else tuple(dict.fromkeys(of_assistant))
    language = languages[0]
    folder = _choose_folder(model, languages, brought)
    if folder is not None:
        if (folder / "model.bin").exists():
            from functions.speech.whisper import Whisper

            return Whisper(folder, languages, str(told.get("prompt") or ""))
        from functions.speech.onnx import Onnx

        return Onnx(folder, language)
    if "decoder" not in told or language != "en":
        return None
    read_bundle(bundle, needs=FILES, hashes=hashes)
    log.warning("the small embedded recogniser listens; `task speech:model` brings one that hears people better")
    from functions.speech.sphinx import Sphinx

    return Sphinx(bundle)


def _read_told(bundle: Path, *, hashes: bool) -> dict[str, Any]:
    """What the bundle says of how to listen; nothing where it was compiled without."""
    if "speech.json" not in read_bundle(bundle, needs=()).manifest.files:
        return {}
    found = read_bundle(bundle, needs=("speech.json",), hashes=hashes).read_json("speech.json")
    if not isinstance(found, dict):
        raise Unavailable(f"{bundle / 'speech.json'} cannot be used; run `task compile`")
    return found


def _choose_folder(model: str, languages: Sequence[str], brought: Path) -> Path | None:
    """The folder of the model; None where the embedded recogniser is to listen."""
    if model == "embedded":
        return None
    if model:
        return Path(model)
    names = [each for name in PREFERRED for each in ((f"{name}.en", name) if tuple(languages) == ("en",) else (name,))]
    return next((brought / name for name in names if (brought / name / "config.json").is_file()), None)
