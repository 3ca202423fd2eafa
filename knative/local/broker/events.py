"""Any CloudEvent 1.0 over HTTP, read and written by the cloudevents SDK: attributes as text, data as opaque bytes.

The SDK (1.12) neither escapes nor checks attributes, and takes what is no JSON for text; both are seen to here.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cloudevents.abstract import CloudEvent
from cloudevents.conversion import from_http, to_binary
from cloudevents.exceptions import GenericException

from shared.errors import Rejected
from shared.events.http import from_header, is_json, to_header

PASSED = re.compile(r"x-request-id|retry-after|knative-.*|x-b3-.*")
"""The headers that Knative lets through; any other context has to travel in an extension attribute."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What the specification keeps out of strings; a line break here would end a header on the way out."""

STRUCTURED = "application/cloudevents+json"


@dataclass(frozen=True)
class Event(CloudEvent):  # type: ignore[misc]
    """One event, in the form that the SDK reads and writes."""

    attributes: Mapping[str, Any]
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """The few request headers that go on to the subscribers."""

    @classmethod
    def create(cls, attributes: Mapping[str, Any], data: Any) -> "Event":
        return cls(dict(attributes), data)

    def _get_attributes(self) -> dict[str, Any]:
        return dict(self.attributes)

    def get_data(self) -> bytes:
        return self.body


def is_event(headers: Mapping[str, str]) -> bool:
    """Whether an HTTP message claims to be a CloudEvent."""
    lowered = {name.lower(): value.lower() for name, value in headers.items()}
    return "ce-specversion" in lowered or lowered.get("content-type", "").startswith("application/cloudevents")


def parse(headers: Mapping[str, str], body: bytes) -> Event:
    """The event in a binary or structured message, or Rejected with every mistake."""
    headers = {name.lower(): value for name, value in headers.items()}
    kind = headers.get("content-type", "")
    if kind.lower().startswith("application/cloudevents-batch"):
        raise Rejected("batched CloudEvents are not taken; send one event in each request")
    passed = {name: value for name, value in headers.items() if PASSED.fullmatch(name)}
    structured = kind.lower().startswith("application/cloudevents")
    headers = {name: from_header(value) for name, value in headers.items() if name.startswith("ce-")}
    try:
        if wrong := _list_missing(json.loads(body) if structured else {name[3:]: headers[name] for name in headers}):
            raise Rejected(f"this is no CloudEvent 1.0: {'; '.join(wrong)}")
        headers = ({} if structured else headers) | ({"content-type": kind} if kind else {})
        read = from_http(Event, headers, body, data_unmarshaller=_as_it_is)
        attributes = {name: value for name, value in read.attributes.items() if value is not None}
        if structured:
            attributes.setdefault("datacontenttype", "application/json")
        attributes = {name: _write_canonical(value) for name, value in attributes.items()}
        "".join([*attributes.values(), *passed.values()]).encode()
        data = _read_bytes(read.body, attributes.get("datacontenttype"))
    except (GenericException, ValueError, TypeError, RecursionError) as exc:
        # What the SDK says of it may repeat what people wrote.
        raise Rejected("this is no CloudEvent: its attributes are not text, or its body is not what it says") from exc
    return Event(attributes, data, passed)


def to_headers(attributes: Mapping[str, Any]) -> dict[str, str]:
    """The headers that carry the attributes in binary mode."""
    headers, _ = to_binary(Event(attributes, b""), data_marshaller=_as_it_is)
    return {name: to_header(value) if name.startswith("ce-") else value for name, value in headers.items()}


def read_event(text: str | bytes) -> Event:
    """The event in a file, or in a store, in CloudEvents' JSON form; Rejected where it is none."""
    return parse({"content-type": STRUCTURED}, text.encode() if isinstance(text, str) else text)


def to_message(event: Event) -> tuple[dict[str, str], bytes]:
    """Headers and body of the event in binary mode."""
    return to_headers(event.attributes), event.body


def _list_missing(attributes: Any) -> list[str]:
    """What keeps these from being the attributes of an event."""
    if not isinstance(attributes, dict):
        return ["a structured event is a JSON object"]
    if (encoded := attributes.get("data_base64")) is not None:
        # The SDK leaves out what is not Base64.
        base64.b64decode(encoded, validate=True)
    named = {name: value for name, value in attributes.items() if name not in ("data", "data_base64")}
    wrong = [f"{name} is missing" for name in ("specversion", "id", "source", "type") if not named.get(name)]
    wrong += [f"{name[:40]!r} is no attribute name" for name in named if not re.fullmatch("[a-z0-9]+", name)]
    mistyped = [name[:40] for name, value in named.items() if not isinstance(value, str | int | None)]
    wrong += [f"{', '.join(mistyped)} must be a string, a whole number or a boolean"] if mistyped else []
    wrong += [f"{name[:40]} holds control characters" for name, text in named.items() if CONTROL.search(str(text))]
    wrong += ["specversion must be 1.0"] if named.get("specversion", "1.0") != "1.0" else []
    return wrong


def _write_canonical(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read_bytes(data: str | bytes | None, content_type: str | None) -> bytes:
    """The data as bytes; what was a JSON value in a structured event comes from the SDK as its text."""
    if not isinstance(data, str):
        return data or b""
    value = json.loads(data, parse_constant=_refuse)
    if isinstance(value, str) and not is_json(content_type):
        return value.encode()
    return b"" if value is None else data.encode()


def _as_it_is(data: Any) -> Any:
    return data


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")
