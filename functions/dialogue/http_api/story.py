"""A conversation as a test story in Rasa's YAML, as GET /conversations/ID/story answers it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.dialogue.names import DEFAULT_SLOTS, LISTEN, REQUESTED_SLOT, SESSION_START
from functions.dialogue.tracker import Event
from shared.events.wire import JSON

SKIPPED = (LISTEN, SESSION_START)


def render_stories(stories: Sequence[tuple[str, Sequence[Event]]]) -> str:
    """The stories, each with its name and events; `version` and `stories` as in a file of tests."""
    lines = ['version: "3.1"', "stories:"]
    for name, events in stories:
        lines += [f"- story: {_write_scalar(name)}", "  steps:", *(f"  {line}" for line in _list_steps(events))]
    return "\n".join(lines) + "\n"


def split_sessions(events: Sequence[Event]) -> list[list[Event]]:
    """The events of each session."""
    sessions: list[list[Event]] = [[]]
    for event in events:
        if event["event"] == "session_started" and any(item["event"] == "user" for item in sessions[-1]):
            sessions.append([])
        sessions[-1].append(event)
    return sessions


def _list_steps(events: Sequence[Event]) -> Iterator[str]:
    slots: list[str] = []
    for event in events:
        if event["event"] == "slot" and (event["name"] not in DEFAULT_SLOTS or event["name"] == REQUESTED_SLOT):
            slots.append(f"  - {_write_scalar(event['name'])}: {_write_scalar(event.get('value'))}")
            continue
        if slots:
            yield "- slot_was_set:"
            yield from slots
            slots = []
        match event["event"]:
            case "user":
                parsed = event.get("parse_data") or {}
                intent = parsed.get("intent") or {}
                yield f"- intent: {_write_scalar(intent.get('full_retrieval_intent_name') or intent.get('name'))}"
                yield "  user: |-"
                marked = _mark_entities(str(event.get("text") or ""), parsed.get("entities") or ())
                yield from (f"    {line}" for line in marked.splitlines() or [""])
            case "action" if event.get("name") not in SKIPPED:
                yield f"- action: {_write_scalar(event.get('name') or event.get('action_text'))}"
            case "active_loop" | "form":
                yield f"- active_loop: {_write_scalar(event.get('name'))}"
    if slots:
        yield "- slot_was_set:"
        yield from slots


def _mark_entities(text: str, entities: Sequence[Mapping[str, Any]]) -> str:
    """The text with its entities marked, the last first, so that places stay true; of two at one place the first."""
    placed = [item for item in entities if isinstance(item.get("start"), int) and isinstance(item.get("end"), int)]
    end = len(text)
    for item in sorted(placed, key=lambda item: item["start"], reverse=True):
        if not 0 <= item["start"] < item["end"] <= end:
            continue
        end = item["start"]
        words = text[item["start"] : item["end"]]
        more = {key: item[key] for key in ("role", "group") if item.get(key)}
        if item.get("value") != words:
            more["value"] = item.get("value")
        mark = f"({item['entity']})" if not more else json.dumps({"entity": item["entity"], **more}, ensure_ascii=False)
        text = f"{text[: item['start']]}[{words}]{mark}{text[item['end'] :]}"
    return text


def _write_scalar(value: JSON) -> str:
    """A value as YAML reads it again; JSON is YAML."""
    plain = isinstance(value, str) and value.replace("_", "").replace("/", "").isalnum() and not value[0].isdigit()
    reserved = isinstance(value, str) and value.lower() in ("null", "true", "false", "yes", "no", "on", "off", "y", "n")
    if plain and not reserved and value.isascii():
        return str(value)
    return json.dumps(value, ensure_ascii=False)
