"""Markdown in what an assistant says, as far as chats go: bold, italic, struck out, code and links (CommonMark).

A text becomes plain words and spans, so that it can be split anywhere, and each piece gets the marks of its
platform around words that are escaped by its rules. Marks count at the edges of words only: `2 * 3 * 4` and `a_b_c`
are what they are. A backslash before a mark takes its meaning away.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.channels.fitting import split

_INNER = r".{1,1000}?"
_WORD = r"[^\W\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff\uac00-\ud7a3\uf900-\ufaff]"
"""A character of a word in a script that has blanks between words; in the others a mark may stand anywhere."""
_TOKEN = re.compile(
    r"(?=[\\`\[*~_])(?:"  # Nearly all characters begin no mark: one look instead of eight.
    r"\\(?P<escaped>[\\`*_~\[\]()])"
    r"|`(?P<code>[^`\n]{1,1000})`"
    r"|\[(?P<label>[^\[\]\n]{1,1000})\]"
    r"\((?P<url>(?:https?://|mailto:|tel:)[^\s()]{1,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,200})?)\)"
    rf"|(?<!{_WORD})(?<!\*)\*\*(?=\*[^\s*]|[^\s*])(?P<bold>{_INNER})(?<=[^\s])\*\*(?!{_WORD}|\*)"
    rf"|(?<!{_WORD})(?<!~)~~(?=[^\s~])(?P<strike>{_INNER})(?<=[^\s])~~(?!{_WORD}|~)"
    rf"|(?<!{_WORD})(?<!\*)\*(?=[^\s*])(?P<italic>{_INNER})(?<=[^\s*])\*(?!{_WORD}|\*)"
    rf"|(?<![\w_])_(?=[^\s_])(?P<italic2>{_INNER})(?<=[^\s_])_(?![\w_]))"
)
_KINDS = {"bold": "bold", "italic": "italic", "italic2": "italic", "strike": "strike", "code": "code"}
_MARK = re.compile(r"[*_~`\[\\]")
NO_SPACE = "\u200b"
"""Of no width: the edge of a word that nobody sees."""
_LEVELS = 4
"""Marks within each other."""


class Span(NamedTuple):
    """A mark on some characters of a plain text."""

    kind: str
    """bold, italic, strike, code or link."""
    start: int
    end: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """How a platform writes marks."""

    pairs: Mapping[str, tuple[str, str]]
    """What stands before and after the words, by kind."""
    link: Callable[[str, str], str]
    """A link, of its words (escaped) and its address."""
    escape: Callable[[str], str]
    apart: str = ""
    """What stands between a letter and a mark beside it, where the platform wants a word's edge there."""


def read(text: str, level: int = 0) -> tuple[str, tuple[Span, ...]]:
    """The plain words of a text, and what is marked in them; outer spans before inner ones."""
    if not _MARK.search(text):
        return text, ()
    plain: list[str] = []
    spans: list[Span] = []
    length = place = 0
    for token in _TOKEN.finditer(text):
        plain.append(text[place : token.start()])
        length += token.start() - place
        place = token.end()
        name = token.lastgroup or ""
        words, inner = token["label" if name == "url" else name], ()  # type: str, tuple[Span, ...]
        if name not in ("code", "escaped") and level < _LEVELS and _MARK.search(words):
            words, inner = read(words, level + 1)
        if name == "url":
            spans.append(Span("link", length, length + len(words), token["url"]))
        elif name in _KINDS:
            spans.append(Span(_KINDS[name], length, length + len(words)))
        spans += [Span(span.kind, span.start + length, span.end + length, span.url) for span in inner]
        plain.append(words)
        length += len(words)
    plain.append(text[place:])
    return "".join(plain), tuple(spans)


def strip_markdown(text: str) -> str:
    """The words for platforms without marks; of a link the address follows, where its words are another."""
    return spell_links(*read(text))[0]


def spell_links(text: str, spans: Sequence[Span], schemes: tuple[str, ...] = ("",)) -> tuple[str, tuple[Span, ...]]:
    """The text with addresses that begin with one of the schemes behind the words of their links, which are then plain.

    E-mail addresses and numbers stand as people write them.
    """
    found: list[str] = []
    others, added, place = [span for span in spans if span.kind != "link" or not span.url.startswith(schemes)], [], 0
    for link in sorted((span for span in spans if span not in others), key=lambda span: span.end):
        address = bare_address(link.url)
        if text[link.start : link.end] not in (address, link.url):
            found += [text[place : link.end], f" ({address})"]
            added.append((link.end, len(address) + 3))
            place = link.end
    if not added:
        return text, tuple(others)

    def shift(at: int) -> int:
        return at + sum(more for end, more in added if end <= at)

    shifted = tuple(Span(span.kind, shift(span.start), shift(span.end), span.url) for span in others)
    return "".join([*found, text[place:]]), shifted


def bare_address(url: str) -> str:
    return url.removeprefix("mailto:").removeprefix("tel:")


def write(text: str, spans: Sequence[Span], marks: Marks) -> str:
    """The text with its platform's marks; kinds that the platform has no mark for are plain."""
    return _write(text, list(reversed(spans)), marks, 0, len(text))


def _write(text: str, waiting: list[Span], marks: Marks, start: int, end: int) -> str:
    """The characters from `start` to `end`; takes the spans in them from the end of `waiting`, outer before inner."""
    found: list[str] = []
    place = start
    while waiting and waiting[-1].end <= end:
        span = waiting.pop()
        found.append(marks.escape(text[place : span.start]))
        words = _write(text, waiting, marks, span.start, span.end)
        place = span.end
        if span.kind == "link":
            found.append(marks.link(words, span.url))
            continue
        before, after = marks.pairs.get(span.kind, ("", ""))
        if before and marks.apart and words:
            # In scripts without blanks a mark stands within a row of letters, where these platforms see none.
            before = marks.apart + before if text[max(span.start - 1, 0) : span.start].isalnum() else before
            after = after + marks.apart if text[span.end : span.end + 1].isalnum() else after
        found.append(f"{before}{words}{after}")
    found.append(marks.escape(text[place:end]))
    return "".join(found)


def split_text(
    text: str, spans: Sequence[Span], limit: int, size: Callable[[str], int]
) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """The text split into pieces, each with the spans in it. `size` counts a piece as the platform does, escaped."""
    place = 0
    for piece in split(text, limit, size):
        if piece == text:
            yield piece, tuple(spans)
            return
        start = text.index(piece, place)
        place = start + len(piece)
        within = (
            Span(span.kind, max(span.start, start) - start, min(span.end, place) - start, span.url)
            for span in spans
            if span.start < place and span.end > start
        )
        yield piece, tuple(within)


def write_marks(text: str, spans: Sequence[Span], limit: int, size: Callable[[str], int], marks: Marks) -> list[str]:
    """The text with marks in pieces of at most `limit`; where the marks take a quarter of that, without them."""
    written = write(text, spans, marks)
    if text and text == text.strip() and size(written) <= limit:
        return [written]
    overhead = size(written) - size(marks.escape(text))
    if overhead > limit // 4:
        spans, overhead = (), 0
    cut = split_text(text, spans, limit - overhead, lambda piece: size(marks.escape(piece)))
    return [write(piece, within, marks) for piece, within in cut]
