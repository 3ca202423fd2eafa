"""A turn as text: the one place that says how a message, what was understood, what was done and what was answered look.

`task history`, `task chat`, `task rerun` and the review page all take their words from here.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from shared.events.wire import JSON
from shared.stores.ports import Turn
from shared.telemetry import Timing

RANKED = 3
"""Intents that `explain_turn` shows besides the best."""


def render_timestamp(at: float, timespec: str = "seconds") -> str:
    """Seconds since 1970 as `2026-11-29 10:00:00Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(sep=" ", timespec=timespec).replace("+00:00", "Z")


def shorten(text: str, limit: int) -> str:
    """One line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def render_reply(reply: Mapping[str, JSON]) -> list[str]:
    """A reply as lines; the titles of its buttons stand in brackets on the last one."""
    lines = str(reply.get("text") or "").splitlines()
    for kind in ("image", "attachment", "custom"):
        if reply.get(kind) is not None:
            content = reply[kind]
            shown = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            lines.append(f"[{kind}] {shown}")
    titles = [str(button.get("title")) for button in (*reply.get("buttons", ()), *reply.get("quick_replies", ()))]
    return lines + ([f"[{'] ['.join(titles)}]"] if titles else [])


def render_turn(turn: Turn) -> str:
    """What was said, how it was understood, what was done and what was answered."""
    document = turn.document
    lines = [f"{turn.number}. {render_timestamp(turn.at)}  {turn.id}"]
    if "transcription_failure" in document:
        lines.append(f"   person  [a voice message that did not become text: {document['transcription_failure']}]")
    else:
        entities = ", ".join(f"{item['entity']}={item['value']}" for item in document.get("entities", ()))
        confidence = document.get("confidence") or 0.0
        lines.append(f"   person  {document.get('text')}")
        lines.append(f"   means   {document.get('intent')} ({confidence:.2f}){'; ' + entities if entities else ''}")
    for note in document.get("decided_by", ()):
        if note.get("action") not in (None, "action_listen"):
            source = f", {note['source']}" if note.get("source") else ""
            lines.append(f"   does    {note['action']} ({note.get('policy')}{source})")
    lines += [f"   failed  {name}" for name in document.get("failed_actions", ())]
    for reply in document.get("replies", ()):
        lines += [f"   {'says' if not index else '    '}    {line}" for index, line in enumerate(render_reply(reply))]
    if "helpful" in document:
        lines.append(f"   rated   {'helpful' if document['helpful'] else 'unhelpful'}")
    return "\n".join(lines)


def explain_turn(
    turn: Mapping[str, JSON], before: Mapping[str, JSON], timings: Sequence[Timing], seconds: float
) -> Iterator[str]:
    """Line by line why a turn went as it did: ranking, entities, slots before and after, policies, time taken."""
    yield f"intent    {turn.get('intent')} ({turn.get('confidence') or 0.0:.2f}){_render_ranking(turn)}"
    for entity in turn.get("entities", ()):
        yield f"entity    {_render_entity(entity)}"
    yield from _compare_slots(before, turn.get("slots") or {})
    happened = iter(turn.get("events", ()))
    for note in turn.get("decided_by", ()):
        source = f", {note['source']}" if note.get("source") else ""
        word = "refuses " if _was_rejected(str(note["action"]), happened) else "does    "
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


def _was_rejected(action: str, happened: Iterator[Mapping[str, JSON]]) -> bool:
    """Whether the action refused to run when it was its turn; goes on in what happened up to there."""
    for event in happened:
        if event.get("name") == action and event["event"] in ("action", "action_execution_rejected"):
            return bool(event["event"] == "action_execution_rejected")
    return False


def _render_ranking(turn: Mapping[str, JSON]) -> str:
    others = [item for item in turn.get("ranking", ()) if item["name"] != turn.get("intent")][:RANKED]
    listed = ", ".join(f"{item['name']} {item['confidence']:.2f}" for item in others)
    return f"; then {listed}" if listed else ""


def _render_entity(entity: Mapping[str, JSON]) -> str:
    span = f" [{entity['start']}:{entity['end']}]" if entity.get("start") is not None else ""
    labels = "".join(f" {key} {entity[key]}" for key in ("role", "group") if entity.get(key))
    return f"{entity['entity']} = {entity.get('value')!r}{labels}{span} ({entity.get('extractor')})"


def _compare_slots(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> Iterator[str]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            yield f"slot      {name} = {_render_value(new)}"
        else:
            yield f"slot      {name}: {_render_value(old)} -> {_render_value(new)}"


def _render_value(value: JSON) -> str:
    return "null" if value is None else shorten(repr(value), 80)
