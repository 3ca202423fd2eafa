"""Firestore through the official client, google-cloud-firestore, over gRPC: for those who want Google's own code.

One client per process, a deadline on each call, no hidden retries, and every error of it as one of ours.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from shared.errors import Conflict, Failure, Unavailable
from shared.stores.firestore.database import DEADLINE, NAME, Found, Path, Query, Write, decode_id
from shared.stores.firestore.errors import AGAIN, CHECK, CREDENTIALS, translate_error

# Without this gRPC starts a thread for each read, a quarter of the CPU of a load (1.71 ms against 1.26, README.md). It
# looks only once, when grpc._channel is imported, and the client offers no other way to say it.
os.environ.setdefault("GRPC_SINGLE_THREADED_UNARY_STREAM", "1")

from google.api_core import exceptions
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.api_core.retry import Retry
from google.auth import exceptions as auth
from google.cloud import firestore

NEVER = Retry(predicate=lambda _: False)
"""No retry. `retry=None` would say the same, but Query.stream calls a method of it when a call fails
(google-cloud-firestore 2.34, query.py, _retry_query_after_exception)."""


class GrpcDatabase:
    """One database of one project, through the official client. FIRESTORE_EMULATOR_HOST makes it the emulator's."""

    def __init__(self, project: str, database: str, deadline: float = DEADLINE) -> None:
        self._project, self._database = project, database
        self._deadline = deadline
        self._lock = threading.Lock()
        self._pid = 0
        self._opened: Any = None

    def get(self, *paths: Path) -> list[Found]:
        with self._translate_errors() as client:
            references = [client.document(*path) for path in paths]
            answers = client.get_all(references, retry=NEVER, timeout=self._deadline)
            snapshots = {snapshot.reference.path: _read_snapshot(snapshot) for snapshot in answers}
        return [snapshots[reference.path] for reference in references]

    def write(self, *writes: Write) -> Sequence[str]:
        with self._translate_errors() as client:
            batch = client.batch()
            for write in writes:
                _add(client, batch, write)
            results = batch.commit(retry=NEVER, timeout=self._deadline)
        return [_read_time(result.update_time) for result in results]

    def query(self, query: Query, limit: int) -> list[Found]:
        with self._translate_errors() as client:
            collection = client.collection(*query.collection)
            asked = collection
            if query.where is not None:
                asked = asked.where(filter=firestore.FieldFilter(*query.where))
            for field in dict.fromkeys((query.order, NAME)):
                asked = asked.order_by(field)
            if query.only is not None:
                asked = asked.select(list(query.only))
            if query.after:
                *values, last = query.after
                asked = asked.start_after(
                    dict(zip((query.order,), values, strict=False)) | {NAME: collection.document(last)}
                )
            return [
                _read_snapshot(snapshot) for snapshot in asked.limit(limit).stream(retry=NEVER, timeout=self._deadline)
            ]

    def close(self) -> None:
        with self._lock:
            opened, self._opened = self._opened, None
            if opened is not None and self._pid == os.getpid():
                opened.close()

    @contextmanager
    def _translate_errors(self) -> Iterator[Any]:
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


def _add(client: Any, batch: Any, write: Write) -> None:
    document, fields = client.document(*write.path), dict(write.fields)
    match write.kind:
        case "create":
            batch.create(document, fields)
        case "put":
            batch.set(document, fields)
        case "change":
            changed = {name: firestore.DELETE_FIELD if value is None else value for name, value in fields.items()}
            seen = DatetimeWithNanoseconds.from_rfc3339(write.update_time)
            batch.update(document, changed, client.write_option(last_update_time=seen))
        case "delete":
            batch.delete(document)


def _read_snapshot(snapshot: Any) -> Found:
    if not snapshot.exists:
        return Found(decode_id(snapshot.id))
    return Found(decode_id(snapshot.id), snapshot.to_dict(), _read_time(snapshot.update_time))


def _read_time(moment: Any) -> str:
    return "" if moment is None else str(moment.rfc3339())


def explain(exc: Exception, place: str) -> Failure | None:
    """What to raise for an error of the client; None where it is a bug of ours."""
    if isinstance(exc, auth.DefaultCredentialsError):
        return Unavailable(f"Firestore {place}: {exc}; {CREDENTIALS}")
    if isinstance(exc, auth.GoogleAuthError):
        return Unavailable(f"Firestore {place}: {exc}; {CHECK}")
    if isinstance(exc, ValueError):
        # A transaction that gave up is a bare ValueError (transaction.py, _EXCEED_ATTEMPTS_TEMPLATE).
        return Conflict(f"Firestore: {exc}") if isinstance(exc.__cause__, exceptions.Aborted) else None
    if isinstance(exc, exceptions.GoogleAPICallError):
        return translate_error(_read_code(exc), getattr(exc, "message", None) or str(exc) or type(exc).__name__, place)
    if isinstance(exc, exceptions.GoogleAPIError):
        return Unavailable(f"Firestore {place}: {exc}; {AGAIN}")
    return None


def _read_code(exc: exceptions.GoogleAPICallError) -> str:
    """The canonical code; of errors that have only an HTTP status, the one that means the same."""
    if exc.grpc_status_code is not None:
        return str(exc.grpc_status_code.name)
    return HTTP.get(int(exc.code or 0), "UNKNOWN")


HTTP: Mapping[int, str] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    416: "OUT_OF_RANGE",
    429: "RESOURCE_EXHAUSTED",
    501: "UNIMPLEMENTED",
    504: "DEADLINE_EXCEEDED",
}
