"""More than one request in a message: the first is done now, the others wait their turn and are named.

What can be done at once comes before what has to ask: music before an order. Two values of a slot that holds one ("a
margherita and a hawaiian") are two requests of the same kind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from functions.dialogue.context.changes import keep_wanted
from functions.dialogue.context.confirming import was_confirmation_asked
from functions.dialogue.context.settings import Context
from functions.dialogue.events import make_action_executed, make_slot_set
from functions.dialogue.incoming import Incoming, in_rasas_form
from functions.dialogue.names import LATER_SLOT, LISTEN, NLU_FALLBACK, OUT_OF_SCOPE
from functions.dialogue.responses import Speaker
from functions.dialogue.state import Progress
from functions.dialogue.tracker import Event, Tracker
from shared.events.wire import JSON

SURE = 0.6
"""The confidence from which on a part of a message is a request of its own."""
MOST = 4
"""Requests of one message that are kept; nobody says more in earnest."""
FIRST_THIS, NOW, LEFT = "utter_first_this", "utter_now_that", "utter_left_that"
"""The responses that name what waits, what is taken up, and what is dropped with the rest: `{later}` is what it is, in
the person's words, and `{first}` what comes before it."""


def divide_message(message: Incoming, tracker: Tracker, context: Context) -> tuple[Incoming, tuple[JSON, ...]]:
    """The message cut down to its first request, and the requests that wait."""
    parts = _split_segments(message, context) or _split_values(message, tracker, context)
    if len(parts) < 2:
        return message, ()
    # What starts a form asks back, so it comes last.
    ordered = sorted(parts, key=lambda part: part.intent in context.starts)
    first, *rest = ordered
    return first, tuple(as_request(part) for part in rest[: MOST - 1])


def set_aside(later: Sequence[JSON], postponed: bool, tracker: Tracker, speaker: Speaker) -> list[Event]:
    """The events that keep these requests, naming them where the first one is going to ask back."""
    context = tracker.domain.context
    asks = postponed or (context is not None and tracker.intent in context.starts)
    kept = [*list_waiting(tracker), *later][:MOST]
    events = [make_slot_set(LATER_SLOT, kept)]
    named = [request for request in later if not _held_by_form(request, tracker)]
    if asks and named:
        message = tracker.live.message
        first = "" if postponed or message is None else quote_requests([{"text": message.get("text")}])
        events.append(_name_requests(FIRST_THIS, named, tracker, speaker, first))
    return events


def _held_by_form(request: Mapping[str, JSON], tracker: Tracker) -> bool:
    """Whether the form that the request starts holds several, and takes it up itself."""
    context = tracker.domain.context
    return context is not None and context.starts.get(request.get("intent") or "") in context.several


def take_up_request(tracker: Tracker, message: Incoming, progress: Progress, speaker: Speaker) -> list[Event]:
    """What is recorded once nothing is open any more: the next request that waited, as a message. Empty where there is
    none, or where its turn has not come."""
    requests = list_waiting(tracker)
    live = tracker.live
    if not requests or live.loop_name is not None or live.paused or was_confirmation_asked(tracker):
        return []
    if progress.form_abandoned is not None and not progress.later:
        # Whoever drops the one does not want the other to begin at once.
        left = [request for request in requests if not _held_by_form(request, tracker)]
        return [make_slot_set(LATER_SLOT, None), *([_name_requests(LEFT, left, tracker, speaker)] if left else [])]
    following, *rest = requests
    events: list[Event] = [make_slot_set(LATER_SLOT, rest or None)]
    if following not in progress.later:
        events.append(_name_requests(NOW, [following], tracker, speaker))
    said = as_message(following, message).event(tracker.domain, 0.0)
    return [*events, {key: value for key, value in said.items() if key != "timestamp"}]


def take_up_between(action: str | None, tracker: Tracker, message: Incoming, progress: Progress) -> list[Event]:
    """What is recorded where the form `action` is about to ask again after the first of two requests that came in
    between: the second, as a message. Empty where there is none that can be done at once."""
    if action is None or action != tracker.live.loop_name or tracker.live.action == LISTEN:
        return []
    context, requests = tracker.domain.context, list_waiting(tracker)
    # Those of this message are the last: what waits longer waits for the form.
    following = next((request for request in requests if request in progress.later), None)
    if following is None or context is None or progress.postponed or following.get("intent") in context.starts:
        return []
    if tracker.intent in context.starts:
        return []
    rest = [request for request in requests if request is not following]
    said = as_message(following, message).event(tracker.domain, 0.0)
    return [
        make_action_executed(LISTEN),
        make_slot_set(LATER_SLOT, rest or None),
        {key: value for key, value in said.items() if key != "timestamp"},
    ]


def _name_requests(
    response: str,
    requests: Sequence[JSON],
    tracker: Tracker,
    speaker: Speaker,
    first: str = "",
) -> Event:
    """What is said about requests that wait, with their words in it."""
    return speaker.say_or_default(
        response, tracker, {"later": quote_requests(requests), "first": first or speaker.default("this")}
    )


def as_request(message: Incoming) -> JSON:
    return {
        "text": message.meant or message.text,
        "intent": message.intent,
        "confidence": message.confidence,
        "entities": list(message.entities),
    }


def as_message(request: Mapping[str, JSON], first: Incoming) -> Incoming:
    """A request that waited, as if it were said now."""
    return replace(
        first,
        text=str(request.get("text") or ""),
        intent=request.get("intent"),
        confidence=float(request.get("confidence") or 0.0),
        ranking=(),
        entities=tuple(request.get("entities") or ()),
        alternatives=(),
        meant=None,
        evidence=None,
        reading=None,
        attachments=(),
    )


def list_waiting(tracker: Tracker) -> list[JSON]:
    """The requests that wait, the next one first."""
    value = tracker.slot(LATER_SLOT)
    return list(value) if isinstance(value, list) else []


def quote_requests(requests: Sequence[Mapping[str, JSON]]) -> str:
    """What waits, in the person's words."""
    return ", ".join(f"“{str(request.get('text') or '').strip(' ,.;')}”" for request in requests)


def _split_segments(message: Incoming, context: Context) -> list[Incoming]:
    segments = message.evidence.segments if message.evidence is not None else ()
    if len(segments) < 2 or len({segment.intent.name for segment in segments}) < 2:
        return []
    if any(segment.intent.name in context.stances for segment in segments):
        return []
    requests = [segment for segment in segments if segment.intent.name in context.takes]
    # A fragment belongs to what it stands beside: "what is", "the weather", "in Berlin?" are one question.
    apart = all(
        segment.intent.confidence >= SURE
        and segment.intent.name not in context.fragments
        and segment.intent.name not in (NLU_FALLBACK, OUT_OF_SCOPE)
        for segment in segments
    )
    if len(requests) < 2 or not apart:
        return []
    parts = []
    for segment in segments:
        text = message.text[segment.start : segment.end].strip(" ,;.")
        shift = message.text.find(text, segment.start)
        parts.append(
            replace(
                message,
                # What was said stays whole in the turn.
                meant=text,
                intent=segment.intent.name,
                confidence=segment.intent.confidence,
                ranking=(),
                entities=tuple(_move_entity(in_rasas_form(entity), shift) for entity in segment.entities),
                evidence=None,
            )
        )
    return parts


def _split_values(message: Incoming, tracker: Tracker, context: Context) -> list[Incoming]:
    """One message for each value of a slot of the form that holds only one."""
    loop = tracker.live.loop_name
    starter = context.starts.get(message.intent or "")
    if starter is None and (loop is None or message.intent not in context.fragments):
        return []
    form = tracker.domain.forms.get(starter or loop or "")
    if form is None or (loop is not None and starter is not None and loop != starter):
        return []
    kinds = {cue.kind for cue in message.evidence.cues} if message.evidence is not None else set()
    if kinds & {"correction", "replacement", "disjunction"}:
        return []
    intent = message.intent if starter else _starter_of(loop, context)
    # The first slot of a form is the thing itself; two of what comes later (an address and its back door) are one.
    name = next(iter(form.required_slots), "")
    slot = tracker.domain.slots.get(name)
    if slot is None or slot.type == "list":
        return []
    labels = {mapping["entity"] for mapping in slot.mappings if mapping["type"] == "from_entity"}
    named = [
        entity
        for entity in keep_wanted(message.entities)
        if entity["entity"] in labels and entity.get("start") is not None
    ]
    values = {str(entity.get("value")).casefold() for entity in named}
    if len(values) < 2 or len(values) != len(named):
        return []
    return _split_parts(message, named, form.required_slots, tracker, intent)


def _starter_of(loop: str | None, context: Context) -> str | None:
    return next((intent for intent, form in context.starts.items() if form == loop), None)


def _split_parts(
    message: Incoming,
    named: Sequence[Mapping[str, JSON]],
    required: Sequence[str],
    tracker: Tracker,
    intent: str | None,
) -> list[Incoming]:
    """The message cut between the values: what stands nearer to one belongs to it, what all need belongs to all."""
    others = [entity for entity in message.entities if entity not in named and entity.get("start") is not None]
    groups: list[list[Mapping[str, JSON]]] = [[entity] for entity in named]
    last_end = int(named[-1]["end"])
    trailing = [entity for entity in others if int(entity["start"]) >= last_end]
    for entity in others:
        if entity in trailing:
            groups[-1].append(entity)
            continue
        distances = [_measure_distance(entity, one) for one in named]
        groups[distances.index(min(distances))].append(entity)
    needed = {
        mapping["entity"]
        for name in required
        if name in tracker.domain.slots
        for mapping in tracker.domain.slots[name].mappings
        if mapping["type"] == "from_entity"
    }
    parts = []
    for group in groups:
        has = {entity["entity"] for entity in group}
        shared = [e for e in others if e["entity"] in needed and e["entity"] not in has and e in trailing]
        loose = [entity for entity in message.entities if entity.get("start") is None]
        every = sorted([*group], key=lambda entity: int(entity["start"]))
        text = message.text[int(every[0]["start"]) : int(every[-1]["end"])]
        shift = -int(every[0]["start"])
        entities = [
            *(_move_entity(entity, shift) for entity in every),
            *(_remove_place(entity) for entity in shared),
            *loose,
        ]
        parts.append(replace(message, meant=text, intent=intent, entities=tuple(entities), ranking=(), evidence=None))
    return parts


def _measure_distance(one: Mapping[str, JSON], other: Mapping[str, JSON]) -> int:
    if int(one["start"]) >= int(other["end"]):
        return int(one["start"]) - int(other["end"])
    return int(other["start"]) - int(one["end"])


def _move_entity(entity: Mapping[str, JSON], by: int) -> JSON:
    if entity.get("start") is None:
        return dict(entity)
    return {**entity, "start": int(entity["start"]) + by, "end": int(entity["end"]) + by}


def _remove_place(entity: Mapping[str, JSON]) -> JSON:
    return {key: value for key, value in entity.items() if key not in ("start", "end")}
