"""A Piper voice of the least size, made here: it hums a tone for each phoneme."""

import json
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

RATE = 16_000
A_PHONEME = 160
"""Samples of one: 10 ms."""
PHONEMES = "_^$ !',.?ː" + "abdefhijklmnoprstuvwxzæðŋɐɑɔəɚɛɜɡɪɹʃʊʌʒθˈˌɾᵻ"


def small_voice(folder: Path, **described: Any) -> Path:
    """Write NAME.onnx, NAME.onnx.json and MODEL_CARD; `described` are values of the second in place of the usual."""
    number, values = helper.make_tensor, helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            helper.make_node("Cast", ["input"], ["numbers"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["numbers", "last"], ["columns"]),
            helper.make_node("Mul", ["columns", "times"], ["phases"]),
            helper.make_node("Sin", ["phases"], ["tones"]),
            helper.make_node("Reshape", ["tones", "flat"], ["output"]),
        ],
        "voice",
        [
            values("input", TensorProto.INT64, [1, "phonemes"]),
            values("input_lengths", TensorProto.INT64, [1]),
            values("scales", TensorProto.FLOAT, [3]),
        ],
        [values("output", TensorProto.FLOAT, [1, 1, 1, "samples"])],
        [
            number("last", TensorProto.INT64, [1], [2]),
            number("flat", TensorProto.INT64, [4], [1, 1, 1, -1]),
            number("times", TensorProto.FLOAT, [A_PHONEME], [0.02 * at for at in range(A_PHONEME)]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    folder.mkdir(exist_ok=True)
    onnx.save(model, folder / "hum.onnx")
    told = {
        "audio": {"sample_rate": RATE},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.6, "length_scale": 1, "noise_w": 0.8},
        "phoneme_id_map": {phoneme: [at] for at, phoneme in enumerate(PHONEMES)},
    }
    (folder / "hum.onnx.json").write_text(json.dumps(told | described), encoding="utf-8")
    (folder / "MODEL_CARD").write_text("# A hum\n\n* License: CC0\n", encoding="utf-8")
    return folder
