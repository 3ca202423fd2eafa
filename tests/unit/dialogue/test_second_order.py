"""Rules of the second order: what a rejection is not, what is kept while an action is waited for, what is said once,
who wins of two that are as sure."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from functions.dialogue.answering import choose_alternative
from functions.dialogue.decide import repeat_request
from functions.dialogue.policies import Prediction, predict
from functions.dialogue.remote import Answer
from functions.dialogue.stage import Dialogue
from functions.dialogue.tracker import Tracker
from shared.events.catalogue import CalledAction
from shared.events.wire import JSON, from_wire
from tests.unit.dialogue.talking import Talk, table
from tests.unit.dialogue.test_remote_actions import DOMAIN, RULES
from tests.unit.dialogue.test_stage import Desk, decided, message

TWICE = RULES + "- rule: twice\n  steps: [{intent: stop}, {action: action_go}, {action: action_other}]\n"
TABLE = table(domain=DOMAIN, rules=TWICE)


@pytest.mark.parametrize(("outcome", "failed"), [("rejected", ()), ("failed", ("action_go",)), ("done", ())])
def test_only_what_failed_is_told_as_failed_and_what_was_rejected_as_called(
    outcome: str, failed: tuple[str, ...]
) -> None:
    chat = Talk(TABLE, {"action_go": Answer(outcome)})  # type: ignore[arg-type]
    chat.say("/go")
    progress = chat.decisions[-1].progress
    assert progress.failed == failed
    assert progress.called[0] == CalledAction("action_go", outcome)  # type: ignore[arg-type]


@pytest.mark.parametrize("keep", range(6, 14))
def test_while_an_action_is_waited_for_nothing_is_let_go_of_so_that_it_is_asked_for_as_it_was(keep: int) -> None:
    chat = Talk(replace(TABLE, keep=keep))
    for _ in range(8):
        chat.say("/greet")
    before = chat.state.events
    chat.say("/go")
    waiting = next(one for one in reversed(chat.decisions) if one.request is not None)
    assert waiting.state.events[: len(before)] == before
    assert repeat_request(chat.table, waiting.state, chat.now) == waiting.request


def test_a_turn_that_is_given_up_with_several_actions_apologises_once() -> None:
    desk = Desk()
    desk.stage = Dialogue(TABLE, desk.store.conversations, clock=desk.clock, action_seconds=30.0)
    assert desk.stage(message("m1", "stop")) is not None
    desk.clock.now += 31
    texts = [reply.text for reply in decided(desk.stage(message("m2", "greet"))).replies]
    assert texts == ["Sorry, something went wrong on my side. Please try that again.", "Hello"]


def entity(name: str, start: int, end: int, confidence: float = 0.5) -> JSON:
    return {"entity": name, "start": start, "end": end, "confidence_entity": confidence}


@pytest.mark.parametrize(
    ("stays", "place"), [(True, (0, 4)), (True, (6, 9)), (False, (0, 5)), (False, (5, 9)), (False, (4, 6))]
)
def test_entities_that_touch_the_answer_stay_and_those_that_overlap_it_go(stays: bool, place: tuple[int, int]) -> None:
    wanted = [("guests", None, None)]
    found = choose_alternative(wanted, [entity("time", *place)], [entity("guests", 4, 6)])
    assert ("time" in [one["entity"] for one in found]) is stays


class Fixed:
    """A policy that always says the same."""

    def __init__(self, name: str, action: str, confidence: float, priority: int) -> None:
        self._prediction = Prediction(name, action, confidence, priority=priority)

    def predict(self, _: Tracker) -> Prediction:
        return self._prediction


@pytest.mark.parametrize(
    ("policies", "winner"),
    [
        ([("a", 0.9, 3), ("b", 0.9, 3)], "a"),
        ([("a", 0.9, 3), ("b", 0.9, 6)], "b"),
        ([("a", 0.9, 6), ("b", 0.9, 3)], "a"),
        ([("a", 0.8, 6), ("b", 0.9, 3)], "b"),
    ],
)
def test_of_policies_that_are_as_sure_the_priority_decides_and_then_the_first(
    policies: Sequence[tuple[str, float, int]], winner: str
) -> None:
    fixed = [Fixed(name, f"utter_{name}", confidence, priority) for name, confidence, priority in policies]
    best, every = predict(fixed, Tracker(TABLE.domain))
    assert (best.policy, best.action, len(every)) == (winner, f"utter_{winner}", 2)


@pytest.mark.parametrize("wire", [1, 1.0, 0, -3])
def test_a_number_that_came_as_a_whole_one_is_a_float_where_the_field_is_one(wire: float) -> None:
    read = from_wire(float, wire)
    assert (read, type(read)) == (float(wire), float)
