"""Which recogniser listens: the one that SPEECH_MODEL names, the bundle's, or none."""

from pathlib import Path

from functions.speech.recognising import Recogniser
from shared.bundle.manifest import read_bundle
from shared.events.wire import JSON

FILES = ("speech.json", "speech.ctl", "speech.lm", "speech.classes", "speech.dict")
"""What the embedded recogniser reads of a bundle."""


def open_recogniser(model: str, language: str, bundle: Path, *, hashes: bool) -> Recogniser | None:
    """The recogniser; None where the bundle has no language to listen in. Unavailable where something is broken."""
    # Each brings a library of its own, and is imported only where it is chosen.
    if model:
        from functions.speech.onnx import Onnx

        return Onnx(Path(model), language)
    if "speech.json" not in read_bundle(bundle, needs=()).manifest.files:
        return None
    read_bundle(bundle, needs=FILES, hashes=hashes)
    from functions.speech.sphinx import Sphinx

    return Sphinx(bundle)


def said(bundle: Path) -> dict[str, str]:
    """What the domain says in place of functions.speech.answers."""
    found = read_bundle(bundle, needs=())
    if "speech.json" not in found.manifest.files:
        return {}
    answers: JSON = found.json("speech.json").get("answers", {})
    return {str(reason): str(text) for reason, text in answers.items()}
