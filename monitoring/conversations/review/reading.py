"""Conversations as authors read them: redacted, with what may have gone wrong in each turn. Pure, but for the store."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitoring.conversations.annotation import Piece, split_turn
from monitoring.conversations.history import conversations_of, turns_of
from monitoring.conversations.redaction import Redaction, make_redaction
from monitoring.conversations.rendering import render_reply, render_timestamp
from shared.events.catalogue import RepliesDecided
from shared.events.wire import JSON
from shared.stores.ports import Review, Store, Turn

UNSURE = ("nlu_fallback", "out_of_scope")
NOT_KNOWN = "action_default_fallback"
"""What runs where no rule or story knows what to do."""
FLAGS = ("low", "fallback", "abandoned", "failed", "unhelpful")
"""What can be wrong with a turn: a low confidence, nothing understood or known to do, a form given up, an action, and
in the person's own opinion."""
LEFT_SECONDS = 600.0
"""A form that has waited for so long for its person was left."""


@dataclass(frozen=True, slots=True)
class Read:
    """One conversation, read for authors."""

    name: str
    turns: Sequence[Turn]
    redacted: Redaction
    reviews: Mapping[str, Review]

    @property
    def handle(self) -> str:
        """Its name on the page, and in logs: tells two apart, tells nobody who it is."""
        return self.redacted.redact_name(self.name).removeprefix("conversation-")


def read(store: Store, conversation: str, personal: Sequence[str], now: float) -> Read | None:
    """The conversation, or None where there is none (any more)."""
    turns = list(turns_of(store, conversation, now))
    if not turns:
        return None
    reviews = {review.message: review for review in store.reviews.list_of(conversation, now)}
    return Read(conversation, turns, make_redaction([turn.document for turn in turns], personal), reviews)


def find_flags(conversation: Read, turn: Turn, below: float, now: float) -> list[str]:
    """What may have gone wrong in the turn."""
    document, found = turn.document, []
    actions = {str(event.get("name")) for event in document.get("events", ()) if event.get("event") == "action"}
    direct = str(document.get("text", "")).startswith("/")
    confidence = document.get("confidence")
    if (
        not direct
        and "transcription_failure" not in document
        and isinstance(confidence, int | float)
        and confidence < below
    ):
        found.append("low")
    if document.get("intent") in UNSURE or NOT_KNOWN in actions:
        found.append("fallback")
    left = turn is conversation.turns[-1] and document.get("active_loop") and now - turn.at > LEFT_SECONDS
    if left or _is_abandoned(document):
        found.append("abandoned")
    if document.get("failed_actions"):
        found.append("failed")
    if document.get("helpful") is False:
        found.append("unhelpful")
    return found


def _is_abandoned(document: Mapping[str, JSON]) -> bool:
    effects = document.get("effects") or {}
    summaries = [effect["data"].get("turn", {}) for effect in effects.values() if effect["type"] == RepliesDecided.TYPE]
    return any(summary.get("form_abandoned") for summary in summaries)


def summarise_conversation(conversation: Read, below: float, now: float) -> dict[str, JSON]:
    """A line of the list."""
    every = [find_flags(conversation, turn, below, now) for turn in conversation.turns]
    last = conversation.turns[-1]
    return {
        "handle": conversation.handle,
        "channel": last.document.get("channel") or conversation.name.partition(":")[0],
        "turns": len(conversation.turns),
        "last": render_timestamp(last.at, "minutes"),
        "flags": {flag: count for flag in FLAGS if (count := sum(flag in found for found in every))},
        "reviewed": len(conversation.reviews),
    }


def render_conversation(conversation: Read, below: float, now: float) -> dict[str, JSON]:
    """The whole conversation."""
    return {
        **summarise_conversation(conversation, below, now),
        "list": [_turn(conversation, turn, find_flags(conversation, turn, below, now)) for turn in conversation.turns],
    }


def _turn(conversation: Read, turn: Turn, found: Sequence[str]) -> dict[str, JSON]:
    document, redacted = turn.document, conversation.redacted
    review = conversation.reviews.get(turn.id)
    ranking = [item for item in document.get("ranking", ()) if isinstance(item, Mapping)][:5]
    return {
        "number": turn.number,
        "at": render_timestamp(turn.at, "minutes"),
        "pieces": [piece_of(piece) for piece in split_turn(document, redacted)],
        "direct": str(document.get("text", "")).startswith("/"),
        "transcription_failure": document.get("transcription_failure"),
        "intent": document.get("intent"),
        "confidence": document.get("confidence"),
        "ranking": [{"name": item.get("name"), "confidence": item.get("confidence")} for item in ranking],
        "flags": list(found),
        "actions": [
            str(note.get("action"))
            for note in document.get("decided_by", ())
            if note.get("action") not in (None, "action_listen")
        ],
        "replies": [redacted.redact_text(" ".join(render_reply(reply))) for reply in document.get("replies", ())],
        "review": dict(review.document) if review is not None else None,
    }


def piece_of(piece: Piece) -> dict[str, JSON]:
    fields = {"entity": piece.entity, "value": piece.value, "role": piece.role, "group": piece.group}
    return {"text": piece.text, **{name: value for name, value in fields.items() if value is not None}}


def passes_filter(conversation: Read, which: str, below: float, now: float) -> bool:
    """Whether a filter shows it: one of FLAGS, `open` (flagged, and not reviewed), `reviewed`, or `all`."""
    match which:
        case "all":
            return True
        case "reviewed":
            return bool(conversation.reviews)
        case "open":
            return any(
                find_flags(conversation, turn, below, now) and turn.id not in conversation.reviews
                for turn in conversation.turns
            )
        case _:
            return any(which in find_flags(conversation, turn, below, now) for turn in conversation.turns)


def holds_words(conversation: Read, search: str) -> bool:
    """Whether each of these words stands in one turn: what was said (as shown), intent, actions, channel, handle."""
    wanted = search.casefold().split()
    if not wanted:
        return True
    for turn in conversation.turns:
        document = turn.document
        said = conversation.redacted.redact_text(str(document.get("text", "")))
        actions = " ".join(str(event.get("name", "")) for event in document.get("events", ()))
        where = f"{said} {document.get('intent')} {document.get('channel')} {actions} {conversation.handle}".casefold()
        if all(word in where for word in wanted):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which conversations a page shows, and how many of them."""

    which: str = "all"
    """One of WHICH."""
    below: float = 1.0
    """The confidence below which a message is flagged."""
    search: str = ""
    limit: int = 20
    seconds: float = 2.0
    """It is looked for so long; where that finds few, the next call goes on from there."""

    def shows(self, conversation: Read, now: float) -> bool:
        return passes_filter(conversation, self.which, self.below, now) and holds_words(conversation, self.search)


def find_conversations(
    store: Store,
    wanted: Wanted,
    after: str = "",
    *,
    personal: Sequence[str] = (),
    now: float,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[list[Read], str | None]:
    """The wanted conversations that come after this one, and where to go on: None at the end."""
    kept: list[Read] = []
    end, last = clock() + wanted.seconds, None
    for name in _list_after(store, after, now):
        if len(kept) >= wanted.limit or clock() > end:
            return kept, last or after
        last = name
        conversation = read(store, name, personal, now)
        if conversation is not None and wanted.shows(conversation, now):
            kept.append(conversation)
    return kept, None


def _list_after(store: Store, after: str, now: float) -> Iterator[str]:
    if not after:
        yield from conversations_of(store, now)
        return
    while page := store.conversations.list_ids(now, after):
        yield from page
        after = page[-1]


def list_reviews(store: Store, now: float) -> Iterable[Review]:
    after = ("", "")
    while page := store.reviews.list_all(now, after):
        yield from page
        after = (page[-1].conversation, page[-1].message)
