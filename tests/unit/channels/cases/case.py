"""One line of a platform's table: a request and the messages in it, or replies and the calls that they become."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from knative.platforms.port import Webhook, as_form, as_json
from shared.events.catalogue import Reply


@dataclass(frozen=True)
class Case:
    """A webhook, and what is heard in it."""

    name: str
    request: Mapping[str, Any]
    """A JSON document, or with `form` the fields of a form."""
    messages: Sequence[Mapping[str, Any]]
    """For each message what is promised of it; attachments as `type reference (name)`."""
    settings: Mapping[str, str] = field(default_factory=dict)
    form: bool = False

    def webhook(self) -> Webhook:
        return as_form(dict(self.request)) if self.form else as_json(self.request)


@dataclass(frozen=True)
class Rendered:
    """Replies, and the JSON (or form) of the calls that they become; what a body has besides is not looked at."""

    name: str
    replies: Sequence[Reply]
    calls: Sequence[Mapping[str, Any]]


MARKED = Reply("**Bold** and *it*, [1 < 2](https://e.com/?a=1&b=2) `x*y` & 2 * 3")
"""What every platform shows with marks of its own, or without any."""


@dataclass(frozen=True)
class Judged:
    """A platform's answer, and what it means."""

    status: int
    body: Any
    outcome: str
    cause: str = ""
    amended: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """All lines of one platform."""

    cases: Sequence[Case]
    rendered: Sequence[Rendered]
    judged: Sequence[Judged]
