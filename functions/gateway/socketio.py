"""Socket.IO over HTTP long polling (Engine.IO 4), for widgets that speak Rasa's socketio channel.

    GET  /socket.io/?EIO=4&transport=polling              a session
    GET  /socket.io/?EIO=4&transport=polling&sid=...      packets for the client, held until there are some
    POST /socket.io/?EIO=4&transport=polling&sid=...      packets of the client

`session_request` is answered `session_confirm` with its id, `user_uttered` becomes a message, and each answer a
`bot_uttered`. Nothing upgrades to a websocket, which would keep a process for itself.

What is kept is which client polls for which conversation, and how far it has read: in this process's memory. A process
that does not know a client says so, and the client begins anew under the same session_id, as after any break; the
conversation itself is in the store. The other stages are asked only while an answer is awaited. Protocols:
github.com/socketio/engine.io-protocol (v4), github.com/socketio/socket.io-protocol (v5).
"""

import json
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.gateway.access import Forbidden
from functions.gateway.conversations import Conversations
from shared.channels.port import Inbound
from shared.channels.reading import read_string
from shared.channels.socketio import NAME
from shared.errors import Failure, Rejected, Unavailable
from shared.events.identity import derive_conversation_id
from shared.events.wire import JSON
from shared.serving import Answer, json_answer

SEPARATOR = "\x1e"
PING_SECONDS, PONG_SECONDS = 20.0, 20.0
AWAITED_SECONDS = 120.0
"""How long answers are looked for after a message; as long as somebody wants one (ANSWER_WITHIN)."""
HANDOFF_SECONDS = 1800.0
"""The same while a person has the conversation, who answers later."""
LOOK_SECONDS = 2
"""Of one look for answers, in which other packets wait."""
FORGET_SECONDS = 2 * (PING_SECONDS + PONG_SECONDS)
MAX_SESSIONS = 10_000
MAX_PACKETS = 200
BODY_LIMIT = 64 * 1024
TEXT = {"content-type": "text/plain; charset=UTF-8", "cache-control": "no-store"}
UNKNOWN_TRANSPORT, UNKNOWN_SESSION, BAD_REQUEST, BAD_VERSION = 0, 1, 3, 5
_ERRORS = {
    UNKNOWN_TRANSPORT: "Transport unknown",
    UNKNOWN_SESSION: "Session ID unknown",
    BAD_REQUEST: "Bad request",
    BAD_VERSION: "Unsupported protocol version",
}


@dataclass(slots=True)
class Session:
    """One client."""

    sid: str
    since: float
    """When it came, in seconds since the epoch: what was said before is not told again."""
    seen: float
    """When it last asked, by the monotonic clock."""
    conversation: str = ""
    """Its session_id; empty until it asks for one, or says something."""
    after: int = 0
    """The number of the last message that it was given."""
    awaited_until: float = 0.0
    unsent: deque[bytes] = field(default_factory=lambda: deque(maxlen=20))
    """What the client said and the broker did not take yet."""
    sending: threading.Lock = field(default_factory=threading.Lock)
    packets: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_PACKETS))
    changed: threading.Condition = field(default_factory=threading.Condition)


class SocketIo:
    """Answers at /socket.io/; safe to share between threads."""

    def __init__(
        self,
        receive: Callable[[str, Inbound], Answer],
        conversations: Conversations,
        read_outbox: Callable[[str, int, float], bytes],
        *,
        long_polls: int,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`receive` takes a message of a channel; `read_outbox` gives those of a conversation behind a number, waiting
        for at most so many seconds."""
        self._receive = receive
        self._conversations = conversations
        self._read_outbox = read_outbox
        self._slots = threading.BoundedSemaphore(max(long_polls, 1))
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def __call__(self, method: str, query: Mapping[str, str], body: bytes) -> Answer:
        """The response to one request of the transport."""
        if query.get("transport") != "polling":
            return _make_error(UNKNOWN_TRANSPORT)
        if query.get("EIO") != "4":
            return _make_error(BAD_VERSION)
        sid = query.get("sid")
        if sid is None:
            return self._open() if method == "GET" else _make_error(BAD_REQUEST)
        session = self._find(sid)
        if session is None:
            return _make_error(UNKNOWN_SESSION)
        return self._poll(session) if method == "GET" else self._take(session, body)

    def _open(self) -> Answer:
        sid, now = secrets.token_urlsafe(18), self._clock()
        with self._lock:
            for old in [old for old, session in self._sessions.items() if now - session.seen > FORGET_SECONDS]:
                del self._sessions[old]
            while len(self._sessions) >= MAX_SESSIONS:
                self._sessions.popitem(last=False)
            self._sessions[sid] = Session(sid, self._now(), now)
        opened = {
            "sid": sid,
            "upgrades": [],
            "pingInterval": round(PING_SECONDS * 1000),
            "pingTimeout": round(PONG_SECONDS * 1000),
            "maxPayload": BODY_LIMIT,
        }
        return f"0{json.dumps(opened)}", 200, TEXT

    def _find(self, sid: str) -> Session | None:
        with self._lock:
            session = self._sessions.get(sid)
            if session is not None:
                session.seen = self._clock()
                self._sessions.move_to_end(sid)
            return session

    def _poll(self, session: Session) -> Answer:
        """Packets, as soon as there are some; a ping where there are none for long."""
        deadline = self._clock() + PING_SECONDS
        held = self._slots.acquire(blocking=False)
        try:
            if not held:
                # Too many wait: this one comes again in a second, and others' requests are not held up.
                deadline = self._clock() + 1.0
            while (left := deadline - self._clock()) > 0 and not session.packets:
                if session.unsent:
                    with session.sending:
                        self._send(session)
                    left = min(left, 1.0)
                if self._clock() < session.awaited_until:
                    self._look(session, min(LOOK_SECONDS, int(left)) if held else 0)
                    left = min(left, 0.2)
                with session.changed:
                    # Woken by packets, and by a message whose answers are to be looked for from now on.
                    if not session.packets:
                        session.changed.wait(left)
        finally:
            if held:
                self._slots.release()
        session.seen = self._clock()
        return SEPARATOR.join(self._drain(session)) or ("2" if held else "6"), 200, TEXT

    @staticmethod
    def _drain(session: Session) -> Iterator[str]:
        while session.packets:
            yield session.packets.popleft()

    def _look(self, session: Session, wait: int) -> None:
        """Queue what the assistant has said since."""
        try:
            found = json.loads(
                self._read_outbox(derive_conversation_id(NAME, session.conversation), session.after, wait)
            )
        except Failure:
            # Delivery is starting, or down: the next look comes soon.
            return
        for posted in found["messages"]:
            session.after = posted["number"]
            message, at = posted["message"], posted["at"]
            if at < session.since - 1:
                continue
            handoff = message.get("handoff") is True
            session.awaited_until = self._clock() + (HANDOFF_SECONDS if handoff else AWAITED_SECONDS)
            if "uttered" in message:
                self._emit(session, "bot_uttered", message["uttered"])

    def _take(self, session: Session, body: bytes) -> Answer:
        try:
            packets = body.decode("utf-8").split(SEPARATOR)
        except UnicodeDecodeError:
            return _make_error(BAD_REQUEST)
        for packet in packets:
            if packet.startswith("4"):
                self._take_packet(session, packet[1:])
            elif packet == "1":
                with self._lock:
                    self._sessions.pop(session.sid, None)
            elif not packet.startswith(("2", "3", "6", "b")):
                return _make_error(BAD_REQUEST)
        return "ok", 200, TEXT

    def _take_packet(self, session: Session, packet: str) -> None:
        """One packet of Socket.IO: its type, `/namespace,`, the number of an acknowledgement, and JSON."""
        kind, rest = packet[:1], packet[1:]
        namespace = ""
        if rest.startswith("/"):
            namespace, _, rest = rest.partition(",")
        if namespace not in ("", "/"):
            if kind == "0":
                refused = json.dumps({"message": "Invalid namespace"})
                self._queue_packet(session, f"44{namespace},{refused}")
            return
        if kind == "0":
            self._queue_packet(session, "40" + json.dumps({"sid": session.sid}))
        elif kind == "2":
            number = rest[: len(rest) - len(rest.lstrip("0123456789"))]
            try:
                event = json.loads(rest[len(number) :])
            except (ValueError, RecursionError) as exc:
                raise Rejected("the event is no JSON") from exc
            if not isinstance(event, list) or not event:
                raise Rejected("an event is a list: its name, and its data")
            self._take_event(session, event[0], event[1] if len(event) > 1 else None)
            if number:
                self._queue_packet(session, f"43{number}[]")

    def _take_event(self, session: Session, name: JSON, data: Any) -> None:
        if name == "session_request":
            self._resume(session, read_string(data, "session_id"))
            self._emit(session, "session_confirm", session.conversation)
        elif name == "user_uttered" and isinstance(data, dict):
            self._resume(session, read_string(data, "session_id") or session.conversation)
            said = {**data, "session_id": session.conversation, "id": secrets.token_hex(16)}
            session.unsent.append(json.dumps(said).encode())
            with session.sending:
                self._send(session)
            session.awaited_until = self._clock() + AWAITED_SECONDS
            with session.changed:
                session.changed.notify_all()

    def _send(self, session: Session) -> None:
        """Hand on what was said; what the broker does not take now is tried again with each poll, since the client
        sends it only once."""
        while session.unsent:
            try:
                self._receive(NAME, Inbound(session.unsent[0], now=self._now()))
            except Unavailable:
                return
            session.unsent.popleft()

    def _resume(self, session: Session, asked: str) -> None:
        """Go on with the conversation that the client names; begin one where that was not given out here."""
        if asked and asked == session.conversation:
            return
        try:
            self._conversations.check(asked)
        except Forbidden:
            asked = self._conversations.issue()
        session.conversation, session.after = asked, 0

    def _emit(self, session: Session, name: str, data: JSON) -> None:
        self._queue_packet(session, "42" + json.dumps([name, data]))

    @staticmethod
    def _queue_packet(session: Session, packet: str) -> None:
        with session.changed:
            session.packets.append(packet)
            session.changed.notify_all()


def _make_error(code: int) -> Answer:
    return json_answer(400, {"code": code, "message": _ERRORS[code]})
