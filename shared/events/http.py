"""CloudEvents over HTTP (HTTP protocol binding 1.0.2, JSON format 1.0.2): one event in a request or an answer.

Written out instead of taken from the cloudevents SDK, which costs each cold start 13 ms of CPU, reads malformed JSON as
data, and neither escapes nor checks header values. A contract test compares both, in both directions and modes; tools
on one machine (`knative.local.broker.events`) use the SDK.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any
from urllib import parse

from shared.compact_json import make_writer
from shared.errors import Rejected
from shared.events.catalogue import CATALOGUE
from shared.events.envelope import DeliveryFailure, Envelope, Raw
from shared.events.identity import is_token
from shared.events.wire import from_wire, to_wire

_write_json = make_writer()

TYPES = {cls.TYPE: cls for cls in CATALOGUE}

REQUIRED = frozenset(("id", "source", "type"))

NO_EVENT = (
    "this is no CloudEvent 1.0: send the headers ce-specversion, ce-id, ce-source and ce-type, "
    "or a body of type application/cloudevents+json"
)

LIMITS = {"knativeerrordata": 4096}
"""Characters of an attribute, 1,024 where it is not here."""

EXTENSIONS = ("channel", "traceparent", "expirytime", "timings", "purpose", "arm")
"""Optional attributes that an Envelope carries under the same name."""

KNOWN = frozenset((*REQUIRED, *EXTENSIONS, "subject", "time", "message", "hasreplies", "datacontenttype"))
"""Attributes that an Envelope has a field for; it keeps all others as they came."""

_extensions_of = attrgetter(*EXTENSIONS)

HOP = "knative"
"""Begins the names of what a broker says of one delivery: its arrival, its failure. That is no part of the event."""

SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
"""What section 3.1.3.2 leaves as it is in a header: printable ASCII without space, double quote and percent."""

_PLAIN = re.compile(r"[!#$&-~]*")
"""Of SAFE, all of it: values that no escape stands for."""
_NAME = re.compile(r"[a-z0-9]+")
_NO_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What the specification (1.0.2, section "Type System") keeps out of strings; a line break would end a header."""


def decode(headers: Mapping[str, str], body: bytes, known: Sequence[Any] = CATALOGUE) -> Envelope:
    """The event in an HTTP message, binary or structured; data of a type in `known` is typed, other data stays Raw.

    The names of `headers` are in lower case. `{"ce-subject": "rest:j%C3%B6rg", ...}` has the subject `rest:jörg`.
    Raises Rejected, naming every mistake, where it is no CloudEvent 1.0 or its data is not what its type promises.
    """
    content_type = headers.get("content-type", "")
    if content_type.startswith("application/cloudevents-batch"):
        raise Rejected("batched CloudEvents are not taken; send one event in each request")
    if content_type.startswith("application/cloudevents"):
        attributes, raw = _read_structured(body)
    else:
        attributes, raw = _read_binary(headers, content_type), body
    if attributes.pop("specversion", None) != "1.0" or not attributes.keys() >= REQUIRED:
        raise Rejected(NO_EVENT)
    attributes = _check_attributes(attributes)
    get, ident, name = attributes.get, attributes["id"], attributes["type"]
    kind = TYPES.get(name)
    if kind is not None and kind in known:
        data: Any = from_wire(kind, _make_json(raw))
        if not is_token(ident):
            raise Rejected("ce-id must be a plain token: letters, digits and _.:@+~- only, at most 128")
    else:
        data = Raw(raw, get("datacontenttype"))
    return Envelope(
        id=ident,
        source=attributes["source"],
        subject=get("subject", ""),
        data=data,
        type=name,
        message=get("message", ident),
        channel=get("channel", ""),
        time=get("time"),
        traceparent=get("traceparent"),
        expirytime=get("expirytime"),
        hasreplies=get("hasreplies") == "true",
        timings=get("timings", ""),
        failure=_read_failure(attributes),
        extensions=_list_extensions(attributes),
        purpose=get("purpose", ""),
        arm=get("arm", ""),
    )


def encode(envelope: Envelope, timings: str | None = None) -> tuple[dict[str, str], bytes]:
    """Headers and body of the event in binary mode; with these `timings` instead of its own.

    Raises Rejected where an attribute cannot be one.
    """
    attributes, body = _write_headers(envelope, timings)
    if not _are_plain(attributes):
        content_type = attributes.get("datacontenttype")
        if content_type is not None and not content_type.isascii():
            raise Rejected("the CloudEvent attribute datacontenttype must be ASCII")
        attributes = {name: to_header(value) for name, value in _check_attributes(attributes).items()}
        attributes |= {"datacontenttype": content_type} if content_type is not None else {}
    headers = {"ce-specversion": "1.0"} | {f"ce-{name}": value for name, value in attributes.items()}
    # In binary mode the type of the data is the content type, and no header of its own (binding, section 3.1.1).
    if (kind := headers.pop("ce-datacontenttype", None)) is not None:
        headers["content-type"] = kind
    if envelope.traceparent:
        # The extension says where the event began; the header is for whoever traces this hop (CloudEvents extension
        # "distributed tracing", W3C Trace Context).
        headers["traceparent"] = envelope.traceparent
    return headers, body


def encode_structured(envelope: Envelope) -> dict[str, Any]:
    """The event as one JSON object, in CloudEvents' JSON format: data as JSON where it is, else as data_base64."""
    attributes, body = _write_headers(envelope, None)
    event: dict[str, Any] = {"specversion": "1.0", **_check_attributes(attributes)}
    if not body:
        return event
    if not is_json(attributes.get("datacontenttype")):
        return _with_bytes(event, body)
    try:
        data = json.loads(body, parse_constant=_refuse, parse_float=_read_finite)
    except (ValueError, RecursionError):
        return _with_bytes(event, body)
    # In this form null is no data.
    return {**event, "data": data} if data is not None else _with_bytes(event, body)


def _write_headers(envelope: Envelope, timings: str | None) -> tuple[dict[str, str], bytes]:
    """The attributes of the event but `specversion`, and its data as bytes."""
    data = envelope.data
    attributes = {**envelope.extensions, "id": envelope.id, "source": envelope.source, "type": envelope.type}
    if envelope.subject:
        attributes["subject"] = envelope.subject
        attributes.setdefault("partitionkey", envelope.subject)
    if envelope.time:
        attributes["time"] = envelope.time
    if envelope.message != envelope.id:
        attributes["message"] = envelope.message
    for name, value in zip(EXTENSIONS, _extensions_of(envelope), strict=True):
        if value:
            attributes[name] = value
    if timings is not None:
        attributes["timings"] = timings
        if not timings:
            del attributes["timings"]
    if envelope.hasreplies:
        attributes["hasreplies"] = "true"
    if not isinstance(data, Raw):
        attributes["datacontenttype"] = "application/json"
        if envelope.encoded is not None and envelope.encoded[0] is data:
            return attributes, envelope.encoded[1]
        return attributes, _write_json(to_wire(data)).encode()
    if data.content_type is not None:
        attributes["datacontenttype"] = data.content_type
    return attributes, data.body


def _list_extensions(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes that an Envelope has no field for, in their order."""
    others = attributes.keys() - KNOWN
    if attributes.get("partitionkey") == attributes.get("subject"):
        others.discard("partitionkey")
    if not others:
        return {}
    return {name: value for name, value in attributes.items() if name in others and not name.startswith(HOP)}


def to_header(value: str) -> str:
    """The value of an attribute as a header has it (binding, section 3.1.3.2): `rest:jörg` is `rest:j%C3%B6rg`."""
    return parse.quote(value, safe=SAFE)


def from_header(value: str) -> str:
    """The value of an attribute in a header: a quoted string is opened, then percent escapes are read, once.

    Raises Rejected where it is not ASCII, or its escapes are no UTF-8.
    """
    if not value.isascii():
        raise Rejected("the header of a CloudEvent attribute must be ASCII: percent-encode all else, in UTF-8")
    if '"' in value and len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    if "%" not in value:
        return value
    try:
        return parse.unquote(value, errors="strict")
    except ValueError as exc:
        raise Rejected("a CloudEvent attribute is percent-encoded, but not in UTF-8") from exc


def _read_binary(headers: Mapping[str, str], content_type: str) -> dict[str, Any]:
    """The attributes of an event in binary mode: each is a header, and the content type is the data's."""
    attributes: dict[str, Any] = {name[3:]: value for name, value in headers.items() if name.startswith("ce-")}
    if not _PLAIN.fullmatch("".join(attributes.values())):
        attributes = {name: from_header(value) for name, value in attributes.items()}
    if content_type:
        attributes["datacontenttype"] = content_type
    return attributes


def _read_structured(body: bytes) -> tuple[dict[str, Any], bytes]:
    """Attributes and data of an event that is one JSON object."""
    try:
        event = json.loads(body)
        if not isinstance(event, dict):
            raise Rejected(NO_EVENT)
        encoded, data = event.pop("data_base64", None), event.pop("data", None)
        raw = b""
        if encoded is not None:
            raw = base64.b64decode(encoded, validate=True)
        elif data is not None:
            # Data without a type is JSON (JSON format, section 3.1.1).
            kind = event.get("datacontenttype") or event.setdefault("datacontenttype", "application/json")
            raw = data.encode() if isinstance(data, str) and not is_json(kind) else json.dumps(data).encode()
    except (ValueError, TypeError, RecursionError, binascii.Error) as exc:
        raise Rejected(NO_EVENT) from exc
    # An attribute that is null is an attribute that is not there (JSON format, section 2.2).
    return {name: value for name, value in event.items() if value is not None}, raw


def is_json(content_type: object) -> bool:
    """Whether data of this type is JSON, as `application/json` and `application/geo+json; charset=utf-8` are."""
    return isinstance(content_type, str) and re.match(r"[^;]*/(.*\+)?json\s*(;|$)", content_type, re.I) is not None


def _read_failure(attributes: Mapping[str, str]) -> DeliveryFailure | None:
    code, destination = attributes.get("knativeerrorcode"), attributes.get("knativeerrordest")
    if code is None and destination is None:
        return None
    try:
        body = base64.b64decode(attributes.get("knativeerrordata", ""), validate=True).decode(errors="replace")
    except ValueError:
        body = attributes.get("knativeerrordata", "")
    return DeliveryFailure(code or "", destination or "", body)


def _check_attributes(attributes: Mapping[str, Any]) -> dict[str, str]:
    """The attributes as text, or Rejected with every one that cannot be an attribute."""
    if _are_plain(attributes):
        return dict(attributes)
    checked: dict[str, str] = {}
    mistakes = []
    for name, value in attributes.items():
        text = str(value).lower() if isinstance(value, int) and name not in REQUIRED else value
        if not _NAME.fullmatch(name) or name == "data":
            mistakes.append(f"{name[:40]!r} is no name of an attribute (lower case letters and digits)")
        elif not isinstance(text, str) or len(text) > LIMITS.get(name, 1024) or _NO_CHARACTERS.search(text):
            mistakes.append(f"{name[:40]} must be text without control characters, of at most 1,024 characters")
        elif not text and name in REQUIRED:
            mistakes.append(f"{name} is empty")
        else:
            checked[name] = text
    if mistakes:
        raise Rejected(f"this is no CloudEvent 1.0: {'; '.join(mistakes)}")
    return checked


def _are_plain(attributes: Mapping[str, Any]) -> bool:
    """Whether they stand in headers as they are, as they nearly always do; seen at once and not one by one."""
    try:
        values = "".join(attributes.values())
    except TypeError:
        return False
    # Where all of them are no longer than one may be, none is longer.
    return (
        len(values) <= 1024
        and _PLAIN.fullmatch(values) is not None
        and _NAME.fullmatch("".join(attributes)) is not None
        and "data" not in attributes
        and "" not in attributes
        and bool(attributes.get("id") and attributes.get("source") and attributes.get("type"))
    )


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _read_finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large for JSON")
    return number


def _with_bytes(event: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    return {**event, "data_base64": base64.b64encode(body).decode()}


def _make_json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise Rejected("the data is not JSON") from exc
