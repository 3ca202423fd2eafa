"""Plays stored conversations against another bundle and tells what would change; nothing is stored, nothing is run.

The messages go through that bundle's understanding and dialogue. Actions answer what they answered then, from the
turns; one that did not run then is told as such, and fails, for running it now would act on the world.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from functions.dialogue.record import message_of
from functions.dialogue.stage import Dialogue
from functions.dialogue.table import read_table
from functions.nlu.interpretation import Understanding
from functions.nlu.model import FILES
from functions.nlu.reading import open_reader, tell_understanding
from knative.local.assistants import find_assistant
from knative.local.runs import NotThere, store_of
from monitoring.conversations.history import conversations_of, turns_of
from monitoring.conversations.rendering import render_reply
from shared.bundle.manifest import read_bundle
from shared.errors import Failure
from shared.events.catalogue import (
    ActionCompleted,
    ActionRequested,
    Entity,
    Intent,
    MessageReceived,
    MessageUnderstood,
    RepliesDecided,
    Reply,
)
from shared.events.envelope import Envelope
from shared.events.wire import JSON, from_wire, to_wire
from shared.stores.memory import memory_store
from shared.stores.ports import Turn

KEEP = 10 * 365 * 86400.0


@dataclass(frozen=True, slots=True)
class Change:
    """What another bundle makes of one turn, where that is not the same."""

    conversation: str
    turn: int
    intent: tuple[str | None, str | None] | None = None
    confidence: tuple[float, float] | None = None
    entities: tuple[Sequence[str], Sequence[str]] | None = None
    replies: tuple[Sequence[str], Sequence[str]] | None = None
    new_actions: Sequence[str] = ()
    """Actions that it asks for and that did not run then; what they would answer is not known."""


class Player:
    """One bundle at work on conversations, without a world around it."""

    def __init__(self, bundle: Path, components: Path | None = None) -> None:
        """`components`: the assistant's, where none lie beside the bundle."""
        found = read_bundle(bundle, needs=(*FILES, "dialogue.json"))
        self.id = found.id
        self._reader = open_reader(found, components=components)
        self._table = read_table(found.find_file("dialogue.json").read_bytes(), found.id, found.read_verified)

    def play(self, conversation: str, turns: Sequence[Turn], shift: float) -> Iterator[Change]:
        """The turns that would be different; a confidence counts as shifted from `shift` on."""
        now = 0.0
        dialogue = Dialogue(self._table, memory_store().conversations, clock=lambda: now, keep_seconds=KEEP)
        for turn in turns:
            now = turn.at
            message = message_of(turn.document, conversation.partition(":")[2])
            understood = self._understand_again(message, turn.document)
            played = _Played(dialogue, conversation, turn, self.id)
            replies = played.replies(message, understood)
            change = _compare_turn(conversation, turn, understood, replies, played, shift)
            if change is not None:
                yield change

    def _understand_again(self, message: MessageReceived, turn: Mapping[str, JSON]) -> Understanding:
        if message.metadata.get("is_external"):
            # A reminder: an intent that nobody said.
            entities = tuple(Entity(str(item["entity"]), item.get("value")) for item in turn.get("entities", ()))
            return Understanding(Intent(str(turn.get("intent")), float(turn.get("confidence") or 1.0)), (), entities)
        return self._reader.read(message)


@dataclass(slots=True)
class _Played:
    """One turn, played again."""

    dialogue: Dialogue
    conversation: str
    turn: Turn
    bundle: str
    unknown: list[str] = field(default_factory=list)
    taken: tuple[str | None, float] | None = None
    """The intent that it was taken for in the end, with its confidence: a question to the documents, a choice."""

    def replies(self, message: MessageReceived, understood: Understanding) -> list[Reply]:
        document = self.turn.document
        answers = [from_wire(ActionCompleted, answer) for answer in document.get("answers", ())]
        data = tell_understanding(message, understood, self.bundle)
        envelope: Envelope | None = Envelope(
            id=f"{self.turn.id}.understood",
            source="/parley/nlu",
            subject=self.conversation,
            data=data,
            type=MessageUnderstood.TYPE,
            message=self.turn.id,
            channel=str(document.get("channel", "")),
        )
        said: list[Reply] = []
        while envelope is not None and (decided := self.dialogue(envelope)) is not None:
            envelope = None
            match decided.data:
                case RepliesDecided(replies=replies, turn=summary):
                    said += replies
                    self.taken = (summary.intent, summary.confidence or 0.0)
                case ActionRequested(action=action, replies=replies):
                    said += replies
                    envelope = decided.answer(self._answer(action, answers), "/parley/actions", "completed")
        return said

    def _answer(self, action: str, answers: list[ActionCompleted]) -> ActionCompleted:
        """What the action answered then, each answer once."""
        for index, answer in enumerate(answers):
            if answer.action == action:
                return answers.pop(index)
        self.unknown.append(action)
        return ActionCompleted(action, "failed", error="it did not run when this turn was recorded")


def _compare_turn(
    conversation: str, turn: Turn, new: Understanding, replies: Sequence[Reply], played: _Played, shift: float
) -> Change | None:
    document = turn.document
    understood = (new.intent.name, new.intent.confidence) if new.intent is not None else (None, 0.0)
    after, surer = played.taken or understood
    before, sure = document.get("intent"), float(document.get("confidence") or 0.0)
    entities = _list_entities(document.get("entities", ())), _list_entities(to_wire(new.entities))
    then, now = list(document.get("replies", ())), to_wire(tuple(replies))
    change = Change(
        conversation,
        turn.number,
        intent=(before, after) if before != after else None,
        confidence=(sure, surer) if before == after and abs(sure - surer) >= shift else None,
        entities=entities if entities[0] != entities[1] else None,
        replies=(_render_replies(then), _render_replies(now)) if then != now else None,
        new_actions=tuple(played.unknown),
    )
    return change if change != Change(conversation, turn.number) else None


def _list_entities(entities: Sequence[Mapping[str, JSON]]) -> list[str]:
    return sorted(f"{entity['entity']}={entity.get('value')}" for entity in entities)


def _render_replies(replies: Sequence[Mapping[str, JSON]]) -> list[str]:
    return [" ".join(render_reply(reply)) or str(reply.get("response")) for reply in replies]


def render_change(change: Change) -> str:
    """A change in some lines of text: what it was then, what it would be now."""
    lines = [f"{change.conversation} turn {change.turn}"]
    if change.intent is not None:
        lines.append(f"  intent      {change.intent[0]} -> {change.intent[1]}")
    if change.confidence is not None:
        lines.append(f"  confidence  {change.confidence[0]:.2f} -> {change.confidence[1]:.2f}")
    if change.entities is not None:
        lines.append(f"  entities    {', '.join(change.entities[0]) or '-'} -> {', '.join(change.entities[1]) or '-'}")
    if change.replies is not None:
        lines.append(f"  said        {' / '.join(change.replies[0]) or 'nothing'}")
        lines.append(f"  would say   {' / '.join(change.replies[1]) or 'nothing'}")
    lines += [
        f"  would run   {action}, which did not run then: its answer is not known" for action in change.new_actions
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task rerun", description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True, help="the directory of the other bundle")
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--conversation", action="append", default=[], help="only this one; may be repeated")
    parser.add_argument("--shift", type=float, default=0.1, help="the smallest shift of a confidence that is told")
    options = parser.parse_args(arguments)
    try:
        player = Player(options.bundle, find_assistant(options.assistant) / "components")
        store = store_of(options.assistant)
    except (NotThere, Failure, FileNotFoundError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    now, total, changes = time.time(), 0, []
    for conversation in options.conversation or list(conversations_of(store, now)):
        turns = list(turns_of(store, conversation, now))
        total += len(turns)
        for change in player.play(conversation, turns, options.shift):
            changes.append(change)
            print(render_change(change), flush=True)
    store.close()
    print(
        f"bundle {player.id}: {total} turns, {len(changes)} would change: "
        f"{sum(change.intent is not None for change in changes)} intents flip, "
        f"{sum(change.confidence is not None for change in changes)} confidences shift by {options.shift:g} or more, "
        f"{sum(change.entities is not None for change in changes)} have other entities, "
        f"{sum(change.replies is not None for change in changes)} have different replies"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
