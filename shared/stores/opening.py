"""Opening the store that STORE_URL names. Each adapter's library is imported only where it is chosen."""

from pathlib import Path

from shared.config import Misconfigured
from shared.stores.ports import Store


def open_store(url: str) -> Store:
    """The store at `memory:`, `sqlite:PATH` or `firestore:PROJECT[/DATABASE]`. Connects at the first call, not here."""
    scheme, _, rest = url.partition(":")
    match scheme:
        case "memory":
            from shared.stores.memory import MemoryStore

            return MemoryStore()
        case "sqlite":
            from shared.stores.sqlite import sqlite_store

            if not rest:
                raise _mistake("sqlite needs a file: sqlite:.parley/parley.db")
            return sqlite_store(Path(rest))
        case "firestore":
            from shared.stores.firestore import firestore_store

            project, _, database = rest.partition("/")
            if not project:
                raise _mistake("firestore needs a project: firestore:PROJECT, or firestore:PROJECT/DATABASE")
            return firestore_store(project, database or "(default)")
    raise _mistake(f"unknown scheme {scheme!r}; use memory, sqlite or firestore")


def _mistake(what: str) -> Misconfigured:
    return Misconfigured(f"parley: STORE_URL: {what}")
