"""Text as the model reads it: piece ids, and words with their place in the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.nlu.edges import is_picture
from functions.nlu.tables import replace_typography

MAX_CHARACTERS = 4096
"""More than the pieces that a model reads ever cover; the rest is cut before tokenising, so that it costs nothing."""


class Pieces(Protocol):
    """A text's pieces: tokenizers.Encoding, or functions.nlu.pieces.Encoding."""

    @property
    def ids(self) -> list[int]: ...
    @property
    def word_ids(self) -> Sequence[int | None]: ...
    @property
    def offsets(self) -> Sequence[tuple[int, int]]: ...
    @property
    def overflowing(self) -> Any:
        """True where pieces were left out at the end."""


class Tokenizer(Protocol):
    """Cuts texts into pieces: tokenizers.Tokenizer, or functions.nlu.pieces.Reader."""

    def encode(self, text: str, /) -> Pieces: ...
    def token_to_id(self, piece: str, /) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text, tokenised once for both heads."""

    ids: list[int]
    heads: list[int]
    """For each word, the position of its first piece in `ids`."""
    tails: list[int]
    """For each word, the position after its last piece."""
    spans: list[tuple[int, int]]
    """For each word, its characters in the text, end exclusive."""
    truncated: bool


def encode(tokenizer: Tokenizer, text: str) -> Encoded:
    """Encode `text`; a tokenizer with truncation set limits the number of pieces."""
    # A lone surrogate cannot become UTF-8, which the tokenizer needs; "?" keeps every character's place.
    readable = _without_pictures(replace_typography(text[:MAX_CHARACTERS])).encode("utf-8", "replace").decode("utf-8")
    encoding = tokenizer.encode(readable)
    heads: list[int] = []
    tails: list[int] = []
    spans: list[tuple[int, int]] = []
    previous = None
    for position, (word, (start, end)) in enumerate(zip(encoding.word_ids, encoding.offsets, strict=True)):
        if word is None:
            continue
        if word == previous:
            spans[-1] = (spans[-1][0], end)
            tails[-1] = position + 1
        else:
            heads.append(position)
            tails.append(position + 1)
            spans.append((start, end))
            previous = word
    truncated = len(text) > MAX_CHARACTERS or bool(encoding.overflowing)
    return Encoded(encoding.ids, heads, tails, spans, truncated)


def _without_pictures(text: str) -> str:
    """The text with a blank for each emoji beside words: glued to one, it would make the whole word unknown."""
    if text.isascii() or not any(char.isalnum() for char in text):
        return text
    return "".join(" " if char > "\u203b" and is_picture(char) else char for char in text)
