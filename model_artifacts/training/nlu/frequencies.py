"""How often the words of a language are used: the lists of wordfreq (Speer 2022; Apache-2.0, the lists CC-BY-SA 4.0).

Only the choice of an encoder's pieces follows from them; nothing of the lists is in a bundle.
"""

import gzip
import json
import math
import shutil
import tempfile
import unicodedata
import zipfile
from collections.abc import Sequence
from pathlib import Path

import msgpack

from model_artifacts.training.nlu.downloading import CACHE, download_wheel
from model_artifacts.training.nlu.encoder import Encoder
from model_artifacts.training.nlu.pieces import INSIDE, SPACE, Words
from model_artifacts.training.nlu.reading import InvalidData

PACKAGE = "wordfreq==3.1.1"
WHEEL = "4b1c6ecffc6198be3396d5cf871c4423ca71c907c231348d352dd54d62b97473"
LISTS = "wordfreq/data/small_"
SUFFIX = ".msgpack.gz"
WORDS = 30_000
"""So many words of each language are looked at."""
OTHER_NAMES = {"no": "nb", "tl": "fil", "hr": "sh", "sr": "sh", "bs": "sh"}
SCRIPTS = {
    "am": "ETHIOPIC", "as": "BENGALI", "be": "CYRILLIC", "gu": "GUJARATI", "hy": "ARMENIAN", "ka": "GEORGIAN",
    "kk": "CYRILLIC", "km": "KHMER", "kn": "KANNADA", "ky": "CYRILLIC", "lo": "LAO", "ml": "MALAYALAM",
    "mn": "CYRILLIC", "mr": "DEVANAGARI", "my": "MYANMAR", "ne": "DEVANAGARI", "or": "ORIYA", "pa": "GURMUKHI",
    "ps": "ARABIC", "sa": "DEVANAGARI", "sd": "ARABIC", "si": "SINHALA", "te": "TELUGU", "th": "THAI",
    "ug": "ARABIC", "yi": "HEBREW",
}  # fmt: skip
"""The script of languages that have no list, as Unicode's names of its letters begin; all others are in Latin."""


def count_words(languages: Sequence[str], encoder: Encoder, cache: Path = CACHE) -> Words:
    """The commonest words of each language, for a language that has no list the commonest pieces of its script."""
    lists = _fetch_lists(cache)
    files = {language: lists / f"{OTHER_NAMES.get(language, language)}{SUFFIX}" for language in languages}
    found: dict[str, list[tuple[str, float]]] = {}
    for language, file in files.items():
        if file.is_file():
            found[language] = read_list(file)[:WORDS]
        else:
            script = SCRIPTS.get(language, "LATIN")
            print(
                f"note: nobody has counted the words of {language}; the commonest pieces in {script} letters are kept"
            )
            found[language] = _words_of_script(encoder, script)[:WORDS]
    return found


def _words_of_script(encoder: Encoder, script: str) -> list[tuple[str, float]]:
    """Pieces that begin words and have letters of this script alone, with the shares that the tokenizer gives them."""
    vocabulary = json.loads(encoder.tokenizer)["model"]["vocab"]
    if isinstance(vocabulary, dict):
        # BERT's pieces have no scores; the lowest are the commonest.
        pieces = [(piece, -math.log(row + 2)) for piece, row in vocabulary.items() if not piece.startswith(INSIDE)]
    else:
        pieces = [(piece.removeprefix(SPACE), score) for piece, score in vocabulary if piece.startswith(SPACE)]
    words = [(text, math.exp(score)) for text, score in pieces if text.isalpha() and _has_script(text, script)]
    return sorted(words, key=lambda item: (-item[1], item[0]))


def _has_script(text: str, script: str) -> bool:
    return all(unicodedata.name(char, "").startswith(script) for char in text)


def read_list(file: Path) -> list[tuple[str, float]]:
    """Words with their shares, the commonest first: a list of lists, the n-th holding the words of 10 ** (-n / 100)."""
    head, *words = msgpack.unpackb(gzip.decompress(file.read_bytes()), raw=False)
    if head.get("format") != "cB" or head.get("version") != 1:
        raise InvalidData(f"{file} is no list of words in wordfreq's format; remove it")
    return [(word, 10 ** (-place / 100)) for place, same in enumerate(words) for word in same]


def _fetch_lists(cache: Path) -> Path:
    directory = cache / PACKAGE.replace("==", "-")
    if directory.is_dir():
        return directory
    print(f"note: how often words are used says which pieces are kept: {PACKAGE} (57 MB) is fetched once")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as made:
        wheel = download_wheel(PACKAGE, WHEEL, "any", Path(made))
        new = Path(made) / directory.name
        new.mkdir()
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if name.startswith(LISTS):
                    (new / name.removeprefix(LISTS)).write_bytes(archive.read(name))
        shutil.rmtree(directory, ignore_errors=True)
        new.rename(directory)
    return directory
