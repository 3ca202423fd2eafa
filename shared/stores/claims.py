"""What becomes of a ledger entry when it is claimed, advanced, settled or released: decided here for every adapter.

Adapters read an entry, ask here, and write what comes back, guarded against anybody who wrote in between.
"""

from dataclasses import dataclass, replace

from shared.errors import Conflict
from shared.stores.ports import Claim


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece of work in the ledger."""

    conversation: str
    owner: str
    """Who holds it, or settled it; empty where nobody does."""
    lease_until: float
    progress: int
    outcome: str | None
    """None until it is settled."""
    expire_at: float


def claim(
    entry: Entry | None, conversation: str, owner: str, now: float, lease: float, expire_at: float
) -> tuple[Claim, Entry | None]:
    """The answer to a claim, and the entry to write where it changes."""
    if entry is None or entry.expire_at <= now:
        return Claim("claimed"), Entry(conversation, owner, now + lease, 0, None, expire_at)
    if entry.outcome is not None:
        return Claim("settled", entry.progress), None
    if entry.owner not in ("", owner) and entry.lease_until > now:
        return Claim("busy", entry.progress), None
    taken = replace(entry, owner=owner, lease_until=now + lease, expire_at=max(expire_at, entry.expire_at))
    return Claim("claimed", entry.progress), taken


def advance(entry: Entry | None, owner: str, progress: int) -> Entry:
    """The entry to write, or Conflict where the owner does not hold it."""
    if entry is None or entry.owner != owner or entry.outcome is not None:
        raise Conflict(NOT_YOURS)
    return replace(entry, progress=progress)


def settle(entry: Entry | None, owner: str, outcome: str) -> Entry | None:
    """The entry to write; None where this owner settled it before, as a repeated call does; or Conflict."""
    if entry is None or entry.owner != owner:
        raise Conflict(NOT_YOURS)
    return replace(entry, outcome=outcome) if entry.outcome is None else None


def release(entry: Entry | None, owner: str) -> Entry | None:
    """The entry to write; None where there is nothing to give back, because it is settled or somebody else's."""
    if entry is None or entry.owner != owner or entry.outcome is not None:
        return None
    return replace(entry, owner="", lease_until=0.0)


NOT_YOURS = "somebody else has claimed this work since: its lease was over, or it was released"
