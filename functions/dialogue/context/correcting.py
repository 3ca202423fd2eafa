"""What a message changes of an answer that was given before: "the name is Paul", "no, Anna Smith", "wrong address".

Only slots that a form asked for and that are filled. A value is set where the slot's `pattern` says what one looks
like; where only the slot is named, it is asked for again.
"""

import re
from collections.abc import Mapping, Sequence

from functions.dialogue.context.answers import asked_slot
from functions.dialogue.context.settings import Context
from functions.dialogue.context.words import words_of
from functions.dialogue.domain import Slot
from functions.dialogue.incoming import Incoming
from functions.dialogue.names import NLU_FALLBACK, OUT_OF_SCOPE
from functions.dialogue.tracker import Tracker
from shared.events.wire import JSON

CORRECTING = frozenset(("correction", "replacement", "rejection"))
SHORT = 6
"""Words of a message that says nothing but what is to be changed."""
OTHER = frozenset(
    word
    for words in (
        "change wrong different another other new else incorrect fix update edit correct",
        "ändern ändere falsch falsche andere anderen anderes neue",
        "cambiar cambia otro otra equivocado incorrecta incorrecto",
        "autre changer change mauvais mauvaise altro altra cambiare sbagliato sbagliata",
        "outro outra mudar errado errada",
    )
    for word in words.split()
)
"""Words that ask for another value than there is."""
SAID_OF_ANYTHING = frozenset(
    word
    for words in (
        "no not none nope idea way thanks thank thx never mind nothing anything everything all of really wait what why",
        "how sorry maybe later now yet sure problem worries need reason i i'm you it's that's me my the a hello hi bye",
        "stop danke doch nichts was wie warum gracias nada qué merci rien quoi grazie niente obrigado",
    )
    for word in words.split()
)
"""Words beside a "no" that are no value of anything."""
LEAD = re.compile(
    r"\s*(?:no|nope|nein|non|não|sorry|oops|actually|pardon)\b[\s,.!:;-]+"
    r"(?:(?:wait|i mean|i meant|i said)\b[\s,.!:;-]*)*",
    re.IGNORECASE,
)
"""What begins the correction of an answer."""


def correct_answers(message: Incoming, tracker: Tracker, context: Context) -> dict[str, str | None]:
    """Slots that the message changes, by their values; None for one that is to be asked for again."""
    slots = _list_answered_slots(tracker)
    text = message.text
    if not slots or message.entities or text.startswith("/") or not _may_correct(message, context):
        return {}
    kinds = {cue.kind for cue in message.evidence.cues} if message.evidence is not None else set()
    words = words_of(text)
    meant = [slot for slot in slots if not context.named.get(slot.name, frozenset()).isdisjoint(words)]
    lead = LEAD.match(text)
    if len(meant) == 1:
        value = _read_value(meant[0], text[lead.end() if lead else 0 :], context)
        if value is not None:
            return {meant[0].name: value} if value != tracker.slot(meant[0].name) else {}
        changes = bool(kinds & CORRECTING) or not OTHER.isdisjoint(words)
        return {meant[0].name: None} if changes and len(words) <= SHORT else {}
    asked = asked_slot(tracker)
    if meant or (lead is None and "changes" not in _asked_last(tracker)) or kinds & {"rejection", "negation"}:
        return {}
    said = text[lead.end() if lead else 0 :]
    if not _tells_value(said, context):
        return {}
    if asked is not None and not asked.confirm and asked.pattern is not None and re.search(asked.pattern, said):
        # It answers the question.
        return {}
    fitting = [slot for slot in slots if slot.pattern is not None and _match(slot, said) is not None]
    value = _match(fitting[0], said) if len(fitting) == 1 else None
    return {fitting[0].name: value} if value is not None and words_of(value) else {}


def _list_answered_slots(tracker: Tracker) -> list[Slot]:
    """The filled slots of the form that is open, or was before the question that is open."""
    form = tracker.domain.forms.get(tracker.live.loop_name or "")
    if form is None and isinstance(confirms := _asked_last(tracker).get("confirms"), Mapping):
        form = tracker.domain.forms.get(str(confirms.get("form")))
    required: Sequence[str] = form.required_slots if form is not None else ()
    found = [tracker.domain.slots[name] for name in required if name in tracker.domain.slots]
    return [slot for slot in found if not slot.confirm and tracker.slot(slot.name) is not None]


def _asked_last(tracker: Tracker) -> dict[str, JSON]:
    """What is known of the questions since the person spoke: `confirms`, `changes`."""
    found: dict[str, JSON] = {}
    for event in reversed(tracker.events):
        if event["event"] in ("user", "restart", "session_started"):
            break
        if event["event"] == "bot":
            found |= event.get("metadata") or {}
    confirms = found.get("confirms")
    if isinstance(confirms, Mapping) and not confirms.get("about"):
        found["changes"] = confirms.get("form")
    return found


def _may_correct(message: Incoming, context: Context) -> bool:
    """Whether it is no question, no other request and no clear yes."""
    intent = message.intent
    if intent in context.leaves:
        # "Change the name" leaves nothing.
        return not OTHER.isdisjoint(words_of(message.text))
    if intent in context.again or context.stances.get(intent or "") in ("no", "wrong"):
        return True
    asks = message.evidence is not None and message.evidence.question
    return not asks and (intent is None or intent in (NLU_FALLBACK, OUT_OF_SCOPE) or intent in context.fragments)


def _tells_value(text: str, context: Context) -> bool:
    """Whether words may be a value: "no, Anna" may, "no thanks" and "sorry, what" may not."""
    words = words_of(text)
    empty = [word for word in words if word in SAID_OF_ANYTHING or word in context.common or word in context.plain_yes]
    return len(words) > 2 * len(empty)


def _read_value(slot: Slot, text: str, context: Context) -> str | None:
    """The value that the slot's pattern names, where the words that name the slot stand beside it."""
    value = _match(slot, text) if slot.pattern is not None and "(?P<value>" in slot.pattern else None
    if value is None or not context.named.get(slot.name, frozenset()).isdisjoint(words_of(value)):
        return None
    return value


def _match(slot: Slot, text: str) -> str | None:
    match = re.search(slot.pattern or "", text)
    if match is None:
        return None
    return match["value"] if "value" in match.groupdict() else text.strip()
