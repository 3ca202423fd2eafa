"""HTTP in from people and platforms: each path to what answers it, and each failure to its status.

GET  /                                  the chat page (and /chat.css, /chat.js, /icon.svg)
GET  /healthz
GET  /metrics                           requests by channel and status, for who asks without a proxy
POST /wake                              starts this stage ahead of a message
GET  /openapi.json                      all of this as OpenAPI describes it
GET  /webhooks/CHANNEL/                 {"status": "ok"}
POST /webhooks/rest/webhook             Rasa's REST contract: the synchronous pipeline
POST /webhooks/CHANNEL/webhook          every other channel: to the broker
GET  /webhooks/CHANNEL/webhook          Meta's handshake (whatsapp, messenger)
POST /webhooks/webchat/webhook          the web chat's messages, and its recordings (content type audio/...)
POST /webhooks/webchat/conversations    a new conversation
GET  /webhooks/webchat/messages         the answers in it
POST /webhooks/webchat/files            a piece of a file that a message then names
POST /webhooks/webchat/ratings          whether an answer helped
POST /webhooks/webchat/aloud            a text as a recording, where the speech stage has a voice
GET  /socket.io/                        Rasa's socketio channel, for widgets: packets (POST takes them)
POST /handoff/say, /handoff/resume      what operators do with a conversation in a person's hands
GET  /handoff/attachment                what a person attached, for operators
GET  /version, /status                  Rasa's HTTP API, from here on; see rasa_api/api.py
GET  /domain
POST /model/parse
GET  /conversations/{id}/tracker, /conversations/{id}/story
POST /conversations/{id}/tracker/events and PUT
POST /conversations/{id}/messages, /conversations/{id}/trigger_intent
POST /conversations/{id}/execute, /conversations/{id}/predict
"""

import time
from dataclasses import dataclass, field
from typing import Any, ClassVar

from functions.gateway.access import PROXIED, Access, Addresses, Caller
from functions.gateway.assets import VARY, Page
from functions.gateway.handoff import Operators
from functions.gateway.limits import find_body_limit
from functions.gateway.marks import Marks
from functions.gateway.rasa_api import PATHS, RASA
from functions.gateway.rate_limit import AnonymousLimit, TooFast
from functions.gateway.requests_page import Requests
from functions.gateway.rest import Rest, refuse
from functions.gateway.socketio import SocketIo
from functions.gateway.webchat import Webchat
from functions.gateway.webhooks import Webhooks
from shared.channels import socketio, webchat
from shared.channels.catalogue import find_channel
from shared.channels.names import NAMES
from shared.channels.port import Inbound
from shared.errors import Failure
from shared.events.catalogue import (
    AnswerRated,
    HandoffAnswered,
    MessageArrived,
    MessageReceived,
    SpeechReceived,
    TurnCompleted,
    TurnRequested,
    WebhooksAnswered,
)
from shared.serving import (
    Answer,
    Request,
    answer_exception,
    body_of,
    fail,
    json_answer,
    lower_names,
    query_of,
    text_answer,
)

PREFLIGHT = {
    "access-control-allow-methods": "GET, POST, PUT",
    "access-control-allow-headers": "authorization, content-type, idempotency-key, traceparent",
    "access-control-max-age": "600",
}
PIECE_COUNTS = 5
"""Requests as which a piece of a file counts, which is kept: what one address may fill in a minute is bounded."""
UNSIGNED = ("rest", "callback")
"""Channels that carry no signature, which REST_AUTH protects."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """Who may come in, and how often those may whom nobody knows."""

    access: Access
    limit: AnonymousLimit | None = None
    addresses: Addresses = field(default_factory=Addresses)
    public_url: str = ""
    """How platforms reach the gateway; some sign it."""
    marks: Marks = field(default_factory=Marks)
    requests: Requests = field(default_factory=Requests)
    """What was answered to whom."""

    def check_page(self, caller: Caller, requests: int = 1) -> None:
        """Raise Forbidden for a page of an origin that is not allowed, TooFast for one that asks too often."""
        self.access.check_origin(caller)
        if self.limit is not None:
            self.limit.take(
                self.addresses.find_client(caller.remote, caller.headers.get("x-forwarded-for", "")), requests
            )

    def find_address(self, request: Request) -> str:
        """The address as the platform called it; behind a proxy only PUBLIC_URL knows how it begins."""
        if not self.public_url:
            return request.url
        query = request.query_string.decode("utf-8", "replace")
        return f"{self.public_url.rstrip('/')}{request.path}{'?' if query else ''}{query}"


class Gateway:
    """Answers every request; takes no events."""

    CONSUMES: ClassVar[tuple[Any, ...]] = ()
    PRODUCES = (
        MessageReceived,
        MessageArrived,
        SpeechReceived,
        HandoffAnswered,
        AnswerRated,
        TurnCompleted,
        WebhooksAnswered,
        TurnRequested,
    )

    def __init__(
        self,
        entrance: Entrance,
        rest: Rest,
        webhooks: Webhooks,
        webchat: Webchat,
        page: Page,
        *,
        operators: Operators,
        sockets: SocketIo | None = None,
    ) -> None:
        self._entrance = entrance
        self._rest = rest
        self._webhooks = webhooks
        self._webchat = webchat
        self._page = page
        self._operators = operators
        self._sockets = sockets

    def __call__(self, request: Request) -> Answer:
        caller = None
        try:
            query = query_of(request)
            caller = Caller(
                request.remote_addr or "", lower_names(request.headers), query.get("token"), port_of(request)
            )
            body, status, headers = self._route(request, caller, query)
        except Exception as exc:  # noqa: BLE001 - named and logged by answer_exception
            body, status, headers = answer_exception("gateway", exc, {})
            if isinstance(exc, Failure):
                body, status, headers = _fail(request.path, exc)
        self._count(request, caller, status)
        cors = self._entrance.access.list_cors_headers(caller) if caller is not None else {}
        if cors and "vary" in headers:
            cors["vary"] = f"{headers['vary']}, {cors['vary']}"
        return body, status, {**headers, **cors}

    def _count(self, request: Request, caller: Caller | None, status: int) -> None:
        """A message was answered; those of probes are told by who sends them."""
        match request.path.split("/")[1:]:
            case ["webhooks", name, "webhook"] if name in NAMES and request.method == "POST":
                if caller is None or not self._entrance.marks.is_probe(caller.headers):
                    self._entrance.requests.count(name, status)

    def _route(self, request: Request, caller: Caller, query: dict[str, str]) -> Answer:
        method = "GET" if request.method == "HEAD" else request.method
        match request.path.split("/")[1:]:
            case [first, *_] if first in PATHS and self._rest.api is not None:
                return self._answer_api(request, caller, query, method)
            case [""] if method == "GET" and "text/html" not in caller.headers.get("accept", "text/html"):
                body, status, headers = text_answer(200, f"Hello from Parley, which answers as Rasa: {RASA}")
                return body, status, {**headers, "vary": VARY}
            case ["healthz"]:
                return text_answer(200, "ok") if method == "GET" else _allow_method("GET")
            case ["metrics"] if method == "GET" and not any(name in caller.headers for name in PROXIED):
                return self._entrance.requests.render(), 200, {"content-type": "text/plain; version=0.0.4"}
            case ["wake"]:
                return ("", 202, {}) if method == "POST" else _allow_method("POST")
            case ["webhooks", name, *rest] if name in NAMES:
                return self._take_webhook(request, caller, query, method, name, "/".join(rest))
            case ["socket.io", ""] if self._sockets is not None:
                if method not in ("GET", "POST"):
                    return _allow_method("GET")
                self._entrance.check_page(caller)
                body = body_of(request, find_body_limit(request)) if method == "POST" else b""
                return self._sockets(method, query, body)
            case ["handoff", "attachment"]:
                return self._operators.fetch_attachment(caller, query) if method == "GET" else _allow_method("GET")
            case ["handoff", ("say" | "resume") as verb]:
                if method != "POST":
                    return _allow_method("POST")
                return self._operators.take(verb, caller, body_of(request, find_body_limit(request)))
            case ["webhooks", *_]:
                return fail(404, f"there is no such channel; there are {', '.join(NAMES)}")
            case _:
                return self._page(request.path, query, caller.headers) if method == "GET" else _allow_method("GET")

    def _answer_api(self, request: Request, caller: Caller, query: dict[str, str], method: str) -> Answer:
        from functions.gateway.rasa_api.asking import check_owner

        if method == "OPTIONS":
            self._entrance.access.check_origin(caller)
            return "", 204, PREFLIGHT
        self._entrance.access.check_rest(caller)
        check_owner(self._entrance.access.read_claims(caller), request.path)
        api = self._rest.api
        if api is None:
            return fail(404, "there is nothing at this path")
        limit = find_body_limit(request)
        return api(self._rest)(method, request.path, query, caller, lambda: body_of(request, limit))

    def _take_webhook(
        self, request: Request, caller: Caller, query: dict[str, str], method: str, name: str, rest: str
    ) -> Answer:
        if method == "OPTIONS":
            self._entrance.access.check_origin(caller)
            return "", 204, PREFLIGHT
        match rest:
            case "":
                return json_answer(200, {"status": "ok"}) if method == "GET" else _allow_method("GET")
            case "webhook" if name == socketio.NAME:
                return fail(404, "this channel speaks Socket.IO, at /socket.io/")
            case "webhook" if method == "POST" or (method == "GET" and find_channel(name).handshake):
                return self._take_message(request, caller, query, name)
            case "webhook":
                return _allow_method("POST")
            case "conversations" | "files" | "ratings" | "aloud" | "messages" if name == webchat.NAME:
                wanted = "GET" if rest == "messages" else "POST"
                if method != wanted:
                    return _allow_method(wanted)
                self._entrance.check_page(caller, PIECE_COUNTS if rest == "files" else 1)
                if rest == "messages":
                    return self._webchat.list_messages(query)
                body = body_of(request, find_body_limit(request))
                match rest:
                    case "conversations":
                        return self._webchat.issue(body)
                    case "files":
                        return self._webchat.take_piece(query, body)
                    case "ratings":
                        return self._webchat.rate(body)
                    case _:
                        return self._webchat.read_aloud(body)
            case _:
                return fail(404, f"there is nothing at this path; messages go to /webhooks/{name}/webhook")

    def _take_message(self, request: Request, caller: Caller, query: dict[str, str], name: str) -> Answer:
        if name in UNSIGNED and not self._entrance.marks.is_probe(caller.headers):
            self._entrance.access.check_rest(caller)
        elif name == webchat.NAME:
            self._entrance.check_page(caller)
        body = body_of(request, find_body_limit(request))
        # The address is part of what platforms sign.
        address = self._entrance.find_address(request) if name not in UNSIGNED else ""
        inbound = Inbound(body, caller.headers, query, request.method, address, time.time())
        return self._rest(inbound) if name == "rest" else self._webhooks(name, inbound)


def port_of(request: Any) -> int | None:
    """The port of the other end of the connection: our own server says it, and WSGI servers do in the environment."""
    port = getattr(request, "remote_port", None) or getattr(request, "environ", {}).get("REMOTE_PORT")
    return int(port) if port is not None and str(port).isdecimal() else None


def _fail(path: str, failure: Failure) -> Answer:
    if path.split("/")[1] in PATHS:
        from functions.gateway.rasa_api.asking import refuse_api

        body, status, headers = refuse_api(failure)
    elif path.startswith("/webhooks/rest/"):
        body, status, headers = refuse(failure)
    else:
        body, status, headers = fail(failure.status, str(failure))
    wait = failure.wait if isinstance(failure, TooFast) else 1.0 if status == 503 else None
    return body, status, headers if wait is None else {**headers, "retry-after": f"{wait:.0f}"}


def _allow_method(method: str) -> Answer:
    body, status, headers = fail(405, f"this path takes {method}")
    return body, status, {**headers, "allow": method}
