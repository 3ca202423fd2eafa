"""Calls between stages that share a process, in the place of HTTP."""

import io
from collections.abc import Callable, Mapping
from typing import Any

from functions.runtime.request import Request
from shared.errors import Failure
from shared.events.envelope import Envelope
from shared.events.http import decode, encode
from shared.outbound import Answered, Outbound
from shared.serving import Bug, Handler, cause_of, describe_event, log_exception

SCHEME = "stage://"
"""`stage://delivery/outbox/...` is answered by the stage beside us."""
Take = Callable[[Envelope], Envelope | None]


class Calls(Outbound):
    """Outgoing HTTP, but for the addresses of stages that are here."""

    def __init__(self, outbound: Outbound, stages: Mapping[str, Handler]) -> None:
        super().__init__()
        self._outbound = outbound
        self._stages = stages

    def _request(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str], **options: Any) -> Answered:
        if not url.startswith(SCHEME):
            return self._outbound.request(method, url, body=body, headers=headers, **options)
        name, slash, target = url.removeprefix(SCHEME).partition("/")
        request = Request(method, f"{slash}{target}", {name.lower(): value for name, value in headers.items()})
        request.stream, request.content_length = io.BytesIO(body), len(body)
        answer, status, answered = self._stages[name](request)
        content = answer.encode() if isinstance(answer, str) else b"".join(_split_parts(answer))
        return Answered(status, {name.lower(): value for name, value in answered.items()}, content)

    def close(self) -> None:
        self._outbound.close()


def copy_events(stage: str, take: Take, consumes: tuple[Any, ...]) -> Take:
    """The same stage with events that are written out and read again on both ways, as between processes: for one that
    runs code of others, which may change what it is given and answer what no event holds."""

    def call(envelope: Envelope) -> Envelope | None:
        answer = take(decode(*encode(envelope), consumes))
        if answer is None:
            return None
        try:
            return decode(*encode(answer))
        except Failure:
            raise
        except Exception as exc:
            log_exception(stage, exc, describe_event(envelope), Bug.status)
            raise Bug(cause_of(stage, exc)) from exc

    return call


def _split_parts(body: Any) -> Any:
    return (body,) if isinstance(body, bytes) else (part.encode() if isinstance(part, str) else part for part in body)
