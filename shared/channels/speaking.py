"""Words for the ear: what a voice can say of a text, how much of it, and speech markup (SSML) that is safe."""

import re
from xml.sax.saxutils import escape, quoteattr

ADDRESS = re.compile(r"\(?\b(?:https?://|www\.)\S+")
BULLET = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+", re.MULTILINE)
PICTURE = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d\u20e3]+")
SENTENCE = re.compile(r"(?<=[.!?…。！？])\s+")
ENDS = ".!?…:,;。！？"
TAG = re.compile(
    r"<(/?)([a-z][a-z-]{0,20})((?:\s+[a-z:-]{1,20}\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'))*)\s*(/?)>", re.IGNORECASE
)
ATTRIBUTE = re.compile(r"([a-z:-]{1,20})\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')", re.IGNORECASE)
KNOWN = ("break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w")
"""Elements of SSML 1.1 that voices commonly know; `speak` around them is left out."""


def strip_unspoken(text: str) -> str:
    """The text without what nobody says: addresses, pictures, bullets; a line is a sentence."""
    words = PICTURE.sub("", ADDRESS.sub("", BULLET.sub("", text)))
    lines = [" ".join(line.split()) for line in words.splitlines()]
    said = [line for line in lines if line]
    return " ".join([*(line if line[-1] in ENDS else f"{line}." for line in said[:-1]), *said[-1:]])


def shorten(text: str, longest: int) -> str:
    """As many whole sentences as `longest` characters have, one at least; where that is longer, as many words."""
    if len(text) <= longest:
        return text
    found = ""
    for sentence in SENTENCE.split(text):
        longer = f"{found} {sentence}".strip()
        if len(longer) > longest:
            break
        found = longer
    return found or text[:longest].rpartition(" ")[0].rstrip(",;:") + "."


def clean_markup(text: str) -> str:
    """Text with SSML as well-formed markup of known elements; where it is not well formed, its words alone, escaped."""
    open_tags: list[str] = []
    pieces, at = [], 0
    for tag in TAG.finditer(text):
        pieces.append(escape(_unescape(text[at : tag.start()])))
        at = tag.end()
        closing, name, attributes, empty = tag[1], tag[2].lower(), tag[3], tag[4]
        if name not in KNOWN:
            continue
        if closing:
            if not open_tags or open_tags.pop() != name:
                return escape(strip_markup(text))
            pieces.append(f"</{name}>")
            continue
        named = "".join(
            f" {key}={quoteattr(_unescape(one or other))}" for key, one, other in ATTRIBUTE.findall(attributes)
        )
        pieces.append(f"<{name}{named}{'/' if empty else ''}>")
        if not empty:
            open_tags.append(name)
    if open_tags:
        return escape(strip_markup(text))
    return "".join([*pieces, escape(_unescape(text[at:]))]).strip()


def strip_markup(text: str) -> str:
    """The words of a text with speech markup, for everything that is read and not heard."""
    return " ".join(_unescape(TAG.sub(" ", text)).split())


def _unescape(text: str) -> str:
    for written, meant in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(written, meant)
    return text
