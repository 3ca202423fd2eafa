"""The stages' codec against the cloudevents SDK, in both directions and both modes, for any attributes and data."""

import json
from typing import Any

import pytest
from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import CloudEvent, from_http
from hypothesis import given
from hypothesis import strategies as st

from knative.local.broker.events import STRUCTURED, Event, parse, to_message
from shared.errors import Rejected
from shared.events.catalogue import MessageReceived
from shared.events.envelope import Envelope, Raw
from shared.events.http import decode, encode, encode_structured

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=20)
"""What an attribute may hold."""
NAMES = st.from_regex("[a-z][a-z0-9]{0,8}", fullmatch=True).filter(
    lambda name: name not in ("data", "extensions", "specversion") and not name.startswith("knative")
)
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
CONTENTS = st.one_of(
    st.tuples(st.just("application/json"), JSONS.map(lambda value: json.dumps(value).encode())),
    st.tuples(st.sampled_from(["text/plain; charset=utf-8", "application/json", "image/png"]), st.binary(max_size=30)),
)
ATTRIBUTES = st.builds(
    lambda required, more: {**more, **required, "specversion": "1.0", "time": "2026-01-02T03:04:05Z"},
    st.fixed_dictionaries({"id": TEXTS, "source": TEXTS, "type": TEXTS}),
    st.dictionaries(NAMES | st.sampled_from(["subject", "dataschema", "partitionkey", "message"]), TEXTS, max_size=4),
)


def seen(message: tuple[dict[str, str], bytes]) -> tuple[dict[str, Any], bytes]:
    """What the SDK reads of a message in binary or structured mode."""
    event = parse(*message)
    return dict(event.attributes), event.body


@given(attributes=ATTRIBUTES, content=CONTENTS)
def test_an_event_of_the_sdk_goes_on_through_a_stage_as_it_came(
    attributes: dict[str, str], content: tuple[str, bytes]
) -> None:
    kind, body = content
    sent = {**attributes, "datacontenttype": kind}
    # Where a subject is, the partition key is its own or the subject: the stages' events are ordered by it.
    expected = sent | ({"partitionkey": sent["subject"]} if "subject" in sent and "partitionkey" not in sent else {})
    envelope = decode(*to_message(Event(sent, body)), known=())
    assert (envelope.id, envelope.type, envelope.data) == (sent["id"], sent["type"], Raw(body, kind))
    assert seen(encode(envelope)) == (expected, body)
    whole = json.dumps(encode_structured(envelope)).encode()
    attributes_, body_ = seen(({"content-type": STRUCTURED}, whole))
    assert attributes_ == expected
    if body and kind == "application/json" and body_ != body:
        assert json.loads(body_) == json.loads(body)
    else:
        assert body_ == body
    again = decode({"content-type": STRUCTURED}, whole, known=())
    assert seen(encode(again))[0] == expected


@given(attributes=ATTRIBUTES, text=st.text(max_size=60))
def test_typed_data_is_read_and_written_alike(attributes: dict[str, str], text: str) -> None:
    data = MessageReceived(text, "me")
    sent = {**attributes, "id": "m1", "type": MessageReceived.TYPE, "datacontenttype": "application/json"}
    event = CloudEvent(sent, {"text": text, "sender": "me"})
    envelope = decode({"content-type": STRUCTURED}, to_structured(event)[1])
    assert envelope.data == data
    assert decode(*to_message(Event(sent, to_binary(event)[1]))) == envelope
    headers, body = encode(envelope)
    assert from_http({name: value for name, value in headers.items() if name != "traceparent"}, body).data == (
        json.loads(body)
    )
    assert decode(headers, body) == envelope


def test_header_values_are_percent_encoded_once() -> None:
    envelope = Envelope("1", "/s", 'Euro € 😀 "100%"', Raw(b""), "t", "1", extensions={"tenant": "a%20b"})
    headers, body = encode(envelope)
    assert headers["ce-subject"] == "Euro%20%E2%82%AC%20%F0%9F%98%80%20%22100%25%22"
    assert headers["ce-tenant"] == "a%2520b"
    assert decode(headers, body) == envelope
    quoted = decode({**headers, "ce-subject": '"a \\"b\\" %E2%82%AC"', "ce-partitionkey": "k"}, b"")
    assert (quoted.subject, quoted.extensions["partitionkey"]) == ('a "b" €', "k")


@pytest.mark.parametrize(
    "changes",
    [
        {"ce-subject": "%FF"},
        {"ce-subject": "é"},
        {"ce-subject": "a%0Ab"},
        {"ce-subject": "%EF%BF%BF"},
        {"ce-te nant": "x"},
        {"ce-data": "x"},
        {"ce-tenant": "x" * 1025},
    ],
    ids=str,
)
def test_what_no_attribute_can_be_is_refused(changes: dict[str, str]) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t", **changes}
    with pytest.raises(Rejected):
        decode(headers, b"")


def test_data_that_is_no_json_is_kept_in_structured_form_byte_for_byte() -> None:
    for body in (b'{"a": NaN}', b"[1e999]", b"{", b"\xff"):
        whole = encode_structured(Envelope("1", "/s", "c", Raw(body, "application/json"), "t", "1"))
        assert decode({"content-type": STRUCTURED}, json.dumps(whole).encode()).data == Raw(body, "application/json")


def test_binary_data_survives_both_modes() -> None:
    event = CloudEvent({"id": "1", "source": "/test", "type": "other", "datacontenttype": "image/png"}, b"\x89PNG\xff")
    for message in (to_binary(event), to_structured(event)):
        assert decode(*_lowered(message)).data == Raw(b"\x89PNG\xff", "image/png")


@pytest.mark.parametrize(
    "changes",
    [
        {"ce-specversion": "0.3"},
        {"ce-specversion": "2.0"},
        {"ce-id": None},
        {"ce-type": None},
        {"ce-specversion": None},
    ],
)
def test_another_version_or_a_missing_attribute_is_no_event(changes: dict[str, str | None]) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/test", "ce-type": "other", **changes}
    with pytest.raises(Rejected, match="no CloudEvent"):
        decode({name: value for name, value in headers.items() if value is not None}, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b"{",
        b'"text"',
        b'{"specversion":"1.0","id":"1","source":"/t","type":"x","data_base64":"*"}',
        b'{"specversion":"1.0","id":"1","source":"/t","type":"x","data_base64":7}',
        b'{"specversion":"1.0","id":"1","source":"/t","type":null}',
        b'{"specversion":1.0,"id":"1","source":"/t","type":"x"}',
        b"\xff",
    ],
)
def test_a_structured_body_that_is_no_event_is_rejected(body: bytes) -> None:
    with pytest.raises(Rejected):
        decode({"content-type": "application/cloudevents+json"}, body)


def test_a_raw_content_type_that_cannot_be_a_header_is_rejected() -> None:
    envelope = Envelope(id="1", source="/t", subject="s", data=Raw(b"", "text/plain\r\nx: y"), type="x", message="1")
    with pytest.raises(Rejected):
        encode(envelope)


def _lowered(message: tuple[dict[str, str], bytes]) -> tuple[dict[str, str], bytes]:
    return {name.lower(): value for name, value in message[0].items()}, message[1]
