"""Pretrained encoders: read as others export them, adopted, pruned, and the same for what the examples say."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from functions.nlu.encoding import encode
from model_artifacts.training.nlu.encoder import MAX_TOKENS, adopt, prune, read_encoder
from model_artifacts.training.nlu.exported import OFFSET
from tests.unit.training.encoders import LAYERS, random_weights, unigram, write_encoder, write_graph

WORDS = "embeddings.word_embeddings.weight"
PLACES = "embeddings.position_embeddings.weight"


def test_a_pruned_vocabulary_reads_the_examples_as_the_whole_one() -> None:
    encoder = read_encoder()
    text = "Search for Amélie's unforgettable, bohemian rhapsody in 1994!"
    pruned = prune(encoder, 2000, [text])
    full, small = (Tokenizer.from_str(one.tokenizer) for one in (prune(encoder, 0, []), pruned))
    assert small.get_vocab_size() == 2000 == len(pruned.weights[WORDS])
    whole, part = encode(full, text), encode(small, text)
    assert [full.id_to_token(i) for i in whole.ids] == [small.id_to_token(i) for i in part.ids]
    assert whole.spans == part.spans
    assert np.array_equal(encoder.weights[WORDS][whole.ids], pruned.weights[WORDS][part.ids])


def test_texts_are_cut_at_the_limit_and_never_padded() -> None:
    tokenizer = Tokenizer.from_str(prune(read_encoder(), 2000, []).tokenizer)
    assert len(encode(tokenizer, "the").ids) == 3
    long = encode(tokenizer, "the " * 1000)
    assert len(long.ids) == MAX_TOKENS
    assert long.truncated


@pytest.mark.parametrize("onnx", [False, True])
def test_an_exported_encoder_is_read_without_what_training_does_not_use(tmp_path: Path, *, onnx: bool) -> None:
    weights = write_encoder(tmp_path / "small", onnx=onnx)
    encoder = read_encoder(tmp_path / "small")
    assert encoder.weights.keys() == weights.keys()
    assert all(np.array_equal(encoder.weights[name], value) for name, value in weights.items())
    assert (encoder.name, encoder.shape.layers, encoder.shape.heads) == ("small", LAYERS, 2)


def test_an_adopted_encoder_is_the_same_in_half_precision(tmp_path: Path) -> None:
    weights = write_encoder(tmp_path / "model", onnx=True)
    adopt(tmp_path / "model", tmp_path / "encoder")
    encoder = read_encoder(tmp_path / "encoder")
    assert all(np.array_equal(encoder.weights[name], value.astype(np.float16)) for name, value in weights.items())


def test_places_of_robertas_kind_begin_where_berts_do(tmp_path: Path) -> None:
    weights = write_encoder(tmp_path / "model", model_type="xlm-roberta")
    places = read_encoder(tmp_path / "model").weights[PLACES]
    assert np.array_equal(places, weights[PLACES][OFFSET:])
    # Adopted, they are not moved a second time.
    adopt(tmp_path / "model", tmp_path / "encoder")
    assert len(read_encoder(tmp_path / "encoder").weights[PLACES]) == len(places)


@pytest.mark.parametrize("config", [{"model_type": "gpt2"}, {"hidden_act": "relu"}])
def test_an_encoder_of_another_kind_is_refused(tmp_path: Path, config: dict[str, str]) -> None:
    write_encoder(tmp_path / "model", **config)  # type: ignore[arg-type]
    with pytest.raises(SystemExit, match=next(iter(config.values()))):
        read_encoder(tmp_path / "model")


def test_what_is_no_whole_encoder_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--encoder"):
        read_encoder(tmp_path)
    weights = random_weights(len(unigram()[0]))
    del weights["encoder.layer.1.output.dense.bias"]
    write_encoder(tmp_path / "part", weights=weights)
    with pytest.raises(SystemExit, match=r"1 weights .* encoder\.layer\.1\.output\.dense\.bias"):
        read_encoder(tmp_path / "part")
    write_encoder(tmp_path / "mute")
    (tmp_path / "mute" / "tokenizer.json").unlink()
    with pytest.raises(SystemExit, match=r"tokenizer\.json"):
        read_encoder(tmp_path / "mute")


def test_a_quantised_graph_is_refused_with_what_to_give_instead(tmp_path: Path) -> None:
    weights = write_encoder(tmp_path / "model", onnx=True)
    write_graph(tmp_path / "model" / "model.onnx", weights, product="MatMulInteger")
    with pytest.raises(SystemExit, match="made from"):
        read_encoder(tmp_path / "model")
