"""Talking to the default assistant without its model: its real dialogue, its real functions, its real catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions.actions.fulfilment import Action, Call, Result, say
from functions.actions.stage import Actions
from functions.dialogue.record import read_turn
from functions.dialogue.responses import Speaker
from functions.dialogue.stage import Dialogue
from functions.dialogue.table import Table
from functions.dialogue.tracker import Tracker
from shared.events.catalogue import (
    ActionRequested,
    Entity,
    Evidence,
    Intent,
    MessageReceived,
    MessageUnderstood,
    RepliesDecided,
    Reply,
)
from shared.events.envelope import Envelope
from shared.events.wire import JSON
from shared.stores.memory import memory_store
from shared.stores.ports import Store

ROOT = Path(__file__).resolve().parents[3] / "model_artifacts" / "assistants" / "default"
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
"""A Wednesday."""


@dataclass(slots=True)
class Talk:
    """One conversation: each `say` is a whole turn through dialogue and actions."""

    dialogue: Dialogue
    actions: Actions
    store: Store
    channel: str = "rest"
    turns: int = 0
    ran: list[str] = field(default_factory=list)
    """The actions of the last turn."""

    def say(self, intent: str, text: str = "", /, **entities: str | Sequence[str]) -> list[Reply]:
        self.turns += 1
        self.ran = []
        understood = MessageUnderstood(
            MessageReceived(text=text or f"/{intent}", sender="somebody"),
            intent=Intent(intent, 1.0),
            ranking=(Intent(intent, 0.9), Intent("out_of_scope", 0.06)) if intent == "nlu_fallback" else (),
            entities=tuple(
                Entity(name, value, *((place, place + len(value)) if place >= 0 else ()))
                for name, values in entities.items()
                for value in ([values] if isinstance(values, str) else values)
                for place in (text.find(value),)
            ),
            evidence=Evidence(question=True) if text.endswith("?") else None,
        )
        envelope = Envelope(
            id=f"rest:m{self.turns}.understood",
            source="/parley/nlu",
            subject="rest:somebody",
            type=MessageUnderstood.TYPE,
            message=f"rest:m{self.turns}",
            channel=self.channel,
            data=understood,
        )
        replies: list[Reply] = []
        answered = self.dialogue(envelope)
        while answered is not None and isinstance(answered.data, ActionRequested):
            self.ran.append(answered.data.action)
            replies += answered.data.replies
            completed = self.actions(answered)
            assert completed is not None
            assert getattr(completed.data, "outcome", None) == "done", completed.data
            answered = self.dialogue(completed)
        assert answered is not None
        assert isinstance(answered.data, RepliesDecided)
        return [*replies, *answered.data.replies]

    def did(self) -> list[str]:
        """The actions of the last turn as the tracker has them, forms and responses included."""
        loaded = self.store.conversations.load("rest:somebody", f"rest:m{self.turns}", datetime.now(UTC).timestamp())
        assert loaded.turn is not None
        events = read_turn(loaded.turn.document, loaded.turn.id)["events"]
        names = [event["name"] for event in events if event["event"] == "action"]
        return [name for name in names if name not in ("action_listen", "action_session_start")]

    def hear(self, intent: str, text: str = "", /, **entities: str | Sequence[str]) -> str:
        """All that is answered, as one text."""
        return "\n".join(reply.text or "" for reply in self.say(intent, text, **entities))


def talk(table: Table, actions: Mapping[str, Action], assets: Path, settings: Mapping[str, str]) -> Talk:
    # The dialogue's clock is the wall's: the actions stage measures the deadline that it gives by its own.
    store = memory_store()
    dialogue = Dialogue(table, store.conversations, clock=lambda: datetime.now(UTC).timestamp())
    return Talk(dialogue, Actions(actions, assets=assets, settings=settings), store)


@dataclass(slots=True)
class Alone:
    """One function after the other, with the slots that each leaves behind."""

    actions: Mapping[str, Action]
    assets: Path
    settings: dict[str, str]
    table: Table
    slots: dict[str, Any] = field(default_factory=dict)
    calls: int = 0
    task: str | None = None
    """What the dialogue takes fragments to go on with."""

    def run(self, action: str, text: str = "", /, **entities: str | Sequence[str]) -> Result:
        self.calls += 1
        found: list[dict[str, Any]] = []
        for name, values in entities.items():
            for value in [values] if isinstance(values, str) else values:
                place = text.find(value)
                found.append({"entity": name, "value": value} | ({"start": place} if place >= 0 else {}))
        result = self.actions[action](
            Call(
                action=action,
                sender="somebody",
                conversation="rest:somebody",
                message=f"rest:m{self.calls}",
                now=NOW,
                slots=dict(self.slots),
                latest_message={
                    "text": text,
                    "intent": {"name": None, "confidence": 0.0},
                    "entities": found,
                    "reading": {"task": self.task},
                },
                assets=self.assets,
                settings=self.settings,
            )
        )
        for event in result.events:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
        return result

    def words(self, action: str, text: str = "", /, **entities: str | Sequence[str]) -> str:
        return "\n".join(self.render(self.run(action, text, **entities)))

    def spoken(self, part: JSON, language: str = "en") -> str:
        """What a part of a sentence says."""
        (said,) = self.render(Result.of(say("utter_up_next", said=part)), language)
        return said

    def render(self, result: Result, language: str = "en") -> list[str]:
        """What the dialogue makes of a result's responses."""
        tracker = Tracker(self.table.domain)
        tracker.extend({"event": "slot", "name": name, "value": value} for name, value in self.slots.items())
        speaker = Speaker(self.table.domain.responses, "rest", "m", language)
        return [str(event["text"]) for event in speaker.say_all(result.responses, tracker)]
