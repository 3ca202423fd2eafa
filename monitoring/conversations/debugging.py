"""A message taken through the running stages one by one, for `task chat -- --debug`: what each made of it, and why.

The stages are asked as the gateway asks them for REST, at the addresses of a run on this machine, and the turn is read
from its store afterwards. So nothing has to be told to everybody: who can debug can read the store already.
"""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from functions.dialogue.record import opened
from knative.local.runs import NotThere, Run, run_of, store_of
from knative.local.stages import place
from shared.channels import rest
from shared.errors import Failure
from shared.events.catalogue import ActionRequested, MessageReceived, RepliesDecided, Reply
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.events.identity import conversation_id, message_id
from shared.events.wire import JSON
from shared.outbound import Outbound
from shared.stores.opening import open_store
from shared.stores.ports import Store
from shared.telemetry import Timing, read_timings

TIMEOUT = 60.0
RANKED = 3
"""Intents that are shown besides the best."""


@dataclass(frozen=True, slots=True)
class Debugged:
    """One turn: what the assistant answers, and what happened on the way."""

    messages: Sequence[Mapping[str, JSON]]
    lines: Sequence[str]


class Debugger:
    """Asks the stages of one run."""

    def __init__(self, run: Run, store: Store) -> None:
        self._run = run
        self._store = store
        self._outbound = Outbound()

    def say(self, sender: str, text: str) -> Debugged:
        """Say it; NotThere where a stage does not answer or refuses."""
        envelope = _received(sender, text)
        before = self._slots(envelope.subject)
        replies: list[Reply] = []
        started = time.perf_counter()
        event = self._asked("dialogue", self._asked("nlu", envelope))
        while isinstance(event.data, ActionRequested):
            replies += event.data.replies
            event = self._asked("dialogue", self._asked("actions", event))
        seconds = time.perf_counter() - started
        if isinstance(event.data, RepliesDecided):
            replies += event.data.replies
        turn = self._store.load(envelope.subject, envelope.message, time.time()).turn
        if turn is None:
            raise NotThere("the turn is not in the store: start chat with the STORE_URL that the stages have")
        lines = list(told(opened(turn.document, turn.id), before, read_timings(event.timings), seconds))
        return Debugged(list(rest.messages(replies, sender)), lines)

    def close(self) -> None:
        self._outbound.close()
        self._store.close()

    def _slots(self, conversation: str) -> Mapping[str, JSON]:
        latest: Mapping[str, JSON] = {}
        now = time.time()
        state = self._store.load(conversation, "", now).state
        if state is not None:
            for turn in self._store.history(conversation, now, max(0, state.get("turns", 0) - 1)):
                latest = opened(turn.document, turn.id).get("slots", {})
        return latest

    def _asked(self, stage: str, envelope: Envelope) -> Envelope:
        headers, body = encode(envelope)
        try:
            answered = self._outbound.post(self._run.addresses[stage], body, headers, TIMEOUT)
        except Failure as exc:
            raise NotThere(f"{stage} does not answer: {exc}") from exc
        if answered.status != 200:
            raise NotThere(f"{stage} answered {answered.status}: {answered.body.decode('utf-8', 'replace')[:300]}")
        return decode(answered.headers, answered.body)


def debugger_of(assistant: str, port: int) -> Debugger:
    """The debugger of the run at this port; NotThere where the assistant does not run there."""
    run = run_of(assistant, port)
    if run is None:
        raise NotThere(f"{assistant} does not run at port {port}: task up ASSISTANT={assistant} PORT={port}")
    try:
        return Debugger(run, store_of(assistant))
    except NotThere:
        # The first message makes the file.
        return Debugger(run, open_store(f"sqlite:{place(assistant, port).directory / 'store.db'}"))


def told(
    turn: Mapping[str, JSON], before: Mapping[str, JSON], timings: Sequence[Timing], seconds: float
) -> Iterator[str]:
    """What happened in a turn, line by line."""
    yield f"intent    {turn.get('intent')} ({turn.get('confidence') or 0.0:.2f}){_ranking(turn)}"
    for entity in turn.get("entities", ()):
        yield f"entity    {_entity(entity)}"
    yield from _slots(before, turn.get("slots") or {})
    happened = iter(turn.get("events", ()))
    for note in turn.get("decided_by", ()):
        source = f", {note['source']}" if note.get("source") else ""
        word = "refuses " if _refused(str(note["action"]), happened) else "does    "
        yield f"{word}  {note['action']}  ({note.get('policy')} {note.get('confidence') or 0.0:.2f}{source})"
        others = ", ".join(
            f"{item['policy']} {item['action']} {item['confidence']:.2f}" for item in note.get("others", ())
        )
        if others:
            yield f"          not {others}"
        weighed = ", ".join(f"{item['action']} {item['confidence']:.2f}" for item in note.get("ranking", ())[1:])
        if weighed:
            yield f"          nor {weighed}"
    for name in turn.get("failed_actions", ()):
        yield f"failed    {name}"
    if turn.get("active_loop"):
        asked = (turn.get("slots") or {}).get("requested_slot")
        yield f"form      {turn['active_loop']}{f', asks for {asked}' if asked else ''}"
    parts = [
        f"{timing.stage} {timing.milliseconds:.1f} ms{' (just started)' if timing.cold else ''}" for timing in timings
    ]
    yield f"took      {seconds * 1000:.1f} ms: {', '.join(parts)}"


def _refused(action: str, happened: Iterator[Mapping[str, JSON]]) -> bool:
    """Whether the action refused to run when it was its turn; goes on in what happened up to there."""
    for event in happened:
        if event.get("name") == action and event["event"] in ("action", "action_execution_rejected"):
            return bool(event["event"] == "action_execution_rejected")
    return False


def _received(sender: str, text: str) -> Envelope:
    now = datetime.now(UTC)
    ident = message_id(rest.NAME, secrets.token_hex(16))
    data = MessageReceived(text=text, sender=sender, sent_at=_iso(now))
    envelope = Envelope(
        id=ident,
        source="/parley/chat",
        subject=conversation_id(rest.NAME, sender),
        data=data,
        type=data.TYPE,
        message=ident,
        channel=rest.NAME,
    )
    return replace(envelope, time=_iso(now), expirytime=_iso(now + timedelta(seconds=TIMEOUT)))


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _ranking(turn: Mapping[str, JSON]) -> str:
    others = [item for item in turn.get("ranking", ()) if item["name"] != turn.get("intent")][:RANKED]
    shown = ", ".join(f"{item['name']} {item['confidence']:.2f}" for item in others)
    return f"; then {shown}" if shown else ""


def _entity(entity: Mapping[str, JSON]) -> str:
    place = f" [{entity['start']}:{entity['end']}]" if entity.get("start") is not None else ""
    labels = "".join(f" {key} {entity[key]}" for key in ("role", "group") if entity.get(key))
    return f"{entity['entity']} = {entity.get('value')!r}{labels}{place} ({entity.get('extractor')})"


def _slots(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            yield f"slot      {name} = {_short(new)}"
        else:
            yield f"slot      {name}: {_short(old)} -> {_short(new)}"


def _short(value: JSON) -> str:
    shown = "null" if value is None else repr(value)
    return shown if len(shown) <= 80 else f"{shown[:79]}…"
