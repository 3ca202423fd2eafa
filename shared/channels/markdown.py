"""Markdown in what an assistant says, as far as chats go: bold, italic, struck out, code and links (CommonMark).

A text becomes plain words and spans, so that it can be split anywhere, and each piece gets the marks of its
platform around words that are escaped by its rules. Marks count at the edges of words only: `2 * 3 * 4` and `a_b_c`
are what they are. A backslash before a mark takes its meaning away.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from shared.channels.fitting import split

_INNER = r".{1,1000}?"
_TOKEN = re.compile(
    r"\\(?P<escaped>[\\`*_~\[\]()])"
    r"|`(?P<code>[^`\n]{1,1000})`"
    r"|\[(?P<label>[^\[\]\n]{1,1000})\]"
    r"\((?P<url>(?:https?://|mailto:|tel:)[^\s()]{1,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,200})?)\)"
    rf"|(?<![\w*])\*\*(?=[^\s*])(?P<bold>{_INNER})(?<=[^\s])\*\*(?![\w*])"
    rf"|(?<![\w~])~~(?=[^\s~])(?P<strike>{_INNER})(?<=[^\s])~~(?![\w~])"
    rf"|(?<![\w*])\*(?=[^\s*])(?P<italic>{_INNER})(?<=[^\s*])\*(?![\w*])"
    rf"|(?<![\w_])_(?=[^\s_])(?P<italic2>{_INNER})(?<=[^\s_])_(?![\w_])"
)
_KINDS = {"bold": "bold", "italic": "italic", "italic2": "italic", "strike": "strike", "code": "code"}
_MARK = re.compile(r"[*_~`\[\\]")
_LEVELS = 4
"""Marks within each other."""


@dataclass(frozen=True, slots=True)
class Span:
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
        words, inner = token[name], ()  # type: str, tuple[Span, ...]
        if name == "url":
            words, inner = read(token["label"], level + 1) if level < _LEVELS else (token["label"], ())
            spans.append(Span("link", length, length + len(words), token["url"]))
        elif name in _KINDS:
            if name != "code" and level < _LEVELS:
                words, inner = read(words, level + 1)
            spans.append(Span(_KINDS[name], length, length + len(words)))
        spans += [replace(span, start=span.start + length, end=span.end + length) for span in inner]
        plain.append(words)
        length += len(words)
    plain.append(text[place:])
    return "".join(plain), tuple(spans)


def strip_markdown(text: str) -> str:
    """The words for platforms without marks; of a link the address follows, where its words are another."""
    words, spans = read(text)
    for span in sorted((span for span in spans if span.kind == "link"), key=lambda span: span.end, reverse=True):
        if words[span.start : span.end] != span.url:
            words = f"{words[: span.end]} ({span.url}){words[span.end :]}"
    return words


def write(text: str, spans: Sequence[Span], marks: Marks) -> str:
    """The text with its platform's marks; kinds that the platform has no mark for are plain."""
    return _write(text, spans, marks, 0, len(text))


def _write(text: str, spans: Sequence[Span], marks: Marks, start: int, end: int) -> str:
    found: list[str] = []
    place = start
    rest = list(spans)
    while rest:
        span = rest.pop(0)
        inside = [other for other in rest if other.start >= span.start and other.end <= span.end]
        rest = [other for other in rest if other not in inside]
        found.append(marks.escape(text[place : span.start]))
        words = _write(text, inside, marks, span.start, span.end)
        if span.kind == "link":
            found.append(marks.link(words, span.url))
        else:
            before, after = marks.pairs.get(span.kind, ("", ""))
            found.append(f"{before}{words}{after}")
        place = span.end
    found.append(marks.escape(text[place:end]))
    return "".join(found)


def split_text(
    text: str, spans: Sequence[Span], limit: int, size: Callable[[str], int]
) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """The text split into pieces, each with the spans in it. `size` counts a piece as the platform does, escaped."""
    place = 0
    for piece in split(text, limit, size):
        start = text.index(piece, place)
        place = start + len(piece)
        within = (
            replace(span, start=max(span.start, start) - start, end=min(span.end, place) - start)
            for span in spans
            if span.start < place and span.end > start
        )
        yield piece, tuple(within)


def write_marks(text: str, spans: Sequence[Span], limit: int, size: Callable[[str], int], marks: Marks) -> list[str]:
    """The text with marks in pieces of at most `limit`; where the marks take a quarter of that, without them."""
    overhead = size(write(text, spans, marks)) - size(marks.escape(text))
    if overhead > limit // 4:
        spans, overhead = (), 0
    cut = split_text(text, spans, limit - overhead, lambda piece: size(marks.escape(piece)))
    return [write(piece, within, marks) for piece, within in cut]
