"""CloudEvents over HTTP (HTTP protocol binding 1.0.2, JSON format 1.0.2): one event in a request or an answer.

Written out instead of taken from the cloudevents SDK, which costs each cold start 13 ms of CPU, reads malformed JSON as
data, and neither escapes nor checks header values. The tests compare both.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.errors import Rejected
from shared.events.catalogue import CATALOGUE
from shared.events.envelope import DeliveryFailure, Envelope, Raw
from shared.events.identity import is_token
from shared.events.wire import from_wire, to_wire

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

TYPES = {cls.TYPE: cls for cls in CATALOGUE}

REQUIRED = ("id", "source", "type")

NO_EVENT = (
    "this is no CloudEvent 1.0: send the headers ce-specversion, ce-id, ce-source and ce-type, "
    "or a body of type application/cloudevents+json"
)

LIMITS = {"knativeerrordata": 4096}
"""Characters of an attribute, 1,024 where it is not here."""

EXTENSIONS = ("message", "channel", "traceparent", "expirytime", "timings")
"""Optional attributes that an Envelope carries under the same name."""


def decode(headers: Mapping[str, str], body: bytes, known: Sequence[Any] = CATALOGUE) -> Envelope:
    """The event in an HTTP message, binary or structured; data of a type in `known` is typed, other data stays Raw.

    Raises Rejected, naming every mistake, where it is no CloudEvent 1.0 or its data is not what its type promises.
    """
    content_type = headers.get("content-type", "")
    if content_type.startswith("application/cloudevents-batch"):
        raise Rejected("batched CloudEvents are not taken; send one event in each request")
    if content_type.startswith("application/cloudevents"):
        attributes, raw = _structured(body)
    else:
        attributes, raw = _binary(headers, content_type), body
    if attributes.pop("specversion", None) != "1.0" or any(name not in attributes for name in REQUIRED):
        raise Rejected(NO_EVENT)
    attributes = _plain(attributes)
    kind = TYPES.get(attributes["type"])
    data: Any = Raw(raw, attributes.get("datacontenttype"))
    if kind is not None and kind in known:
        data = from_wire(kind, _json(raw))
    ident = attributes["id"]
    if data.TYPE and not is_token(ident):
        raise Rejected("ce-id must be a plain token: letters, digits and _.:@+~- only, at most 128")
    return Envelope(
        id=ident,
        source=attributes["source"],
        subject=attributes.get("subject", ""),
        data=data,
        type=attributes["type"],
        message=attributes.get("message", ident),
        channel=attributes.get("channel", ""),
        time=attributes.get("time"),
        traceparent=attributes.get("traceparent"),
        expirytime=attributes.get("expirytime"),
        hasreplies=attributes.get("hasreplies") == "true",
        timings=attributes.get("timings", ""),
        failure=_failure(attributes),
    )


def encode(envelope: Envelope, timings: str | None = None) -> tuple[dict[str, str], bytes]:
    """Headers and body of the event in binary mode; with these `timings` instead of its own."""
    if isinstance(envelope.data, Raw):
        content_type, body = envelope.data.content_type or "application/octet-stream", envelope.data.body
    else:
        content_type = "application/json"
        body = _COMPACT.encode(to_wire(envelope.data)).encode()
    attributes = {"id": envelope.id, "source": envelope.source, "type": envelope.type}
    if envelope.subject:
        attributes["subject"] = attributes["partitionkey"] = envelope.subject
    if envelope.time:
        attributes["time"] = envelope.time
    for name in EXTENSIONS:
        value = timings if name == "timings" and timings is not None else getattr(envelope, name)
        if value:
            attributes[name] = value
    if envelope.hasreplies:
        attributes["hasreplies"] = "true"
    # In binary mode the type of the data is the content type, and no header of its own (binding, section 3.1.1).
    _plain({**attributes, "datacontenttype": content_type})
    headers = {"ce-specversion": "1.0"}
    for name, value in attributes.items():
        headers[f"ce-{name}"] = value
    if envelope.traceparent:
        # The extension says where the event began; the header is for whoever traces this hop (CloudEvents extension
        # "distributed tracing", W3C Trace Context).
        headers["traceparent"] = envelope.traceparent
    headers["content-type"] = content_type
    return headers, body


def structured(envelope: Envelope) -> dict[str, Any]:
    """The event as one JSON object, in CloudEvents' JSON format: data as JSON where it is, else as data_base64."""
    headers, body = encode(envelope)
    event: dict[str, Any] = {
        name.removeprefix("ce-"): value for name, value in headers.items() if name.startswith("ce-")
    }
    event["datacontenttype"] = headers["content-type"]
    try:
        return {**event, "data": json.loads(body)}
    except (ValueError, RecursionError):
        return {**event, "data_base64": base64.b64encode(body).decode()}


def _binary(headers: Mapping[str, str], content_type: str) -> dict[str, Any]:
    """The attributes of an event in binary mode: each is a header, and the content type is the data's."""
    attributes: dict[str, Any] = {name[3:]: value for name, value in headers.items() if name.startswith("ce-")}
    return {**attributes, "datacontenttype": content_type} if content_type else attributes


def _structured(body: bytes) -> tuple[dict[str, Any], bytes]:
    """Attributes and data of an event that is one JSON object."""
    try:
        event = json.loads(body)
        if not isinstance(event, dict):
            raise Rejected(NO_EVENT)
        if (encoded := event.pop("data_base64", None)) is not None:
            event.pop("data", None)
            return event, base64.b64decode(encoded, validate=True)
        raw = json.dumps(event.pop("data")).encode() if "data" in event else b""
    except (ValueError, TypeError, RecursionError, binascii.Error) as exc:
        raise Rejected(NO_EVENT) from exc
    # An attribute that is null is an attribute that is not there (JSON format, section 2.2).
    return {name: value for name, value in event.items() if value is not None}, raw


def _failure(attributes: Mapping[str, str]) -> DeliveryFailure | None:
    code, destination = attributes.get("knativeerrorcode"), attributes.get("knativeerrordest")
    if code is None and destination is None:
        return None
    try:
        body = base64.b64decode(attributes.get("knativeerrordata", ""), validate=True).decode(errors="replace")
    except ValueError:
        body = attributes.get("knativeerrordata", "")
    return DeliveryFailure(code or "", destination or "", body)


def _plain(attributes: Mapping[str, Any]) -> dict[str, str]:
    """The attributes as text, or Rejected where one cannot stand in a header: printable ASCII, at most 1,024 of it."""
    if _are_plain(attributes):
        return dict(attributes)
    plain = {}
    for name, value in attributes.items():
        text = str(value).lower() if isinstance(value, int) and name not in REQUIRED else value
        if (
            not isinstance(text, str)
            or len(text) > LIMITS.get(name, 1024)
            or not text.isascii()
            or not text.isprintable()
        ):
            raise Rejected(
                f"the CloudEvent attribute {name[:40]!r} must be printable ASCII of at most 1,024 characters"
            )
        plain[name] = text
    for name in REQUIRED:
        if not plain.get(name):
            raise Rejected(f"the CloudEvent attribute {name} is empty")
    return plain


def _are_plain(attributes: Mapping[str, Any]) -> bool:
    """Whether they are as `_plain` would have them, as they nearly always are; seen at once and not one by one."""
    try:
        together = "".join(attributes.values())
    except TypeError:
        return False
    # Where all of them are no longer than one may be, none is longer.
    return (
        len(together) <= 1024
        and together.isascii()
        and together.isprintable()
        and all(attributes.get(name) for name in REQUIRED)
    )


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise Rejected("the data is not JSON") from exc
