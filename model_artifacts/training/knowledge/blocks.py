"""What a document says, block by block, with the headings that stand above each block."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a list item, a row of a table, or a piece of code."""

    text: str
    """One line, or for code as many as it has."""
    headings: tuple[str, ...] = ()
    """From the document's title down to the nearest heading."""
    anchor: str = ""
    """The nearest heading's id, for a link to it."""
    question: str = ""
    """The question that this answers, where the source says so (an FAQ)."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file or page."""

    name: str
    """Its path below knowledge/, or its URL."""
    title: str
    blocks: tuple[Block, ...]
    link: str = ""
    """Where people can read it; empty where nobody can."""
    date: str = ""
    """YYYY-MM-DD, as the document tells it."""
    language: str = ""


class Unreadable(Exception):
    """A source that cannot be read; the message says which, why, and what to do."""
