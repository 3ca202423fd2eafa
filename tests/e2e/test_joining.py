"""Several messages in one go through the whole assistant are one turn."""

import time
from pathlib import Path

from knative.local.history import turns_of
from knative.local.platforms import accounts
from knative.local.platforms.standin import running as platforms
from shared.stores.opening import open_store
from tests.e2e.conftest import running
from tests.e2e.test_handoff import PERSON, World


def test_a_burst_is_one_turn(tmp_path: Path) -> None:
    with platforms() as standin:
        settings = {**accounts.environment(standin.url), "JOIN_SECONDS": "4"}
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
