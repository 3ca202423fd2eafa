"""The tasks of a conversation, the newest first: which of them a fragment adds to, and which one "again" means."""

from collections.abc import Collection, Mapping, Sequence

from functions.dialogue.context.changes import AND
from functions.dialogue.context.settings import Context
from functions.dialogue.context.words import words_of
from functions.dialogue.incoming import Incoming
from functions.dialogue.tracker import Tracker, intent_of

KIND = "kind"
"""The entity whose value is the intent of a task: "play that movie again"."""


def task_of(message: Incoming, tracker: Tracker, context: Context) -> str | None:
    """The task that the message goes on with; None where it goes on with none, or the open form takes it."""
    if message.intent in context.again:
        kinds = [str(entity.get("value")) for entity in message.entities if entity.get("entity") == KIND]
        kinds += [context.kinds[word] for word in words_of(message.text) if word in context.kinds]
        named = next((kind for kind in kinds if kind in context.takes), None)
        return named or digression_of(tracker, context) or _own_task(tracker, context)
    if message.intent not in context.fragments or not message.entities:
        return None
    names = {str(entity["entity"]) for entity in message.entities if entity.get("entity") != KIND}
    between = digression_of(tracker, context)
    if between is not None and _goes_on(message, names, between, tracker, context):
        return between
    if not names or names & own_entities(tracker):
        return None
    stack = list_tasks(tracker, context)
    told = _find_told_task(message, context)
    if told is not None and names <= context.takes.get(told, frozenset()):
        return told
    if tracker.live.loop_name in tracker.domain.forms:
        return next((task for task in stack if names <= context.takes[task]), None)
    ranked = [str(item["name"]) for item in message.ranking]
    others = sorted(context.takes, key=lambda task: ranked.index(task) if task in ranked else len(ranked))
    return next((task for task in (*stack, *others) if names <= context.takes[task]), None)


def digression_of(tracker: Tracker, context: Context) -> str | None:
    """The task that the message before was about, in the middle of a form of another one."""
    loop = tracker.live.loop_name
    said = next((event for event in reversed(tracker.events) if event["event"] == "user"), None)
    if loop not in tracker.domain.forms or said is None:
        return None
    task = _task_in(said["parse_data"], intent_of(said), context.takes)
    return task if task is not None and context.starts.get(task) != loop else None


def pressed_task(message: Incoming, tracker: Tracker, context: Context) -> str | None:
    """The task that a chosen offer goes on with, where it was offered in the middle of a form and is none of it."""
    names = {str(entity["entity"]) for entity in message.entities}
    goes_on = message.intent in context.again or message.intent in context.fragments
    return digression_of(tracker, context) if goes_on and not names & own_entities(tracker) else None


def _own_task(tracker: Tracker, context: Context) -> str | None:
    """The task of the open form, or else the newest."""
    loop = tracker.live.loop_name
    started = next((task for task, form in context.starts.items() if form == loop), None) if loop is not None else None
    return started or next(iter(list_tasks(tracker, context)), None)


def _goes_on(message: Incoming, names: set[str], task: str, tracker: Tracker, context: Context) -> bool:
    """Whether a fragment follows on what came in between: the form has no place for it, or it is said as a follow-up
    ("and tomorrow?") and answers no question of the form."""
    taken = any(names <= entities for entities in context.takes.values())
    if not names & own_entities(tracker):
        return bool(names) and not taken
    form = tracker.domain.forms[tracker.live.loop_name or ""]
    asked = {
        mapping["entity"]
        for name in form.required_slots
        if name in tracker.domain.slots
        for mapping in tracker.domain.slots[name].mappings
        if mapping["type"] == "from_entity"
    }
    follows = (message.evidence is not None and message.evidence.question) or not AND.isdisjoint(
        words_of(message.text)[:1]
    )
    return follows and names <= context.takes[task] and asked.isdisjoint(names)


def _find_told_task(message: Incoming, context: Context) -> str | None:
    """The task that a value alone tells: "jazz" is no kind of film."""
    for entity in message.entities:
        task = context.telling.get(str(entity["entity"]), {}).get(str(entity.get("value")).casefold())
        if task is not None:
            return task
    return None


def own_entities(tracker: Tracker) -> frozenset[str]:
    """The entities that belong to the open form: those that its slots and the intents that start it take."""
    loop = tracker.live.loop_name
    return tracker.domain.form_entities.get(loop, frozenset()) if loop is not None else frozenset()


def own_slots(tracker: Tracker) -> frozenset[str]:
    """The slots that belong to the open form, whether it asks for them or not."""
    loop = tracker.live.loop_name
    return tracker.domain.form_slots.get(loop, frozenset()) if loop is not None else frozenset()


def list_tasks(tracker: Tracker, context: Context) -> Sequence[str]:
    """The intents of the tasks so far, each once, the newest first."""
    found: dict[str, None] = {}
    for event in reversed(tracker.events):
        if event["event"] in ("restart", "session_started"):
            break
        if event["event"] != "user":
            continue
        intent = _task_in(event["parse_data"], intent_of(event), context.takes)
        if intent is not None:
            found.setdefault(intent)
    return tuple(found)


def _task_in(parsed: Mapping[str, object], intent: str | None, takes: Collection[str]) -> str | None:
    reading = parsed.get("reading")
    task = reading.get("task") if isinstance(reading, Mapping) else None
    for name in (task, intent):
        if isinstance(name, str) and name in takes:
            return name
    return None
