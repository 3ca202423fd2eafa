"""CloudEvents over HTTP (binding specification 1.0.2). The only module that imports the cloudevents SDK.

cloudevents 1.12 does not escape header values and echoes bodies in its errors, so attributes are checked to be plain
printable tokens both ways, and its messages are not repeated.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from cloudevents.conversion import to_binary
from cloudevents.exceptions import GenericException
from cloudevents.http import CloudEvent, from_http

from shared.errors import Rejected
from shared.events.catalogue import CATALOGUE
from shared.events.envelope import DeliveryFailure, Envelope, Raw
from shared.events.identity import is_token
from shared.events.wire import from_wire, to_wire

TYPES = {cls.TYPE: cls for cls in CATALOGUE}

REQUIRED = ("id", "source", "type")

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
    try:
        event = from_http(dict(headers), body, data_unmarshaller=lambda data: data)
    except (GenericException, ValueError, TypeError, AttributeError) as exc:
        raise Rejected(
            "this is no CloudEvent 1.0: send the headers ce-specversion, ce-id, ce-source and ce-type, "
            "or a body of type application/cloudevents+json"
        ) from exc
    attributes = _plain(event.get_attributes())
    kind = TYPES.get(attributes["type"])
    raw = event.data.encode() if isinstance(event.data, str) else (event.data or b"")
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
        # The SDK stamps the present on an event without a time; in binary mode the header tells whether it had one.
        time=attributes.get("time") if "ce-time" in headers or "ce-id" not in headers else None,
        traceparent=attributes.get("traceparent"),
        expirytime=attributes.get("expirytime"),
        hasreplies=attributes.get("hasreplies") == "true",
        timings=attributes.get("timings", ""),
        failure=_failure(attributes),
    )


def encode(envelope: Envelope) -> tuple[dict[str, str], bytes]:
    """Headers and body of the event in binary mode."""
    if isinstance(envelope.data, Raw):
        content_type, body = envelope.data.content_type or "application/octet-stream", envelope.data.body
    else:
        content_type = "application/json"
        body = json.dumps(to_wire(envelope.data), ensure_ascii=False, separators=(",", ":")).encode()
    attributes = {
        "id": envelope.id,
        "source": envelope.source,
        "type": envelope.type,
        "datacontenttype": content_type,
        **({"subject": envelope.subject, "partitionkey": envelope.subject} if envelope.subject else {}),
        **({"time": envelope.time} if envelope.time else {}),
        **{name: value for name in EXTENSIONS if (value := getattr(envelope, name))},
        **({"hasreplies": "true"} if envelope.hasreplies else {}),
    }
    headers, data = to_binary(CloudEvent(_plain(attributes), body), data_marshaller=lambda content: content)
    if envelope.time is None:
        # The SDK stamps the present; an event without a time stays without, so that redelivery repeats every byte.
        headers.pop("ce-time", None)
    return headers, data or b""


def structured(envelope: Envelope) -> dict[str, Any]:
    """The event as one JSON object, in CloudEvents' JSON format: data as JSON where it is, else as data_base64."""
    headers, body = encode(envelope)
    event: dict[str, Any] = {
        name.removeprefix("ce-"): value for name, value in headers.items() if name != "content-type"
    }
    event["datacontenttype"] = headers["content-type"]
    try:
        return {**event, "data": json.loads(body)}
    except (ValueError, RecursionError):
        return {**event, "data_base64": base64.b64encode(body).decode()}


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


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise Rejected("the data is not JSON") from exc
