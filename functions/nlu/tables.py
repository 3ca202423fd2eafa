"""An assistant's lookup tables and regular expressions: where a text has what they hold, and what that tells the heads.

The tables of a bundle lie in `tables.bin`: 64 bits of a hash of each phrase in order, and beside it which entities'
tables have the phrase. A cold start reads the file as it stands, whatever the number of phrases; a text costs one
search for each of its words, and more only where some phrase begins with that word.
"""

import json
import re
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from shared.digest import sha256_number

FILE = "tables.bin"
MAGIC = b"PARLEYT1"
LOOKUP, REGEX = "lookup", "regex"
WORD = re.compile(r"\w+|[^\w\s]")
"""Letters and digits, or one other character."""
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0002fa1f"
)
"""Scripts that put no blanks between words, or glue particles to them: Thai, Lao, Burmese, Khmer, Chinese, Japanese,
Korean."""
Words = Sequence[tuple[int, int]]
"""The first character of each word of a text, and the one after its last."""
Row = Sequence[float]


@dataclass(frozen=True, slots=True)
class Hit:
    """Words `first` to `last` (inclusive) have what stands in the tables of these entities, or matches their
    expressions; exactly that are the characters from `start` to `end` (exclusive)."""

    first: int
    last: int
    entities: frozenset[str]
    extractor: str = LOOKUP
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


class Tables:
    """Phrases and the entities that have them; searched by hash, so that no phrase is kept."""

    __slots__ = ("_begins", "_hashes", "_of", "_sets", "longest")

    def __init__(
        self, hashes: Sequence[int], of: Sequence[int], sets: Sequence[frozenset[str]], begins: Sequence[int],
        longest: int,
    ) -> None:  # fmt: skip
        self._hashes = hashes
        self._of = of
        self._sets = sets
        self._begins = begins
        self.longest = longest
        """Words of the longest phrase."""

    def __contains__(self, phrase: str) -> bool:
        return bool(self.entities(phrase))

    def __len__(self) -> int:
        return len(self._hashes)

    def entities(self, phrase: str) -> frozenset[str]:
        """The entities whose tables have the phrase, whatever its case and spaces."""
        return self._entities(fold(phrase))

    def _entities(self, folded: str) -> frozenset[str]:
        place = _find_place(self._hashes, hash_phrase(folded))
        return self._sets[self._of[place]] if place >= 0 else frozenset()

    def find(self, text: str, words: Words) -> list[Hit]:
        """For each table its longest phrases in the text, from left to right and without overlaps, in order."""
        found: list[Hit] = []
        free: dict[str, int] = {}
        tokens = split_tokens(text) if self.longest and words else []
        # Most texts need to be folded once only: their parts lie at the same places then.
        even = text.isascii() and text == " ".join(text.split())
        folded = text.casefold() if even else ""
        for first, (start, begun) in enumerate(tokens):
            if _find_place(self._begins, hash_phrase(folded[start:begun] if even else fold(text[start:begun]))) < 0:
                continue
            for last in range(min(len(tokens), first + self.longest) - 1, first - 1, -1):
                end = tokens[last][1]
                entities = self._entities(folded[start:end] if even else fold(text[start:end]))
                new = frozenset(entity for entity in entities if free.get(entity, 0) <= first)
                if new:
                    free.update(dict.fromkeys(new, last + 1))
                    if (covered := _cover_words(words, start, end)) is not None:
                        found.append(Hit(*covered, new, LOOKUP, start, end))
        return found

    def to_bytes(self) -> bytes:
        """The file that `read_tables` reads."""
        header = json.dumps(
            {
                "sets": [sorted(names) for names in self._sets],
                "longest": self.longest,
                "phrases": len(self._hashes),
                "begins": len(self._begins),
            },
            ensure_ascii=False,
        ).encode()
        header += b" " * (-len(header) % 8)
        arrays = (array("Q", self._hashes), array("Q", self._begins), array("H", self._of))
        return MAGIC + len(header).to_bytes(8, "little") + header + b"".join(map(_little, arrays))


def make_tables(lookups: Mapping[str, Iterable[str]]) -> Tables:
    """The tables of these phrases of each entity."""
    entities: dict[int, set[str]] = {}
    begins: set[int] = set()
    longest = 0
    for entity, phrases in lookups.items():
        for phrase in phrases:
            folded = fold(phrase)
            words = split_tokens(folded)
            if words:
                entities.setdefault(hash_phrase(folded), set()).add(entity)
                begins.add(hash_phrase(fold(folded[words[0][0] : words[0][1]])))
                longest = max(longest, len(words))
    hashes = sorted(entities)
    sets = sorted({tuple(sorted(names)) for names in entities.values()})
    number = {names: place for place, names in enumerate(sets)}
    of = [number[tuple(sorted(entities[value]))] for value in hashes]
    return Tables(hashes, of, [frozenset(names) for names in sets], sorted(begins), longest)


NOTHING = Tables((), (), (), (), 0)


def read_tables(content: bytes) -> Tables:
    """The tables of a file, or ValueError where it is none."""
    if content[:8] != MAGIC:
        raise ValueError(f"{FILE} is not a file of lookup tables")
    length = int.from_bytes(content[8:16], "little")
    header = json.loads(content[16 : 16 + length])
    place = 16 + length
    parts = []
    for kind, count in (("Q", header["phrases"]), ("Q", header["begins"]), ("H", header["phrases"])):
        part = array(kind)
        if len(content) < place + count * part.itemsize:
            raise ValueError(f"{FILE} is cut short")
        part.frombytes(content[place : place + count * part.itemsize])
        place += count * part.itemsize
        parts.append(_read_native(part))
    return Tables(parts[0], parts[2], [frozenset(names) for names in header["sets"]], parts[1], header["longest"])


def find_hits(tables: Tables, regexes: Iterable[tuple[str, str]], text: str, words: Words) -> list[Hit]:
    """What the tables and the expressions of all entities find in the text."""
    hits = tables.find(text, words)
    for entity, pattern in regexes:
        for match in _compile_pattern(pattern).finditer(text):
            start, end = match.span()
            if start < end and (covered := _cover_words(words, start, end)) is not None:
                hits.append(Hit(*covered, frozenset((entity,)), REGEX, start, end))
    return hits


def split_tokens(text: str) -> list[tuple[int, int]]:
    """Where the smallest parts of a text stand that a phrase can begin or end with: words, single signs, and in
    scripts without blanks each character."""
    return [match.span() for match in (WORD if text.isascii() else _compile_unspaced()).finditer(text)]


def _cover_words(words: Words, start: int, end: int) -> tuple[int, int] | None:
    """First and last of the words that the characters touch."""
    first = bisect_left(words, start, key=_end_of)
    if first < len(words) and words[first][1] == start:
        first += 1
    last = bisect_left(words, end, lo=first, key=_start_of) - 1
    return (first, last) if first <= last else None


def _start_of(word: tuple[int, int]) -> int:
    return word[0]


def _end_of(word: tuple[int, int]) -> int:
    return word[1]


@dataclass(frozen=True, slots=True)
class Features:
    """What a hit adds to the scores of both heads: learned, see model_artifacts/training/nlu/tables.py."""

    rows: Mapping[str, int]
    """Entity -> its number."""
    tags: Sequence[Row]
    """2 x entities rows of tag scores: of a hit's first word, of its others."""
    intents: Sequence[Row]
    """3 x entities rows of intent logits: some hit; its share of the text's words; a hit that is the whole text."""

    def add(self, hits: Collection[Hit], logits: Row, emissions: Sequence[Row]) -> tuple[Row, Sequence[Row]]:
        """Intent logits and the words' tag scores with what the hits add."""
        cells, weights = describe_hits(self.rows, hits, len(emissions))
        if not cells and not weights:
            return logits, emissions
        scores, totals = list(emissions), list(logits)
        for word, row in cells:
            scores[word] = [one + other for one, other in zip(scores[word], self.tags[row], strict=True)]
        for row, weight in weights.items():
            totals = [one + weight * other for one, other in zip(totals, self.intents[row], strict=True)]
        return totals, scores


def describe_hits(
    rows: Mapping[str, int], hits: Iterable[Hit], words: int
) -> tuple[list[tuple[int, int]], dict[int, float]]:
    """The hits as features: (word, row) of the tags' matrix; row of the intents' matrix -> value."""
    cells: dict[tuple[int, int], None] = {}
    weights: dict[int, float] = {}
    for hit in hits:
        for entity in hit.entities:
            row = rows.get(entity)
            if row is None:
                continue
            for word in range(hit.first, hit.last + 1):
                cells[word, 2 * row + (word > hit.first)] = None
            share = (hit.last + 1 - hit.first) / words
            weights[3 * row] = 1.0
            weights[3 * row + 1] = max(weights.get(3 * row + 1, 0.0), share)
            if share == 1:
                weights[3 * row + 2] = 1.0
    return list(cells), weights


def fold(phrase: str) -> str:
    """A phrase as lookups and synonyms know it: case-folded, single spaces, plain quotes."""
    return " ".join(replace_typography(phrase).casefold().split())


def replace_typography(text: str) -> str:
    """The text with the quotes, dashes and wide signs of keyboards and scripts as their plain ones, at their places."""
    return text if text.isascii() else text.translate(PLAIN)


_SAME = (
    ('"', "“”„‟«»「」『』〝〞＂"),
    ("'", "‘’‚‛′＇´"),
    ("-", "‐‑‒–—−－"),
    ("(", "（"),
    (")", "）"),
    (",", "，、"),
    (".", "。"),
    ("?", "？"),
    ("!", "！"),
    (":", "："),
    (";", "；"),
    ("/", "／"),
    ("&", "＆"),
    (" ", "\u00a0\u202f\u3000"),
)
PLAIN = {ord(sign): same for same, signs in _SAME for sign in signs}


def hash_phrase(folded: str) -> int:
    """64 bits of the phrase's SHA-256: among 100,000 phrases one text in 10^12 meets a stranger's."""
    return sha256_number(folded.encode("utf-8", "replace"))


def _find_place(values: Sequence[int], value: int) -> int:
    place = bisect_left(values, value)
    return place if place < len(values) and values[place] == value else -1


def _little(values: "array[int]") -> bytes:
    return _read_native(values).tobytes()


def _read_native(values: "array[int]") -> "array[int]":
    if _BIG:
        values.byteswap()
    return values


_BIG = array("H", [1]).tobytes()[0] == 0


def has_unspaced(text: str) -> bool:
    """Whether the text has a character of a script without blanks."""
    return any(
        len(text[first:last]) == 1 and re.match(f"[{UNSPACED}]", text[first:last]) for first, last in split_tokens(text)
    )


@lru_cache(maxsize=1)
def _compile_unspaced() -> re.Pattern[str]:
    return re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+|[^\w\s]")


@lru_cache(maxsize=1024)
def _compile_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def read_features(raw: Mapping[str, Any] | None) -> Features | None:
    """The learned part of nlu.json's "features", where there is one."""
    if not raw:
        return None
    rows = {str(entity): number for number, entity in enumerate(raw["entities"])}
    return Features(rows, raw["tags"], raw["intents"])
