"""Characters as BERT's and SentencePiece's normalisers see them: what each becomes, and where words end.

Each table is asked by `str.translate` and works out a character when it first comes. The package tokenizers has tables
of an older Unicode than Python; where the two differ, or may differ in another Python, the table raises Unsure.
"""

import unicodedata


class Unsure(Exception):
    """The text has a character that this module and the package may read in two ways."""


WORD, SPACE, SIGN = "w", " ", "."
SPACES = frozenset("\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {*map(chr, range(0x2000, 0x200B))}
"""Unicode's White_Space; Python's `isspace` counts four control characters as well."""
ASCII_SIGNS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
IDEOGRAPHS = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF), (0x2F800, 0x2FA1F),
)  # fmt: skip
"""Each is a word of its own for BERT; its own typing error in the last but one is kept."""
YOUNG = (
    (0x61D, 0x61D), (0x7FD, 0x7FD), (0x88F, 0x89F), (0x8CA, 0x8E2), (0x9FD, 0x9FE), (0xA76, 0xA76), (0xAFA, 0xAFF),
    (0xB55, 0xB55), (0xC04, 0xC04), (0xC3C, 0xC3C), (0xC77, 0xC77), (0xC84, 0xC84), (0xD00, 0xD00), (0xD3B, 0xD3C),
    (0xD81, 0xD81), (0xEBA, 0xECE), (0x166D, 0x166D), (0x1715, 0x1734), (0x180F, 0x180F), (0x1885, 0x1886),
    (0x1ABF, 0x1AFF), (0x1B44, 0x1B4F), (0x1B7D, 0x1B7F), (0x1BAA, 0x1BAA), (0x1BF2, 0x1BF3), (0x1C89, 0x1C8A),
    (0x1DF6, 0x1DFB), (0x2E43, 0x2E5D), (0x302E, 0x302F), (0x32FF, 0x32FF), (0xA7CB, 0xA7F4), (0xA82C, 0xA82C),
    (0xA8C5, 0xA8C5), (0xA8FF, 0xA8FF), (0xA953, 0xA953), (0xA9BD, 0xA9C0), (0xAB69, 0xAB69),
)  # fmt: skip
"""Younger than the package's tables, or marks that move within a word. A test compares every character there is."""
HIGH = ((0x1D400, 0x1D7FF), (0x1F1E6, 0x1F1FF), (0x1F300, 0x1FAFF), (0x20000, 0x2A6DF), (0x2F800, 0x2FA1F))
"""Beyond the first 65,536, what people write: letters for formulas, flags and emoji, ideographs."""


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def _look_up(code: int) -> tuple[str, str]:
    """The character and its category, or Unsure."""
    char = chr(code)
    category = unicodedata.category(char)
    if category == "Cn" or _within(code, YOUNG) or (code > 0xFFFF and not _within(code, HIGH)):
        raise Unsure
    return char, category


class Kinds(dict[int, str]):
    """Whether a character is of a word, a space, or a sign, which is a word of its own (BertPreTokenizer)."""

    def __missing__(self, code: int) -> str:
        char, category = _look_up(code)
        sign = char in ASCII_SIGNS if code < 128 else category.startswith("P")
        kind = self[code] = SPACE if char in SPACES else SIGN if sign else WORD
        return kind


class BertLetters(dict[int, str]):
    """What BertNormalizer makes of a character for an encoder without capitals: lower case, without accents."""

    def __missing__(self, code: int) -> str:
        char, category = _look_up(code)
        if char not in "\t\n\r" and (category.startswith("C") or code == 0xFFFD):
            found = ""
        elif char in SPACES:
            found = " "
        else:
            parts = (part for part in unicodedata.normalize("NFD", char) if unicodedata.category(part) != "Mn")
            # One by one: Python's own lower case looks at the letters around a sigma.
            found = "".join(part.lower() for part in parts)
            if _within(code, IDEOGRAPHS):
                found = f" {found} "
        self[code] = found
        return found


class CompatibleLetters(dict[int, str]):
    """What NFKC makes of a character that stands alone."""

    def __missing__(self, code: int) -> str:
        char, _ = _look_up(code)
        found = self[code] = unicodedata.normalize("NFKC", char)
        return found


def is_composed(text: str, normal: str) -> bool:
    """Whether `normal`, the text with each character normalised alone, is the NFKC of the text; it is not where a
    letter and its accent are two characters."""
    return unicodedata.normalize("NFKC", text) == normal
