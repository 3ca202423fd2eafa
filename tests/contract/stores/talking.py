"""Short ways to say what the tests of stores say often."""

from collections.abc import Mapping

from shared.errors import Conflict
from shared.events.wire import JSON
from shared.stores.ports import Committed, DeadLetter, Document, Loaded, Store, Turn

ME, YOU = "web:me", "web:you"
LATER = 1_000_000.0
"""An expiry that no test reaches unless it means to."""


def committed(
    message: str,
    state: Document | None = None,
    document: Document | None = None,
    *,
    at: float = 1.0,
    expire_at: float = LATER,
    due: Mapping[str, tuple[float, Document]] | None = None,
) -> Committed:
    turn = Turn(message, at, {"said": message} if document is None else document)
    return Committed({"last": message} if state is None else state, turn, expire_at, due or {})


def say(
    store: Store,
    conversation: str,
    message: str,
    *,
    now: float = 1.0,
    expire_at: float = LATER,
    due: Mapping[str, tuple[float, Document]] | None = None,
    document: Document | None = None,
) -> Loaded:
    """One turn: load and commit; what was loaded."""
    loaded = store.conversations.load(conversation, message, now)
    what = committed(message, document=document, at=now, expire_at=expire_at, due=due)
    store.conversations.commit(conversation, loaded.revision, what, now)
    return loaded


def insist(store: Store, conversation: str, message: str, tries: int = 500) -> None:
    """One turn that adds its message to the state's list, decided again as often as somebody was faster."""
    for _ in range(tries):
        loaded = store.conversations.load(conversation, message, 1.0)
        if loaded.turn is not None:
            return
        heard: JSON = (loaded.state or {"heard": []})["heard"]
        try:
            store.conversations.commit(
                conversation, loaded.revision, committed(message, {"heard": [*heard, message]}), 1.0
            )
        except Conflict:
            continue
        return
    raise AssertionError(f"{message} met somebody faster {tries} times")


def letter(ident: str, conversation: str = ME, *, at: float = 1.0, cause: str = "nlu answered 503") -> DeadLetter:
    return DeadLetter(ident, "dev.parley.message.received.v1", conversation, cause, at, {"id": ident})
