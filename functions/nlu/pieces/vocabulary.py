"""The pieces of an encoder as they lie in `pieces.bin`: found by how they begin, and read when a word begins so.

The file: MAGIC; the length of a JSON object of settings and the object; then, each at a multiple of 8, the number of
the first piece of each bucket, where each bucket's text begins, the id of each piece, the score of each id (Unigram
alone); then the pieces, a line each. Numbers have 32 bits (scores 64 where they need them) and the processor's order of
bytes, which is the same on all that Parley runs on.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from struct import calcsize
from typing import Any

MAGIC = b"PARLEYP1"
INSIDE = "##"
"""What a WordPiece begins with that does not begin a word."""
MARK = "\u2581"
"""What a piece of SentencePiece begins with that begins a word."""
BEGINNING = 3
IN_A_BUCKET = 8
"""Pieces, in the mean."""
KEPT = 8192
"""Beginnings whose pieces are kept; somebody who sends all there are makes room for others."""
Pieces = dict[str, tuple[float, int]]
"""Piece -> score and id."""


class Vocabulary:
    """Pieces by their beginnings."""

    def __init__(self, content: bytes) -> None:
        """Raises ValueError, TypeError or LookupError where the content is of another kind."""
        if not content.startswith(MAGIC):
            raise ValueError("pieces.bin is of another format")
        head = len(MAGIC) + 4
        size = int.from_bytes(content[len(MAGIC) : head], "little")
        self.settings: Mapping[str, Any] = json.loads(content[head : head + size])
        self._count = count = self.settings["buckets"]
        view, place = memoryview(content), _align(head + size)
        self._first, place = view[place : place + 4 * (count + 1)].cast("I"), _align(place + 4 * (count + 1))
        self._begin, place = view[place : place + 4 * (count + 1)].cast("I"), _align(place + 4 * (count + 1))
        pieces = self._first[count]
        self._ids, place = view[place : place + 4 * pieces].cast("I"), _align(place + 4 * pieces)
        form = self.settings.get("form", "f")
        scores = calcsize(form) * self.settings["scores"]
        self._scores, self._text = view[place : place + scores].cast(form), view[place + scores :]
        self._known: dict[str, tuple[int, Pieces]] = {}

    def find(self, beginning: str) -> tuple[int, Pieces]:
        """The pieces that begin so, and those that are the first of these characters; and how many characters the
        longest has. `beginning` is BEGINNING characters of a word, or what is left of it; MARK does not count."""
        found = self._known.get(beginning)
        return self._open(beginning) if found is None else found

    def find_piece(self, piece: str) -> int | None:
        """The id of a piece, INSIDE before it where it is within a word; None where there is none."""
        return next((number for text, number in self._read(begin_of(piece)) if text == piece), None)

    def _open(self, beginning: str) -> tuple[int, Pieces]:
        pieces: Pieces = {}
        longest = 0
        for size in range(1, len(beginning) + 1):
            first = beginning[:size]
            for text, number in self._read(first):
                if begin_of(text) == first:
                    pieces[text] = (self._scores[number] if self._scores else 0.0, number)
                    longest = max(longest, len(cut_mark(text)))
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[beginning] = longest, pieces
        return longest, pieces

    def _read(self, beginning: str) -> Iterator[tuple[str, int]]:
        bucket = hash_beginning(beginning, self._count)
        text = bytes(self._text[self._begin[bucket] : self._begin[bucket + 1]]).decode("utf-8")
        return zip(text.splitlines(), self._ids[self._first[bucket] : self._first[bucket + 1]], strict=True)


def cut_mark(piece: str) -> str:
    """The piece without what tells that it is within a word."""
    return piece[len(INSIDE) :] if piece.startswith(INSIDE) and len(piece) > len(INSIDE) else piece


def begin_of(piece: str) -> str:
    """What a piece is found by."""
    return piece[: BEGINNING + 1] if piece.startswith(MARK) else cut_mark(piece)[:BEGINNING]


def hash_beginning(beginning: str, buckets: int) -> int:
    number = 0
    for char in beginning:
        number = number * 131 + ord(char)
    return number % buckets


def pack_vocabulary(settings: Mapping[str, Any], pieces: Mapping[str, int], scores: Sequence[float] = ()) -> bytes:
    """The content of `pieces.bin`. A piece with a space or a line's end in it is left out: no word has it."""
    kept = {piece: number for piece, number in pieces.items() if piece and piece.split() == [piece]}
    count = len(kept) // IN_A_BUCKET | 1
    buckets: list[list[str]] = [[] for _ in range(count)]
    for piece in sorted(kept):
        buckets[hash_beginning(begin_of(piece), count)].append(piece)
    texts = ["".join(f"{piece}\n" for piece in bucket).encode("utf-8") for bucket in buckets]
    first, begin = [0], [0]
    for bucket, text in zip(buckets, texts, strict=True):
        first.append(first[-1] + len(bucket))
        begin.append(begin[-1] + len(text))
    # Imported here: a stage reads these files and writes none.
    from array import array

    form = "f" if array("f", scores).tolist() == [*scores] else "d"
    told = json.dumps(
        {**settings, "buckets": count, "scores": len(scores), **({"form": form} if form != "f" else {})},
        ensure_ascii=False,
    ).encode("utf-8")
    content = bytearray(MAGIC + len(told).to_bytes(4, "little") + told)
    ids = [kept[piece] for bucket in buckets for piece in bucket]
    for numbers in (array("I", first), array("I", begin), array("I", ids), array(form, scores)):
        content += bytes(_align(len(content)) - len(content)) + numbers.tobytes()
    return bytes(content + b"".join(texts))


def _align(place: int) -> int:
    return -(-place // 8) * 8
