"""The pretrained encoder: adopted, pruned, and the same for what the examples say."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from functions.nlu.encoding import encode
from model_artifacts.training.nlu.encoder import MAX_TOKENS, adopt, prune, read_encoder

WORDS = "embeddings.word_embeddings.weight"


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


def model(path: Path, **config: object) -> Path:
    """A model in Hugging Face's layout, of two pieces."""
    path.mkdir()
    shape = {
        "model_type": "bert", "hidden_act": "gelu", "num_hidden_layers": 1, "hidden_size": 4,
        "num_attention_heads": 2, "intermediate_size": 8, "layer_norm_eps": 1e-12,
    }  # fmt: skip
    (path / "config.json").write_text(json.dumps({**shape, **config}))
    (path / "tokenizer.json").write_text("{}")
    tensors = {f"bert.{WORDS}": np.eye(4, dtype=np.float32), "bert.pooler.dense.weight": np.eye(4, dtype=np.float32)}
    save_file(tensors, path / "model.safetensors")
    return path


def test_an_encoder_is_adopted_without_what_training_does_not_use(tmp_path: Path) -> None:
    adopt(model(tmp_path / "model"), tmp_path / "encoder")
    encoder = read_encoder(tmp_path / "encoder")
    assert list(encoder.weights) == [WORDS]
    assert (encoder.name, encoder.shape.layers, encoder.shape.heads) == ("encoder", 1, 2)


@pytest.mark.parametrize("config", [{"model_type": "roberta"}, {"hidden_act": "relu"}])
def test_an_encoder_of_another_kind_is_refused(tmp_path: Path, config: dict[str, str]) -> None:
    with pytest.raises(SystemExit, match=next(iter(config.values()))):
        adopt(model(tmp_path / "model", **config), tmp_path / "encoder")


def test_a_missing_encoder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--encoder"):
        read_encoder(tmp_path)
