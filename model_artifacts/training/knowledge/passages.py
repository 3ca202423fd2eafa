"""Documents cut into passages: what stands under one heading, in pieces that a person reads at a glance."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from model_artifacts.training.knowledge.blocks import Block, Document

LONGEST = 900
"""Characters of a passage; a longer section becomes several."""
SENTENCE = 400
"""Characters of a sentence; a longer one (a row of a table, code) is cut at a blank."""
_BEGIN = r"(?=[\"'“‘(\[]*(?:[^\W\d_a-zà-ÿ]|\d))"
_END = re.compile(rf"(?<=[.!?…])\s+{_BEGIN}|(?<=[.!?…][\"'”’)\]])\s+{_BEGIN}|(?<=[。！？])|\n+")
_ABBREVIATED = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|No|vs|e\.g|i\.e|etc|z\.B|d\.h|bzw|ca|Nr|Sr|Sra|p\.ex)\.)$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document, as it is searched, cited and shown."""

    document: str
    title: str
    headings: tuple[str, ...]
    sentences: tuple[str, ...]
    """Every one stands in the source; an answer is made of these alone."""
    link: str
    date: str
    language: str
    question: str = ""

    @property
    def text(self) -> str:
        return " ".join(self.sentences)

    @property
    def heading(self) -> str:
        """The path of headings below the title."""
        return " > ".join(heading for heading in self.headings if heading != self.title)

    @property
    def searched(self) -> str:
        """What the encoder reads of the whole passage."""
        return f"{self.title}. {self.heading}. {self.text}" if self.heading else f"{self.title}. {self.text}"


def cut_document(document: Document, language: str) -> Iterator[Passage]:
    """The passages of a document, in its order. A section never shares a passage with another."""
    section: list[Block] = []
    for block in (*document.blocks, None):
        same = (
            block is not None
            and section
            and (block.headings, block.question)
            == (
                section[0].headings,
                section[0].question,
            )
        )
        if section and not same:
            yield from _cut_section(document, section, language)
            section = []
        if block is not None:
            section.append(block)


def _cut_section(document: Document, section: Sequence[Block], language: str) -> Iterator[Passage]:
    first = section[0]
    for sentences in _fill(sentence for block in section for sentence in split_sentences(block.text)):
        if first.question and first.anchor:
            link = first.anchor
        else:
            link = f"{document.link}#{first.anchor}" if document.link and first.anchor else document.link
        yield Passage(
            document=document.name,
            title=document.title,
            headings=first.headings,
            sentences=tuple(sentences),
            link=link,
            date=document.date,
            language=document.language or language,
            question=first.question,
        )


def _fill(sentences: Iterable[str]) -> Iterator[list[str]]:
    filled: list[str] = []
    for sentence in sentences:
        if filled and sum(map(len, filled)) + len(filled) + len(sentence) > LONGEST:
            yield filled
            filled = []
        filled.append(sentence)
    if filled:
        yield filled


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, none longer than SENTENCE; abbreviations and initials do not end one."""
    found: list[str] = []
    for part in (part.strip() for part in _END.split(text) if part and part.strip()):
        if found and _ABBREVIATED.search(found[-1]):
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    return [piece for sentence in found for piece in _cut_long(sentence)]


def _cut_long(sentence: str) -> Iterator[str]:
    while len(sentence) > SENTENCE:
        end = sentence.rfind(" ", SENTENCE // 2, SENTENCE)
        end = end if end > 0 else SENTENCE
        yield sentence[:end].strip()
        sentence = sentence[end:].strip()
    if sentence:
        yield sentence
