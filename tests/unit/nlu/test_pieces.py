"""Our own reader of pieces, held against the package tokenizers: every text is cut into the same pieces at the same
places."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, normalizers, pre_tokenizers

from functions.nlu.model import load_model, open_tokenizer
from functions.nlu.pieces import FILE, Reader, open_reader
from functions.nlu.pieces.characters import BertLetters, CompatibleLetters, Kinds, Unsure
from functions.nlu.pieces.reader import WORDS
from functions.nlu.pieces.vocabulary import KEPT, Vocabulary
from functions.nlu.understanding import understand
from model_artifacts.training.nlu.encoder import number_pieces, prune, read_encoder
from model_artifacts.training.nlu.packing import METASPACE, SPLITS, pack_pieces, write_pieces
from shared.errors import Unavailable
from tests.unit.nlu.test_understanding import copy_of_bundle
from tests.unit.training.encoders import unigram

ROOT = Path(__file__).resolve().parents[3]
BUNDLE = ROOT / "model_artifacts" / "assistants" / "default" / "bundle"
ODD = (
    "play some jazz größer música ¿qué tal? l'été naïve œuvre Straße STRASSE İstanbul ΣΑΣ Ὀδυσσεύς привет мир ещё "
    "你好世界 こんにちは ガギグ 안녕하세요 مرحبا שָׁלוֹם हिन्दी தமிழ் ไทย ½ ﬁn ① … ™ ㎏ 🍕 👍🏽 🇩🇪 don't e-mail "
    "a@b.de 3,50€ $5 `x` a\u0301 \u200b \u00ad \x07 \xa0 \u3000 \x1c 𝓯𝓪 Ǆ ŉ ẞ ﷺ ㈱ ＡＢＣ ｶﾞ é e\u0301 [UNK] ▁ <s> "
    "##ing ## \ufffd supercalifragilistic"
)
SAID = tuple(ODD.split(" "))
SCRIPTS = (
    (32, 127), (0, 32), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700), (0x900, 0xE80), (0x1E00, 0x2100),
    (0x2100, 0x2C00), (0x3000, 0x3200), (0x4E00, 0x4F00), (0xAC00, 0xAD00), (0xF900, 0x10000), (0x10000, 0x10400),
    (0x1D400, 0x1D800), (0x1F300, 0x1FB00), (0x20000, 0x20100),
)  # fmt: skip


def write_texts(seed: int, count: int) -> Iterator[str]:
    """Words of many languages, single characters of many scripts beside each other, long words, long texts."""
    rng = random.Random(seed)

    def letter() -> str:
        return chr(rng.randrange(*rng.choice(chosen)))

    for _ in range(count):
        kind, chosen = rng.random(), rng.sample(SCRIPTS, 2)
        if kind < 0.4:
            yield rng.choice(["", " ", ". "]).join(rng.choices(SAID, k=rng.randint(0, 14)))
        elif kind < 0.8:
            yield "".join(rng.choice([" ", "a", "n", letter(), letter()]) for _ in range(rng.randint(0, 30)))
        elif kind < 0.9:
            yield "".join(rng.choice("abcdeghinrstu ßäöé") for _ in range(rng.randint(200, 900)))
        else:
            yield rng.choice(["a", "é", "中", "😀", "ab ", "!", "\u0301", "ￄ"]) * rng.randint(1, 400)


def make_wordpieces() -> str:
    return prune(read_encoder(), 3000, []).tokenizer


def make_unigram() -> str:
    """Pieces of many lengths and scripts with scores that overlap, some of them equal, as training writes them."""
    rng = random.Random(7)
    words = [*SAID, *(word for word in number_pieces(read_encoder().tokenizer) if word.isalpha() and len(word) > 5)]
    parts = {
        word[first:][: rng.randint(1, 6)] for word in words for first in range(len(word)) if word[first:].isalnum()
    }
    pieces, made = unigram(
        sorted({word for word in words if word.isalnum()} | parts), "abcdefghijklmnopqrstuvwxyz,.!äé你"
    )
    raw = json.loads(made)
    known = dict.fromkeys(pieces, 0.0) | dict.fromkeys(sorted(parts), 0.0)
    vocabulary = [[piece, -rng.randint(4, 40) / 4 if place > 3 else 0.0] for place, piece in enumerate(known)]
    raw["model"] |= {"vocab": vocabulary}
    raw["normalizer"] = {"type": "NFKC"}
    raw["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [SPLITS, METASPACE]}
    raw["truncation"] = {"direction": "Right", "max_length": 128, "strategy": "LongestFirst", "stride": 0}
    return json.dumps(raw)


def read_by_nobody() -> Any:
    raise AssertionError("this text is for our own reader")


@pytest.fixture(scope="module", params=[make_wordpieces, make_unigram])
def tokenizer(request: pytest.FixtureRequest) -> str:
    return str(request.param())


def open_packed(tokenizer: str, package: Any = read_by_nobody) -> Reader:
    content = pack_pieces(json.loads(tokenizer))
    assert content is not None
    return Reader(Vocabulary(content), package)


def compare(reader: Reader, package: Tokenizer, text: str) -> bool:
    """Whether our own reader read it, and then as the package does."""
    try:
        found = reader._encode(text)
    except Unsure:
        return False
    wanted = package.encode(text)
    assert (found.ids, found.offsets) == (wanted.ids, wanted.offsets), text
    assert found.overflowing == bool(wanted.overflowing), text
    for own, others in zip(pairwise(found.word_ids), pairwise(wanted.word_ids), strict=True):
        assert (own[0] is None, own[0] == own[1]) == (others[0] is None, others[0] == others[1]), text
    return True


def test_texts_of_all_scripts_are_cut_as_the_package_cuts_them(tokenizer: str) -> None:
    package, reader = Tokenizer.from_str(tokenizer), open_packed(tokenizer)
    texts = list(write_texts(1, 2500))
    assert sum(compare(reader, package, text) for text in texts) > len(texts) / 2


def test_what_it_may_read_otherwise_is_read_by_the_package(tokenizer: str) -> None:
    package = Tokenizer.from_str(tokenizer)
    reader = open_packed(tokenizer, lambda: package)
    for text in ("a\u0897b", "\U00010000", "<s> [UNK] play", "y\u0308\u0301e\u0323\u0301"):
        assert reader.encode(text).ids == package.encode(text).ids


def test_ordinary_texts_are_not_handed_over(tokenizer: str) -> None:
    reader = open_packed(tokenizer)
    for text in (
        "Zwei große Pizzen für 3,50€, bitte!", "¿Qué películas hay de ciencia ficción?", "l'été, c'est « chaud »…",
        "Поставь джаз, пожалуйста", "你好，今天天气怎么样", "ภาษาไทย", "नमस्ते दुनिया", "مرحبا بالعالم", "안녕하세요",
        "çok güzel 👍🏽🍕 🇩🇪 ½ №5 ™",
    ):  # fmt: skip
        assert len(reader.encode(text).ids) > 2


def test_every_character_is_what_the_package_takes_it_for() -> None:
    splits = pre_tokenizers.BertPreTokenizer()
    bert = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    tables = ((CompatibleLetters(), normalizers.NFKC()), (BertLetters(), bert))
    kinds = Kinds()
    read = [chr(code) for code in (*range(0xD800), *range(0xE000, 0x30000)) if is_sure(kinds, code)]
    assert len(read) > 100_000
    for first in range(0, len(read), 100):
        # With what composes with nothing between them.
        text = "0".join(read[first : first + 100])
        for table, package in tables:
            assert text.translate(table) == package.normalize_str(text)
        words = [word.span() for word in WORDS.finditer(text.translate(kinds))]
        assert words == [span for _, span in splits.pre_tokenize_str(text)]


def is_sure(kinds: Kinds, code: int) -> bool:
    try:
        return bool(kinds[code])
    except Unsure:
        return False


def test_pieces_that_strangers_ask_for_are_not_kept_for_good(tokenizer: str) -> None:
    reader = open_packed(tokenizer)
    for first, second in product("абвгдежзиклмнопр", repeat=2):
        reader.encode(" ".join(first + second + third + first for third in "абвгдежзиклмнопрстуфхцчшэюя"))
        reader.encode(" ".join(third + first + second for third in "абвгдежзиклмнопрстуфхцчшэюя"))
    assert len(reader._vocabulary._known) <= KEPT


def test_the_committed_bundle_is_read_without_the_package() -> None:
    code = f"""
import sys
from pathlib import Path
from functions.nlu.model import load_model
from functions.nlu.understanding import understand
print(understand(load_model(Path({str(BUNDLE)!r})), "play some jazz", None).entities[0].value)
print("tokenizers" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split("\n")[:2] == ["jazz", "False"], done.stderr


def test_the_committed_pieces_are_those_of_its_tokenizer() -> None:
    assert pack_pieces(json.loads((BUNDLE / "tokenizer.json").read_bytes())) == (BUNDLE / FILE).read_bytes()


def test_a_bundle_without_pieces_and_a_setting_take_the_package(tmp_path: Path) -> None:
    assert isinstance(load_model(BUNDLE, tokenizers=True).tokenizer, Tokenizer)
    bundle = copy_of_bundle(tmp_path)
    (bundle / FILE).unlink()
    model = load_model(bundle)
    assert isinstance(model.tokenizer, Tokenizer)
    assert understand(model, "play some jazz", None) == understand(load_model(BUNDLE), "play some jazz", None)


def test_damaged_pieces_say_what_to_do(tmp_path: Path) -> None:
    bundle = copy_of_bundle(tmp_path)
    content = (bundle / FILE).read_bytes()
    for damaged in (b"", b"PARLEYP0" + content[8:], content[:40], content[:1000]):
        (bundle / FILE).unlink()
        (bundle / FILE).write_bytes(damaged)
        with pytest.raises(Unavailable, match="task train"):
            load_model(bundle)


def test_a_tokenizer_of_another_kind_is_left_to_the_package(tmp_path: Path, tokenizer: str) -> None:
    raw = json.loads(tokenizer)
    changes: tuple[dict[str, Any], ...] = (
        {"normalizer": None}, {"pre_tokenizer": {"type": "Whitespace"}}, {"post_processor": None}, {"truncation": None},
        {"padding": {}}, {"model": {**raw["model"], "type": "BPE", "continuing_subword_prefix": ""}},
        {"added_tokens": [{**raw["added_tokens"][0], "lstrip": True}]},
    )  # fmt: skip
    for change in changes:
        assert pack_pieces({**raw, **change}) is None
    # What was written for the tokenizer before goes.
    (tmp_path / FILE).write_bytes(b"old")
    (tmp_path / "tokenizer.json").write_text(json.dumps({**raw, "normalizer": None}))
    write_pieces(tmp_path)
    assert open_reader(tmp_path, read_by_nobody) is None
    assert isinstance(open_tokenizer(BUNDLE), Reader)
