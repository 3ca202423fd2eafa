"""Any CloudEvent over HTTP: both modes, percent-encoded attributes, opaque data, and what is refused."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knative.local.broker.events import parse, to_headers
from shared.errors import Rejected

BINARY = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"}
STRUCTURED = {"content-type": "application/cloudevents+json; charset=utf-8"}
EVENT = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}

printable = st.characters(exclude_categories=["Cs", "Cc"])


def structured(**more: Any) -> bytes:
    return json.dumps({**EVENT, **more}).encode()


@given(subject=st.text(printable, min_size=1), body=st.binary())
def test_every_attribute_and_every_byte_survives_the_way_through(subject: str, body: bytes) -> None:
    headers = to_headers({**EVENT, "subject": subject, "datacontenttype": "application/octet-stream"})
    assert all(value.isascii() and value.isprintable() for value in headers.values())
    event = parse(headers, body)
    assert event.attributes["subject"] == subject
    assert event.body == body


def test_an_attribute_is_encoded_as_the_example_of_the_specification() -> None:
    assert (
        to_headers({**EVENT, "subject": 'Euro € 😀 "100%"'})["ce-subject"]
        == "Euro%20%E2%82%AC%20%F0%9F%98%80%20%22100%25%22"
    )


def test_a_quoted_value_is_opened_before_its_percent_escapes_are_read() -> None:
    event = parse({**BINARY, "ce-subject": '"a \\"b\\" %E2%82%AC"'}, b"")
    assert event.attributes["subject"] == 'a "b" €'


def test_header_names_are_taken_in_any_case() -> None:
    event = parse({"CE-SpecVersion": "1.0", "Ce-Id": "1", "ce-source": "/s", "CE-TYPE": "t", "X-Request-ID": "r"}, b"")
    assert event.attributes == EVENT
    assert event.headers == {"x-request-id": "r"}


def test_only_the_headers_that_knative_passes_go_on() -> None:
    passed = {"x-request-id": "1", "retry-after": "2", "knative-x": "3", "x-b3-traceid": "4"}
    lost = {"authorization": "secret", "cookie": "secret", "x-own": "5", "host": "h", "content-length": "0"}
    assert parse({**BINARY, **passed, **lost}, b"").headers == passed


def test_the_content_type_of_a_binary_event_is_its_datacontenttype() -> None:
    event = parse({**BINARY, "content-type": "application/xml"}, b"<a/>")
    assert event.attributes["datacontenttype"] == "application/xml"
    assert to_headers(event.attributes)["content-type"] == "application/xml"
    assert "content-type" not in to_headers(parse(BINARY, b"").attributes)


@pytest.mark.parametrize(
    ("more", "content_type", "body"),
    [
        ({"data": {"a": "é"}}, "application/json", b'{"a": "\\u00e9"}'),
        ({"data": "text"}, "application/json", b'"text"'),
        ({"data": "<a/>", "datacontenttype": "text/xml"}, "text/xml", b"<a/>"),
        ({"data_base64": base64.b64encode(b"\0\xff").decode(), "datacontenttype": "x/y"}, "x/y", b"\0\xff"),
        ({"data": None}, "application/json", b""),
        ({"data": False}, "application/json", b"false"),
        ({}, "application/json", b""),
    ],
)
def test_structured_data_becomes_the_bytes_of_its_content_type(
    more: dict[str, Any], content_type: str, body: bytes
) -> None:
    event = parse(STRUCTURED, structured(**more))
    assert (event.attributes["datacontenttype"], event.body) == (content_type, body)


def test_structured_attributes_become_their_canonical_text_and_null_is_absent() -> None:
    event = parse(STRUCTURED, structured(count=3, hasreplies=True, off=False, subject=None))
    assert event.attributes == {
        **EVENT,
        "count": "3",
        "hasreplies": "true",
        "off": "false",
        "datacontenttype": "application/json",
    }


@pytest.mark.parametrize(
    ("headers", "body", "said"),
    [
        ({}, b"not an event", "specversion is missing; id is missing; source is missing; type is missing"),
        ({**BINARY, "ce-specversion": "19.0"}, b"{}", "specversion must be 1.0"),
        ({**BINARY, "ce-id": ""}, b"", "id is missing"),
        ({**BINARY, "ce-my-name": "x"}, b"", "'my-name' is no attribute name"),
        ({**BINARY, "ce-subject": "%FF"}, b"", "not in UTF-8"),
        ({**BINARY, "ce-subject": "a%0Aset-cookie: b"}, b"", "subject holds control characters"),
        ({**BINARY, "ce-subject": "\udcff"}, b"", "must be ASCII"),
        ({**BINARY, "x-request-id": "\udcff"}, b"", "this is no CloudEvent"),
        (STRUCTURED, b"{", "this is no CloudEvent"),
        (STRUCTURED, b"[]", "is a JSON object"),
        (STRUCTURED, b"[" * 100_000, "this is no CloudEvent"),
        (STRUCTURED, b'{"id": 1' + b"0" * 5000 + b"}", "this is no CloudEvent"),
        (STRUCTURED, structured(price=1.5, tags=["a"]), "price, tags must be a string, a whole number or a boolean"),
        (STRUCTURED, structured(data_base64="!"), "this is no CloudEvent"),
        (STRUCTURED, structured(Upper="x"), "'Upper' is no attribute name"),
        (STRUCTURED, structured(datacontenttype="a/b\r\nx: y"), "datacontenttype holds control characters"),
        (STRUCTURED, structured(subject="\ud800"), "this is no CloudEvent"),
        (STRUCTURED, b'{"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": 1e999}', "no CloudEvent"),
        ({"content-type": "application/cloudevents-batch+json"}, b"[]", "send one event in each request"),
    ],
)
def test_what_is_no_cloudevent_is_refused_with_its_mistakes(headers: dict[str, str], body: bytes, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        parse(headers, body)
