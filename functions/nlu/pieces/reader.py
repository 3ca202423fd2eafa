"""The reader of a bundle's pieces: what `tokenizers.Tokenizer.encode` answers, from `pieces.bin` and plain Python."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.nlu.pieces.characters import BertLetters, CompatibleLetters, Kinds, Unsure, is_composed
from functions.nlu.pieces.vocabulary import MARK, Vocabulary
from functions.nlu.pieces.words import make_word_reader

FILE = "pieces.bin"
WORDS = re.compile(r"w+|\.")
"""Over the kinds of a text's characters."""
Package = Callable[[], Any]
"""Opens the package's reader of the same pieces."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """The pieces of a text, as the package's class of this name has them."""

    ids: list[int]
    word_ids: list[int | None]
    """For each piece the number of its word; None for those that stand around a text."""
    offsets: list[tuple[int, int]]
    """For each piece its characters in the text, end exclusive."""
    overflowing: bool
    """Whether pieces were left out at the end."""


class Reader:
    """Cuts texts into pieces. What it may read in another way than the package, it has the package read."""

    def __init__(self, vocabulary: Vocabulary, package: Package) -> None:
        settings = vocabulary.settings
        self._vocabulary = vocabulary
        self._read = make_word_reader(vocabulary)
        self._bert = settings["kind"] == "wordpiece"
        self._letters = BertLetters() if self._bert else CompatibleLetters()
        self._kinds = Kinds()
        self._first, self._last = int(settings["first"]), int(settings["last"])
        self._most = int(settings["most"]) - 2
        # Somebody wrote the name of a special piece: the package knows what comes of it.
        self._named: tuple[str, ...] = (*settings["special"], *(() if self._bert else (MARK,)))
        self._open_package = package
        self._package: Any = None

    def encode(self, text: str) -> Any:
        """The pieces of the text (Encoding), or the package's answer, which has the same attributes."""
        try:
            return self._encode(text)
        except Unsure:
            if self._package is None:
                self._package = self._open_package()
            return self._package.encode(text)

    def token_to_id(self, piece: str) -> int | None:
        """The id of a piece as it stands in the vocabulary."""
        return self._vocabulary.find_piece(piece)

    def _encode(self, text: str) -> Encoding:
        if any(name in text for name in self._named):
            raise Unsure
        normal, origins = self._normalise(text)
        ids, offsets = [self._first], [(0, 0)]
        words: list[int | None] = [None]
        most, overflowing = self._most, False
        for number, word in enumerate(WORDS.finditer(normal.translate(self._kinds))):
            begin, end = word.span()
            for piece, start, stop in self._read(normal[begin:end]):
                if len(ids) > most:
                    overflowing = True
                    break
                first, last = begin + start, begin + stop
                ids.append(piece)
                words.append(number)
                offsets.append((first, last) if origins is None else (origins[first], origins[last - 1] + 1))
            if overflowing:
                break
        ids.append(self._last)
        words.append(None)
        offsets.append((0, 0))
        return Encoding(ids, words, offsets, overflowing)

    def _normalise(self, text: str) -> tuple[str, list[int] | None]:
        """The text as the vocabulary has it, and for each of its characters the place it comes from; None where each
        stands where it stood."""
        if text.isascii() and (text.isprintable() or not self._bert):
            return (text.lower() if self._bert else text), None
        normal = text.translate(self._letters)
        if not self._bert and not is_composed(text, normal):
            raise Unsure
        if normal == text:
            return normal, None
        letters = self._letters
        return normal, [place for place, char in enumerate(text) for _ in letters[ord(char)]]


def open_reader(path: Path, package: Package) -> Reader | None:
    """The reader of the pieces in the bundle at `path`; None where it has none, and the package is to be asked.

    Raises ValueError, TypeError or LookupError where the file is damaged.
    """
    try:
        content = (path / FILE).read_bytes()
    except FileNotFoundError:
        return None
    return Reader(Vocabulary(content), package)
