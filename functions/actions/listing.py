"""What was shown last: for "the second one", "another one", "more" and "it".

It is kept in the slots `last_results` and `last_item` (type any, mapping custom).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from functions.actions.fulfilment import Call, Said, TrackerEvent, slot

PAGE = 3
KEEP = 30


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of results and how far it has been shown."""

    kind: str
    """What they are, by a word of the assistant's own: film, track."""
    asked: Said
    """What the results fit, as part of a sentence."""
    items: tuple[tuple[str, int | str], ...]
    """Each by what names it: films by title and year, tracks by title and artist."""
    at: int = 0
    """Where the part begins that was shown last."""

    @property
    def current_page(self) -> tuple[tuple[str, int | str], ...]:
        return self.items[self.at : self.at + PAGE]

    @property
    def remaining(self) -> int:
        return max(0, len(self.items) - self.at - PAGE)

    def advance(self, by: int) -> "Listing":
        return replace(self, at=self.at + by)

    @property
    def event(self) -> TrackerEvent:
        items = [list(item) for item in self.items]
        return slot("last_results", {"kind": self.kind, "asked": self.asked, "items": items, "at": self.at})

    @property
    def events(self) -> tuple[TrackerEvent, TrackerEvent]:
        """The list as what was shown last; nothing of it is "it" yet."""
        return self.event, slot("last_item", None)


def remember_shown(kind: str, item: tuple[str, int | str]) -> TrackerEvent:
    """The slot with the one film or track that was told of last: what "it" means."""
    return slot("last_item", {"kind": kind, "item": list(item)})


def read_current_item(call: Call) -> tuple[str, tuple[str, int | str]] | None:
    """What "it" means, with its kind: what was told of last, or the first of what was shown."""
    kept = call.slot("last_item")
    if isinstance(kept, Mapping) and isinstance(item := kept.get("item"), Sequence) and len(item) == 2:
        return str(kept.get("kind")), (str(item[0]), item[1])
    listing = read_listing(call)
    return (listing.kind, listing.current_page[0]) if listing is not None and listing.current_page else None


def read_listing(call: Call) -> Listing | None:
    """What the slot holds; None where it holds nothing that can be read."""
    kept = call.slot("last_results")
    if not isinstance(kept, Mapping):
        return None
    items, at = kept.get("items"), kept.get("at")
    if not isinstance(items, Sequence) or not isinstance(at, int):
        return None
    try:
        return Listing(str(kept["kind"]), kept["asked"], tuple((str(one), two) for one, two in items), max(0, at))
    except (KeyError, TypeError, ValueError):
        return None
