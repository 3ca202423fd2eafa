"""What authors said becomes examples of the assistant, in its own YAML files, whose comments stay."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from shared.errors import Rejected
from shared.events.wire import JSON
from shared.stores.ports import Review

REDACTED = re.compile(r"<[a-z_]+>")
"""What stands in the place of personal data: nobody says that."""


def write_reviewed(assistant: Path, reviews: Iterable[Review]) -> dict[str, Any]:
    """The places of the examples that are there now, and what was refused with its reason; each text once."""
    from monitoring.conversations.sources import add_example

    places: list[str] = []
    refused: list[dict[str, str]] = []
    done: set[tuple[str, str]] = set()
    for review in reviews:
        intent = review.document.get("intent")
        text, marks = read_pieces(review.document.get("pieces", ()))
        if not intent or not text or text.startswith("/") or (str(intent), text) in done:
            continue
        done.add((str(intent), text))
        if REDACTED.search(text):
            refused.append({"text": text, "why": "words were hidden in it: write another example in its place"})
            continue
        try:
            places.append(add_example(assistant, str(intent), text, marks))
        except Rejected as exc:
            refused.append({"text": text, "why": str(exc)})
    return {"places": places, "refused": refused}


def read_pieces(pieces: Iterable[Mapping[str, JSON]]) -> tuple[str, list[Any]]:
    """The text of the pieces, with single blanks, and the annotations in it."""
    from model_artifacts.training.nlu.annotation import Annotation

    text, marks = "", []
    for piece in pieces:
        words = " ".join(str(piece.get("text", "")).split())
        blank = bool(text) and (not text.endswith(" ")) and str(piece.get("text", ""))[:1].isspace()
        text += " " * blank
        if piece.get("entity") and words:
            more = {name: str(piece[name]) for name in ("value", "role", "group") if piece.get(name) is not None}
            marks.append(Annotation(len(text), len(text) + len(words), str(piece["entity"]), **more))
        text += words
        if str(piece.get("text", ""))[-1:].isspace():
            text += " "
    return text.strip(), marks
