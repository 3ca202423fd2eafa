"""HTTP in from people and platforms: each path to what answers it, and each failure to its status.

GET  /                                  the chat page (and /chat.css, /chat.js, /icon.svg)
GET  /healthz
POST /wake                              starts this stage ahead of a message
GET  /openapi.json                      all of this as OpenAPI describes it
GET  /webhooks/CHANNEL/                 {"status": "ok"}
POST /webhooks/rest/webhook             Rasa's REST contract: the walk
POST /webhooks/CHANNEL/webhook          every other channel: to the broker
GET  /webhooks/CHANNEL/webhook          Meta's handshake (whatsapp, messenger)
POST /webhooks/webchat/webhook          the web chat's messages, and its recordings (content type audio/...)
POST /webhooks/webchat/conversations    a new conversation
GET  /webhooks/webchat/messages         the answers in it
POST /webhooks/webchat/aloud            a text as a recording, where the speech stage has a voice
POST /handoff/say, /handoff/resume      what operators do with a conversation in a person's hands
GET  /handoff/attachment                what a person attached, for operators
"""

import time
from collections.abc import Callable
from typing import Any, ClassVar

from functions.gateway.access import Access, Caller
from functions.gateway.assets import Page
from functions.gateway.asynchronous import Asynchronous
from functions.gateway.handoff import Operators
from functions.gateway.limits import body_limit
from functions.gateway.rate_limit import TooFast
from functions.gateway.rest import Rest, refused
from functions.gateway.webchat import Webchat
from shared.channels import webchat
from shared.channels.catalogue import channel
from shared.channels.names import NAMES
from shared.channels.port import Inbound
from shared.errors import Failure
from shared.events.catalogue import (
    HandoffAnswered,
    MessageArrived,
    MessageReceived,
    SpeechReceived,
    TurnCompleted,
    WebhooksAnswered,
)
from shared.serving import Answer, Request, answer_exception, body_of, failed, json_answer, lowered, query_of, text

PREFLIGHT = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type, idempotency-key, traceparent",
    "access-control-max-age": "600",
}
UNSIGNED = ("rest", "callback")
"""Channels that carry no signature, which REST_AUTH protects."""


class Gateway:
    """Answers every request; takes no events."""

    CONSUMES: ClassVar[tuple[Any, ...]] = ()
    PRODUCES = (MessageReceived, MessageArrived, SpeechReceived, HandoffAnswered, TurnCompleted, WebhooksAnswered)

    def __init__(
        self,
        access: Access,
        rest: Rest,
        asynchronous: Asynchronous,
        webchat: Webchat,
        page: Page,
        *,
        operators: Operators,
        public_url: str = "",
        now: Callable[[], float] = time.time,
    ) -> None:
        self._access = access
        self._rest = rest
        self._asynchronous = asynchronous
        self._webchat = webchat
        self._page = page
        self._operators = operators
        self._public_url = public_url
        self._now = now

    def __call__(self, request: Request) -> Answer:
        caller = None
        try:
            query = query_of(request)
            caller = Caller(request.remote_addr or "", lowered(request.headers), query.get("token"))
            body, status, headers = self._route(request, caller, query)
        except Exception as exc:  # noqa: BLE001 - named and logged by answer_exception
            body, status, headers = answer_exception("gateway", exc, {})
            if isinstance(exc, Failure):
                body, status, headers = _failed(request.path, exc)
        return body, status, {**headers, **(self._access.cors(caller) if caller is not None else {})}

    def _route(self, request: Request, caller: Caller, query: dict[str, str]) -> Answer:
        method = "GET" if request.method == "HEAD" else request.method
        match request.path.split("/")[1:]:
            case ["healthz"]:
                return text(200, "ok") if method == "GET" else _only("GET")
            case ["wake"]:
                return ("", 202, {}) if method == "POST" else _only("POST")
            case ["webhooks", name, *rest] if name in NAMES:
                return self._webhook(request, caller, query, method, name, "/".join(rest))
            case ["handoff", "attachment"]:
                return self._operators.attachment(caller, query) if method == "GET" else _only("GET")
            case ["handoff", ("say" | "resume") as verb]:
                if method != "POST":
                    return _only("POST")
                return self._operators.said(verb, caller, body_of(request, body_limit(request)))
            case ["webhooks", *_]:
                return failed(404, f"there is no such channel; there are {', '.join(NAMES)}")
            case _:
                return self._page(request.path, query, caller.headers) if method == "GET" else _only("GET")

    def _webhook(
        self, request: Request, caller: Caller, query: dict[str, str], method: str, name: str, rest: str
    ) -> Answer:
        if method == "OPTIONS":
            self._access.check_origin(caller)
            return "", 204, PREFLIGHT
        match rest:
            case "":
                return json_answer(200, {"status": "ok"}) if method == "GET" else _only("GET")
            case "webhook" if method == "POST" or (method == "GET" and channel(name).handshake):
                return self._message(request, caller, query, name)
            case "webhook":
                return _only("POST")
            case "conversations" if name == webchat.NAME:
                self._access.check_origin(caller)
                return self._webchat.conversation() if method == "POST" else _only("POST")
            case "aloud" if name == webchat.NAME:
                self._access.check_origin(caller)
                return self._webchat.aloud(body_of(request, body_limit(request))) if method == "POST" else _only("POST")
            case "messages" if name == webchat.NAME:
                self._access.check_origin(caller)
                return self._webchat.messages(query) if method == "GET" else _only("GET")
            case _:
                return failed(404, f"there is nothing at this path; messages go to /webhooks/{name}/webhook")

    def _message(self, request: Request, caller: Caller, query: dict[str, str], name: str) -> Answer:
        if name in UNSIGNED:
            self._access.check_rest(caller)
        elif name == webchat.NAME:
            self._access.check_origin(caller)
        body = body_of(request, body_limit(request))
        # The address is part of what platforms sign.
        address = self._address(request) if name not in UNSIGNED else ""
        inbound = Inbound(body, caller.headers, query, request.method, address, self._now())
        return self._rest(inbound) if name == "rest" else self._asynchronous(name, inbound)

    def _address(self, request: Request) -> str:
        """The address as the platform called it; behind a proxy only PUBLIC_URL knows how it begins."""
        if not self._public_url:
            return request.url
        query = request.query_string.decode("utf-8", "replace")
        return f"{self._public_url.rstrip('/')}{request.path}{'?' if query else ''}{query}"


def _failed(path: str, failure: Failure) -> Answer:
    if path.startswith("/webhooks/rest/"):
        return refused(failure)
    body, status, headers = failed(failure.status, str(failure))
    if isinstance(failure, TooFast):
        headers = {**headers, "retry-after": f"{failure.wait:.0f}"}
    return body, status, {**headers, **({"retry-after": "1"} if status == 503 else {})}


def _only(method: str) -> Answer:
    body, status, headers = failed(405, f"this path takes {method}")
    return body, status, {**headers, "allow": method}
