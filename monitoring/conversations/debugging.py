"""A message taken through the running stages one by one, for `task chat -- --debug`: what each made of it, and why.

The stages are asked as the gateway asks them for REST, at the addresses of a run on this machine, and the turn is read
from its store afterwards. So nothing has to be told to everybody: who can debug can read the store already.
"""

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from functions.dialogue.record import read_turn
from functions.gateway.arrivals import format_timestamp
from knative.local.runs import NotThere, Run, run_of, store_of
from knative.local.stages import find_place
from monitoring.conversations.rendering import explain_turn
from shared.channels import rest
from shared.errors import Failure
from shared.events.catalogue import ActionCompleted, ActionRequested, MessageReceived, RepliesDecided, Reply
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.events.identity import derive_conversation_id, derive_message_id
from shared.events.wire import JSON
from shared.outbound import Outbound
from shared.stores.opening import open_store
from shared.stores.ports import Store
from shared.telemetry import Timing, read_timings

TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Debugged:
    """One turn: what the assistant answers, and what happened on the way."""

    messages: Sequence[Mapping[str, JSON]]
    lines: Sequence[str]
    turn: Mapping[str, JSON] = field(default_factory=dict)
    """The turn as it was stored."""
    before: Mapping[str, JSON] = field(default_factory=dict)
    """The slots before it."""
    timings: Sequence[Timing] = ()
    seconds: float = 0.0
    events: Sequence[str] = ()
    """The types of the events on the way, in order."""
    errors: Sequence[str] = ()


class Debugger:
    """Asks the stages of one run."""

    def __init__(self, run: Run, store: Store) -> None:
        self._run = run
        self._store = store
        self._outbound = Outbound()

    def say(self, sender: str, text: str) -> Debugged:
        """Say it; NotThere where a stage does not answer or refuses."""
        envelope = _make_received(sender, text)
        before = self._read_slots(envelope.subject)
        replies: list[Reply] = []
        started = time.perf_counter()
        understood = self._ask_stage("nlu", envelope)
        event = self._ask_stage("dialogue", understood)
        events = [envelope.type, understood.type, event.type]
        errors: list[str] = []
        while isinstance(event.data, ActionRequested):
            replies += event.data.replies
            completed = self._ask_stage("actions", event)
            if isinstance(completed.data, ActionCompleted) and completed.data.error:
                errors.append(completed.data.error)
            event = self._ask_stage("dialogue", completed)
            events += [completed.type, event.type]
        seconds = time.perf_counter() - started
        if isinstance(event.data, RepliesDecided):
            replies += event.data.replies
        turn = self._store.conversations.load(envelope.subject, envelope.message, time.time()).turn
        if turn is None:
            raise NotThere("the turn is not in the store: start chat with the STORE_URL that the stages have")
        document, timings = read_turn(turn.document, turn.id), read_timings(event.timings)
        lines = [*explain_turn(document, before, timings, seconds), *(f"cause     {error}" for error in errors)]
        said = list(rest.render_messages(replies, sender))
        return Debugged(said, lines, document, before, timings, seconds, tuple(events), tuple(errors))

    def close(self) -> None:
        self._outbound.close()
        self._store.close()

    def _read_slots(self, conversation: str) -> Mapping[str, JSON]:
        latest: Mapping[str, JSON] = {}
        now = time.time()
        state = self._store.conversations.load(conversation, "", now).state
        if state is not None:
            for turn in self._store.conversations.history(conversation, now, max(0, state.get("turns", 0) - 1)):
                latest = read_turn(turn.document, turn.id).get("slots", {})
        return latest

    def _ask_stage(self, stage: str, envelope: Envelope) -> Envelope:
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
        return Debugger(run, open_store(f"sqlite:{find_place(assistant, port).directory / 'store.db'}"))


def _make_received(sender: str, text: str) -> Envelope:
    now = datetime.now(UTC)
    ident = derive_message_id(rest.NAME, secrets.token_hex(16))
    data = MessageReceived(text=text, sender=sender, sent_at=format_timestamp(now))
    envelope = Envelope(
        id=ident,
        source="/parley/chat",
        subject=derive_conversation_id(rest.NAME, sender),
        data=data,
        type=data.TYPE,
        message=ident,
        channel=rest.NAME,
    )
    return replace(envelope, time=format_timestamp(now), expirytime=format_timestamp(now + timedelta(seconds=TIMEOUT)))
