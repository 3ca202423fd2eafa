"""Forms: which slot to ask for next, when the answer counts, when the form is done; and the two-stage fallback.

Both are loops in Rasa's sense: active until done, run again after each message. A run is a pure function of the tracker
and of the remote answers so far.
"""

from collections.abc import Callable, Sequence

from functions.dialogue.choosing import list_choices
from functions.dialogue.events import REWIND, make_action_executed, make_active_loop, make_slot_set
from functions.dialogue.extraction import extract
from functions.dialogue.names import (
    ASK_AFFIRMATION,
    ASK_REPHRASE,
    DEFAULT_FALLBACK,
    LISTEN,
    NLU_FALLBACK,
    OUT_OF_SCOPE,
    REQUESTED_SLOT,
    UTTER,
)
from functions.dialogue.remote import ActionRejected, Remote
from functions.dialogue.responses import Speaker
from functions.dialogue.tracker import Event, Tracker, intent_of

RunAction = Callable[[str, Tracker, Remote], list[Event]]
"""Runs another action within this one: name, tracker, remote."""


def run_form(name: str, tracker: Tracker, remote: Remote, speaker: Speaker, run_action: RunAction) -> list[Event]:
    """The events of one run of the form, or ActionRejected where the message did not answer what was asked."""
    form = _Form(name, tracker, remote, speaker, run_action)
    events: list[Event] = []
    if tracker.live.loop_name != name:
        events = [make_active_loop(name), *form.activate()]
    if not _form_done(events):
        events += form.go_on(events)
    if _form_done(events):
        events.append(make_active_loop(None))
    return events


def _form_done(events: Sequence[Event]) -> bool:
    """The validation may end the form: by requesting no slot, or by deactivating the loop."""
    if any(event["event"] == "action_execution_rejected" for event in events):
        return False
    requested = _find_last(events, lambda event: event["event"] == "slot" and event["name"] == REQUESTED_SLOT)
    loop = _find_last(events, lambda event: event["event"] in ("active_loop", "form"))
    return (requested is not None and requested.get("value") is None) or (loop is not None and loop.get("name") is None)


def _find_last(events: Sequence[Event], wanted: Callable[[Event], bool]) -> Event | None:
    return next((event for event in reversed(events) if wanted(event)), None)


class _Form:
    def __init__(self, name: str, tracker: Tracker, remote: Remote, speaker: Speaker, run_action: RunAction) -> None:
        self._speaker = speaker
        self._name = name
        self._tracker = tracker
        self._remote = remote
        self._run_action = run_action
        self._domain = tracker.domain
        self._required = tracker.domain.forms[name].required_slots
        self._validator = f"validate_{name}"
        self._is_wrong = False
        """Whether the message says that what was read out is not right."""

    def activate(self) -> list[Event]:
        """Slots that the triggering message fills, and the validation of all that are filled by now."""
        tracker = self._tracker.copy().extend([make_active_loop(self._name)])
        extracted = extract(tracker, self._remote)
        tracker.extend(extracted)
        slots = [event for event in extracted if event["event"] == "slot"]
        if self._validator not in self._domain.custom_actions:
            return slots
        filled = [make_slot_set(slot, tracker.slot(slot)) for slot in self._required if tracker.slot(slot) is not None]
        validated = self._validate(filled, tracker)
        named = {event["name"] for event in validated if event["event"] == "slot"}
        return [*validated, *(event for event in slots if event["name"] not in named)]

    def go_on(self, so_far: Sequence[Event]) -> list[Event]:
        events: list[Event] = []
        # What activation validated is not validated again.
        if not any(event["event"] not in ("active_loop", "form") for event in so_far):
            events = self._validate_answer()
        if any(event["event"] == "action_execution_rejected" for event in events):
            return events
        if self._is_wrong:
            return [*events, *self._ask_change()]
        asked = self._ask([*so_far, *events])
        return [
            *events,
            *(self._say_led_back() if self._back else [*self._say_left_out(), *self._note_changes(events, asked)]),
            *asked,
        ]

    def _say_left_out(self) -> list[Event]:
        """What the message does not want: what was not there changes nothing that could be seen otherwise."""
        context = self._domain.context
        if context is None or not context.answers or self._tracker.live.action != LISTEN:
            return []
        from functions.dialogue.context.changes import describe_left_out

        return describe_left_out(self._tracker, self._domain.form_slots.get(self._name, ()), self._speaker)

    def _note_changes(self, events: Sequence[Event], asked: Sequence[Event]) -> list[Event]:
        """What the message changed beside the question, where the same is asked again: nothing is taken in silence."""
        context, requested = self._domain.context, self._find_requested(self._tracker)
        again = _find_last(asked, lambda event: event["event"] == "slot" and event["name"] == REQUESTED_SLOT)
        slot = self._domain.slots.get(requested or "")
        if context is None or not context.answers or again is None or again.get("value") != requested or slot is None:
            return []
        if self._tracker.live.action != LISTEN:
            # Another action took it, and said so.
            return []
        if slot.confirm or any(event["event"] == "bot" for event in events):
            return []
        from functions.dialogue.context.changes import describe_noted

        others = (self._own_slots() | {*self._required}) - {slot.name}
        return describe_noted(self._with(self._tracker, events), self._tracker, others, self._speaker)

    @property
    def _back(self) -> bool:
        """Whether something else came in between, so that something is to lead back to the form."""
        context, live = self._domain.context, self._tracker.live
        if context is None or not context.answers or live.loop is None or live.action in (LISTEN, self._name):
            return False
        intent = self._tracker.intent
        if intent is None or intent == NLU_FALLBACK or intent in context.fragments or intent in context.stances:
            return False
        # What belongs to the form itself leads nowhere else.
        if intent in context.takes:
            return context.starts.get(intent) != self._name
        return not {event["name"] for event in self._tracker.slots_set_since_message()} & self._own_slots()

    def _own_slots(self) -> frozenset[str]:
        """Slots that belong to the form though it does not ask for them; none where answers are read as in Rasa."""
        context = self._domain.context
        if context is None or not context.answers:
            return frozenset()
        from functions.dialogue.context.tasks import own_slots

        return own_slots(self._tracker)

    def _say_led_back(self) -> list[Event]:
        name = f"utter_continue_{self._name}"
        return self._run_action(name, self._tracker, self._remote) if name in self._domain.responses else []

    def _validate_answer(self) -> list[Event]:
        live = self._tracker.live
        answers = live.loop is None or (live.action == LISTEN and not live.loop.interrupted)
        if not answers:
            # Back from an unhappy path: nothing to validate, but the validation may say what to ask for.
            return self._validate([], self._tracker)
        requested = self._find_requested(self._tracker)
        wanted = {*self._required, requested} if requested else set(self._required)
        context = self._domain.context
        if context is not None and (
            self._tracker.intent not in context.takes or context.starts.get(self._tracker.intent or "") == self._name
        ):
            # A time in a question for the weather is no change of an order.
            wanted |= self._own_slots()
        extracted = {
            event["name"]: event.get("value")
            for event in self._tracker.slots_set_since_message()
            if event["name"] in wanted
        }
        events = self._validate([make_slot_set(slot, value) for slot, value in extracted.items()], self._tracker)
        validated = any(event["event"] == "slot" and event["name"] != REQUESTED_SLOT for event in events)
        refused = any(event["event"] == "action_execution_rejected" for event in events)
        if requested and not extracted and not validated and not refused:
            slot = self._domain.slots.get(requested)
            if slot is None or not slot.confirm or not self._unsure():
                raise ActionRejected(self._name)
        return events

    def _unsure(self) -> bool:
        """Whether the message is an answer to the question for a yes, and none that counts: it is asked again."""
        from functions.dialogue.context.confirming import read_stance

        stance = read_stance(self._tracker)
        self._is_wrong = stance == "wrong"
        return stance in ("wait", "wrong", "yes")

    def _ask_change(self) -> list[Event]:
        from functions.dialogue.context.confirming import CHANGE, change_asked_in_form

        names = (f"{CHANGE}_{self._name}", CHANGE)
        name = next((name for name in names if name in self._domain.responses), None)
        said = self._run_action(name, self._tracker, self._remote) if name is not None else ()
        return change_asked_in_form(self._name, said, self._speaker, self._tracker)

    def _validate(self, candidates: Sequence[Event], tracker: Tracker) -> list[Event]:
        if self._validator not in self._domain.custom_actions:
            return []
        return self._remote.run(self._validator, self._with(tracker, candidates))

    def _ask(self, so_far: Sequence[Event]) -> list[Event]:
        if _form_done(so_far):
            return [make_slot_set(REQUESTED_SLOT, None)]
        tracker = self._with(self._tracker, so_far)
        wanted = next(
            (event.get("value") for event in so_far if event["event"] == "slot" and event["name"] == REQUESTED_SLOT),
            None,
        )
        events: list[Event] = []
        if not wanted:
            wanted = next((slot for slot in self._required if tracker.slot(slot) is None), None)
            events.append(make_slot_set(REQUESTED_SLOT, wanted))
        if not wanted:
            return [make_slot_set(REQUESTED_SLOT, None)]
        asking = self._asking_action(wanted)
        return [*events, *self._run_action(asking, tracker, self._remote)] if asking else events

    def _asking_action(self, slot: str) -> str | None:
        candidates = (
            f"action_ask_{self._name}_{slot}",
            f"{UTTER}ask_{self._name}_{slot}",
            f"action_ask_{slot}",
            f"{UTTER}ask_{slot}",
        )
        return next((action for action in candidates if action in self._domain.actions), None)

    def _find_requested(self, tracker: Tracker) -> str | None:
        """The slot that was asked for; what another form asked for does not count."""
        return tracker.slot(REQUESTED_SLOT) if tracker.live.loop_name == self._name else None

    def _with(self, tracker: Tracker, events: Sequence[Event]) -> Tracker:
        """The conversation as the form's remote actions see it: the form ran, and these are the candidates."""
        requested = make_slot_set(REQUESTED_SLOT, self._find_requested(tracker))
        return tracker.copy().extend([requested, make_action_executed(self._name), *events])


def run_two_stage_fallback(name: str, tracker: Tracker, remote: Remote, run_action: RunAction) -> list[Event]:
    """Ask what was meant, then ask to rephrase, then give up; go on as soon as the person is understood."""
    events: list[Event] = [] if tracker.live.loop_name == name else [make_active_loop(name)]
    if not _fallback_done(tracker):
        affirm = (bool(events) or tracker.intent == NLU_FALLBACK) and not _nothing_to_offer(tracker)
        events += run_action(ASK_AFFIRMATION if affirm else ASK_REPHRASE, tracker, remote)
    if _fallback_done(tracker):
        events.append(make_active_loop(None))
        events += _after_fallback(tracker, remote, run_action)
    return events


def _after_fallback(tracker: Tracker, remote: Remote, run_action: RunAction) -> list[Event]:
    if _gives_up(tracker):
        return run_action(DEFAULT_FALLBACK, tracker, remote)
    message = tracker.live.message
    if message is None:
        return [REWIND]
    # What was not understood is undone, and what clarified it takes its place, at full confidence.
    parsed = message["parse_data"]
    clarified = {**message, "parse_data": {**parsed, "intent": {**(parsed.get("intent") or {}), "confidence": 1.0}}}
    return [REWIND, make_action_executed(LISTEN), clarified]


def _nothing_to_offer(tracker: Tracker) -> bool:
    """Whether the project says what its intents are called, and none is close to the message: then there is no "Did you
    mean ...?". Rasa asks for the likeliest intent by its name, however unlikely."""
    message = tracker.live.message
    ranked = message["parse_data"].get("intent_ranking") or () if message is not None else ()
    # `/nlu_fallback`, as tests send it, ranks itself alone, and is answered as in Rasa.
    return len(ranked) != 1 and bool(tracker.domain.phrases) and not list_choices(message, tracker.domain)


def _fallback_done(tracker: Tracker) -> bool:
    return tracker.intent not in (NLU_FALLBACK, OUT_OF_SCOPE) or _gives_up(tracker)


def _gives_up(tracker: Tracker) -> bool:
    return _last_intents(tracker, 2) == [NLU_FALLBACK, NLU_FALLBACK] or _last_intents(tracker, 3) == [
        OUT_OF_SCOPE,
        NLU_FALLBACK,
        OUT_OF_SCOPE,
    ]


def _last_intents(tracker: Tracker, count: int) -> list[str | None]:
    """Of the last `count` messages and rewinds the intents, the latest first."""
    intents: list[str | None] = []
    seen = 0
    for event in reversed(tracker.events):
        if seen == count or event["event"] == "restart":
            break
        if event["event"] in ("user", "rewind"):
            seen += 1
            if event["event"] == "user":
                intents.append(intent_of(event))
    return intents
