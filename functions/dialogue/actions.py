"""Running one action: a response, one of Rasa's default actions, a form, or the project's own code elsewhere."""

from collections.abc import Mapping

from functions.dialogue.choosing import ASK_WHICH, ask_choice, list_choices
from functions.dialogue.events import (
    RESTART,
    REWIND,
    SESSION_STARTED,
    make_action_executed,
    make_active_loop,
    make_slot_set,
)
from functions.dialogue.extraction import extract
from functions.dialogue.forms import run_form, run_two_stage_fallback
from functions.dialogue.names import (
    ASK_AFFIRMATION,
    ASK_REPHRASE,
    DEFAULT_ACTIONS,
    EXTRACT_SLOTS,
    LANGUAGE_SLOT,
    LISTEN,
    NLU_FALLBACK,
    OUT_OF_SCOPE,
    REQUESTED_SLOT,
    UTTER,
)
from functions.dialogue.remote import Remote
from functions.dialogue.responses import Speaker, bot_event
from functions.dialogue.tracker import Event, Tracker, intent_of
from shared.events.wire import JSON


class Actions:
    """The actions of one assistant, for one message."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    def run(self, name: str, tracker: Tracker, remote: Remote) -> list[Event]:
        """The events of `name`; raises Suspended, ActionRejected or ActionFailed as Remote does."""
        domain = tracker.domain
        if name in DEFAULT_ACTIONS and name not in domain.user_actions and name not in domain.forms:
            return self._default(name, tracker, remote)
        if name.startswith(UTTER):
            return self._utter(name, tracker)
        if name in domain.forms and name not in domain.custom_actions:
            return run_form(name, tracker, remote, self._speaker, self.run)
        return remote.run(name, tracker)

    def extract_slots(self, tracker: Tracker, remote: Remote) -> list[Event]:
        """action_extract_slots, which a project may override."""
        return self.run(EXTRACT_SLOTS, tracker, remote)

    def _default(self, name: str, tracker: Tracker, remote: Remote) -> list[Event]:
        match name:
            case "action_restart":
                return [*self._say("utter_restart", tracker), RESTART, *_keep_language(tracker)]
            case "action_session_start":
                return start_session(tracker)
            case "action_default_fallback":
                return [*self._say("utter_default", tracker), REWIND]
            case "action_back":
                return [*self._say("utter_back", tracker), REWIND, REWIND]
            case "action_deactivate_loop":
                return [make_active_loop(None), make_slot_set(REQUESTED_SLOT, None)]
            case "action_default_ask_affirmation":
                return [self._ask_affirmation(tracker)]
            case "action_default_ask_rephrase":
                return self._say("utter_ask_rephrase", tracker)
            case "action_two_stage_fallback":
                return run_two_stage_fallback(name, tracker, remote, self.run)
            case "action_revert_fallback_events":
                return _revert_fallback(tracker)
            case "action_extract_slots":
                return extract(tracker, remote)
            case "action_answer_question":
                from functions.dialogue.knowledge import answer_question

                return answer_question(tracker, self._speaker)
        return []

    def _utter(self, name: str, tracker: Tracker) -> list[Event]:
        intent = name.removeprefix(UTTER)
        if intent in tracker.domain.retrieval_intents:
            parsed: Mapping[str, JSON] = tracker.live.message["parse_data"] if tracker.live.message else {}
            full = (parsed.get("intent") or {}).get("full_retrieval_intent_name")
            # The response selector's choice rides on the intent: `faq/ask_price` is answered by utter_faq/ask_price.
            if not full or full.split("/")[0] != intent:
                # Said after another intent: the best of its own, as a selector has one for any message.
                selected = (parsed.get("response_selector") or {}).get(intent) or {}
                full = (selected.get("response") or {}).get("intent_response_key")
            return self._say(f"{UTTER}{full}", tracker) if full else []
        return self._say(name, tracker)

    def _ask_affirmation(self, tracker: Tracker) -> Event:
        """Which of the close intents was meant; Rasa's question by name where nothing is known in people's words."""
        message = tracker.live.message
        language = self._speaker.language if tracker.domain.languages else None
        offered = list_choices(message, tracker.domain, language) if intent_of(message) == NLU_FALLBACK else []
        if offered:
            said = self._speaker.say(ASK_WHICH, tracker)
            asked = bot_event(ask_choice(offered, said, self._speaker.default), ASK_AFFIRMATION)
            return {**asked, "metadata": {**asked["metadata"], "offers": [choice.intent for choice in offered]}}
        return _ask_affirmation(message, self._speaker)

    def _say(self, name: str, tracker: Tracker) -> list[Event]:
        said = self._speaker.say(name, tracker)
        return [said] if said is not None else []


def _keep_language(tracker: Tracker) -> list[Event]:
    """Who starts over goes on speaking the same language."""
    spoken = tracker.slot(LANGUAGE_SLOT) if tracker.domain.languages else None
    return [make_slot_set(LANGUAGE_SLOT, spoken)] if spoken is not None else []


def start_session(tracker: Tracker) -> list[Event]:
    """A new session, which keeps the slots of the one before where the domain says so."""
    events = [SESSION_STARTED]
    if tracker.domain.carry_over_slots:
        base = {
            name: value for name, value in tracker.base.slots.items() if value != tracker.domain.initial_slots.get(name)
        }
        latest = {name: make_slot_set(name, value) for name, value in base.items()}
        for event in tracker.applied:
            if event["event"] == "slot":
                latest.pop(event["name"], None)
                latest[event["name"]] = make_slot_set(event["name"], event.get("value"))
        events += latest.values()
    return [*events, make_action_executed(LISTEN)]


def _ask_affirmation(message: Event | None, speaker: Speaker) -> Event:
    intent = intent_of(message)
    ranking = message["parse_data"].get("intent_ranking") or [] if message is not None else []
    if intent == NLU_FALLBACK and len(ranking) > 1:
        intent = ranking[1]["name"]
    buttons = [
        {"title": speaker.default("yes"), "payload": f"/{intent}"},
        {"title": speaker.default("no"), "payload": f"/{OUT_OF_SCOPE}"},
    ]
    text = speaker.default("ask_affirmation").replace("{intent}", str(intent))
    return bot_event({"text": text, "buttons": buttons}, ASK_AFFIRMATION)


def _revert_fallback(tracker: Tracker) -> list[Event]:
    """Undo the questions of a hand-made two-stage fallback, and take the message for what it turned out to mean."""
    message = tracker.live.message
    if message is None:
        return []
    done = [event["name"] for event in tracker.applied if event["event"] == "action" and event.get("name") != LISTEN]
    last, before = done[-1] if done else None, done[-2] if len(done) > 1 else None
    if last == ASK_REPHRASE:
        return [REWIND, REWIND, REWIND, make_action_executed(LISTEN), message]
    if last != ASK_AFFIRMATION:
        return []
    parsed = message["parse_data"]
    affirmed = {**message, "parse_data": {**parsed, "intent": {**(parsed.get("intent") or {}), "confidence": 1.0}}}
    events = [REWIND, REWIND, make_action_executed(LISTEN)]
    if before == ASK_REPHRASE:
        events += [REWIND, REWIND, REWIND, make_action_executed(LISTEN)]
    return [*events, affirmed]
