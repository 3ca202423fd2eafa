"""`task replay`: many conversations at a time, and of each its events in the order in which they were given up."""

import threading
from typing import Any

from monitoring.conversations.dead_letters import replay_all
from shared.events.http import decode
from shared.outbound import Outbound
from shared.stores.memory import memory_store
from shared.stores.ports import DeadLetter
from tests.loopback import served

PEOPLE = ("ann", "ben", "eve")


def dead_letter(person: str, number: int) -> DeadLetter:
    event = {"specversion": "1.0", "id": f"{person}{number}", "source": "/s", "type": "t", "subject": f"web:{person}"}
    at = 100.0 + number if person != "eve" else 200.0 - number
    return DeadLetter(f"{person}{number}.at.nlu", "t", f"web:{person}", "nlu answered 503", at, event)


def test_conversations_are_replayed_at_the_same_time_and_each_in_its_order() -> None:
    all_at_once, lock = threading.Barrier(len(PEOPLE), timeout=20), threading.Lock()
    taken: list[str] = []

    def broker(request: Any) -> tuple[str, int, dict[str, str]]:
        ident = decode({name.lower(): value for name, value in request.headers.items()}, b"").id
        with lock:
            first = not any(one[:3] == ident[:3] for one in taken)
            taken.append(ident)
        if first:
            # Only whoever sends for others meanwhile comes past this.
            all_at_once.wait()
        return "", 202, {}

    letters = [dead_letter(person, number) for number in range(4) for person in PEOPLE]
    store, outbound = memory_store(), Outbound()
    with served(broker) as url:
        told = list(replay_all(letters, store, url, outbound, wait=0.0))
    outbound.close()
    assert len(told) == 12
    assert all(done for _, _, done in told)
    for person in PEOPLE:
        order = [f"{person}{number}" for number in range(4)]
        assert [ident for ident in taken if ident.startswith(person)] == (order if person != "eve" else order[::-1])


def test_what_the_broker_does_not_take_is_told_and_the_others_go_on() -> None:
    def broker(request: Any) -> tuple[str, int, dict[str, str]]:
        return "", 503 if request.headers["ce-id"].startswith("ben") else 202, {}

    letters = [dead_letter(person, 0) for person in PEOPLE]
    with served(broker) as url:
        told = {one.id: done for one, _, done in replay_all(letters, memory_store(), url, Outbound(), wait=0.0)}
    assert told == {"ann0.at.nlu": True, "ben0.at.nlu": False, "eve0.at.nlu": True}
