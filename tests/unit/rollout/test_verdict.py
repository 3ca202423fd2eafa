"""What is said of a candidate: the numbers of the observer's own page, and a sentence that follows from them."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from functions.observer.metrics import Metrics
from functions.observer.stage import Observer
from monitoring.rollout import analysis as evidence
from monitoring.rollout.analysis import Arm, Shadowed
from monitoring.rollout.checks import Reviewed, decide_verdict, of_canary, of_shadow, step_verdict
from monitoring.rollout.intervals import Histogram
from monitoring.rollout.verdict import judge_reviews, main
from shared.events.catalogue import MessageCompared, TurnCompleted, TurnSummary
from shared.events.envelope import Data, Envelope
from shared.stores.opening import open_store
from shared.stores.ports import Committed, Review, Turn
from tests.candidates import candidate
from tests.loopback import served


class Page:
    """An observer's page of numbers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.observer = Observer(Metrics(self.registry))
        self.number = 0

    def take(self, data: Data, times: int = 1, timings: str = "") -> None:
        for _ in range(times):
            self.number += 1
            envelope = Envelope(f"web:{self.number}", "/t", "web:me", data, data.TYPE, "web:1", timings=timings)
            self.observer(envelope)

    def answer(self, _: object) -> tuple[bytes, int, dict[str, str]]:
        return generate_latest(self.registry), 200, {"content-type": "text/plain"}


@pytest.fixture
def observer_page() -> Page:
    return Page()


@pytest.fixture
def url(observer_page: Page) -> Iterator[str]:
    with served(observer_page.answer) as address:
        yield address


SAME = MessageCompared("old", "new", "greet", "greet", 0.8, 0.82, True, 3.0, 3.5)
FLIP = replace(SAME, candidate_intent="goodbye", same_entities=False)
LOST = replace(SAME, candidate_intent="nlu_fallback", candidate_confidence=0.2)


def test_a_candidate_that_agrees_and_costs_no_more_is_promoted(
    observer_page: Page, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    observer_page.take(SAME, 990)
    observer_page.take(FLIP, 10)
    assert main(["--metrics", url]) == 0
    said = capsys.readouterr().out
    assert "candidate new beside old" in said
    assert re.search(r"the same intent in 99.0 % \(97.\d to 99.\d\)", said)
    assert "10  greet -> goodbye" in said
    assert "PROMOTE: " in said
    assert "+0.0 points" in said


def test_a_candidate_that_understands_less_is_not(
    observer_page: Page, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    observer_page.take(SAME, 900)
    observer_page.take(LOST, 100)
    assert main(["--metrics", url]) == 1
    said = capsys.readouterr().out
    assert re.search(r"10.0 % against 0.0 %, a difference of \+10.0 points \(\+7.\d to \+12.\d\)", said)
    assert "DO NOT PROMOTE: it leaves more than 2 points more" in said


def test_a_few_messages_say_nothing_yet(observer_page: Page, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    observer_page.take(SAME, 50)
    assert main(["--metrics", url]) == 2
    assert "TOO EARLY TO SAY: 300 messages are asked for" in capsys.readouterr().out
    assert main(["--metrics", url, "--enough", "40"]) == 2, "50 that agree may still be 92 %"


def test_where_they_differ_people_decide(observer_page: Page, url: str) -> None:
    observer_page.take(SAME, 900)
    observer_page.take(FLIP, 100)
    found = evidence.read_shadow(evidence.of_page(url), "old", "new")
    assert decide_verdict(of_shadow(found, None))[0] == 2, "nobody said who is right"
    assert "review page" in decide_verdict(of_shadow(found, None))[1]
    assert decide_verdict(of_shadow(found, Reviewed(200, only_live=2, only_candidate=30, neither=5)))[0] == 0
    assert decide_verdict(of_shadow(found, Reviewed(200, only_live=30, only_candidate=2, neither=5)))[0] == 1
    assert decide_verdict(of_shadow(found, Reviewed(8, only_live=2, only_candidate=1, neither=1)))[0] == 2


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (MessageCompared("old", "new", failed=True), "it breaks"),
        (replace(SAME, candidate_milliseconds=80.0), "times as long"),
    ],
)
def test_a_candidate_that_breaks_or_is_slow_is_not_promoted(
    observer_page: Page, url: str, data: Data, why: str
) -> None:
    observer_page.take(SAME, 400)
    observer_page.take(data, 400)
    found = evidence.read_shadow(evidence.of_page(url), "old", "new")
    status, sentence = decide_verdict(of_shadow(found, None))
    assert status == 1
    assert why in sentence


def turn(bundle: str, **changes: object) -> TurnCompleted:
    return TurnCompleted(TurnSummary("web:1", "greet", 0.9, model=bundle, bundle="old", **changes))  # type: ignore[arg-type]


def test_a_canary_is_compared_on_the_messages_that_it_answered(
    observer_page: Page, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    observer_page.take(turn("old"), 4000, "nlu=3.0@1")
    observer_page.take(turn("new"), 800, "nlu=3.2@2")
    assert main(["--metrics", url, "--canary", "--percent", "17"]) == 0
    said = capsys.readouterr().out
    assert "canary new (800 messages) beside old (4000)" in said
    assert main(["--metrics", url, "--canary"]) == 2, "nobody said what share it was given"
    capsys.readouterr()
    by_revision = ["--canary", "--by", "revision", "--live", "1", "--candidate", "2", "--percent", "16"]
    assert main(["--metrics", url, *by_revision]) == 0
    assert "canary 2 (800 messages) beside 1 (4000)" in capsys.readouterr().out
    observer_page.take(
        replace(turn("new"), turn=replace(turn("new").turn, intent="nlu_fallback", fallback=True)), 120, "nlu=3@2"
    )
    assert main(["--metrics", url, "--canary", "--percent", "17"]) == 4
    assert "ROLL BACK" in capsys.readouterr().out


def test_what_cannot_be_compared_says_what_to_do(
    observer_page: Page, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--metrics", url]) == 3
    assert "task up SHADOW=dir" in capsys.readouterr().err
    observer_page.take(turn("old"), 3)
    assert main(["--metrics", url, "--canary"]) == 3
    assert "there are: old (3)" in capsys.readouterr().err
    assert main(["--metrics", "http://127.0.0.1:1"]) == 3
    assert "cannot be reached" in capsys.readouterr().err
    assert main(["--metrics", "file:///etc/passwd"]) == 3


def test_what_people_judged_is_tried_on_the_candidate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_URL", f"sqlite:{tmp_path / 'store.db'}")
    bundle = candidate(tmp_path)
    store = open_store(f"sqlite:{tmp_path / 'store.db'}")
    now = time.time()
    said = {
        "hello": ("greet", "greet"),
        "play some jazz": ("greet", "play_music"),
        "goodbye": ("goodbye", None),
        "xylem quokka brumous fnord": ("greet", None),
    }
    for number, (text, (was, wanted)) in enumerate(said.items()):
        turn = Turn(f"m{number}", now, {"text": text, "intent": was, "events": []})
        revision = store.conversations.load("web:me", "", now).revision
        store.conversations.commit("web:me", revision, Committed({}, turn, now + 999), now)
        store.reviews.put(Review("web:me", f"m{number}", now, {"intent": wanted, "pieces": []}), now + 999)
    store.reviews.put(Review("web:gone", "m1", now, {"intent": "greet", "pieces": []}), now + 999)
    store.close()
    assert judge_reviews("default", str(bundle)) == Reviewed(4, only_live=0, only_candidate=2, neither=0)


CONFIDENT = {0.9: 300.0, 1.0: 300.0}
QUICK = Histogram({0.005: 500.0, 0.01: 500.0}, 0.0, 10.0)
INTENTS = {"greet": 0.2, "order": 0.5, "weather": 0.3}


def arm(name: str, messages: float, low_confidence: float = 0.1, times: Histogram = QUICK, **intents: float) -> Arm:
    shares = intents or INTENTS
    counts = {intent: share * messages for intent, share in shares.items()}
    return Arm(name, messages, low_confidence * messages, Histogram(CONFIDENT), times, frozenset(), counts, {})


@pytest.mark.parametrize(
    ("candidate", "percent", "status"),
    [
        (arm("b", 6000), 40, 0),
        (arm("b", 6000, 0.0, greet=1.0), 40, 4),
        (arm("b", 4000), 40, 4),
        (arm("b", 6000, 0.3), 40, 4),
        (arm("b", 6000, times=Histogram({0.005: 2990.0, 2.5: 10.0}, 0.0, 10.0)), 40, 1),
        (arm("b", 200), 2, 2),
    ],
    ids=["as good", "greets everything", "breaks on a third", "understands less", "has a tail", "too few"],
)
def test_a_canary_that_is_blind_breaks_or_lags_is_not_promoted(candidate: Arm, percent: int, status: int) -> None:
    assert decide_verdict(of_canary(arm("a", 9000), candidate, percent=percent))[0] == status


def test_trouble_that_people_meet_counts_against_a_canary() -> None:
    live = replace(arm("a", 9000), troubles={"handed over": 90.0})
    assert decide_verdict(of_canary(live, replace(arm("b", 6000), troubles={"handed over": 60.0}), percent=40))[0] == 0
    assert decide_verdict(of_canary(live, replace(arm("b", 6000), troubles={"handed over": 600.0}), percent=40))[0] == 4


def test_messages_on_which_both_agree_say_nothing_of_those_on_which_they_differ() -> None:
    times = {"live": QUICK, "candidate": QUICK}
    found = Shadowed("a", "b", 1000, 400, 400, {"neither": 1000.0}, 0, Histogram({1.0: 400.0}, -1, 1), times)
    assert decide_verdict(of_shadow(found, Reviewed(200, 0, 0, 0)))[0] == 2


def test_a_step_is_passed_where_nothing_speaks_against_it_and_the_last_asks_for_proof() -> None:
    few = of_canary(arm("a", 60), arm("b", 40), 30, 40)
    assert step_verdict(few)[0] == 0
    assert decide_verdict(few)[0] == 2
    assert step_verdict(of_canary(arm("a", 60), arm("b", 40), 50, 40))[0] == 2
    assert step_verdict(of_canary(arm("a", 60), arm("b", 40, 1.0), 30, 40))[0] == 4


def test_one_message_that_was_slow_by_chance_sends_no_canary_back() -> None:
    live, once = Histogram({0.025: 43.0}, 0.0, 10.0), Histogram({0.025: 41.0, 0.1: 1.0}, 0.0, 10.0)
    assert step_verdict(of_canary(arm("a", 43, times=live), arm("b", 42, times=once), 30, 50))[0] == 0
    often = Histogram({0.025: 21.0, 0.25: 21.0}, 0.0, 10.0)
    assert step_verdict(of_canary(arm("a", 43, times=live), arm("b", 42, times=often), 30, 50))[0] == 1


def test_trouble_belongs_to_the_model_that_understood_and_not_to_the_dialogue_that_both_share(
    observer_page: Page, url: str
) -> None:
    observer_page.take(turn("old"), 50, "nlu=3.0@1")
    observer_page.take(turn("new", handoff=True, actions=("action_hand_over",)), 50, "nlu=3.0@2")
    live, candidate = sorted(evidence.read_arms(evidence.of_page(url), "bundle"), key=lambda one: one.name != "old")
    assert live.troubles["were handed over"] == 0
    assert candidate.troubles["were handed over"] == 50
