"""Going on from a trained bundle, and making a smaller model."""

import json
from pathlib import Path

import numpy as np
import pytest

from functions.nlu.model import Label, load_model
from functions.nlu.understanding import understand
from model_artifacts.training.nlu.__main__ import main
from model_artifacts.training.nlu.encoder import keep_layers, prune, read_encoder
from model_artifacts.training.nlu.finetuning import apply_learned, make_entity_head, read_learned
from model_artifacts.training.nlu.graph import Heads, build
from model_artifacts.training.nlu.reading import InvalidData
from model_artifacts.training.nlu.tagging import Scheme
from tests.unit.training.tiny import write_tiny


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_tiny(tmp_path_factory.mktemp("assistants") / "tiny")
    main(["--assistant", str(path), "--quick"])
    return path


def test_a_bundle_gives_back_the_weights_that_it_was_made_from(assistant: Path) -> None:
    learned = read_learned(assistant / "bundle")
    encoder = prune(apply_learned(read_encoder(), learned), len(learned.vocabulary), learned.vocabulary)
    weight, bias, mix, crf = make_entity_head(learned, Scheme(("a", "b"), learned.labels))
    intent = np.zeros((encoder.shape.hidden, 2), np.float32)
    graph = build(encoder.shape, encoder.weights, Heads(intent, intent[0, :2], weight, bias, mix)).graph
    from onnx import numpy_helper

    again = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for name in ("layer0.qkv.int8", "layer5.outer.int8", "places", "layer3.gelu.bias", "tags.weight", "mix2"):
        assert np.array_equal(again[name], learned.tensors[name]), name
    assert np.array_equal(crf[0], learned.crf[0])


def test_fine_tuning_takes_new_examples_and_keeps_the_entities(assistant: Path, tmp_path: Path) -> None:
    data = assistant / "data" / "nlu.yml"
    before = data.read_text()
    sleep = "- intent: sleep\n  examples: |\n" + "".join(
        f"    - {text}\n" for text in ("go to sleep", "sleep now", "time for bed", "take a nap", "sleep well", "nap")
    )
    data.write_text(before + sleep)
    try:
        main(["--assistant", str(assistant), "--quick", "--finetune", "--out", str(tmp_path)])
    finally:
        data.write_text(before)
    understood = understand(load_model(tmp_path), "please go to sleep now", None)
    assert understood.intent is not None
    assert understood.intent.name == "sleep"
    text = "fly from Berlin to Paris"
    assert (
        understand(load_model(tmp_path), text, None).entities
        == understand(load_model(assistant / "bundle"), text, None).entities
    )
    assert json.loads((tmp_path / "manifest.json").read_bytes())["nlu"]["mode"] == "quick, fine-tuned"


def test_labels_that_are_new_start_from_nothing(assistant: Path) -> None:
    learned = read_learned(assistant / "bundle")
    weight, _, _, (transitions, _, _) = make_entity_head(learned, Scheme(("a",), (Label("colour"), *learned.labels)))
    assert not weight[:, 1:3].any()
    assert np.array_equal(weight[:, 3:], learned.tensors["tags.weight"][:, 1:])
    assert np.array_equal(transitions[3:, 3:], learned.crf[0][1:, 1:])


def test_what_cannot_be_gone_on_from_is_refused(assistant: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="there is no trained bundle to go on from"):
        read_learned(tmp_path)
    with pytest.raises(InvalidData, match="another shape"):
        apply_learned(keep_layers(read_encoder(), 3), read_learned(assistant / "bundle"))
    with pytest.raises(SystemExit, match="train without --finetune"):
        main(["--assistant", str(assistant), "--quick", "--finetune", str(tmp_path), "--out", str(tmp_path / "out")])


def test_a_shorter_encoder_keeps_its_first_and_last_layer() -> None:
    whole = read_encoder()
    short = keep_layers(whole, 3)
    name = "encoder.layer.{}.attention.self.query.bias"
    assert short.shape.layers == 3
    assert np.array_equal(short.weights[name.format(0)], whole.weights[name.format(0)])
    assert np.array_equal(short.weights[name.format(2)], whole.weights[name.format(5)])
    assert name.format(3) not in short.weights
    assert keep_layers(whole, 0) is whole


def test_fewer_layers_and_pieces_make_a_smaller_bundle(assistant: Path, tmp_path: Path) -> None:
    main(["--assistant", str(assistant), "--quick", "--layers", "3", "--vocabulary", "10000", "--out", str(tmp_path)])
    facts = json.loads((tmp_path / "manifest.json").read_bytes())["nlu"]
    assert facts["layers"] == 3
    assert facts["bytes"] < 10_000_000
    understood = understand(load_model(tmp_path), "play some rock music", None).intent
    assert understood is not None
    assert understood.name == "play_music"
    more = tmp_path / "more"
    main(["--assistant", str(assistant), "--quick", "--finetune", str(tmp_path), "--out", str(more)])
    assert read_learned(more).layers == 3
    with pytest.raises(SystemExit, match="the bundle has 3 layers; give it as --teacher"):
        main(["--assistant", str(assistant), "--finetune", str(tmp_path), "--layers", "2", "--out", str(more)])
    with pytest.raises(SystemExit, match="leave --finetune out"):
        main(["--assistant", str(assistant), "--finetune", str(tmp_path), "--teacher", str(tmp_path)])
