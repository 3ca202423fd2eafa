"""What a person says in one go, in several messages, becomes one message received, joined before it is understood.

Each message is put into the conversation's buffer in the store, and has to come again (Conflict) while its person may
go on: the broker's retries are the clock, so that nothing is forgotten where a process dies. Once it was quiet for long
enough the burst is decided, by one guarded write on its first message; that one's delivery answers with all of it under
its own id, and the others answer nothing. A message in the form of an intent (`/affirm`) is never joined: it ends the
burst before it, and goes out right after.

What somebody writes right after they spoke takes the same way, also where nothing is joined: it waits until the
recording has its turn, which becomes text by a detour and would come too late.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

from shared.errors import Conflict, Rejected
from shared.events.catalogue import MessageArrived, MessageReceived
from shared.events.envelope import Envelope
from shared.events.identity import to_token
from shared.events.wire import from_wire, to_wire
from shared.stores.ports import Claim, Conversations, Ledger, Outbox, Posted

SOURCE = "/parley/dialogue"
LEASE = 5.0
KEEP = 300.0
"""Seconds for which messages stay in the buffer: longer than the broker retries any of them."""
GIVEN_UP = 90.0
"""Seconds after which a burst is not waited for any more whose first message never came back; it is a dead letter."""
REMEMBER = 7 * 86400.0
"""Seconds for which a message is known to be dealt with: WhatsApp repeats webhooks for so long."""
MOST, MOST_CHARACTERS = 20, 4000
LONGEST = 3
"""How many times the quiet a whole burst may last."""


class Joining:
    """Takes messages that arrived; answers bursts."""

    def __init__(
        self,
        ledger: Ledger,
        outbox: Outbox,
        conversations: Conversations,
        *,
        owner: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._outbox = outbox
        self._conversations = conversations
        self._owner = owner
        self._clock = clock

    def __call__(self, envelope: Envelope) -> Envelope | None:
        """The burst that this message begins, None where it is part of another; Conflict while that is not decided."""
        arrived = envelope.data
        if not isinstance(arrived, MessageArrived):
            raise Rejected(f"joining takes {MessageArrived.TYPE}, not {envelope.type}")
        now, owner = self._clock(), self._owner()
        buffered = self._buffer(envelope, arrived, now, owner)
        if not arrived.quiet:
            # Each is a burst of its own; two that came within milliseconds may have been put down the other way round.
            buffered = sorted(buffered, key=lambda post: float(post.document["at"]))
        burst = self._burst(envelope, buffered, arrived.quiet, now, owner)
        if not burst:
            return None
        return replace(
            envelope,
            # As it would be without joining, so that a message is the same turn whether that is on or off.
            id=envelope.message,
            source=SOURCE,
            data=_join_messages(burst),
            type=MessageReceived.TYPE,
        )

    def _buffer(self, envelope: Envelope, arrived: MessageArrived, now: float, owner: str) -> Sequence[Posted]:
        """The buffer with this message in it; empty where it was dealt with long ago."""
        buffered = self._all(envelope.subject, now)
        if any(_read_id(post) == envelope.message for post in buffered):
            return buffered
        if self._claim(envelope.message, envelope.subject, now, owner).state == "settled":
            return ()
        self._ledger.release(_make_key(envelope.message), owner)
        document = {"id": envelope.message, "at": arrived.at, "message": to_wire(arrived.message)}
        if arrived.after is not None:
            document |= {"after": arrived.after, "until": arrived.until}
        self._outbox.append(envelope.subject, f"joining:{envelope.message}", [document], now, now + KEEP)
        return self._all(envelope.subject, now)

    def _all(self, conversation: str, now: float) -> list[Posted]:
        found: list[Posted] = []
        while page := self._outbox.read_after(conversation, found[-1].number if found else 0, now):
            if found and page[0].number <= found[-1].number:
                break
            found += page
        return [post for post in found if "message" in post.document and "id" in post.document]

    def _burst(
        self, envelope: Envelope, buffered: Sequence[Posted], quiet: float, now: float, owner: str
    ) -> Sequence[Posted]:
        """The burst that this message begins; empty where another begins it."""
        mine, place, in_order = envelope.message, 0, True
        before: Posted | None = None
        while place < len(buffered):
            first = buffered[place]
            key = _make_key(_read_id(first))
            claim = self._claim(_read_id(first), envelope.subject, now, owner)
            if claim.state == "settled" and not claim.progress:
                place += 1
                continue
            count = claim.progress or self._decide(envelope.subject, key, buffered[place:], quiet, now, owner)
            burst = buffered[place : place + count]
            if _read_id(first) == mine:
                if not in_order or self._overtakes(envelope.subject, first, before, now):
                    self._ledger.release(key, owner)
                    raise Conflict("what the person said before this has not gone out yet")
                if claim.state == "claimed":
                    self._ledger.settle(key, owner, "joined")
                return burst
            if claim.state == "claimed":
                self._ledger.release(key, owner)
            if any(_read_id(post) == mine for post in burst):
                if self._claim(mine, envelope.subject, now, owner).state == "claimed":
                    self._ledger.settle(_make_key(mine), owner, "part of another")
                return ()
            in_order = claim.state == "settled" or first.at < now - GIVEN_UP
            before = first
            place += count
        return ()

    def _decide(
        self, conversation: str, key: str, posts: Sequence[Posted], quiet: float, now: float, owner: str
    ) -> int:
        """How many messages the burst that these begin with has: written where it is decided, for good."""
        count = _measure_length(posts, quiet, now)
        if count is None or self._early(conversation, posts[0], now):
            self._ledger.release(key, owner)
            raise Conflict("the person may go on, or spoke before; this message has to come again in a moment")
        self._ledger.advance(key, owner, count)
        return count

    def _early(self, conversation: str, post: Posted, now: float) -> bool:
        """Whether what the person spoke before this has no turn yet."""
        after = post.document.get("after")
        if after is None or now >= post.document["until"]:
            return False
        return self._lacks_turn(conversation, after, now)

    def _overtakes(self, conversation: str, post: Posted, before: Posted | None, now: float) -> bool:
        """Whether the burst before this one, which waited for the same recording, went out and has no turn yet: both
        came again at once, and this one might be understood first."""
        after = post.document.get("after")
        if after is None or before is None or before.document.get("after") != after or now >= post.document["until"]:
            return False
        return self._lacks_turn(conversation, _read_id(before), now)

    def _lacks_turn(self, conversation: str, message: str, now: float) -> bool:
        return self._conversations.load(conversation, message, now).turn is None

    def _claim(self, message: str, conversation: str, now: float, owner: str) -> Claim:
        claim = self._ledger.claim(_make_key(message), conversation, owner, now, LEASE, now + REMEMBER)
        if claim.state == "busy":
            raise Conflict("another message of this person is being joined")
        return claim


def _measure_length(posts: Sequence[Posted], quiet: float, now: float) -> int | None:
    """How many of these are one burst; None where nobody knows yet."""
    first = posts[0]
    if _is_shortcut(first):
        return 1
    characters, count = len(_read_text(first)), 1
    for before, post in itertools.pairwise(posts):
        characters += len(_read_text(post))
        late = post.at - before.at >= quiet or post.at - first.at >= LONGEST * quiet
        late = late or post.document.get("after") != first.document.get("after")
        if late or _is_shortcut(post) or count >= MOST or characters > MOST_CHARACTERS:
            return count
        count += 1
    last = posts[count - 1]
    return count if now - last.at >= quiet or now - first.at >= LONGEST * quiet else None


def _join_messages(burst: Sequence[Posted]) -> MessageReceived:
    """One message, the texts its lines in the order in which they were written; answered where the last was."""
    taken = sorted(burst, key=lambda post: post.document["at"])
    # By the platform's times where they differ: after a fault it may bring an earlier message later.
    messages = [from_wire(MessageReceived, post.document["message"]) for post in taken]
    in_order = sorted(messages, key=lambda message: message.sent_at or "")
    attachments = tuple(attachment for message in in_order for attachment in message.attachments)
    return replace(
        in_order[-1],
        text="\n".join(message.text for message in in_order if message.text),
        sent_at=in_order[0].sent_at,
        attachments=attachments,
    )


def _make_key(message: str) -> str:
    return to_token(f"joined:{message}")


def _read_id(post: Posted) -> str:
    return str(post.document["id"])


def _read_text(post: Posted) -> str:
    return str(post.document["message"].get("text") or "")


def _is_shortcut(post: Posted) -> bool:
    return _read_text(post).startswith("/")
