"""Conversations, their turns and reminders in Firestore; forgetting over all collections.

    conversations/{conversation}              state, last, stamp, expire_at, due, due_at
    conversations/{conversation}/turns/{id}   number, at, document, expire_at

A revision carries what `load` saw besides the update_time that guards it: the last number, the expiry, and the turn
that was asked for. So `commit` knows the turn's number without reading again, and stays one round trip.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.errors import Conflict
from shared.events.wire import JSON
from shared.stores.documents import check_size, compress, decode, encode
from shared.stores.firestore.database import (
    Database,
    Found,
    Path,
    Query,
    change,
    create,
    delete,
    encode_id,
    has_expired,
    is_alive,
    put,
    query_first,
    stamp,
    to_datetime,
)
from shared.stores.ports import Committed, Due, Loaded, Turn

PASSES = 5
"""How often forgetting looks again for what was written while it removed."""
CHUNK = 300
"""Documents removed in one batch."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a revision says: the conversation as it was loaded, and the turn that was asked for with it."""

    update_time: str
    last: int
    expire_at: float
    message: str
    number: int
    """0 where there is no such turn."""
    at: float


class FirestoreConversations:
    def __init__(self, database: Database, compressed: bool = True) -> None:
        self._database = database
        self._encode: Callable[[JSON], str | bytes] = compress if compressed else encode

    def load(self, conversation: str, message: str, now: float) -> Loaded:
        found, turn = self._database.get(_name_conversation(conversation), _turn(conversation, message))
        if found.fields is None:
            return Loaded()
        revision = encode(_list_seen(found, message, turn))
        state = None if has_expired(found.fields, now) else decode(found.fields["state"])
        return Loaded(state, state is None, revision, _read_turn(turn) if is_alive(turn, now) else None)

    def commit(self, conversation: str, revision: str | None, committed: Committed, now: float) -> str:
        state, document = self._encode(committed.state), self._encode(committed.turn.document)
        due = {name: [at, what] for name, (at, what) in committed.due.items()}
        reminders = encode(due) if due else None
        check_size([state, reminders or ""])
        seen = None if revision is None else self._seen(conversation, revision, committed)
        begins = seen is None or seen.expire_at <= now
        # One that expired begins anew, and its numbers go on: a clock that was wrong for a while gives none twice.
        last = 0 if seen is None else seen.last
        number, at = (seen.number, seen.at) if seen is not None and seen.number and not begins else (0, 0.0)
        expire_at = max(committed.expire_at, 0.0 if seen is None else seen.expire_at)
        conversation_fields = {
            "state": state,
            "last": last if number else last + 1,
            "stamp": stamp(),
            "expire_at": to_datetime(expire_at),
            "due": reminders,
            "due_at": min((at for at, _ in committed.due.values()), default=None),
        }
        turn_fields = {
            "number": number or last + 1,
            "at": at if number else committed.turn.at,
            "document": document,
            "expire_at": to_datetime(expire_at),
        }
        path, turn_path = _name_conversation(conversation), _turn(conversation, committed.turn.id)
        if seen is None:
            present = {name: value for name, value in conversation_fields.items() if value is not None}
            times = self._database.write(create(path, present), put(turn_path, turn_fields))
        else:
            guarded = change(path, seen.update_time, conversation_fields)
            absent = seen.number == 0
            times = self._database.write(guarded, (create if absent else put)(turn_path, turn_fields))
        return encode(
            [
                times[0],
                conversation_fields["last"],
                expire_at,
                committed.turn.id,
                turn_fields["number"],
                turn_fields["at"],
            ]
        )

    def history(self, conversation: str, now: float, after: int = 0, limit: int = 100) -> Sequence[Turn]:
        turns = Query((*_name_conversation(conversation), "turns"), order="number", where=("number", ">", after))
        return [
            _read_turn(turn) for turn in query_first(self._database, turns, limit, lambda turn: is_alive(turn, now))
        ]

    def list_ids(self, now: float, after: str = "", limit: int = 100) -> Sequence[str]:
        every = Query(("conversations",), only=("expire_at",), after=(encode_id(after),) if after else ())
        return [one.ident for one in query_first(self._database, every, limit, lambda one: is_alive(one, now))]

    def due(self, now: float, limit: int = 100) -> Sequence[Due]:
        # The earliest `limit` reminders belong to the `limit` conversations whose first one is earliest.
        waiting = Query(
            ("conversations",),
            order="due_at",
            where=("due_at", "<=", now),
            only=("due", "due_at", "expire_at"),
        )
        found = query_first(self._database, waiting, limit, lambda one: is_alive(one, now))
        reminders = [
            Due(one.ident, title, at, document)
            for one in found
            for title, (at, document) in decode((one.fields or {})["due"]).items()
            if at <= now
        ]
        return sorted(reminders, key=lambda due: (due.at, due.conversation, due.name))[: max(limit, 0)]

    def _seen(self, conversation: str, revision: str, committed: Committed) -> _Seen:
        """What the revision says of this message; where it was loaded with another, its turn is read now, or taken not
        to be there: the write that begins it fails where it is."""
        message = committed.turn.id
        try:
            seen = _Seen(*json.loads(revision))
        except (ValueError, TypeError) as exc:
            raise Conflict("this revision is of another store") from exc
        if seen.message == message:
            if committed.begins and seen.number:
                raise Conflict("the turn is there already")
            return seen
        if committed.begins:
            return _Seen(seen.update_time, seen.last, seen.expire_at, message, 0, 0.0)
        (turn,) = self._database.get(_turn(conversation, message))
        number, at = (turn.fields["number"], turn.fields["at"]) if turn.fields else (0, 0.0)
        return _Seen(seen.update_time, seen.last, seen.expire_at, message, number, at)


class FirestoreUpkeep:
    def __init__(self, database: Database) -> None:
        self._database = database

    def forget(self, conversation: str) -> int:
        """As the port says; raises Conflict where the conversation goes on being written."""
        removed = 0
        for _ in range(PASSES):
            paths = self._everything(conversation)
            if not paths:
                return removed
            # The conversation itself comes first: a commit that is under way then fails, and writes no more turns.
            for start in range(0, len(paths), CHUNK):
                self._database.write(*(delete(path) for path in paths[start : start + CHUNK]))
            removed += len(paths)
        raise Conflict("the conversation is being written while it is forgotten; do it again when it is quiet")

    def prune(self, now: float, limit: int = 1000) -> int:  # noqa: ARG002
        """Nothing to do: Firestore's TTL policies remove what has expired."""
        return 0

    def check(self) -> None:
        self._database.get(("conversations", "-"))

    def close(self) -> None:
        self._database.close()

    def _everything(self, conversation: str) -> list[Path]:
        """The paths of all documents of a conversation, in all collections."""
        heads = (_name_conversation(conversation), ("outboxes", encode_id(conversation)))
        found = self._database.get(*heads)
        paths = [path for path, one in zip(heads, found, strict=True) if one.fields is not None]
        for head, below in zip(heads, ("turns", "posts"), strict=True):
            paths += self._paths(Query((*head, below), only=()))
        for collection in ("ledger", "dead_letters", "reviews", "records"):
            paths += self._paths(Query((collection,), where=("conversation", "==", conversation), only=()))
        return paths

    def _paths(self, query: Query) -> list[Path]:
        return [
            (*query.collection, encode_id(one.ident))
            for one in query_first(self._database, query, 10_000, lambda _: True)
        ]


def _name_conversation(conversation: str) -> Path:
    return ("conversations", encode_id(conversation))


def _turn(conversation: str, message: str) -> Path:
    return (*_name_conversation(conversation), "turns", encode_id(message))


def _list_seen(found: Found, message: str, turn: Found) -> list[Any]:
    fields: Mapping[str, Any] = found.fields or {}
    number, at = (turn.fields["number"], turn.fields["at"]) if turn.fields is not None else (0, 0.0)
    return [
        found.update_time,
        fields["last"],
        fields["expire_at"].timestamp(),
        message,
        number,
        at,
    ]


def _read_turn(turn: Found) -> Turn:
    fields: Mapping[str, Any] = turn.fields or {}
    return Turn(turn.ident, fields["at"], decode(fields["document"]), fields["number"])
