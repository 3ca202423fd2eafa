"""Transcripts of what Rasa answered to public projects, and the same conversations held with Parley."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.dialogue.decide import begin, resume
from functions.dialogue.decision import Decision
from functions.dialogue.incoming import make_incoming
from functions.dialogue.remote import Answer
from functions.dialogue.responses import interpolate
from functions.dialogue.state import State, document_of, state_of
from functions.dialogue.table import Table, read_table
from model_artifacts.training.dialogue.compilation import compile_project, dump_dialogue
from shared.channels.rest import render_messages
from shared.direct import read_direct
from shared.events.catalogue import MessageReceived, MessageUnderstood, Reply
from shared.events.wire import JSON


@dataclass(frozen=True, slots=True)
class Difference:
    """A turn that is not as Rasa's, or only its tracker events are not."""

    conversation: str
    message: str
    expected: JSON
    got: JSON
    visible: bool
    """Whether the person or an action server would notice."""


@dataclass(frozen=True, slots=True)
class Compared:
    bot: str
    turns: int
    differences: tuple[Difference, ...]

    @property
    def same(self) -> int:
        return self.turns - sum(difference.visible for difference in self.differences)


def compare(project: Path) -> Compared:
    """Hold every conversation of the project's gold.json, with custom actions that answer nothing, as it was made."""
    table = read_table(dump_dialogue(compile_project(project).data), "gold")
    gold = json.loads((project / "gold.json").read_text(encoding="utf-8"))
    turns = 0
    differences: list[Difference] = []
    for conversation in gold["conversations"]:
        turns += len(conversation["turns"])
        differences += _conversation(table, conversation)
    return Compared(project.name, turns, tuple(differences))


def _conversation(table: Table, conversation: Mapping[str, JSON]) -> Iterator[Difference]:
    state = State()
    for number, turn in enumerate(conversation["turns"]):
        decisions = _held(table, state, turn["message"], number)
        state = decisions[-1].state
        replies = [reply for decision in decisions for reply in decision.replies]
        called = [decision.request.action for decision in decisions if decision.request is not None]
        said = _messages(replies)
        visible = called != turn["custom_actions_called"] or not _same(table, turn, replies, said)
        events = [_slim(event) for decision in decisions for event in decision.events]
        expected = [_slim(event) for event in turn["events"]]
        if visible or events != expected:
            yield Difference(
                conversation["source"],
                turn["message"],
                [turn["messages"], turn["custom_actions_called"]] if visible else expected,
                [said, called] if visible else events,
                visible,
            )


def _held(table: Table, state: State, text: str, number: int) -> list[Decision]:
    direct = read_direct(text, set(table.domain.used_entities), table.domain.entities)
    message = MessageUnderstood(
        MessageReceived(text=text, sender="gold"),
        intent=direct.intent if direct else None,
        ranking=(direct.intent,) if direct else (),
        entities=direct.entities if direct else (),
    )
    now = 1_700_000_000.0 + number
    decisions = [begin(table, state, make_incoming(message, f"m{number}", "rest"), now, 30.0)]
    while decisions[-1].request is not None:
        stored = state_of(json.loads(json.dumps(document_of(decisions[-1].state))))
        decisions.append(resume(table, stored, Answer("done"), now, 30.0))
    return decisions


def _messages(replies: Sequence[Reply]) -> list[JSON]:
    return [_plain(message) for message in render_messages(replies, "gold")]


def _plain(message: Mapping[str, JSON]) -> JSON:
    return {key: value for key, value in message.items() if key != "recipient_id"}


def _same(table: Table, turn: Mapping[str, JSON], replies: Sequence[Reply], said: Sequence[JSON]) -> bool:
    """Whether the same was said, in any variation of the same responses."""
    expected = [_buttons(message) for message in turn["messages"]]
    if expected == [_buttons(message) for message in said]:
        return True
    names = [event.get("utter_action") for event in turn["events"] if event["event"] == "bot"]
    if names != [reply.response for reply in replies]:
        return False
    texts = [event.get("text") for event in turn["events"] if event["event"] == "bot"]
    slots = {**table.domain.initial_slots, **turn["slots"]}
    return all(
        text == reply.text
        or {text, reply.text}
        <= {interpolate(item.get("text"), slots) for item in table.domain.responses.get(str(reply.response), ())}
        for text, reply in zip(texts, replies, strict=True)
    )


def _buttons(message: Mapping[str, JSON]) -> JSON:
    """The message with of its buttons only what every channel knows."""
    if "buttons" not in message:
        return dict(message)
    pairs = [(button["title"], button.get("payload", button["title"])) for button in message["buttons"]]
    return {**message, "buttons": pairs}


def _slim(event: Mapping[str, JSON]) -> JSON:
    """An event without times, ids and the words of variations."""
    kept = {key: event[key] for key in ("event", "name") if event.get(key) is not None}
    if event["event"] == "slot":
        kept["value"] = event.get("value")
    if event["event"] == "bot":
        kept["response"] = event.get("utter_action") or (event.get("metadata") or {}).get("utter_action")
    return kept
