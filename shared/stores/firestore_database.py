"""The Firestore client: one per process, a deadline on each call, and every error of it as one of ours.

No transactions: a transaction that meets another waits two seconds on the emulator and holds locks on the server. All
writes are single batches whose preconditions (`update_time`, `exists`) fail at once where somebody was faster.
No retries either: an event that fails is brought again by whoever sent it, and a hidden retry would outlast its time.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

from shared.errors import Conflict, Failure, Rejected, Unavailable

# Without this gRPC starts a thread for each read, a quarter of the CPU of a load (1.71 ms against 1.26, README.md). It
# looks only once, when grpc._channel is imported, and the client offers no other way to say it.
os.environ.setdefault("GRPC_SINGLE_THREADED_UNARY_STREAM", "1")

from google.api_core import exceptions
from google.api_core.retry import Retry
from google.auth import exceptions as auth
from google.cloud import firestore

DEADLINE = 5.0
"""Seconds for one call. A platform waits for about ten seconds before it redelivers."""

NEVER = Retry(predicate=lambda _: False)
"""No retry. `retry=None` would say the same, but Query.stream calls a method of it when a call fails
(google-cloud-firestore 2.34, query.py, _retry_query_after_exception)."""

LATEST = 253_402_300_799.0
"""The last second that a Firestore timestamp can say: the end of the year 9999."""

Path = tuple[str, ...]
Write = Callable[[Any, Any], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A document as it was read: no fields and no time where there is none."""

    ident: str
    fields: Mapping[str, Any] | None = None
    update_time: Any = None


class FirestoreDatabase:
    """One database of one project, through the official client. FIRESTORE_EMULATOR_HOST makes it the emulator's."""

    def __init__(self, project: str, database: str, deadline: float = DEADLINE) -> None:
        self._project, self._database = project, database
        self._deadline = deadline
        self._lock = threading.Lock()
        self._pid = 0
        self._opened: Any = None

    def get(self, *paths: Path) -> list[Found]:
        """The documents at these paths, in their order and as of one moment, in one round trip."""
        with self._translated() as client:
            references = [client.document(*path) for path in paths]
            answers = client.get_all(references, retry=NEVER, timeout=self._deadline)
            snapshots = {snapshot.reference.path: _found(snapshot) for snapshot in answers}
        return [snapshots[reference.path] for reference in references]

    def write(self, *writes: Write) -> Sequence[Any]:
        """Do these writes, all or none, in one round trip; Conflict where a precondition fails.

        Answers the update_time of each.
        """
        with self._translated() as client:
            batch = client.batch()
            for write in writes:
                write(client, batch)
            return [result.update_time for result in batch.commit(retry=NEVER, timeout=self._deadline)]

    def query(
        self, collection: Path, shape: Callable[[Any], Any], limit: int, keep: Callable[[Found], bool]
    ) -> list[Found]:
        """The first `limit` documents of a query that `keep` says to keep: what has expired may still lie there."""
        kept: list[Found] = []
        with self._translated() as client:
            query = shape(client.collection(*collection)).limit(max(limit, 20))
            last = None
            while len(kept) < limit:
                page = query if last is None else query.start_after(last)
                snapshots = list(page.stream(retry=NEVER, timeout=self._deadline))
                kept += [found for found in map(_found, snapshots) if keep(found)]
                if len(snapshots) < max(limit, 20):
                    break
                last = snapshots[-1]
        return kept[: max(limit, 0)]

    def ready(self) -> None:
        """Raise Unavailable where the database does not answer."""
        self.get(("conversations", "-"))

    def close(self) -> None:
        with self._lock:
            opened, self._opened = self._opened, None
            if opened is not None and self._pid == os.getpid():
                opened.close()

    @contextmanager
    def _translated(self) -> Iterator[Any]:
        try:
            yield self._client()
        except (exceptions.GoogleAPIError, auth.GoogleAuthError, ValueError) as exc:
            explained = explain(exc, f"{self._project}/{self._database}")
            if explained is None:
                raise
            raise explained from exc

    def _client(self) -> Any:
        """The client of this process: threads and sockets of gRPC do not survive a fork."""
        if self._opened is None or self._pid != os.getpid():
            with self._lock:
                if self._opened is None or self._pid != os.getpid():
                    opened: Any = firestore.Client(project=self._project, database=self._database)
                    # The client makes its channel at the first use and without a lock (base_client.py,
                    # _firestore_api_helper): of threads that come at once each makes one, and the channels of all but
                    # the last are taken down while they are read from ("Channel deallocated!").
                    _ = opened._firestore_api
                    self._opened, self._pid = opened, os.getpid()
        return self._opened


def create(path: Path, fields: Mapping[str, Any]) -> Write:
    """Write a document that must not exist yet."""
    return lambda client, batch: batch.create(client.document(*path), dict(fields))


def put(path: Path, fields: Mapping[str, Any]) -> Write:
    """Write a document, whatever was there."""
    return lambda client, batch: batch.set(client.document(*path), dict(fields))


def change(path: Path, update_time: Any, fields: Mapping[str, Any]) -> Write:
    """Write these fields of a document that must be as it was at `update_time`; None removes a field."""
    changed = {name: firestore.DELETE_FIELD if value is None else value for name, value in fields.items()}
    return lambda client, batch: batch.update(
        client.document(*path), changed, client.write_option(last_update_time=update_time)
    )


def delete(path: Path) -> Write:
    """Remove a document, whether or not it exists."""
    return lambda client, batch: batch.delete(client.document(*path))


def where(field: str, operator: str, value: object) -> Callable[[Any], Any]:
    return lambda query: query.where(filter=firestore.FieldFilter(field, operator, value))


def moment(seconds: float) -> datetime:
    """A timestamp for a TTL field, which must be of Firestore's own type."""
    return datetime.fromtimestamp(min(seconds, LATEST), UTC)


def expired(fields: Mapping[str, Any], now: float) -> bool:
    return bool(fields["expire_at"].timestamp() <= now)


def name(ident: str) -> str:
    """A document id for any text. Plain tokens stay as they are; `/`, `.`, `..` and `__x__` are Firestore's own."""
    quoted = quote(ident, safe=":@+~-_.", errors="surrogatepass")
    if quoted in ("", ".", "..") or (quoted.startswith("__") and quoted.endswith("__")):
        return "%" + quoted.replace(".", "%2E")
    return quoted


def ident(named: str) -> str:
    """The text that `name` made this document id of."""
    exception = named.startswith("%") and not named[1:3].isalnum()
    return unquote(named[1:] if exception else named, errors="surrogatepass")


def _found(snapshot: Any) -> Found:
    if not snapshot.exists:
        return Found(ident(snapshot.id))
    return Found(ident(snapshot.id), snapshot.to_dict(), snapshot.update_time)


def explain(exc: Exception, place: str) -> Failure | None:
    """What to raise for an error of the client; None where it is a bug of ours."""
    if isinstance(exc, ValueError) and not isinstance(exc, auth.GoogleAuthError):
        # A transaction that gave up is a bare ValueError (transaction.py, _EXCEED_ATTEMPTS_TEMPLATE).
        return Conflict(f"Firestore: {exc}") if isinstance(exc.__cause__, exceptions.Aborted) else None
    if isinstance(exc, exceptions.NotFound) and "to update" in str(exc):
        return Conflict(f"Firestore: {exc.message}; it was removed since it was read")
    for kinds, failure, advice in MEANING:
        if isinstance(exc, kinds):
            text = getattr(exc, "message", None) or str(exc) or type(exc).__name__
            return failure(f"Firestore {place}: {text}; {advice}")
    return None


AGAIN = "it is busy or down; try again"

MEANING: tuple[tuple[tuple[type[Exception], ...], type[Failure], str], ...] = (
    ((auth.DefaultCredentialsError,), Unavailable, "give the stage a service account with roles/datastore.user, set "
     "GOOGLE_APPLICATION_CREDENTIALS, or set FIRESTORE_EMULATOR_HOST to use the emulator"),
    ((auth.GoogleAuthError,), Unavailable, "no token could be had; check the service account of this stage"),
    ((exceptions.AlreadyExists, exceptions.FailedPrecondition, exceptions.Aborted), Conflict, "somebody else wrote it "
     "since it was read"),
    ((exceptions.NotFound,), Unavailable, "make the database first: gcloud firestore databases create, in native mode, "
     "and check STORE_URL (firestore:PROJECT/DATABASE)"),
    ((exceptions.Unauthenticated, exceptions.Forbidden), Unavailable, "give this stage's service account the role "
     "roles/datastore.user on the project"),
    ((exceptions.DeadlineExceeded, exceptions.GatewayTimeout), Unavailable, "it did not answer in time; try again"),
    ((exceptions.ResourceExhausted, exceptions.TooManyRequests), Unavailable, "the project's quota is used up; raise "
     "it, or wait"),
    ((exceptions.InvalidArgument, exceptions.OutOfRange, exceptions.RequestRangeNotSatisfiable), Rejected, "Firestore "
     "does not take this document: it is too large, or an id is longer than 1500 bytes"),
    ((exceptions.MethodNotImplemented,), Unavailable, "this needs a Firestore database in native mode"),
    ((exceptions.GoogleAPIError,), Unavailable, AGAIN),
)  # fmt: skip
"""The first that fits says what an error means; the last fits all of the client's."""
