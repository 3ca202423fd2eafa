"""Questions to the assistant's own documents: whether a message is one, and what is said of it.

nlu sends the passages that may answer; here it is decided, purely, what becomes of them. An answer consists of
sentences of the source and says where they stand. Each outcome has a response that authors may write, with {answer},
{title}, {heading}, {link} and {date}:

    answered     utter_answer               the best passage holds the answer
    ambiguous    utter_which_answer         several do, under different headings: they are offered
    not_found    utter_not_in_documents     a question to which no passage is the answer; the nearest are offered

A question that has nothing to do with the documents, and words that ask nothing, stay what nlu took them for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from functions.dialogue.incoming import Incoming
from functions.dialogue.names import ASK, NLU_FALLBACK, OUT_OF_SCOPE
from functions.dialogue.responses import Speaker
from functions.dialogue.tracker import Event, Tracker
from shared.events.meaning import ANSWERED
from shared.events.wire import JSON

UNSURE = 0.8
"""Below this confidence an intent may give way to the documents."""
SURE = 0.9
"""From here on an unsure intent gives way to the documents."""
RELATED = 0.3
"""From here on a question is one that the documents could have answered."""
FOLLOWS = 0.15
"""What a passage gains that stands in the document which answered before: "and on Sundays?"."""
CLOSE = 0.02
"""Passages that differ in less, under different headings, are both meant."""
OFFERED = 3


def take_question(message: Incoming, tracker: Tracker) -> Incoming:
    """The message as a question to the documents, where they have something on it that no intent took."""
    if not message.passages or message.intent == ASK or _orders(message, tracker) or _asks_about_task(message, tracker):
        return message
    best = max(passage["confidence"] for passage in rank_passages(message.passages, tracker))
    asks = message.evidence is not None and message.evidence.question
    if message.intent in (NLU_FALLBACK, OUT_OF_SCOPE):
        # In a form, words that are no question are an answer to its own.
        taken = (asks and best >= RELATED) or (best >= ANSWERED and tracker.live.loop_name is None)
    else:
        # A surer intent gives way where the documents spoke last: "and Slack?".
        taken = asks and best >= SURE and (message.confidence < UNSURE or _last_document(tracker) is not None)
    return replace(message, intent=ASK, confidence=best) if taken else message


def _orders(message: Incoming, tracker: Tracker) -> bool:
    """Whether it wants something of the open form ("can I have a coke?"), which goes before any document."""
    loop, evidence = tracker.live.loop_name, message.evidence
    if loop is None:
        return False
    named = {str(entity["entity"]) for entity in message.entities}
    if evidence is not None:
        named |= {hit.entity for hit in evidence.hits}
    return bool(named & tracker.domain.form_entities.get(loop, frozenset()))


def _asks_about_task(message: Incoming, tracker: Tracker) -> bool:
    """Whether it asks about what was told of last ("the runtime?"), and not the documents."""
    context = tracker.domain.context
    if context is None or not context.asks:
        return False
    from functions.dialogue.context.reading import ask_about_task

    return ask_about_task(message, tracker, context) is not message


def answer_question(tracker: Tracker, speaker: Speaker) -> list[Event]:
    """What is said of the latest message; `action_answer_question`."""
    message = tracker.live.message
    parsed: Mapping[str, Any] = message["parse_data"] if message is not None else {}
    passages = rank_passages(parsed.get("passages") or (), tracker)
    best = passages[0] if passages else None
    if best is not None and best["confidence"] >= ANSWERED:
        same = [p for p in passages if p["confidence"] >= max(ANSWERED, best["confidence"] - CLOSE)]
        if len({(p["title"], p["heading"]) for p in same}) > 1 and len(str(parsed.get("text") or "").split()) <= 3:
            return [_say("utter_which_answer", "ambiguous", tracker, speaker, None, _make_buttons(same))]
        more = [{"title": speaker.default("more"), "payload": _make_payload(best)}] if not best["whole"] else []
        others = [p for p in passages[1:] if p["confidence"] >= ANSWERED and p["heading"] != best["heading"]]
        return [
            _say("utter_answer", "answered", tracker, speaker, best, [*more, *_make_buttons(others[: OFFERED - 1])])
        ]
    related = [p for p in passages if p["confidence"] >= RELATED]
    return [_say("utter_not_in_documents", "not_found", tracker, speaker, None, _make_buttons(related))]


def rank_passages(passages: Sequence[Mapping[str, Any]], tracker: Tracker) -> list[dict[str, Any]]:
    """The passages, best first, those of the document that answered before raised."""
    topic = _last_document(tracker)
    raised = [
        {**p, "confidence": min(1.0, p["confidence"] + FOLLOWS) if topic and p["title"] == topic else p["confidence"]}
        for p in passages
    ]
    return sorted(raised, key=lambda p: -float(p["confidence"]))


def _last_document(tracker: Tracker) -> str | None:
    """The document that the assistant's latest words came from."""
    for event in reversed(tracker.events):
        if event["event"] == "bot":
            found = (event.get("metadata") or {}).get("knowledge") or {}
            return found.get("document")
    return None


def _say(
    name: str,
    outcome: str,
    tracker: Tracker,
    speaker: Speaker,
    passage: Mapping[str, Any] | None,
    buttons: Sequence[Mapping[str, JSON]],
) -> Event:
    values = {key: passage[key] for key in ("answer", "title", "heading", "link", "date")} if passage else {}
    if passage is not None:
        where = " > ".join(part for part in (passage["title"], passage["heading"]) if part)
        values["source"] = f"{where} ({passage['link']})" if passage["link"] else where
    said = speaker.say_or_default(name, tracker, values)
    offered = [*(said["data"].get("buttons") or ()), *buttons]
    about = {"outcome": outcome, **({"document": passage["title"]} if passage else {})}
    return {
        **said,
        "data": {**said["data"], "buttons": offered or None},
        "metadata": {**said["metadata"], "knowledge": about},
    }


def _make_buttons(passages: Sequence[Mapping[str, Any]]) -> list[dict[str, JSON]]:
    """A button for each heading, by which the passage is asked for."""
    titled = {(p["heading"].rpartition(" > ")[2] or p["title"]): p for p in reversed(passages)}
    return [{"title": title, "payload": _make_payload(p)} for title, p in reversed(list(titled.items()))][:OFFERED]


def _make_payload(passage: Mapping[str, Any]) -> str:
    # A bundle of before had no names for its passages.
    return f'/{ASK}{{"passage": "{passage.get("key") or passage["place"]}"}}'
