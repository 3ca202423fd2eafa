"""Messages that wait for others, through the whole assistant: a burst is one turn, and what was spoken comes first."""

import time
from pathlib import Path

from knative.platforms import catalogue as platforms
from knative.platforms import telegram as telegram_stand_in
from knative.platforms.standin import Fault
from knative.platforms.standin import run_stand_in as standing_in
from monitoring.conversations.history import turns_of
from shared.stores.opening import open_store
from tests.e2e.conftest import running
from tests.e2e.test_handoff import PERSON, World


def test_a_burst_is_one_turn(tmp_path: Path) -> None:
    with standing_in() as standin:
        settings = {**platforms.build_environment(standin.url), "JOIN_SECONDS": "4"}
        with running(tmp_path, None, **settings) as assistant:
            world = World(assistant, standin)
            for words in ("what is", "the weather", "in Berlin?"):
                world.person(words)
            world.sees("telegram", lambda seen: len(seen) >= 1)
            store = open_store(f"sqlite:{tmp_path / 'default' / 'store.db'}")
            try:
                (turn,) = turns_of(store, PERSON, time.time())
            finally:
                store.close()
    assert turn.document["text"] == "what is\nthe weather\nin Berlin?"


def test_what_is_written_right_after_a_voice_note_is_answered_after_it(tmp_path: Path) -> None:
    with standing_in() as standin:
        # The platform takes its time, and then does not have it.
        standin.faults = [Fault(hang=1.5)]
        with running(tmp_path, None, **platforms.build_environment(standin.url)) as assistant:
            world = World(assistant, standin)
            world.webhook("telegram", telegram_stand_in.record_voice_note(7))
            world.number = 7
            for words in ("hello", "what is the weather in Berlin?"):
                world.person(words)
            world.sees("telegram", lambda seen: len(seen) >= 3)
            store = open_store(f"sqlite:{tmp_path / 'default' / 'store.db'}")
            try:
                turns = [turn.document["text"] for turn in turns_of(store, PERSON, time.time())]
            finally:
                store.close()
    assert turns == ["", "hello", "what is the weather in Berlin?"]
