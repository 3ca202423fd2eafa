"""Any CloudEvent 1.0 over HTTP: attributes as text, data as opaque bytes (HTTP binding specification 1.0.2)."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

from shared.errors import Rejected

SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
"""What section 3.1.3.2 leaves as it is in a header: printable ASCII without space, double quote and percent."""
PASSED = re.compile(r"x-request-id|retry-after|knative-.*|x-b3-.*")
"""The headers that Knative lets through; any other context has to travel in an extension attribute."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What the specification keeps out of strings; a line break here would end a header on the way out."""


@dataclass(frozen=True, slots=True)
class Event:
    attributes: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str]
    """The few request headers that go on to the subscribers."""


def is_event(headers: Mapping[str, str]) -> bool:
    """Whether an HTTP message claims to be a CloudEvent."""
    lowered = {name.lower(): value.lower() for name, value in headers.items()}
    return "ce-specversion" in lowered or lowered.get("content-type", "").startswith("application/cloudevents")


def parse(headers: Mapping[str, str], body: bytes) -> Event:
    """The event in a binary or structured message, or Rejected with every mistake."""
    headers = {name.lower(): value for name, value in headers.items()}
    kind = headers.get("content-type", "").lower()
    if kind.startswith("application/cloudevents-batch"):
        raise Rejected("batched CloudEvents are not taken; send one event in each request")
    passed = {name: value for name, value in headers.items() if PASSED.fullmatch(name)}
    try:
        attributes, data = _structured(body) if kind.startswith("application/cloudevents") else (_binary(headers), body)
        "".join([*attributes.values(), *passed.values()]).encode()
    except (ValueError, RecursionError) as exc:
        raise Rejected(f"this is no CloudEvent: {str(exc)[:200]}") from exc
    wrong = [f"{name} is missing" for name in ("specversion", "id", "source", "type") if not attributes.get(name)]
    wrong += [f"{name[:40]!r} is no attribute name" for name in attributes if not re.fullmatch("[a-z0-9]+", name)]
    wrong += [f"{name[:40]} holds control characters" for name, text in attributes.items() if CONTROL.search(text)]
    wrong += ["specversion must be 1.0"] if attributes.get("specversion", "1.0") != "1.0" else []
    if wrong:
        raise Rejected(f"this is no CloudEvent 1.0: {'; '.join(wrong)}")
    return Event(attributes, data, passed)


def to_headers(attributes: Mapping[str, str]) -> dict[str, str]:
    """The headers that carry the attributes in binary mode."""
    headers = {f"ce-{name}": quote(text, safe=SAFE) for name, text in attributes.items() if name != "datacontenttype"}
    return headers | ({"content-type": attributes["datacontenttype"]} if "datacontenttype" in attributes else {})


def _binary(headers: Mapping[str, str]) -> dict[str, str]:
    attributes = {name[3:]: _decoded(value) for name, value in headers.items() if name.startswith("ce-")}
    return attributes | ({"datacontenttype": headers["content-type"]} if headers.get("content-type") else {})


def _decoded(value: str) -> str:
    """Section 3.1.3.2: first a quoted string is opened, then percent escapes are read, once."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return unquote(value, errors="strict")


def _structured(body: bytes) -> tuple[dict[str, str], bytes]:
    event = json.loads(body)
    if not isinstance(event, dict):
        raise ValueError("a structured event is a JSON object")
    data, encoded = event.pop("data", None), event.pop("data_base64", None)
    kept = {
        "datacontenttype": "application/json",
        **{name: value for name, value in event.items() if value is not None},
    }
    if mistyped := [name[:40] for name, value in kept.items() if not isinstance(value, str | int)]:
        raise ValueError(f"{', '.join(mistyped)} must be a string, a whole number or a boolean")
    attributes = {
        name: str(value).lower() if value is True or value is False else str(value) for name, value in kept.items()
    }
    if encoded is not None:
        return attributes, base64.b64decode(str(encoded), validate=True)
    if isinstance(data, str) and "json" not in attributes["datacontenttype"]:
        return attributes, data.encode()
    return attributes, b"" if data is None else json.dumps(data, ensure_ascii=False, allow_nan=False).encode()
