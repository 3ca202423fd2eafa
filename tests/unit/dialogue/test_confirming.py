"""What acts runs after a clear yes, and nothing else counts as one."""

import pytest

from shared.events.catalogue import Entity
from shared.events.meaning import Cue
from tests.unit.dialogue.in_context import PAYING, RULES, YES, asked_for_a_yes, cues, evidence, paying
from tests.unit.dialogue.talking import compiled


def test_what_acts_runs_after_a_yes() -> None:
    talk = paying()
    assert talk.called == []
    assert talk.say("yes please", intent="affirm") == ["Paid"]
    assert talk.say("yes", intent="affirm") != ["Paid"]


@pytest.mark.parametrize("said", ["yes but", "ok wait", "yes, if it is today", "yes my place", "really?", "find it"])
def test_what_is_no_clear_yes_is_asked_again(said: str) -> None:
    talk = paying()
    assert talk.say(said, intent="affirm", evidence=evidence(said)) == ["Pay 5?"]
    assert talk.say("ok", intent="affirm", confidence=0.5) == ["Pay 5?"]
    assert talk.called == []
    assert talk.say("ok", intent="affirm") == ["Paid"]


def test_a_yes_with_a_change_is_a_change_first() -> None:
    talk = paying()
    assert talk.say("yes, 7", intent="affirm", entities=[Entity("amount", "7", 5, 6)]) == ["Pay 7?"]
    assert talk.say("yes", intent="affirm") == ["Paid"]


def test_a_no_is_taken_and_later_a_yes_means_nothing() -> None:
    talk = paying()
    assert talk.say("no", intent="deny") == ["All right, I will not."]
    talk.say("yes", intent="affirm")
    assert talk.called == []


def test_that_is_wrong_asks_what_to_change_and_a_yes_agrees_to_nothing() -> None:
    talk = paying()
    said = "that's wrong"
    assert talk.say(said, intent="deny", evidence=evidence(said)) == ["What shall I change?"]
    assert talk.say("yes", intent="affirm") == ["Pay 5?"]
    assert talk.say("8", intent="inform", entities=[Entity("amount", "8", 0, 1)]) == ["Pay 8?"]


def test_what_comes_in_between_is_answered_and_then_it_is_asked_again() -> None:
    talk = paying()
    assert talk.say("hi", intent="greet") == ["Hello", "Pay 5?"]
    assert talk.say("go ahead", intent="affirm") == ["Paid"]


@pytest.mark.parametrize("sign", ["👍", "👍🏽", "✅"])
def test_signs_mean_what_they_show(sign: str) -> None:
    assert paying().say(sign, intent="nlu_fallback") == ["Paid"]
    assert paying().say("👎", intent="nlu_fallback") == ["All right, I will not."]


def test_an_action_that_acts_by_its_name_and_asks_nothing_is_warned_about() -> None:
    from model_artifacts.training.dialogue.validation import validate

    unasked = compiled(domain=PAYING.replace("{action_pay: {confirm: true}}", "action_pay"), rules=RULES, nlu=YES)
    assert any("confirm: true" in problem.text for problem in validate(unasked))
    assert not any("confirm: true" in p.text for p in validate(compiled(domain=PAYING, rules=RULES, nlu=YES)))


def test_a_form_goes_on_after_a_clear_yes_only() -> None:
    talk = asked_for_a_yes()
    for said in ("ok but", "wait", "yes if it is hot"):
        assert talk.say(said, intent="affirm", evidence=cues(said))[-1].endswith("All right?")
    wrong = "that's wrong"
    assert talk.say(wrong, intent="deny", evidence=cues(wrong)) == ["What shall I change?"]
    assert talk.say("ok", intent="affirm")[-1].endswith("All right?")
    assert talk.say("ok", intent="affirm") == ["Done"]


def test_a_cue_is_what_nlu_calls_one() -> None:
    """The kinds that this stage waits for are those that the other gives."""
    kinds = {"rejection": "that's wrong", "hesitation": "wait", "addition": "add it", "restriction": "only it"}
    for kind, text in kinds.items():
        assert [cue.kind for cue in cues(text).cues] == [kind], text
    assert isinstance(cues("wait").cues[0], Cue)


def test_a_guessed_yes_without_a_word_of_one_is_not_understood() -> None:
    talk = asked_for_a_yes()
    talk.say("turn it up", intent="affirm", confidence=0.53, evidence=evidence("turn it up"))
    assert talk.decisions[-1].incoming.intent == "nlu_fallback"
    talk.say("ok yes", intent="affirm", confidence=0.53, evidence=evidence("ok yes"))
    assert talk.decisions[-1].incoming.intent == "affirm"
