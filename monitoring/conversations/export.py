"""Stored conversations as data for review: JSON lines, Rasa stories and NLU examples, personal data redacted."""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from knative.local.runs import NotThere, store_of
from monitoring.conversations.annotation import mark_pieces, split_turn, write_examples
from monitoring.conversations.history import conversations_of, turns_of
from monitoring.conversations.redaction import SLOTS, Redaction, is_personal, make_redaction
from shared.errors import Failure
from shared.events.wire import JSON

HIDDEN = ("action_listen", "action_session_start", "action_extract_slots")
VERSION = "3.1"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A stored conversation and what is to be redacted of it."""

    name: str
    turns: Sequence[Mapping[str, JSON]]
    redaction: Redaction
    personal: Sequence[str]


def export_lines(conversation: Conversation) -> Iterator[str]:
    """A JSON object for each turn."""
    redacted = conversation.redaction
    for number, turn in enumerate(conversation.turns, start=1):
        document = {
            "conversation": redacted.redact_name(conversation.name),
            "turn": number,
            "channel": turn.get("channel"),
            "sent_at": turn.get("sent_at"),
            "text": redacted.redact_text(str(turn.get("text", ""))),
            **({"transcription_failure": turn["transcription_failure"]} if "transcription_failure" in turn else {}),
            "intent": turn.get("intent"),
            "confidence": turn.get("confidence"),
            "entities": redacted.redact_value([_without_place(entity) for entity in turn.get("entities", ())]),
            "actions": [name for name in _list_actions(turn) if name not in HIDDEN],
            "decided_by": turn.get("decided_by", []),
            "failed_actions": turn.get("failed_actions", []),
            "replies": redacted.redact_value(turn.get("replies", [])),
            "slots": _list_slots(turn, conversation),
            "active_loop": turn.get("active_loop"),
            "bundle": turn.get("bundle"),
            **({"helpful": turn["helpful"]} if "helpful" in turn else {}),
        }
        yield json.dumps(document, ensure_ascii=False)


def export_story(conversation: Conversation) -> dict[str, Any] | None:
    """The conversation as one of Rasa's stories; None where nobody said anything."""
    steps: list[dict[str, Any]] = []
    for event in (event for turn in conversation.turns for event in turn.get("events", ())):
        match event.get("event"):
            case "user":
                steps.append(_user_step(event, conversation))
            case "action" if event.get("name") not in HIDDEN:
                steps.append({"action": event["name"]})
            case "active_loop":
                steps.append({"active_loop": event.get("name")})
    name = conversation.redaction.redact_name(conversation.name)
    return {"story": name, "steps": steps} if any("intent" in step for step in steps) else None


def _user_step(event: Mapping[str, JSON], conversation: Conversation) -> dict[str, Any]:
    parsed = event.get("parse_data", {})
    entities = [
        {str(entity["entity"]): _redact_value(str(entity["entity"]), entity.get("value"), conversation)}
        for entity in parsed.get("entities", ())
    ]
    intent = parsed.get("intent", {})
    name = intent.get("full_retrieval_intent_name") or intent.get("name") or "nlu_fallback"
    return {"intent": name, **({"entities": entities} if entities else {})}


def export_examples(conversations: Iterable[Conversation]) -> dict[str, list[str]]:
    """What people said, with its entities marked, by the intent that was understood; each once."""
    found: dict[str, dict[str, None]] = {}
    for conversation in conversations:
        for turn in conversation.turns:
            text = str(turn.get("text", ""))
            # `/intent{...}` was a button, and `EXTERNAL: intent` a reminder; nobody said them.
            if turn.get("intent") and text.strip() and not text.startswith(("/", "EXTERNAL: ")):
                found.setdefault(str(turn["intent"]), {})[mark_pieces(split_turn(turn, conversation.redaction))] = None
    return {intent: list(texts) for intent, texts in sorted(found.items())}


def _redact_value(name: str, value: JSON, conversation: Conversation) -> JSON:
    if is_personal(name, conversation.personal) and not conversation.redaction.off:
        return f"<{name}>"
    return conversation.redaction.redact_value(value)


def _list_slots(turn: Mapping[str, JSON], conversation: Conversation) -> dict[str, JSON]:
    return {name: _redact_value(name, value, conversation) for name, value in turn.get("slots", {}).items()}


def _list_actions(turn: Mapping[str, JSON]) -> list[str]:
    return [str(event.get("name")) for event in turn.get("events", ()) if event.get("event") == "action"]


def _without_place(entity: Mapping[str, JSON]) -> dict[str, JSON]:
    """Redaction moves the text under an entity's start and end; they are in the NLU examples, as marks."""
    return {key: value for key, value in entity.items() if key not in ("start", "end")}


def write_stories(found: Sequence[Mapping[str, Any]]) -> str:
    content = {"version": VERSION, "stories": list(found)}
    return str(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=10_000))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task export", description=__doc__)
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--out", type=Path, default=Path("out/export"), help="directory; out/export otherwise")
    parser.add_argument("--conversation", action="append", default=[], help="only this one; may be repeated")
    parser.add_argument("--personal", default=",".join(SLOTS), help="slots and entities with personal data")
    parser.add_argument("--unredacted", action="store_true", help="export what people wrote as it is")
    options = parser.parse_args(arguments)
    personal = [name.strip() for name in options.personal.split(",") if name.strip()]
    try:
        store = store_of(options.assistant)
        now = time.time()
        names = options.conversation or list(conversations_of(store, now))
        read = {name: [turn.document for turn in turns_of(store, name, now)] for name in names}
        store.close()
    except (NotThere, Failure, FileNotFoundError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    conversations = [
        Conversation(
            name, turns, Redaction(off=True) if options.unredacted else make_redaction(turns, personal), personal
        )
        for name, turns in read.items()
        if turns
    ]
    stories = [told for conversation in conversations if (told := export_story(conversation)) is not None]
    options.out.mkdir(parents=True, exist_ok=True)
    files = {
        "conversations.jsonl": "".join(f"{line}\n" for item in conversations for line in export_lines(item)),
        "stories.yml": write_stories(stories),
        "nlu.yml": write_examples(export_examples(conversations), VERSION),
    }
    for name, content in files.items():
        (options.out / name).write_text(content, encoding="utf-8")
        print(f"{options.out / name}  {len(content.encode())} bytes")
    state = "NOT redacted" if options.unredacted else "redacted; read it before you share it"
    print(f"{len(conversations)} conversations, {sum(len(item.turns) for item in conversations)} turns; {state}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
