"""What authors may say of a turn, checked; and all that they said as NLU examples. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitoring.conversations.annotation import Piece, mark_pieces, split_turn, write_examples
from monitoring.conversations.export import VERSION
from monitoring.conversations.review.reading import Read, piece_of
from shared.errors import Rejected
from shared.events.wire import JSON
from shared.stores.ports import Document, Review, Turn

MOST_PIECES = 200


@dataclass(frozen=True, slots=True)
class Domain:
    """What there is to choose from."""

    intents: frozenset[str]
    entities: frozenset[str]


def domain_of(nlu: Mapping[str, JSON]) -> Domain:
    """The intents and entities of a bundle (its nlu.json): those of the domain, and those that it was trained with."""
    named = {str(name) for name in (*nlu["domain"]["intents"], *nlu["intents"])} - {"nlu_fallback"}
    entities = {str(name) for name in nlu["domain"]["entities"]} | {str(item["entity"]) for item in nlu["labels"]}
    return Domain(frozenset(named), frozenset(entities))


def judge_turn(conversation: Read, turn: Turn, said: JSON, domain: Domain) -> Document:
    """What is kept of an author's word, or Rejected with every mistake in it.

    The words must be those that the page showed: an author says what they mean, not what the person said.
    """
    if not isinstance(said, Mapping):
        raise Rejected("send an object with intent and pieces")
    mistakes = []
    intent = said.get("intent")
    if intent is not None and intent not in domain.intents:
        mistakes.append(f"intent: there is no {str(intent)[:80]!r} in the domain")
    given = said.get("pieces")
    if not isinstance(given, list) or len(given) > MOST_PIECES or not all(isinstance(item, Mapping) for item in given):
        raise Rejected("pieces must be a list of objects with text and perhaps an entity")
    found = [_read_piece(item) for item in given]
    before = split_turn(turn.document, conversation.redacted)
    if "".join(piece.text for piece in found) != "".join(piece.text for piece in before):
        mistakes.append("pieces: the words are not those of the message; load the conversation again")
    unknown = sorted({piece.entity for piece in found if piece.entity is not None} - domain.entities)
    mistakes += [f"pieces: there is no entity {name[:80]!r} in the domain" for name in unknown]
    if mistakes:
        raise Rejected("; ".join(mistakes))
    return {
        "intent": intent,
        "pieces": [piece_of(piece) for piece in found],
        "was": {"intent": turn.document.get("intent"), "bundle": turn.document.get("bundle")},
        "changed": intent != turn.document.get("intent") or _list_entities(found) != _list_entities(before),
    }


def _read_piece(item: Mapping[str, JSON]) -> Piece:
    def text(name: str) -> str | None:
        value = item.get(name)
        return str(value) if value not in (None, "") else None

    return Piece(str(item.get("text", "")), text("entity"), text("value"), text("role"), text("group"))


def _list_entities(found: Sequence[Piece]) -> list[tuple[JSON, ...]]:
    return [
        (piece.text, piece.entity, str(piece.value or ""), piece.role, piece.group) for piece in found if piece.entity
    ]


def list_examples(reviews: Iterable[Review]) -> dict[str, list[str]]:
    """What people said, as authors say that it is meant, by intent; each once. What they set aside is left out."""
    found: dict[str, dict[str, None]] = {}
    for review in reviews:
        intent, line = (
            review.document.get("intent"),
            mark_pieces(_read_piece(item) for item in review.document.get("pieces", ())),
        )
        if intent and line and not line.startswith(("/", "EXTERNAL: ")):
            found.setdefault(str(intent), {})[line] = None
    return {intent: list(lines) for intent, lines in sorted(found.items())}


def export_examples(reviews: Iterable[Review]) -> str:
    """Rasa's NLU file of all that authors said."""
    return "# From the review page; personal data redacted. Read it before you train with it.\n" + write_examples(
        list_examples(reviews), VERSION
    )
