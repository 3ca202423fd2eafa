"""A message with its entities as pieces of text, redacted; and as Rasa's training data marks them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitoring.conversations.redaction import Redaction
from shared.events.wire import JSON


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a message, and the entity that they are, if any."""

    text: str
    entity: str | None = None
    value: JSON = None
    """What the words mean, where that is something else."""
    role: str | None = None
    group: str | None = None


def split_turn(turn: Mapping[str, JSON], redacted: Redaction) -> list[Piece]:
    """The text of a turn in pieces, in order; without entities where personal data reaches across a border of one."""
    text, position, found = str(turn.get("text", "")), 0, []
    placed = [entity for entity in turn.get("entities", ()) if isinstance(entity.get("start"), int)]
    for entity in sorted(placed, key=lambda entity: int(entity["start"])):
        start, end = int(entity["start"]), int(entity["end"])
        if start < position or not text[start:end].strip() or set(text[start:end]) & set("[]"):
            continue
        words = redacted.redact_text(text[start:end])
        value = redacted.redact_value(entity.get("value"))
        found += [Piece(redacted.redact_text(text[position:start]))] if start > position else []
        found.append(
            Piece(
                words, str(entity["entity"]), None if value == words else value, entity.get("role"), entity.get("group")
            )
        )
        position = end
    found += [Piece(redacted.redact_text(text[position:]))] if position < len(text) else []
    whole = redacted.redact_text(text)
    # Where personal data reaches across the border of an entity, hiding it comes before marking.
    return found if "".join(piece.text for piece in found) == whole else [Piece(whole)]


def mark_pieces(found: Iterable[Piece]) -> str:
    """The pieces as one line of Rasa's training data, which knows no way to write a square bracket itself."""
    parts = []
    for piece in found:
        text = piece.text.replace("[", "(").replace("]", ")")
        parts.append(f"[{text.strip()}]{_mark(piece)}" if piece.entity and text.strip() else text)
    line = "".join(character if character.isprintable() else " " for character in "".join(parts))
    return " ".join(line.split())


def _mark(piece: Piece) -> str:
    more = {"value": piece.value, "role": piece.role, "group": piece.group}
    said = {name: str(value) for name, value in more.items() if value is not None}
    return json.dumps({"entity": piece.entity, **said}, ensure_ascii=False) if said else f"({piece.entity})"


def write_examples(found: Mapping[str, Sequence[str]], version: str) -> str:
    """Rasa's NLU file; the examples of an intent are one block of text."""
    parts = [f'version: "{version}"', "nlu:"]
    for intent, texts in found.items():
        parts += [f"- intent: {json.dumps(intent)}", "  examples: |", *(f"    - {text}" for text in texts)]
    return "\n".join(parts) + "\n"
