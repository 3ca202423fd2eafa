"""The check that every end-to-end test ends with finds what it looks for."""

import time
from pathlib import Path

from shared.stores.opening import open_store
from shared.stores.ports import Committed, Turn
from tests.e2e.conftest import words_in_logs


def test_words_of_a_person_in_any_log_are_found(tmp_path: Path) -> None:
    (tmp_path / "default" / "8080").mkdir(parents=True)
    store, now = open_store(f"sqlite:{tmp_path}/default/store.db"), time.time()
    turn = Turn("m1", now, {"text": "send it to Baker Street", "replies": [{"text": "To Baker Street it is"}]})
    store.conversations.commit("webchat:ann-of-green-gables", None, Committed({}, turn, now + 60), now)
    store.close()
    log = tmp_path / "default" / "8080" / "log.jsonl"
    log.write_text('{"message": "taken", "event": "m1"}\n')
    assert words_in_logs(tmp_path) == []
    for words in ("send it to Baker Street", "To Baker Street it is", "webchat:ann-of-green-gables"):
        log.write_text(f'{{"message": "refused", "cause": "{words}"}}\n')
        assert words_in_logs(tmp_path) == [f"{words!r} in log.jsonl"]
