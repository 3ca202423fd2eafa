"""Dead letters of a running assistant: listed, explained and sent again with the tools of the command line."""

import time
from collections.abc import Callable

import pytest

from monitoring.conversations import dead_letters as letters
from shared.events.catalogue import MessageReceived
from shared.events.envelope import Envelope, Raw
from shared.events.http import encode
from shared.outbound import Outbound
from shared.stores.opening import open_store
from shared.stores.ports import DeadLetter
from tests.e2e.conftest import Running

LONG_AGO = "2020-01-01T00:00:00Z"


def publish(assistant: Running, ident: str, data: object, expirytime: str | None = None) -> None:
    envelope = Envelope(
        id=ident,
        source="/parley/gateway",
        subject="webchat:letters",
        data=data,
        type=MessageReceived.TYPE,
        message=ident,
        channel="webchat",
        expirytime=expirytime,
    )
    headers, body = encode(envelope)
    outbound = Outbound()
    assert outbound.post(f"{assistant.addresses['broker']}/parley/default", body, headers, 5).status == 202
    outbound.close()


@pytest.fixture
def tool(
    assistant: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    monkeypatch.setenv("PARLEY_HOME", str(assistant.home))

    def run(*arguments: str) -> tuple[int, str]:
        status = letters.main(arguments)
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return run


def wait_for_dead_letter(assistant: Running, event: str) -> str:
    """The id of the dead letter of this event, once it is there."""
    store = open_store(f"sqlite:{assistant.home / 'default' / 'store.db'}")
    end = time.monotonic() + 60
    try:
        while True:
            for letter in letters.iterate_dead_letters(store, time.time()):
                if letter.id.startswith(f"{event}."):
                    return letter.id
            assert time.monotonic() < end, f"there is no dead letter of {event}"
            time.sleep(0.1)
    finally:
        store.close()


def test_an_event_whose_answer_is_late_is_answered_and_says_so(assistant: Running) -> None:
    publish(assistant, "webchat:late", MessageReceived("hello", "letters"), LONG_AGO)
    store = open_store(f"sqlite:{assistant.home / 'default' / 'store.db'}")
    end = time.monotonic() + 60
    while not (posts := store.outbox.read_after("webchat:letters", 0, time.time())):
        assert time.monotonic() < end
        time.sleep(0.1)
    store.close()
    assert "late" in str(posts[0].document["text"])


def test_what_was_given_up_is_explained_and_answered_when_it_is_replayed(
    assistant: Running, tool: Callable[..., tuple[int, str]]
) -> None:
    ident = "webchat:replayed1.at.nlu"
    event = {"specversion": "1.0", "id": "webchat:replayed1", "source": "/parley/gateway", "type": MessageReceived.TYPE}
    event |= {"subject": "webchat:again", "channel": "webchat", "datacontenttype": "application/json"}
    whole = {**event, "data": {"text": "hello", "sender": "again"}}
    store = open_store(f"sqlite:{assistant.home / 'default' / 'store.db'}")
    given_up = DeadLetter(
        ident, MessageReceived.TYPE, "webchat:again", "nlu answered 503: no model", time.time(), whole
    )
    store.dead_letters.keep(given_up, time.time() + 3600)
    text = tool("list", ident)[1]
    assert "nlu" in text
    assert "503" in text
    assert "hello" not in text
    assert tool("replay", ident) == (0, f"{ident}: its turn is decided and recorded\n1 of 1 replayed\n")
    assert "replayed  " in tool("list", ident)[1]
    assert tool("replay", ident)[0] == 0
    assert [turn.id for turn in store.conversations.history("webchat:again", time.time())] == ["webchat:replayed1"]
    store.close()


def test_a_malformed_event_is_given_up_again_and_the_replay_says_so(
    assistant: Running, tool: Callable[..., tuple[int, str]]
) -> None:
    publish(assistant, "webchat:broken", Raw(b'{"text": 7}', "application/json"))
    ident = wait_for_dead_letter(assistant, "webchat:broken")
    text = tool("list", ident)[1]
    assert "stage      nlu" in text
    assert "400" in text
    assert "attempts   1 " in text
    status, text = tool("replay", ident)
    assert status == 1, text
    assert "given up again" in text
    assert "0 of 1 replayed" in text


def test_replay_says_what_is_missing(tool: Callable[..., tuple[int, str]]) -> None:
    assert "--all" in tool("replay")[1]
    assert "there is no dead letter nobody" in tool("replay", "nobody")[1]
