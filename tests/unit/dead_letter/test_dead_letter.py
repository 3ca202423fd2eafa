"""The dead_letter stage keeps what nobody took."""

import base64
import json

import pytest

from functions.dead_letter.replaying import Replaying
from functions.dead_letter.stage import DeadLetterStage
from knative.local.broker.events import Event, read_event, to_message
from shared.errors import Unavailable
from shared.events.catalogue import EventDeadlettered, MessageReceived
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.stores.memory import memory_store
from shared.stores.ports import DeadLetter, Store

NLU = "http://parley-nlu.parley.svc.cluster.local/"


def given_up(
    kind: str = MessageReceived.TYPE, body: bytes = b'{"text":"hello","sender":"me"}', destination: str = NLU
) -> Envelope:
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "web:1",
        "ce-source": "/parley/gateway",
        "ce-type": kind,
        "ce-subject": "web:me",
        "content-type": "application/json",
        "ce-knativeerrorcode": "503",
        "ce-knativeerrordest": destination,
        "ce-knativeerrordata": base64.b64encode(b'{"error": "there is no bundle"}').decode(),
    }
    return decode(headers, body, known=())


def test_the_letter_has_the_event_and_its_cause() -> None:
    store, told = memory_store(), list[Envelope]()
    stage = DeadLetterStage(store.dead_letters, told.append, clock=lambda: 100.0, keep_seconds=60)
    assert stage(given_up()) is None  # type: ignore[func-returns-value]
    (letter,) = store.dead_letters.list_kept(now=101.0)
    assert letter.cause == 'nlu answered 503: {"error": "there is no bundle"}'
    assert letter.conversation == "web:me"
    assert letter.event["data"] == {"text": "hello", "sender": "me"}
    assert letter.event["id"] == "web:1"
    assert "knativeerrorcode" not in letter.event


@pytest.mark.parametrize(
    "destination",
    [
        "http://parley.parley.svc.cluster.local/stages/nlu?token=secret",
        "http://127.0.0.1:8080/stages/nlu/?token=secret",
        "http://parley-nlu.parley.svc.cluster.local/?token=secret",
    ],
)
def test_it_names_the_stage_where_stages_share_a_process_and_never_their_token(destination: str) -> None:
    store, told = memory_store(), list[Envelope]()
    event = given_up(destination=destination)
    DeadLetterStage(store.dead_letters, told.append, clock=lambda: 100.0, keep_seconds=60)(event)
    (letter,) = store.dead_letters.list_kept(now=101.0)
    assert letter.cause.startswith("nlu answered 503")
    assert "secret" not in f"{letter}{told}"


def test_a_replayed_dead_letter_is_the_event_that_came() -> None:
    attributes = {
        "specversion": "1.0",
        "id": "café 1",
        "source": "/elsewhere",
        "type": "com.example.thing",
        "subject": "Café",
        "partitionkey": "7",
        "dataschema": "https://example.org/schema",
        "tenant": "a%20b",
        "sequence": "3",
        "datacontenttype": "application/vnd.thing",
    }
    headers, body = to_message(Event(attributes, b"\x00\xff"))
    store = memory_store()
    given = decode({**headers, "ce-knativeerrorcode": "400", "ce-knativearrivaltime": "2026-01-01T00:00:00Z"}, body)
    DeadLetterStage(store.dead_letters, list[Envelope]().append, clock=lambda: 100.0, keep_seconds=60)(given)
    (kept,) = store.dead_letters.list_kept(now=101.0)
    assert to_message(read_event(json.dumps(kept.event))) == (headers, body)


def test_it_is_announced_without_content() -> None:
    told = list[Envelope]()
    DeadLetterStage(memory_store().dead_letters, told.append, clock=lambda: 100.0, keep_seconds=60)(given_up())
    assert told[0].data == EventDeadlettered("web:1", MessageReceived.TYPE, "nlu", "503")
    assert b"hello" not in encode(told[0])[1]


def test_the_same_letter_again_is_kept_once_under_the_same_event_id() -> None:
    store, told = memory_store(), list[Envelope]()
    stage = DeadLetterStage(store.dead_letters, told.append, clock=lambda: 100.0, keep_seconds=60)
    stage(given_up())
    stage(given_up())
    assert len(store.dead_letters.list_kept(now=101.0)) == 1
    assert told[0].id == told[1].id


def test_a_broker_that_is_down_loses_no_letter() -> None:
    def down(_: Envelope) -> None:
        raise Unavailable("the broker is down")

    store = memory_store()
    with pytest.raises(Unavailable):
        DeadLetterStage(store.dead_letters, down, clock=lambda: 100.0, keep_seconds=60)(given_up())
    assert len(store.dead_letters.list_kept(now=101.0)) == 1


def test_a_dead_letter_about_a_dead_letter_is_kept_and_not_announced() -> None:
    store, told = memory_store(), list[Envelope]()
    DeadLetterStage(store.dead_letters, told.append, clock=lambda: 100.0, keep_seconds=60)(
        given_up(EventDeadlettered.TYPE)
    )
    assert told == []
    assert len(store.dead_letters.list_kept(now=101.0)) == 1


def test_data_that_is_no_json_is_kept_byte_for_byte() -> None:
    store = memory_store()
    DeadLetterStage(store.dead_letters, lambda _: None, clock=lambda: 100.0, keep_seconds=60)(
        given_up("other", b"\xff\x00")
    )
    (letter,) = store.dead_letters.list_kept(now=101.0)
    assert base64.b64decode(letter.event["data_base64"]) == b"\xff\x00"


NOON = 1_800_000_000.0


def keep_dead_letter(store: Store, ident: str, cause: str, at: float = NOON, **attributes: str) -> None:
    event = {"specversion": "1.0", "id": ident, "source": "/s", "type": "t", "subject": "web:me", **attributes}
    store.dead_letters.keep(DeadLetter(ident, "t", "web:me", cause, at, event), NOON + 30 * 86400)


@pytest.mark.parametrize(
    ("cause", "again"),
    [
        ("dialogue answered 503: the store is away", True),
        ("nlu answered 500: no answer within 60 s", True),
        ("dialogue answered 409", True),
        ("dialogue answered 422: dialogue has a bug", False),
        ("nlu answered 400: not what it says, 503 times", False),
        ("unknown answered unknown", False),
    ],
)
def test_what_an_outage_left_is_sent_again_by_a_tick_and_what_is_broken_is_left_to_people(
    cause: str, again: bool
) -> None:
    store, sent, now = memory_store(), list[Envelope](), NOON
    tick = Replaying(store.dead_letters, sent.append, clock=lambda: now)
    keep_dead_letter(store, "m1", cause, expirytime="2027-01-15T08:02:00Z", tenant="x")
    tick()
    assert sent == [], "it came just now"
    now += 61
    tick()
    tick()
    assert [(event.id, event.extensions) for event in sent] == [("m1", {"tenant": "x"})] * again
    (dead_letter,) = store.dead_letters.list_kept(now)
    assert (dead_letter.replayed_at is not None) == again


def test_a_tick_sends_the_oldest_first_and_stops_where_the_broker_is_away() -> None:
    store, sent = memory_store(), list[str]()

    def publish(event: Envelope) -> None:
        if len(sent) == 2:
            raise Unavailable("the broker is away")
        sent.append(event.id)

    for number in (3, 1, 2, 0):
        keep_dead_letter(store, f"m{number}", "nlu answered 503", NOON + number, expirytime="2027-01-15T08:02:00Z")
    tick = Replaying(store.dead_letters, publish, clock=lambda: NOON + 100)
    tick()
    assert sent == ["m0", "m1"]
    open_ = [one.id for one in store.dead_letters.list_kept(NOON + 100) if one.replayed_at is None]
    assert open_ == ["m2", "m3"]
    sent.clear()
    tick()
    assert sent == ["m2", "m3"]


def test_what_nobody_has_wanted_for_a_day_is_left_to_people() -> None:
    store, sent = memory_store(), list[Envelope]()
    keep_dead_letter(store, "m1", "nlu answered 503", NOON + 86_400, expirytime="2027-01-15T08:00:00Z")
    keep_dead_letter(store, "m2", "nlu answered 503", NOON + 86_400)
    Replaying(store.dead_letters, sent.append, clock=lambda: NOON + 90_000)()
    assert sent == []
