"""Wake-ahead and the thread behind it."""

import threading

from functions.gateway.background import Background
from functions.gateway.prewarming import AWAKE_SECONDS, Prewarming
from shared.errors import Unavailable
from shared.outbound import Outbound
from tests.loopback import Recorder, served


def test_stages_that_may_sleep_are_called_once_and_not_again_while_they_are_awake() -> None:
    now = [1000.0]
    nlu, dialogue, outbound = Recorder(), Recorder(), Outbound()
    with served(nlu) as nlu_url, served(dialogue) as dialogue_url:
        prewarming = Prewarming(
            {"nlu": nlu_url, "dialogue": dialogue_url, "actions": ""}, outbound, clock=lambda: now[0]
        )
        prewarming.note_answer("nlu")
        for _ in range(3):
            prewarming.prewarm("nlu", "dialogue", "actions")
        prewarming.join()
        assert [path for path, _, _ in dialogue.requests] == ["/wake"]
        assert nlu.requests == []
        now[0] += AWAKE_SECONDS
        prewarming.prewarm("nlu", "dialogue")
        prewarming.join()
        assert (len(nlu.requests), len(dialogue.requests)) == (1, 2)
        outbound.close()


def test_prewarming_never_delays_and_a_stage_that_is_gone_is_called_again() -> None:
    prewarming = Prewarming({"nlu": "http://127.0.0.1:9"}, Outbound(), clock=lambda: 1000.0)
    prewarming.prewarm("nlu")
    prewarming.join()
    prewarming.prewarm("nlu")
    prewarming.join()
    assert prewarming._callers["nlu"].dropped == 2


def test_background_work_is_dropped_and_counted_where_too_much_waits() -> None:
    gate, done = threading.Event(), []
    background = Background("test", 2)
    background.submit(gate.wait)
    taken = [background.submit(lambda number=number: done.append(number)) for number in range(20)]  # type: ignore[misc]
    gate.set()
    background.join()
    assert background.dropped == taken.count(False) > 0
    assert len(done) == taken.count(True)


def test_background_work_that_fails_ends_neither_the_thread_nor_in_silence() -> None:
    background, done = Background("test", 10), []

    def down() -> None:
        raise Unavailable("the broker is down")

    def bug() -> None:
        raise ZeroDivisionError

    for job in (down, bug, lambda: done.append(1)):
        background.submit(job)
    background.join()
    assert (background.dropped, done) == (2, [1])
