"""Conversations with projects of our own, held against what Rasa 3.6.21 answered to the very same files and messages.

`projects/<name>/gold.json` was made by Rasa itself: `held_by_rasa.py` in this folder trains it on the project and goes
through the messages of `walk.json`, with custom actions that answer what stands there. Here the same messages go
through the dialogue stage and a store, event by event.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.dialogue.stage import Dialogue
from functions.dialogue.table import Table, read_table
from model_artifacts.training.dialogue.compilation import compile_project, dump_dialogue
from shared.channels.rest import render_messages
from shared.direct import read_direct
from shared.events.catalogue import ActionCompleted, ActionRequested, MessageReceived, MessageUnderstood, RepliesDecided
from shared.events.envelope import Envelope
from shared.stores.memory import memory_store

PROJECTS = Path(__file__).parent / "projects"


@dataclass(frozen=True, slots=True)
class Different:
    """A turn in which a person, or an action server, would notice the difference."""

    conversation: str
    message: str
    rasa: Any
    parley: Any


def compare(project: Path) -> tuple[int, list[Different]]:
    """How many turns there are, and those that are not as Rasa's."""
    table = read_table(dump_dialogue(compile_project(project).data), "oracle")
    gold = json.loads((project / "gold.json").read_text(encoding="utf-8"))
    stubs = json.loads((project / "walk.json").read_text(encoding="utf-8"))["actions"]
    turns = sum(len(conversation["turns"]) for conversation in gold["conversations"])
    return turns, [
        found for conversation in gold["conversations"] for found in _conversation(table, conversation, stubs)
    ]


def _conversation(table: Table, conversation: Mapping[str, Any], stubs: Mapping[str, Any]) -> Iterator[Different]:
    now = [1_700_000_000.0]
    stage = Dialogue(table, memory_store().conversations, clock=lambda: now[0])
    for number, turn in enumerate(conversation["turns"]):
        now[0] += 1.0
        said, called = _held(stage, table, turn["message"], number, stubs)
        expected = [[_plain(message) for message in turn["messages"]], turn["custom_actions_called"]]
        if [said, called] != expected:
            yield Different(conversation["source"], turn["message"], expected, [said, called])


def _held(
    stage: Dialogue, table: Table, text: str, number: int, stubs: Mapping[str, Any]
) -> tuple[Sequence[Any], Sequence[str]]:
    direct = read_direct(text, set(table.domain.used_entities), table.domain.entities)
    understood = MessageUnderstood(
        MessageReceived(text, "oracle"),
        direct.intent if direct else None,
        (direct.intent,) if direct else (),
        direct.entities if direct else (),
    )
    ident = f"rest:m{number}"
    event: Envelope | None = Envelope(
        f"{ident}.understood", "/test", "rest:oracle", understood, MessageUnderstood.TYPE, ident, "rest"
    )
    said: list[Any] = []
    called: list[str] = []
    while event is not None:
        event = stage(event)
        assert event is not None
        data = event.data
        assert isinstance(data, ActionRequested | RepliesDecided)
        said += [_plain(message) for message in render_messages(data.replies, "oracle")]
        if isinstance(data, RepliesDecided):
            return said, called
        called.append(data.action)
        stub = stubs.get(data.action, {})
        answer = ActionCompleted(
            data.action,
            "rejected" if stub.get("reject") else "done",
            tuple(stub.get("events", ())),
            tuple(stub.get("responses", ())),
        )
        event = event.answer(answer, "/test", "completed")
    return said, called


def _plain(message: Mapping[str, Any]) -> Any:
    plain = {key: value for key, value in message.items() if key != "recipient_id"}
    if "buttons" in plain:
        # Of a button every channel knows only these two.
        plain["buttons"] = [(button["title"], button.get("payload", button["title"])) for button in plain["buttons"]]
    return plain
