"""The storm's verdict can tell a lost message from one that was sent more than once."""

from tests.e2e.chaos.verdict import name_repeated

ACCEPTED = [{"n": 0, "try": 1}, {"n": 1, "try": 3}]


def test_an_earlier_try_that_the_broker_had_taken_is_the_accepted_message() -> None:
    unsure = [{"n": 1, "try": 1}, {"n": 1, "try": 2}]
    assert name_repeated([{"n": 0, "try": 1}, {"n": 1, "try": 2}], ACCEPTED, unsure) == ACCEPTED


def test_a_message_without_any_turn_stays_missing() -> None:
    assert name_repeated([{"n": 0, "try": 1}], ACCEPTED, [{"n": 1, "try": 1}]) == [{"n": 0, "try": 1}]


def test_an_earlier_try_beside_the_accepted_one_stays_what_it_is() -> None:
    said = [{"n": 0, "try": 1}, {"n": 1, "try": 1}, {"n": 1, "try": 3}]
    assert name_repeated(said, ACCEPTED, [{"n": 1, "try": 1}]) == said


def test_the_turn_of_another_message_stands_for_none() -> None:
    said = [{"n": 0, "try": 1}, {"n": 2, "try": 1}]
    assert name_repeated(said, ACCEPTED, [{"n": 2, "try": 1}]) == said
