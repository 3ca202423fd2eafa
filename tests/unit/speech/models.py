"""A Whisper model of the least size, of random numbers: it loads and hears nonsense."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs.model_spec import LayerSpec
from ctranslate2.specs.whisper_spec import WhisperSpec
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as Decoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel

WIDTH, BANDS = 64, 80
MARKS = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|de|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
    "<|0.00|>",
)


def small_model(folder: Path) -> Path:
    """Write the files of a model with one layer and an alphabet of bytes into the folder."""
    words = [*sorted(ByteLevel.alphabet()), *MARKS]
    spec = WhisperSpec(1, 1, 1, 1)
    for part, positions in ((spec.encoder, 1500), (spec.decoder, 448)):
        part.position_encodings.encodings = numbers(positions, WIDTH)
        _fill_norm(part.layer_norm)
        _fill_attention(part.layer[0].self_attention, 3, 1)
        _fill_norm(part.layer[0].ffn.layer_norm)
        _fill(part.layer[0].ffn.linear_0, 4 * WIDTH, WIDTH)
        _fill(part.layer[0].ffn.linear_1, WIDTH, 4 * WIDTH)
    _fill(spec.encoder.conv1, WIDTH, BANDS, 3)
    _fill(spec.encoder.conv2, WIDTH, WIDTH, 3)
    _fill_attention(spec.decoder.layer[0].attention, 1, 2, 1)
    spec.decoder.embeddings.weight = numbers(len(words), WIDTH)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    spec.decoder.scale_embeddings = False
    LayerSpec.validate(spec)
    spec._serialize(str(folder / "model.bin"))
    tokenizer = Tokenizer(BPE({word: at for at, word in enumerate(words)}, []))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = Decoder()
    tokenizer.add_special_tokens(list(MARKS))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "vocabulary.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    marks = {"suppress_ids": [], "suppress_ids_begin": [], "lang_ids": [], "alignment_heads": [[0, 0]]}
    (folder / "config.json").write_text(json.dumps(marks))
    return folder


def numbers(*shape: int) -> Any:
    return (np.random.default_rng(shape).standard_normal(shape) * 0.1).astype(np.float16)


def _fill(linear: Any, *shape: int) -> None:
    linear.weight, linear.bias = numbers(*shape), numbers(shape[0])


def _fill_norm(norm: Any) -> None:
    norm.gamma, norm.beta = np.ones(WIDTH, dtype=np.float16), numbers(WIDTH)


def _fill_attention(attention: Any, *widths: int) -> None:
    """Its projections, each so many times as wide as the model."""
    _fill_norm(attention.layer_norm)
    for linear, times in zip(attention.linear, widths, strict=True):
        _fill(linear, times * WIDTH, WIDTH)
