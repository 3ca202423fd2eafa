"""What Rasa's HTTP API asks of conversations: POST /conversation with `{"do": ..., "conversation": ...}`.

    tracker   include_events, until?             the tracker
    append    include_events, events             the tracker with events more
    replace   include_events, events             the tracker with these events in the place of all
    predict   include_events                     what would come next, how sure, and why
    story     until?, all_sessions               a test story, `{"story": YAML}`
    place                                        where the person is answered: channel, sender; {} where nobody spoke
    domain                                       Rasa's domain object
    status                                       the bundle

The answer is JSON. 404 where there is no such conversation and one is needed.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from functions.dialogue.decision import Decision
from functions.dialogue.events import Unreadable
from functions.dialogue.http_api.story import render_stories, split_sessions
from functions.dialogue.http_api.validation import read_request_events
from functions.dialogue.http_api.view import list_initial_events, render_tracker
from functions.dialogue.incoming import Incoming
from functions.dialogue.policies import predict
from functions.dialogue.record import read_turn, write_turn
from functions.dialogue.reminders import update_reminders
from functions.dialogue.requested import origin_of
from functions.dialogue.state import MARGIN, Progress, State, bound_history, document_of, state_of, tracker_of
from functions.dialogue.table import Table
from functions.dialogue.tracker import Event, Tracker
from shared.domain_view import render_domain
from shared.errors import Conflict, Failure, Rejected
from shared.events.catalogue import TurnRequested
from shared.events.envelope import Envelope
from shared.events.identity import is_token
from shared.events.wire import JSON, to_wire
from shared.serving import Answer, Request, body_of, json_answer
from shared.stores.ports import Committed, Conversations, Loaded, Turn

BODY_LIMIT = 640 * 1024
TRIES = 3
MOST_TURNS = 5000
"""Turns that are read of one conversation."""
INCLUDED = ("NONE", "APPLIED", "AFTER_RESTART", "ALL")


class NotFound(Failure):
    """There is no such conversation."""

    status = 404


class Operations:
    """Answers what is asked of one conversation, and changes it where that is asked."""

    def __init__(
        self,
        table: Table,
        conversations: Conversations,
        dialogue: Callable[[], JSON],
        *,
        name: str,
        clock: Callable[[], float],
        keep_seconds: float,
        state_format: int,
    ) -> None:
        """`dialogue` reads dialogue.json; `name` is the assistant's."""
        self._table = table
        self._conversations = conversations
        self._dialogue = dialogue
        self._model = {"model_id": table.bundle, "assistant_id": name}
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._format = state_format

    def __call__(self, request: Request) -> Answer:
        asked = _read(body_of(request, BODY_LIMIT))
        match asked.get("do"):
            case "domain":
                return json_answer(200, render_domain(self._dialogue()))
            case "status":
                return json_answer(200, {"model_file": self._model["assistant_id"], "model_id": self._table.bundle})
        conversation = asked.get("conversation")
        if not isinstance(conversation, str) or not is_token(conversation) or ":" not in conversation:
            raise Rejected("conversation must be a plain token such as rest:ann")
        return json_answer(200, self._of_conversation(conversation, asked))

    def _of_conversation(self, conversation: str, asked: Mapping[str, JSON]) -> JSON:
        match asked.get("do"):
            case "tracker":
                return self._tracker(conversation, asked)
            case "append" | "replace":
                return self._change(conversation, asked, whole=asked["do"] == "replace")
            case "predict":
                return self._predict(conversation, asked)
            case "story":
                return self._story(conversation, asked)
            case "place":
                loaded, state = self._load(conversation, "-")
                latest = self._turns(conversation, max(0, state.turns - 1)) if loaded.state is not None else []
                return {"channel": conversation.partition(":")[0], **origin_of(latest)} if latest else {}
        raise Rejected("there is no such operation on a conversation")

    def _tracker(self, conversation: str, asked: Mapping[str, JSON]) -> JSON:
        _, state = self._load(conversation, "-")
        events = self._events(conversation)
        if not events and not state.events:
            # As Rasa shows a conversation that nobody began; nothing is kept of it.
            events = list_initial_events(self._clock())
            return self._view(asked, Tracker(self._table.domain).extend(events), events)
        until = asked.get("until")
        if until is not None:
            if not isinstance(until, int | float):
                raise Rejected("until must be a number: seconds since 1970")
            events = [event for event in events if float(event.get("timestamp") or 0) <= until]
            return self._view(asked, Tracker(self._table.domain).extend(events), events)
        return self._view(asked, tracker_of(state, self._table.domain), events)

    def _view(self, asked: Mapping[str, JSON], tracker: Tracker, events: list[Event]) -> dict[str, JSON]:
        included = str(asked.get("include_events") or "AFTER_RESTART").upper()
        if included not in INCLUDED:
            raise Rejected(f"Invalid parameter value for 'include_events'. Should be one of {', '.join(INCLUDED)}")
        return render_tracker(str(asked.get("sender")), tracker, events, included, self._model)  # type: ignore[arg-type]

    def _change(self, conversation: str, asked: Mapping[str, JSON], *, whole: bool) -> JSON:
        given = read_request_events(asked.get("events"))
        message = str(asked.get("message"))
        for _ in range(TRIES):
            now = self._clock()
            loaded, state = self._load(conversation, message)
            if state.pending is not None and now < state.pending.deadline:
                raise Conflict("an action of this conversation is still running; send this again in a moment")
            added = [event if event.get("timestamp") is not None else {**event, "timestamp": now} for event in given]
            if loaded.turn is not None:
                # The same request, sent again.
                return self._tracker(conversation, asked)
            if whole:
                tracker = Tracker(self._table.domain)
            else:
                tracker = tracker_of(state, self._table.domain)
                if not tracker.events and not any(event["event"] == "session_started" for event in added):
                    added = [*list_initial_events(now), *added]
            try:
                tracker.extend(added)
                self._commit(conversation, message, loaded, state, (tracker, added), now, whole=whole)
            except Conflict:
                continue
            except (Unreadable, KeyError, TypeError, ValueError, AttributeError) as exc:
                raise Rejected("these events make no conversation; send them as GET .../tracker shows them") from exc
            return self._tracker(conversation, asked)
        raise Conflict("the conversation changed three times meanwhile; send this again")

    def _commit(
        self,
        conversation: str,
        message: str,
        loaded: Loaded,
        state: State,
        changed: tuple[Tracker, list[Event]],
        now: float,
        *,
        whole: bool,
    ) -> None:
        tracker, added = changed
        latest = self._turns(conversation, max(0, state.turns - 1)) if loaded.state is not None else []
        channel = conversation.partition(":")[0]
        origin = {"channel": channel, **origin_of(latest)}
        events, base = bound_history(tracker, self._table.keep, self._table.looks_back + MARGIN)
        live = tracker.live
        began = [event["timestamp"] for event in added if event["event"] == "session_started"]
        after = replace(
            state,
            bundle=self._table.bundle,
            events=events,
            base=base,
            pending=None,
            slots={name: value for name, value in live.slots.items() if value is not None},
            active_loop=live.loop_name,
            paused=live.paused,
            origin=origin if live.paused else {},
            reminders=update_reminders({} if whole else state.reminders, added, origin),
            session_started_at=began[-1] if began else state.session_started_at,
            turns=state.turns + 1,
        )
        incoming = Incoming(
            id=message,
            text="",
            sender=str(origin.get("sender") or ""),
            intent=None,
            confidence=0.0,
            channel=channel,
            metadata={"is_external": True},
            external=True,
        )
        decision = Decision(after, tuple(added), (), None, Progress(), incoming)
        cause = Envelope(
            id=message,
            source="/parley/gateway",
            subject=conversation,
            data=None,
            type=TurnRequested.TYPE,
            message=message,
            channel=channel,
        )
        kept = {"type": "events", "data": {**origin, "locale": origin.get("locale")}}
        document = write_turn(decision, {}, cause, kept)
        if whole:
            document = {**document, "replaces": True}
        self._conversations.commit(
            conversation,
            loaded.revision,
            Committed(
                state=document_of(after, self._format),
                turn=Turn(id=message, at=now, document=document),
                expire_at=max([now, *(reminder.at for reminder in after.reminders.values())]) + self._keep_seconds,
                due={name: (reminder.at, to_wire(reminder)) for name, reminder in after.reminders.items()},
            ),
            now,
        )

    def _predict(self, conversation: str, asked: Mapping[str, JSON]) -> JSON:
        loaded, state = self._load(conversation, "-")
        if loaded.state is None:
            raise NotFound("Conversation ID not found.")
        tracker = tracker_of(state, self._table.domain)
        best, others = predict(self._table.policies, tracker, self._table.learned)
        scores = dict.fromkeys(self._table.domain.actions, 0.0)
        for other in others:
            ranked = other.ranking or (((other.action, other.confidence),) if other.action else ())
            if other.policy == best.policy:
                scores |= {action: confidence for action, confidence in ranked if action in scores}
        if best.action is not None:
            scores[best.action] = best.confidence
        ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        return {
            "scores": [{"action": action, "score": score} for action, score in ordered],
            "policy": best.policy,
            "confidence": best.confidence,
            "tracker": self._tracker(conversation, asked),
        }

    def _story(self, conversation: str, asked: Mapping[str, JSON]) -> JSON:
        events = self._events(conversation)
        if not events:
            raise NotFound("Conversation ID not found.")
        until = asked.get("until")
        if isinstance(until, int | float):
            events = [event for event in events if float(event.get("timestamp") or 0) <= until]
        sessions = split_sessions(events)
        wanted = sessions if asked.get("all_sessions") else sessions[-1:]
        name = str(asked.get("sender"))
        named = [
            (f"{name}, story {number}" if len(wanted) > 1 else name, session)
            for number, session in enumerate(wanted, 1)
        ]
        return {"story": render_stories(named)}

    def _load(self, conversation: str, message: str) -> tuple[Loaded, State]:
        loaded = self._conversations.load(conversation, message, self._clock())
        return loaded, state_of(loaded.state) if loaded.state is not None else State()

    def _turns(self, conversation: str, after: int = 0) -> list[Turn]:
        found: list[Turn] = []
        now = self._clock()
        while len(found) < MOST_TURNS and (page := self._conversations.history(conversation, now, after)):
            found += page
            after = page[-1].number
        return found

    def _events(self, conversation: str) -> list[Event]:
        """All that happened since the events were last replaced as a whole."""
        events: list[Event] = []
        for turn in self._turns(conversation):
            document = read_turn(turn.document, turn.id)
            if document.get("replaces"):
                events = []
            events += document.get("events", ())
        return events


def _read(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise Rejected("send a JSON object") from exc
    if not isinstance(asked, dict):
        raise Rejected("send a JSON object")
    return asked
