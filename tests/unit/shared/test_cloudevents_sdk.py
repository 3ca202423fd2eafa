"""What we write the CloudEvents SDK reads, and the reverse, in both modes."""

import json

import pytest
from cloudevents.conversion import to_binary, to_structured
from cloudevents.http import CloudEvent, from_http
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Rejected
from shared.events.catalogue import MessageReceived
from shared.events.envelope import Envelope, Raw
from shared.events.http import decode, encode, structured

TOKENS = st.text(st.sampled_from("abcXYZ019_.:@+~-"), min_size=1, max_size=40)
TEXTS = st.text(max_size=60)
ENVELOPES = st.builds(
    lambda ident, subject, text, channel, timings, replies: Envelope(
        id=ident,
        source="/parley/gateway",
        subject=subject,
        data=MessageReceived(text=text, sender="me"),
        type=MessageReceived.TYPE,
        message=ident,
        channel=channel,
        timings=timings,
        time="2026-01-02T03:04:05Z",
        hasreplies=replies,
    ),
    TOKENS,
    TOKENS,
    TEXTS,
    TOKENS,
    st.sampled_from(["", "gateway=1.2,nlu=3.4c"]),
    st.booleans(),
)


@given(ENVELOPES)
def test_the_sdk_reads_what_we_write(envelope: Envelope) -> None:
    headers, body = encode(envelope)
    for read in (
        from_http(headers, body),
        from_http({"content-type": "application/cloudevents+json"}, json.dumps(structured(envelope)).encode()),
    ):
        assert read["id"] == envelope.id
        assert read["source"] == envelope.source
        assert read["type"] == envelope.type
        assert read["subject"] == read["partitionkey"] == envelope.subject
        assert read["message"] == envelope.message
        assert read["time"] == envelope.time
        assert read.get("timings", "") == envelope.timings
        assert read.get("hasreplies") == ("true" if envelope.hasreplies else None)
        assert isinstance(envelope.data, MessageReceived)
        assert read.data["text"] == envelope.data.text


@given(TOKENS, TOKENS, TEXTS)
def test_we_read_what_the_sdk_writes(ident: str, channel: str, text: str) -> None:
    attributes = {"id": ident, "source": "/test", "type": MessageReceived.TYPE, "subject": ident, "channel": channel}
    event = CloudEvent(
        {**attributes, "datacontenttype": "application/json", "time": "2026-01-02T03:04:05Z"},
        {"text": text, "sender": "me"},
    )
    expected = decode(*_lowered(to_binary(event)))
    assert decode(*_lowered(to_structured(event))) == expected
    assert (expected.id, expected.channel, expected.time) == (ident, channel, "2026-01-02T03:04:05Z")
    assert expected.data == MessageReceived(text=text, sender="me")


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
