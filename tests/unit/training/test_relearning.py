"""Intents fitted anew to edited examples, in the languages of an assistant that has several."""

from pathlib import Path

import numpy as np

from functions.nlu.model import load_model
from functions.nlu.understanding import understand
from model_artifacts.training.live.relearning import Encoded, can_go_on, relearn
from model_artifacts.training.nlu.__main__ import main
from model_artifacts.training.nlu.assistant import read_assistant
from tests.architecture.code import ROOT
from tests.unit.training.tiny import write_tiny

ENCODER = ROOT / "model_artifacts" / "encoders" / "minilm-l6"
LIGHTS = """nlu:
- intent: lights
  examples: |
    - turn on the light
    - turn on the lamp
    - switch on the light in the kitchen
    - lights on please
    - open the window
    - close the window
"""


def intent_of(bundle: Path, text: str) -> str:
    intent = understand(load_model(bundle), text, None).intent
    assert intent is not None
    return intent.name


def test_an_example_that_was_added_is_understood_in_the_other_languages(tmp_path: Path) -> None:
    source = write_tiny(tmp_path / "tiny")
    (source / "config.yml").write_text("languages: [en, de]\n")
    main(["--assistant", str(source), "--quick", "--encoder", str(ENCODER)])
    base, remembered = source / "bundle", tmp_path / "encoded.npz"
    german = "schalte das Licht in der Küche ein"
    assert intent_of(base, german) != "lights"
    (source / "data" / "lights.yml").write_text(LIGHTS)
    assistant = read_assistant(source)
    assert can_go_on(assistant, base)
    (out := tmp_path / "out").mkdir()
    relearn(assistant, base, out, Encoded(base, remembered))
    assert [intent_of(out, text) for text in (german, "turn on the lamp", "hello")] == ["lights", "lights", "greet"]
    # What was read before is remembered as it was read, so that the next edit gives the same.
    (again := tmp_path / "again").mkdir()
    relearn(assistant, base, again, Encoded(base, remembered))
    assert (again / "model.onnx").read_bytes() == (out / "model.onnx").read_bytes()
    with np.load(remembered) as kept:
        assert kept["pooled"].shape[1] == 2 * 384
