"""Many writers at once lose nothing."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.stores.ports import Store
from tests.contract.stores.talking import ME, insist, say

ROOT = Path(__file__).resolve().parents[3]


def all_are_there(store: Store, messages: list[str]) -> None:
    turns = store.conversations.history(ME, 1.0, limit=10_000)
    assert [turn.number for turn in turns] == list(range(1, len(messages) + 1))
    assert sorted(turn.id for turn in turns) == sorted(messages)
    # Each turn was decided on the state that the turn before it left.
    assert (store.conversations.load(ME, "", 1.0).state or {})["heard"] == [turn.id for turn in turns]


def in_threads(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_sixteen_writers_on_one_conversation_lose_no_turn(store: Store) -> None:
    def write(writer: int) -> None:
        for number in range(3):
            insist(store, ME, f"w{writer}.{number}")

    in_threads(write, 16)
    all_are_there(store, [f"w{writer}.{number}" for writer in range(16) for number in range(3)])


@pytest.mark.parametrize("url", ["sqlite", "firestore", "firestore+grpc"], indirect=True)
def test_writers_with_a_store_of_their_own_each_lose_no_turn(url: str, open_url: Callable[[str], Store]) -> None:
    def write(writer: int) -> None:
        own = open_url(url)
        for number in range(4):
            insist(own, ME, f"w{writer}.{number}")

    in_threads(write, 6)
    all_are_there(open_url(url), [f"w{writer}.{number}" for writer in range(6) for number in range(4)])


def test_the_same_message_at_once_makes_one_turn(store: Store) -> None:
    in_threads(lambda _: insist(store, ME, "m1"), 16)
    all_are_there(store, ["m1"])


def test_writers_on_conversations_of_their_own_never_conflict(store: Store) -> None:
    def write(writer: int) -> None:
        for number in range(5):
            say(store, f"web:{writer}", f"m{number}")

    in_threads(write, 8)
    for writer in range(8):
        assert [turn.number for turn in store.conversations.history(f"web:{writer}", 1.0)] == [1, 2, 3, 4, 5]


def test_readers_see_a_state_and_a_turn_that_belong_together(store: Store) -> None:
    """The state names the last turn, so a turn that the state names and nobody finds would be a torn read."""
    done = threading.Event()
    torn: list[str] = []

    def read() -> None:
        while not done.is_set():
            for number in range(12):
                loaded = store.conversations.load(ME, f"m{number}", 1.0)
                if loaded.state == {"last": f"m{number}"} and loaded.turn is None:
                    torn.append(f"m{number}")

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(12):
        say(store, ME, f"m{number}")
    done.set()
    reader.join()
    assert torn == []


def test_sixteen_processes_on_one_sqlite_file_lose_no_turn(sqlite_path: Path, open_url: Callable[[str], Store]) -> None:
    """They begin with no file at all, so they also make it at once."""
    url = f"sqlite:{sqlite_path}"
    processes = [
        subprocess.Popen([sys.executable, "-m", "tests.contract.stores.writer", url, f"p{number}", "5"], cwd=ROOT)
        for number in range(16)
    ]
    assert [process.wait(60) for process in processes] == [0] * 16
    all_are_there(open_url(url), [f"p{process}.{number}" for process in range(16) for number in range(5)])
