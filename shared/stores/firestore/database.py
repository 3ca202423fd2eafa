"""What is asked of Firestore, whichever client asks: documents to read, writes that hold check_size, and queries.

No transactions: a transaction that meets another waits two seconds on the emulator and holds locks on the server. All
writes are single batches whose preconditions (`update_time`, `exists`) fail at once where somebody was faster.
No retries that are counted on either: an event that fails is brought again by whoever sent it.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeVar

from shared.errors import Conflict

DEADLINE = 5.0
"""Seconds for one call. A platform waits for about ten seconds before it redelivers."""

LATEST = 253_402_300_799.0
"""The last second that a Firestore timestamp can say: the end of the year 9999."""

NAME = "__name__"
"""What Firestore calls the order by document id."""
PAGE = 20
"""Documents that a query asks for at least: some of them may have expired."""

PATIENCE = 5.0
"""Seconds to try again where others write the same document."""

PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")

Path = tuple[str, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """A document as it was read: no fields and no time where there is none."""

    ident: str
    fields: Mapping[str, Any] | None = None
    update_time: str = ""
    """As Firestore says it (RFC 3339), to the last digit."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a batch; `create`, `put`, `change` and `delete` make them."""

    kind: Literal["create", "put", "change", "delete"]
    path: Path
    fields: Mapping[str, Any] = field(default_factory=dict)
    update_time: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """Documents of one collection, in the order of a field (which all have) and then of their ids."""

    collection: Path
    order: str = NAME
    where: tuple[str, Literal["==", ">", "<="], Any] | None = None
    only: tuple[str, ...] | None = None
    """The fields that are wanted; all of them where None, and the id alone where empty."""
    after: tuple[Any, ...] = ()
    """Where to go on: the last one's value of `order`, and its document id."""


class Database(Protocol):
    """One database of one project. Every error is one of ours, and each call has a deadline."""

    def get(self, *paths: Path) -> list[Found]:
        """The documents at these paths, in their order and as of one moment, in one round trip."""
        ...

    def write(self, *writes: Write) -> Sequence[str]:
        """Do these writes, all or none, in one round trip; Conflict where a precondition fails.

        Answers the update_time of each.
        """
        ...

    def query(self, query: Query, limit: int) -> list[Found]:
        """The first `limit` documents of a query, in one round trip."""
        ...

    def close(self) -> None: ...


def query_first(database: Database, query: Query, limit: int, keep: Callable[[Found], bool]) -> list[Found]:
    """The first `limit` documents of a query that `keep` says to keep: what has expired may still lie there."""
    kept: list[Found] = []
    size = max(limit, PAGE)
    while len(kept) < limit:
        page = database.query(query, size)
        kept += filter(keep, page)
        if len(page) < size:
            break
        last = page[-1]
        value = () if query.order == NAME else ((last.fields or {})[query.order],)
        query = replace(query, after=(*value, encode_id(last.ident)))
    return kept[: max(limit, 0)]


def create(path: Path, fields: Mapping[str, Any]) -> Write:
    """Write a document that must not exist yet."""
    return Write("create", path, fields)


def put(path: Path, fields: Mapping[str, Any]) -> Write:
    """Write a document, whatever was there."""
    return Write("put", path, fields)


def change(path: Path, update_time: str, fields: Mapping[str, Any]) -> Write:
    """Write these fields of a document that must be as it was at `update_time`; None removes a field."""
    return Write("change", path, fields, update_time)


def delete(path: Path) -> Write:
    """Remove a document, whether or not it exists."""
    return Write("delete", path)


class Overtaken(Conflict):
    """Somebody wrote the document since it was read; read it again."""


def write_guarded(
    database: Database, path: Path, update_time: str, fields: Mapping[str, Any], *others: Write
) -> Sequence[str]:
    """Write a document that is as it was read (absent where it has no update_time), and others with it.

    Raises Overtaken where it is not as it was read.
    """
    present = {name: value for name, value in fields.items() if value is not None}
    guarded = change(path, update_time, fields) if update_time else create(path, present)
    try:
        return database.write(guarded, *others)
    except Conflict as exc:
        raise Overtaken(str(exc)) from exc


def retry_overtaken(attempt: Callable[[], T]) -> T:
    """The answer of the first attempt in which nobody was faster; Conflict where that takes too long."""
    deadline, pause = time.monotonic() + PATIENCE, 0.01
    while True:
        try:
            return attempt()
        except Overtaken:
            if time.monotonic() > deadline:
                raise
        # Random, so that those who met once do not meet again.
        time.sleep(pause * int.from_bytes(os.urandom(2), "big") / 65536)
        pause = min(pause * 2, 0.2)


def to_datetime(seconds: float) -> datetime:
    """A timestamp for a TTL field, which must be of Firestore's own type."""
    return datetime.fromtimestamp(min(seconds, LATEST), UTC)


def has_expired(fields: Mapping[str, Any], now: float) -> bool:
    return bool(fields["expire_at"].timestamp() <= now)


def is_alive(found: Found, now: float) -> bool:
    """Whether there is such a document and it has not expired."""
    return found.fields is not None and not has_expired(found.fields, now)


def stamp() -> str:
    """Something new. Firestore leaves update_time as it was where a write changes nothing; then it guards nothing."""
    return os.urandom(4).hex()


def encode_id(ident: str) -> str:
    """A document id for any text. Letters, digits, `-`, `_` and `.` stay as they are, all other bytes become `~XX`.

    So an id needs no escaping in the paths of the REST interface, where a colon begins the name of a method; the
    emulator takes `%25` for `%` more than once. `.`, `..` and `__x__` are Firestore's own.
    """
    named = "".join(chr(byte) if byte in PLAIN else f"~{byte:02X}" for byte in ident.encode("utf-8", "surrogatepass"))
    if named in (".", "..") or (named.startswith("__") and named.endswith("__")):
        return f"~{ord(named[0]):X}{named[1:]}"
    return named or "~"


def decode_id(named: str) -> str:
    """The text that `encode_id` made this document id of."""
    if named == "~":
        return ""
    first, *escaped = named.encode().split(b"~")
    raw = first + b"".join(bytes.fromhex(piece[:2].decode()) + piece[2:] for piece in escaped)
    return raw.decode("utf-8", "surrogatepass")
