"""Which recogniser listens: the one that SPEECH_MODEL names, the bundle's, or none."""

from pathlib import Path

from functions.speech.recognising import Recogniser
from shared.bundle.manifest import read_bundle

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
