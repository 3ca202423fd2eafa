"""Claims in Firestore: ledger/{key} has conversation, owner, lease_until, progress, outcome, expire_at."""

from collections.abc import Callable
from dataclasses import asdict

from shared.stores import claims
from shared.stores.claims import Entry
from shared.stores.firestore.database import Database, Overtaken, encode_id, retry_overtaken, to_datetime, write_guarded
from shared.stores.ports import Claim

HELD = 1000
"""Claims whose last update_time is remembered, so that `advance` and `settle` need not read first."""


class FirestoreLedger:
    """A new claim is one round trip, and so is each step of the one who holds it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._held: dict[tuple[str, str], tuple[str, Entry]] = {}

    def claim(self, key: str, conversation: str, owner: str, now: float, lease: float, expire_at: float) -> Claim:
        claim, entry = claims.claim(None, conversation, owner, now, lease, expire_at)
        try:
            self._write(key, owner, "", entry)
        except Overtaken:
            # There is an entry already, which is rare: most work is claimed once.
            pass
        else:
            return claim

        def again() -> Claim:
            update_time, kept = self._read(key)
            claim, entry = claims.claim(kept, conversation, owner, now, lease, expire_at)
            self._write(key, owner, update_time, entry)
            return claim

        return retry_overtaken(again)

    def advance(self, key: str, owner: str, progress: int) -> None:
        self._change(key, owner, lambda entry: claims.advance(entry, owner, progress))

    def settle(self, key: str, owner: str, outcome: str) -> None:
        self._change(key, owner, lambda entry: claims.settle(entry, owner, outcome))
        self._held.pop((key, owner), None)

    def release(self, key: str, owner: str) -> None:
        self._change(key, owner, lambda entry: claims.release(entry, owner))
        self._held.pop((key, owner), None)

    def _change(self, key: str, owner: str, decide: Callable[[Entry | None], Entry | None]) -> None:
        """Write what is decided on the entry as this owner left it; where somebody changed it since, read it."""
        if (held := self._held.pop((key, owner), None)) is not None:
            try:
                self._write(key, owner, held[0], decide(held[1]))
            except Overtaken:
                pass
            else:
                return

        def again() -> None:
            update_time, kept = self._read(key)
            self._write(key, owner, update_time, decide(kept))

        retry_overtaken(again)

    def _read(self, key: str) -> tuple[str, Entry | None]:
        (found,) = self._database.get(("ledger", encode_id(key)))
        if found.fields is None:
            return "", None
        fields = {"outcome": None, **found.fields, "expire_at": found.fields["expire_at"].timestamp()}
        return found.update_time, Entry(**fields)

    def _write(self, key: str, owner: str, update_time: str, entry: Entry | None) -> None:
        if entry is None:
            return
        fields = {**asdict(entry), "expire_at": to_datetime(entry.expire_at)}
        written = write_guarded(self._database, ("ledger", encode_id(key)), update_time, fields)
        if len(self._held) >= HELD:
            self._held.clear()
        self._held[key, owner] = (written[0], entry)
