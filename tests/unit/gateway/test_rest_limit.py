"""How many REST messages are answered at once, and what the others are told."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.unit.gateway.assistants import Assistant


def test_beyond_the_limit_callers_are_told_to_come_back_and_those_before_are_answered() -> None:
    with Assistant(settings={"max_concurrent": 2}).running() as assistant, ThreadPoolExecutor(2) as pool:
        gate, original, busy = threading.Event(), assistant.nlu.decide, threading.Semaphore(0)

        def slow(envelope: Any) -> Any:
            busy.release()
            assert gate.wait(5)
            return original(envelope)

        assistant.nlu.decide = slow
        before = [pool.submit(assistant.say, {"sender": str(number), "message": "hi"}) for number in range(2)]
        assert busy.acquire(timeout=5)
        assert busy.acquire(timeout=5)
        refused = assistant.say({"sender": "late", "message": "hi"})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert "in a moment" in refused.json["error"]
        gate.set()
        assert [answer.result().json[0]["text"] for answer in before] == ["you said hi"] * 2
        assert assistant.say({"sender": "late", "message": "hi"}).status_code == 200


def test_a_place_is_given_back_however_a_turn_ends() -> None:
    with Assistant(settings={"max_concurrent": 1}).running() as assistant:
        for body in ({"sender": "a", "message": "act"}, {"sender": "a", "message": "hi"}):
            for query in ("", "?stream=true"):
                assert assistant.say(body, query).get_data()
        response = assistant.say({"sender": "a", "message": "act"}, "?stream=true")
        json.loads(next(response.iter_encoded()))
        response.close()
        assistant.reports.join()
        assert assistant.say({"sender": "a", "message": "hi"}).status_code == 200
