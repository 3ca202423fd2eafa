"""The adapter for a server of responses: Rasa's NLG protocol as of 3.6 (core/nlg/callback.py).

It is called here, because this is the stage that calls the project's own servers: dialogue decides without a network.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.actions.action_server import tracker_of
from functions.actions.running import fail
from shared.errors import Unavailable
from shared.events.catalogue import ActionCompleted, ActionRequested
from shared.events.wire import JSON, to_wire
from shared.outbound import Outbound

MOST = 256 * 1024
"""Bytes of one response: it is kept in the conversation, and shown to actions."""
PARTS: Mapping[str, type[Any]] = {
    "text": str,
    "buttons": list,
    "quick_replies": list,
    "elements": list,
    "image": str,
    "custom": dict,
    "metadata": dict,
}
LISTS_OF_OBJECTS = ("buttons", "quick_replies", "elements")


@dataclass(frozen=True, slots=True)
class NlgServer:
    """A server of responses at `url`, which is waited for `seconds`."""

    url: str
    outbound: Outbound
    seconds: float

    def say(self, requested: ActionRequested, channel: str, left: float | None = None) -> ActionCompleted:
        """The response in the server's words, as the one response of an action that is done; `failed` for whatever
        else it answers, with no word of it. `left`: the seconds until nobody waits any more."""
        name, asked = requested.action, requested.response or {}
        body = {
            "response": name,
            "id": asked.get("id"),
            "arguments": asked.get("arguments") or {},
            "tracker": tracker_of(requested, channel),
            "channel": {"name": channel},
        }
        sent = json.dumps(body, ensure_ascii=False, default=to_wire).encode("utf-8", "surrogatepass")
        timeout = self.seconds if left is None else min(self.seconds, left)
        headers = {"content-type": "application/json"}
        try:
            answered = self.outbound.request(
                "POST", self.url, body=sent, headers=headers, timeout=max(0.05, timeout), most=MOST
            )
        except Unavailable as exc:
            return fail(name, f"the server of responses: {exc}")
        if answered.status != 200:
            return fail(name, f"the server of responses answered {answered.status} to {name}")
        try:
            return ActionCompleted(action=name, responses=tuple(read_response(answered.body)))
        except ValueError as exc:
            return fail(name, f"the server of responses answered {name} with {exc}")


def read_response(body: bytes) -> list[JSON]:
    """The response in a server's answer, none where it says nothing; ValueError where it is none, without its words."""
    if not body.strip():
        return []
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("something that is no JSON") from None
    if said is None or said == "":
        return []
    if not isinstance(said, dict):
        raise ValueError("something that is no JSON object")
    found: dict[str, JSON] = {}
    for part, kind in PARTS.items():
        value: Any = said.get(part)
        if value is None:
            continue
        if not isinstance(value, kind):
            raise ValueError(f"`{part}` that is no {'object' if kind is dict else 'text' if kind is str else 'list'}")
        if part in LISTS_OF_OBJECTS and not all(isinstance(item, dict) for item in value):
            raise ValueError(f"`{part}` that is no list of objects")
        found[part] = value
    if said.get("attachment") is not None:
        found["attachment"] = said["attachment"]
    return [found] if found else []
