"""The review page over HTTP: who may, what is asked, what is kept.

GET    /                                    the page (review.css, review.js)
POST   /api/session   DELETE /api/session   sign in with a token, and out
GET    /api/domain                          intents and entities to choose from
GET    /api/conversations?which=low&below=0.6&search=words&after=HANDLE
GET    /api/conversations/HANDLE
PUT    /api/conversations/HANDLE/NUMBER     what an author says of a turn;  DELETE takes it back
POST   /api/conversations/HANDLE/right      everything in it that is neither flagged nor reviewed was understood rightly
GET    /api/examples                        all of it as Rasa's NLU file
POST   /api/examples                        writes it into the assistant's own files, where these are on this machine
"""

import asyncio
import json
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from functions.gateway.access import Caller
from monitoring.conversations.annotation import split_turn
from monitoring.conversations.history import conversations_of
from monitoring.conversations.redaction import Redaction
from monitoring.conversations.review import reading
from monitoring.conversations.review.judging import Domain, export_examples, judge_turn
from monitoring.conversations.review.session import COOKIE, HOURS, Sessions
from monitoring.conversations.review.writing import write_reviewed
from shared.errors import Failure, Rejected
from shared.stores.ports import Review, Store

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "page"
TYPES = {"index.html": "text/html", "review.css": "text/css", "review.js": "text/javascript"}
WHICH = (*reading.FLAGS, "open", "reviewed", "all")
BODY_LIMIT = 64 * 1024
HANDLES = 10_000
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


class NotFound(Failure):
    """There is no such thing (any more)."""

    status = 404


class Pages:
    """Answers the page's calls on one store."""

    def __init__(
        self,
        store: Store,
        domain: Domain,
        *,
        personal: Sequence[str],
        keep_seconds: float,
        now: Callable[[], float] = time.time,
        assistant: Path | None = None,
    ) -> None:
        """`assistant`: the folder whose examples authors may write into; None where it is not on this machine."""
        self._assistant = assistant
        self._writing = threading.Lock()
        self._store = store
        self._domain = domain
        self._personal = personal
        self._keep_seconds = keep_seconds
        self._now = now
        self._names: OrderedDict[str, str] = OrderedDict()
        """Handle -> conversation, of those that were shown; the page never learns the names."""

    def conversations(self, which: str, below: str, after: str, search: str = "") -> dict[str, Any]:
        """A page of conversations, from behind `after` on. Rejected where `which` is no filter."""
        if which not in WHICH:
            raise Rejected(f"which must be one of {', '.join(WHICH)}")
        limit = _read_share(below)
        kept, last = reading.find_conversations(
            self._store,
            reading.Wanted(which, limit, search),
            self._name(after) if after else "",
            personal=self._personal,
            now=self._now(),
        )
        for conversation in kept:
            self._remember(conversation.name)
        return {
            "conversations": [
                reading.summarise_conversation(conversation, limit, self._now()) for conversation in kept
            ],
            "after": self._remember(last) if last else None,
        }

    def conversation(self, handle: str, below: str) -> dict[str, Any]:
        return reading.render_conversation(self._read(handle), _read_share(below), self._now())

    def judge(self, handle: str, number: str, said: Any, below: str) -> dict[str, Any]:
        """Keep a reviewer's verdict on a turn, or withdraw it (None). NotFound where there is no such turn."""
        conversation = self._read(handle)
        turn = next((turn for turn in conversation.turns if str(turn.number) == number), None)
        if turn is None:
            raise NotFound("there is no such turn in this conversation")
        now = self._now()
        if said is None:
            self._store.reviews.withdraw(conversation.name, turn.id)
        else:
            document = judge_turn(conversation, turn, said, self._domain)
            self._store.reviews.put(Review(conversation.name, turn.id, now, document), now + self._keep_seconds)
        fields = {"conversation": conversation.handle, "turn": turn.number, "withdrawn": said is None}
        log.info("reviewed", extra={"fields": fields})
        return self.conversation(handle, below)

    def confirm_all(self, handle: str, below: str) -> dict[str, Any]:
        """Confirm every turn that nothing speaks against and nobody judged yet."""
        conversation, now, limit = self._read(handle), self._now(), _read_share(below)
        for turn in conversation.turns:
            intent = turn.document.get("intent")
            direct = str(turn.document.get("text", "")).startswith("/")
            if turn.id in conversation.reviews or direct or intent not in self._domain.intents:
                continue
            if reading.find_flags(conversation, turn, limit, now):
                continue
            pieces = [reading.piece_of(piece) for piece in split_turn(turn.document, conversation.redacted)]
            document = judge_turn(conversation, turn, {"intent": intent, "pieces": pieces}, self._domain)
            self._store.reviews.put(Review(conversation.name, turn.id, now, document), now + self._keep_seconds)
        return self.conversation(handle, below)

    def write_examples(self) -> dict[str, Any]:
        """Write what authors said into the assistant's YAML files; where, and what could not be written and why."""
        if self._assistant is None:
            raise Rejected("the assistant's files are not on this machine: export the examples instead")
        # One writer at a time: each reads the file that the one before it wrote.
        with self._writing:
            return write_reviewed(self._assistant, reading.list_reviews(self._store, self._now()))

    def examples(self) -> str:
        return export_examples(reading.list_reviews(self._store, self._now()))

    def domain(self) -> dict[str, Any]:
        return {
            "intents": sorted(self._domain.intents),
            "entities": sorted(self._domain.entities),
            "writable": self._assistant is not None,
        }

    def _read(self, handle: str) -> reading.Read:
        found = reading.read(self._store, self._name(handle), self._personal, self._now())
        if found is None:
            raise NotFound("there is no such conversation (any more)")
        return found

    def _remember(self, name: str) -> str:
        handle = Redaction().redact_name(name).removeprefix("conversation-")
        self._names[handle] = name
        self._names.move_to_end(handle)
        if len(self._names) > HANDLES:
            self._names.popitem(last=False)
        return handle

    def _name(self, handle: str) -> str:
        if handle in self._names:
            return self._names[handle]
        # A link from before the restart, or from a log line: look for it once.
        for name in conversations_of(self._store, self._now()):
            if self._remember(name) == handle:
                return name
        raise NotFound("there is no such conversation (any more)")


def build_application(pages: Pages, sessions: Sessions, *, secure: bool) -> web.Application:
    """The page's server. `secure`: cookies go over HTTPS alone."""

    def allowed(request: web.Request) -> None:
        sessions.check(_read_caller(request), request.cookies.get(COOKIE, ""))

    @web.middleware
    async def guarded(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            if request.path.startswith("/api/") and request.path != "/api/session":
                allowed(request)
            answer = await handler(request)
        except web.HTTPException as exc:
            answer = _answer_json({"error": exc.reason}, exc.status)
        except Failure as exc:
            answer = _answer_json({"error": str(exc)}, exc.status)
        except Exception as exc:
            log.exception("failed", extra={"fields": {"path": request.match_info.handler.__name__}})
            answer = _answer_json({"error": f"the review page has a bug: {type(exc).__name__}"}, 500)
        answer.headers.update(HEADERS)
        return answer

    async def serve_page(request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name") or "index.html"
        return web.Response(body=(FOLDER / name).read_bytes(), content_type=TYPES[name], charset="utf-8")

    async def sign_in(request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        # A cross-site form cannot send JSON, and the token is no cookie; so nobody is signed in from elsewhere.
        session = sessions.sign_in(str(body.get("token", "")) if isinstance(body, dict) else "", request.remote or "")
        answer = _answer_json({})
        answer.set_cookie(
            COOKIE, session, max_age=HOURS * 3600, httponly=True, samesite="Strict", secure=secure, path="/"
        )
        return answer

    async def sign_out(request: web.Request) -> web.StreamResponse:
        sessions.sign_out(request.cookies.get(COOKIE, ""))
        answer = _answer_json({})
        answer.del_cookie(COOKIE, path="/")
        return answer

    async def conversations(request: web.Request) -> web.StreamResponse:
        query = request.query
        which, below, after = query.get("which", "open"), query.get("below", "0.6"), query.get("after", "")
        search = query.get("search", "")[:200]
        return _answer_json(await asyncio.to_thread(pages.conversations, which, below, after, search))

    async def right(request: web.Request) -> web.StreamResponse:
        below = request.query.get("below", "0.6")
        return _answer_json(await asyncio.to_thread(pages.confirm_all, request.match_info["handle"], below))

    async def write(_: web.Request) -> web.StreamResponse:
        return _answer_json(await asyncio.to_thread(pages.write_examples))

    async def conversation(request: web.Request) -> web.StreamResponse:
        below = request.query.get("below", "0.6")
        return _answer_json(await asyncio.to_thread(pages.conversation, request.match_info["handle"], below))

    async def judge(request: web.Request) -> web.StreamResponse:
        said = await _body(request) if request.method == "PUT" else None
        if request.method == "PUT" and said is None:
            raise Rejected("send an object with intent and pieces")
        place, below = request.match_info, request.query.get("below", "0.6")
        return _answer_json(await asyncio.to_thread(pages.judge, place["handle"], place["number"], said, below))

    async def domain(_: web.Request) -> web.StreamResponse:
        return _answer_json(pages.domain())

    async def examples(_: web.Request) -> web.StreamResponse:
        text = await asyncio.to_thread(pages.examples)
        headers = {"content-disposition": 'attachment; filename="reviewed.yml"'}
        return web.Response(text=text, content_type="application/yaml", charset="utf-8", headers=headers)

    async def healthy(_: web.Request) -> web.StreamResponse:
        return web.Response(text="ok")

    app = web.Application(middlewares=[guarded], client_max_size=BODY_LIMIT)
    turn = "/api/conversations/{handle:[0-9a-f]{12}}/{number:[0-9]{1,9}}"
    app.add_routes(
        [
            web.get("/", serve_page),
            web.get("/{name:review\\.(?:css|js)}", serve_page),
            web.get("/healthz", healthy),
            web.post("/api/session", sign_in),
            web.delete("/api/session", sign_out),
            web.get("/api/domain", domain),
            web.get("/api/conversations", conversations),
            web.get("/api/conversations/{handle:[0-9a-f]{12}}", conversation),
            web.post("/api/conversations/{handle:[0-9a-f]{12}}/right", right),
            web.post("/api/examples", write),
            web.put(turn, judge),
            web.delete(turn, judge),
            web.get("/api/examples", examples),
        ]
    )
    return app


def _read_caller(request: web.Request) -> Caller:
    peer = request.transport.get_extra_info("peername") if request.transport is not None else None
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Caller(request.remote or "", headers, None, peer[1] if peer else None)


async def _body(request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise Rejected("send JSON (content-type: application/json)")
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError) as exc:
        raise Rejected("this is no JSON") from exc


def _answer_json(content: Any, status: int = 200) -> web.Response:
    return web.json_response(content, status=status)


def _read_share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise Rejected("below must be a number from 0 to 1")
    return value
