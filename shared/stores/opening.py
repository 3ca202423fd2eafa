"""Opening the store that STORE_URL names. Each adapter's library is imported only where it is chosen."""

import re

from shared.config import Misconfigured
from shared.outbound import Trace
from shared.stores.ports import Store


def open_store(url: str, *, compressed: bool = True, trace: Trace | None = None) -> Store:
    """The store at `memory:`, `sqlite:PATH`, `firestore:PROJECT[/DATABASE]` or, through Google's own client,
    `firestore+grpc:PROJECT[/DATABASE]`. Connects at the first call, not here.

    With `compressed=False` states and turns are written as text, which an older Parley reads, too. `trace` makes spans
    of the calls of Firestore. Raises Misconfigured for any other address.
    """
    scheme, _, rest = url.partition(":")
    match scheme:
        case "memory":
            from shared.stores.memory import memory_store

            return memory_store()
        case "sqlite":
            from pathlib import Path

            from shared.stores.sqlite import open_sqlite_store

            if not rest:
                raise _make_mistake("sqlite needs a file: sqlite:.parley/parley.db")
            # It is opened at the first call, and the working directory may be another by then.
            return open_sqlite_store(Path(rest).absolute(), compressed=compressed)
        case "firestore":
            from shared.stores.firestore.rest import RestDatabase
            from shared.stores.firestore.store import open_firestore_store

            return open_firestore_store(RestDatabase(*_open_database(scheme, rest), trace=trace), compressed=compressed)
        case "firestore+grpc":
            from shared.stores.firestore.grpc import GrpcDatabase
            from shared.stores.firestore.store import open_firestore_store

            return open_firestore_store(GrpcDatabase(*_open_database(scheme, rest)), compressed=compressed)
    raise _make_mistake(f"unknown scheme {scheme!r}; use memory, sqlite, firestore or firestore+grpc")


def _open_database(scheme: str, rest: str) -> tuple[str, str]:
    """Project and database. Both become part of an address, so they are what Google allows and nothing else."""
    project, _, database = rest.partition("/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.:-]*", project):
        raise _make_mistake(f"{scheme} needs a project: {scheme}:PROJECT, or {scheme}:PROJECT/DATABASE")
    if not re.fullmatch(r"\(default\)|[a-z0-9-]*", database):
        raise _make_mistake(f"{database!r} is no name of a database: lower case letters, digits and hyphens")
    return project, database or "(default)"


def _make_mistake(what: str) -> Misconfigured:
    return Misconfigured(f"parley: STORE_URL: {what}")
