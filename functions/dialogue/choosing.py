"""Which of several close intents a person meant: the question, and the answer that leads on with the first message.

A message that was not understood surely (nlu_fallback) still has a ranking. Where it names intents that were close, the
question offers them in people's words. Whichever is chosen, by its button, its words or its place, takes the place of
what was not understood: same text, same entities.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from functions.dialogue.domain import Domain
from functions.dialogue.incoming import Incoming
from functions.dialogue.names import ASK_AFFIRMATION, DEFAULT_INTENTS, OUT_OF_SCOPE
from functions.dialogue.tracker import Event, Tracker, entities_of
from shared.events.wire import JSON

LEAST = 0.1
"""The confidence below which nobody is asked whether they meant an intent."""
CLOSE = 0.3
"""The share of the likeliest intent's confidence from which on another one is as good as it."""
MOST = 3
ASK_WHICH = "utter_ask_which"
"""The response that the question takes its words from, and its further buttons, where the project has it."""
YES, NO = ("affirm", "yes", "confirm"), ("deny", "no")
"""Intents that answer a question with one offer, by the names that projects give them."""


class Choice(NamedTuple):
    intent: str
    phrase: str
    confidence: float


class Taken(NamedTuple):
    """A message that answered the question."""

    message: Incoming
    clarifies: bool
    """Whether it takes the place of the message that was not understood."""


def list_choices(message: Event | None, domain: Domain, language: str | None = None) -> list[Choice]:
    """The intents that `message` may have meant, the likeliest first, by their phrases in a language."""
    spoken = domain.phrases_in.get((language or "").partition("-")[0], {})
    ranking = message["parse_data"].get("intent_ranking") or () if message is not None else ()
    found: list[Choice] = []
    for item in ranking:
        name, confidence = str(item["name"]), float(item["confidence"])
        if name == OUT_OF_SCOPE and not found:
            # Likelier than all that can be offered: there is nothing close to ask about.
            return []
        if name in DEFAULT_INTENTS or name not in domain.phrases:
            continue
        if confidence < LEAST or (found and confidence < CLOSE * found[0].confidence) or len(found) == MOST:
            break
        found.append(Choice(name, spoken.get(name, domain.phrases[name]), confidence))
    return found


def ask_choice(offered: Sequence[Choice], said: Event | None, default: Callable[[str], str]) -> dict[str, JSON]:
    """The question as a response; `said` is utter_ask_which as it would be said, where the project has it, and
    `default` gives the engine's own texts."""
    buttons: list[JSON] = [{"title": choice.phrase, "payload": f"/{choice.intent}"} for choice in offered]
    data = dict(said.get("data") or {}) if said is not None else {}
    buttons += data.get("buttons") or [{"title": default("something_else"), "payload": f"/{OUT_OF_SCOPE}"}]
    text = said.get("text") if said is not None else None
    otherwise = "ask_which_several" if len(offered) > 1 else "ask_which_one"
    return {**data, "text": text or default(otherwise), "buttons": buttons}


def awaits_choice(tracker: Tracker) -> bool:
    """Whether a question was just asked; a form that is open then waits with its own."""
    return (
        tracker.live.action == ASK_AFFIRMATION
        and tracker.live.loop_name is not None
        and _ask_choice(tracker) is not None
    )


def take_up_choice(message: Incoming, tracker: Tracker) -> Taken | None:
    """The message as the answer to the question that was asked last, or None where it is something of its own."""
    asked = _ask_choice(tracker)
    if asked is None:
        return None
    buttons, original = asked
    chosen = _choose_button(message, buttons)
    if chosen is None:
        return None
    if chosen == OUT_OF_SCOPE:
        return Taken(replace(message, intent=chosen, confidence=1.0, entities=()), clarifies=False)
    known = {(entity.get("entity"), entity.get("value")) for entity in entities_of(original)}
    added = [item for item in message.entities if (item.get("entity"), item.get("value")) not in known]
    return Taken(
        replace(
            message,
            meant=str(original.get("text") or ""),
            intent=chosen,
            confidence=1.0,
            ranking=({"name": chosen, "confidence": 1.0},),
            entities=(*entities_of(original), *added),
        ),
        clarifies=True,
    )


def _ask_choice(tracker: Tracker) -> tuple[Sequence[JSON], Event] | None:
    """The buttons of the question, where it was the last thing that was asked, and the message that led to it."""
    buttons: Sequence[JSON] | None = None
    for event in reversed(tracker.events):
        if event["event"] == "bot" and buttons is None:
            metadata = event.get("metadata") or {}
            if metadata.get("utter_action") == ASK_AFFIRMATION and metadata.get("offers"):
                buttons = (event.get("data") or {}).get("buttons") or ()
        if event["event"] == "user":
            return (buttons, event) if buttons is not None else None
        if event["event"] in ("rewind", "restart", "session_started"):
            return None
    return None


def _choose_button(message: Incoming, buttons: Sequence[JSON]) -> str | None:
    intents = [str(button["payload"]).removeprefix("/") for button in buttons]
    if message.text.startswith("/"):
        # The button's own word: `/faq/ask_price` is no intent that a message may name.
        return message.text[1:] if message.text[1:] in intents else None
    words = _fold(message.text)
    for button, intent in zip(buttons, intents, strict=True):
        if words == _fold(str(button["title"])):
            return intent
    offers = [intent for intent in intents if intent != OUT_OF_SCOPE]
    # Imported here: most messages answer no such question.
    from functions.dialogue.context.offers import place_of

    place = place_of(message.text, len(offers))
    if place is not None:
        return offers[place - 1]
    if len(offers) == 1 and message.intent in YES:
        return offers[0]
    return OUT_OF_SCOPE if message.intent in NO and OUT_OF_SCOPE in intents else None


def _fold(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
