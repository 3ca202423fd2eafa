"""Actions with `confirm: true`: they run after a clear yes to a question that names what they would do, and never else.

The question is the engine's own. It is not an action, so that policies see the conversation as if the action had run
where it was predicted: a yes takes the question and itself back, and the action runs there.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from functions.dialogue.context.settings import Context
from functions.dialogue.events import REWIND
from functions.dialogue.names import DEFAULT_SLOTS, LISTEN
from functions.dialogue.responses import Speaker
from functions.dialogue.tracker import Event, Tracker
from shared.digest import sha256
from shared.events.wire import JSON

CONFIRM = "utter_confirm"
"""The response that asks, where the project has no `utter_confirm_ACTION`."""
CHANGE = "utter_ask_change"
"""What is said to "that's wrong", where the project has no `utter_ask_change_ACTION`."""
DECLINED = "utter_declined"


class Asked(NamedTuple):
    """A question that was asked before an action, in the turn before."""

    action: str
    about: str
    """A digest of the slots when it was asked."""
    form: str | None
    """The form that was filled before the action, which checks what is changed."""


class Held(NamedTuple):
    """What is recorded, and what runs then."""

    events: tuple[Event, ...]
    action: str = LISTEN


def to_question(tracker: Tracker, speaker: Speaker, context: Context) -> Held | None:
    """What follows where the message answers the question before an action; None where it does not."""
    asked = find_confirmation_asked(tracker) if tracker.live.action == LISTEN else None
    if asked is None:
        return None
    same = digest_of(tracker) == asked.about
    match read_stance(tracker):
        case "yes" if same:
            return Held((REWIND,), asked.action)
        case "no":
            return Held((REWIND, say_declined(asked, tracker, speaker)))
        case "wrong" if same:
            return Held((REWIND, change_asked(asked, tracker, speaker)))
        case "wait":
            return Held((REWIND, ask_confirmation(asked.action, asked.form, tracker, speaker, context)))
    if same or not tracker.slots_set_since_message():
        return None
    if asked.form is not None:
        # The form checks what was changed, and leads here again.
        return Held((), asked.form)
    # The change counts, and the message that made it does not: the action still follows where it was predicted.
    slots = tracker.slots_set_since_message()
    changed = Tracker(tracker.domain, tracker.live)
    return Held((REWIND, *slots, ask_confirmation(asked.action, asked.form, changed, speaker, context)))


def hold_back(action: str, ran: Sequence[str], tracker: Tracker, speaker: Speaker, context: Context) -> Held | None:
    """The question instead of an action that has no clear yes; again after something that came in between. `ran` are
    the actions of this turn."""
    if action in context.confirmed:
        if was_answered_in_form(tracker):
            return None
        return Held((ask_confirmation(action, find_finished_form(tracker), tracker, speaker, context),))
    if action != LISTEN or tracker.live.loop_name is not None or tracker.live.paused:
        return None
    asked = find_confirmation_asked(tracker)
    if asked is None or asked.action in ran or was_confirmation_asked(tracker) or tracker.intent in context.leaves:
        return None
    return Held((ask_confirmation(asked.action, asked.form, tracker, speaker, context),))


def find_confirmation_asked(tracker: Tracker) -> Asked | None:
    """What the latest message answers, where that is the question before an action."""
    seen = False
    for event in reversed(tracker.events):
        if event["event"] == "user":
            if seen:
                return None
            seen = True
        elif event["event"] in ("restart", "session_started"):
            return None
        elif event["event"] == "bot" and seen:
            confirms = (event.get("metadata") or {}).get("confirms")
            if isinstance(confirms, Mapping):
                form = confirms.get("form")
                return Asked(str(confirms["action"]), str(confirms["about"]), str(form) if form else None)
    return None


def was_confirmation_asked(tracker: Tracker) -> bool:
    """Whether the question was asked since the person spoke."""
    for event in reversed(tracker.events):
        if event["event"] == "user":
            return False
        if event["event"] == "bot" and "confirms" in (event.get("metadata") or {}):
            return True
    return False


def read_stance(tracker: Tracker) -> str | None:
    """The stance that the latest message took."""
    message = tracker.live.message
    reading = message["parse_data"].get("reading") if message is not None else None
    return reading.get("stance") if isinstance(reading, Mapping) else None


def was_answered_in_form(tracker: Tracker) -> bool:
    """Whether this very message answered a slot that asks for a clear yes or no; the action sees which it was."""
    return read_stance(tracker) in ("yes", "no") and any(
        tracker.slot(event["name"]) is event.get("value") and tracker.domain.slots[event["name"]].confirm
        for event in tracker.slots_set_since_message()
        if event["name"] in tracker.domain.slots and isinstance(event.get("value"), bool)
    )


def asks_for_change(tracker: Tracker) -> bool:
    """Whether what the latest message answers is "What shall I change?"; a yes agrees to nothing there."""
    seen = False
    for event in reversed(tracker.events):
        if event["event"] == "user":
            if seen:
                return False
            seen = True
        elif event["event"] == "bot" and seen and "changes" in (event.get("metadata") or {}):
            return True
    return False


def change_asked_in_form(form: str, said: Sequence[Event], speaker: Speaker, tracker: Tracker) -> list[Event]:
    """What is said to "that's wrong" while a form waits for a yes: `said` by the project's response, or the default."""
    events = list(said) or [speaker.say_or_default(CHANGE, tracker)]
    last = events[-1]
    return [*events[:-1], {**last, "metadata": {**(last.get("metadata") or {}), "changes": form}}]


def digest_of(tracker: Tracker) -> str:
    """Of all that slots hold: another one where anything was changed."""
    held = {
        name: value for name, value in tracker.live.slots.items() if value is not None and name not in DEFAULT_SLOTS
    }
    text = json.dumps(held, sort_keys=True, ensure_ascii=False, default=str)
    return sha256(text.encode("utf-8", "surrogatepass"))[:16]


def ask_confirmation(action: str, form: str | None, tracker: Tracker, speaker: Speaker, context: Context) -> Event:
    """The question before the action."""
    said = speaker.say(f"{CONFIRM}_{action}", tracker) or speaker.say(CONFIRM, tracker)
    words = action.removeprefix("action_").replace("_", " ")
    event = said or speaker.say_or_default(CONFIRM, tracker, {"action": words})
    data = event.get("data") or {}
    if not data.get("buttons"):
        event = {**event, "data": {**data, "buttons": _yes_no(context, speaker)}}
    confirms = {"action": action, "about": digest_of(tracker), "form": form}
    return {**event, "metadata": {**(event.get("metadata") or {}), "confirms": confirms}}


def change_asked(asked: Asked, tracker: Tracker, speaker: Speaker) -> Event:
    """What is to be changed, after "that's wrong"; a yes afterwards has nothing to agree to any more."""
    event = speaker.say(f"{CHANGE}_{asked.action}", tracker) or speaker.say_or_default(CHANGE, tracker)
    confirms = {"action": asked.action, "about": "", "form": asked.form}
    return {**event, "metadata": {**(event.get("metadata") or {}), "confirms": confirms}}


def say_declined(asked: Asked, tracker: Tracker, speaker: Speaker) -> Event:
    return speaker.say(f"{DECLINED}_{asked.action}", tracker) or speaker.say_or_default(DECLINED, tracker)


def find_finished_form(tracker: Tracker) -> str | None:
    """The form that has just been filled: whatever is changed now, it checks again."""
    for event in reversed(tracker.applied):
        if event["event"] == "user":
            return None
        if event["event"] == "action" and event.get("name") in tracker.domain.forms:
            return str(event["name"])
    return None


def _yes_no(context: Context, speaker: Speaker) -> list[JSON]:
    intents = {stance: intent for intent, stance in reversed(list(context.stances.items()))}
    return [
        {"title": speaker.default(stance), "payload": f"/{intents[stance]}"}
        for stance in ("yes", "no")
        if stance in intents
    ]
