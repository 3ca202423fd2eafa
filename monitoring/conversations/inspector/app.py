"""The inspector over HTTP: the page, and what it asks. Every call but the page itself needs the printed token.

GET  /                    the page (inspector.css, inspector.js)
GET  /api/assistant       its name, intents and entities
POST /api/say             {sender, text} -> what was answered, and why
POST /api/example         {text, intent, entities: [{start, end, entity}]} -> where it was written
POST /api/story           {name, sender} -> where the conversation was kept as a test story
POST /api/other           {sender, bundle} -> what another bundle would make of the conversation
"""

import asyncio
import hmac
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from functions.dialogue.record import read_turn
from knative.local.runs import NotThere
from model_artifacts.training.nlu.annotation import Annotation
from monitoring.conversations.debugging import Debugged, Debugger
from monitoring.conversations.history import turns_of
from monitoring.conversations.rendering import render_reply
from monitoring.conversations.rerun import Player, render_change
from monitoring.conversations.sources import add_example, add_story
from shared.errors import Failure, Rejected
from shared.events.identity import derive_conversation_id
from shared.events.wire import JSON
from shared.stores.ports import Store

FOLDER = Path(__file__).parent / "page"
TYPES = {"index.html": "text/html", "inspector.css": "text/css", "inspector.js": "text/javascript"}
TOKEN = "x-inspector-token"  # noqa: S105 - the header's name
BODY_LIMIT = 64 * 1024
SNIPPET = 24
"""Lines of a rule or story that are shown at most."""
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


class Inspector:
    """Answers the page's calls for one run of an assistant."""

    def __init__(self, assistant: Path, debugger: Debugger, store: Store, domain: Mapping[str, Any]) -> None:
        """`domain` is nlu.json's: the names of intents and entities."""
        self._assistant = assistant
        self._debugger = debugger
        self._store = store
        self._domain = domain

    def describe(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": self._assistant.name, **self._domain}

    def say(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        debugged = self._debugger.say(_read_word(asked, "sender"), _read_text(asked, "text"))
        return {"messages": list(debugged.messages), "turn": self._explain(debugged)}

    def learn(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Add what was said to the assistant's examples. Rejected where the domain lacks what it names."""
        text, intent = _read_text(asked, "text"), _read_text(asked, "intent")
        if intent not in self._domain["intents"]:
            raise Rejected(f"there is no intent {intent!r} in the domain")
        marks = sorted(
            (Annotation(int(e["start"]), int(e["end"]), str(e["entity"])) for e in asked.get("entities") or ()),
            key=lambda mark: mark.start,
        )
        for mark in marks:
            if mark.entity not in self._domain["entities"] or not 0 <= mark.start < mark.end <= len(text):
                raise Rejected(f"{mark.entity!r} at {mark.start} to {mark.end} cannot be marked in {text!r}")
        return {"place": add_example(self._assistant, intent, text, marks)}

    def keep(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        turns = [read_turn(turn.document, turn.id) for turn in self._list_turns(asked)]
        return {"place": add_story(self._assistant, _read_text(asked, "name"), turns)}

    def compare(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        player = Player(Path(_read_text(asked, "bundle")).expanduser())
        conversation = derive_conversation_id("rest", _read_word(asked, "sender"))
        changes = list(player.play(conversation, self._list_turns(asked), 0.1))
        return {"bundle": player.id, "changes": [render_change(change) for change in changes]}

    def _list_turns(self, asked: Mapping[str, Any]) -> list[Any]:
        return list(turns_of(self._store, derive_conversation_id("rest", _read_word(asked, "sender")), time.time()))

    def _explain(self, debugged: Debugged) -> dict[str, Any]:
        turn = debugged.turn
        return {
            **{key: turn.get(key) for key in ("text", "intent", "confidence", "active_loop")},
            "ranking": list(turn.get("ranking") or ()),
            "entities": list(turn.get("entities") or ()),
            "alternatives": list(turn.get("alternatives") or ()),
            "before": _drop_empty(debugged.before),
            "after": _drop_empty(turn.get("slots") or {}),
            "decided": [self._explain_note(note) for note in turn.get("decided_by") or ()],
            "events": [_describe_event(event) for event in turn.get("events") or ()],
            "stages": [{"stage": t.stage, "ms": t.milliseconds, "cold": t.cold} for t in debugged.timings],
            "seconds": debugged.seconds,
            "path": list(debugged.events),
            "errors": list(debugged.errors),
            "said": [render_reply(reply) for reply in turn.get("replies") or ()],
        }

    def _explain_note(self, note: Mapping[str, JSON]) -> dict[str, Any]:
        place, lines = self._read_snippet(str(note.get("source") or ""))
        return {
            **{key: note.get(key) for key in ("action", "policy", "confidence", "source")},
            "others": list(note.get("others") or ()),
            "ranking": list(note.get("ranking") or ()),
            "place": place,
            "lines": lines,
        }

    def _read_snippet(self, source: str) -> tuple[str, list[str]]:
        """Where a rule or story stands, and its lines."""
        found = re.search(r"\(([^()]+):(\d+)\)$", source)
        if found is None:
            return "", []
        file, number = self._assistant / found[1], int(found[2])
        if not file.resolve().is_relative_to(self._assistant.resolve()) or not file.is_file():
            return f"{found[1]}:{number}", []
        lines = file.read_text(encoding="utf-8").splitlines()[number - 1 : number - 1 + SNIPPET]
        first = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
        kept = list(lines[:1])
        for line in lines[1:]:
            if line.strip() and len(line) - len(line.lstrip()) <= first:
                break
            kept.append(line)
        return f"{found[1]}:{number}", [line[first:] for line in kept]


def build_application(inspector: Inspector, token: str) -> web.Application:
    """The page's server."""
    app = web.Application(client_max_size=BODY_LIMIT, middlewares=[_make_guard(token)])
    app.router.add_get("/", _serve_file)
    app.router.add_get("/{name}", _serve_file)
    app.router.add_get("/api/assistant", _make_handler(inspector.describe))
    for path, method in (
        ("say", inspector.say),
        ("example", inspector.learn),
        ("story", inspector.keep),
        ("other", inspector.compare),
    ):
        app.router.add_post(f"/api/{path}", _make_handler(method))
    return app


def _make_guard(token: str) -> Any:
    @web.middleware
    async def guarded(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        given = request.headers.get(TOKEN, "")
        if request.path.startswith("/api/") and not hmac.compare_digest(given.encode(), token.encode()):
            return web.json_response({"error": "open the address that was printed"}, status=401, headers=HEADERS)
        try:
            answered = await handler(request)
        except web.HTTPException as exc:
            exc.headers.update({name: value for name, value in HEADERS.items() if name not in exc.headers})
            raise
        answered.headers.update(HEADERS)
        return answered

    return guarded


def _make_handler(
    method: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            asked = await request.json() if request.method == "POST" else {}
            if not isinstance(asked, dict):
                raise Rejected("the body must be an object")
            # Stages and files are waited for: not in the loop that serves the page.
            return web.json_response(await asyncio.to_thread(method, asked))
        except (Rejected, NotThere, Failure, ValueError, KeyError, TypeError, OSError) as exc:
            return web.json_response({"error": str(exc) or type(exc).__name__}, status=400)

    return answer


async def _serve_file(request: web.Request) -> web.StreamResponse:
    name = request.match_info.get("name") or "index.html"
    if name not in TYPES:
        raise web.HTTPNotFound
    return web.Response(body=(FOLDER / name).read_bytes(), content_type=TYPES[name], charset="utf-8")


def _describe_event(event: Mapping[str, JSON]) -> str:
    kind, name = str(event.get("event")), event.get("name")
    value = event.get("value")
    return f"{kind} {name}" + (f" = {value}" if kind == "slot" else "") if name else kind


def _drop_empty(slots: Mapping[str, JSON]) -> dict[str, JSON]:
    return {name: value for name, value in slots.items() if value is not None}


def _read_text(asked: Mapping[str, Any], key: str) -> str:
    value = asked.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > 4000:
        raise Rejected(f"'{key}' must be a text")
    return value


def _read_word(asked: Mapping[str, Any], key: str) -> str:
    value = _read_text(asked, key)
    if not re.fullmatch(r"[\w-]{1,80}", value):
        raise Rejected(f"'{key}' must be letters, digits, - and _")
    return value
