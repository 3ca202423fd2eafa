"""The adapter for a Rasa SDK action server: its POST protocol as of Rasa 3.6 (core/actions/action.py:645-841)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from functions.actions.fulfilment import Call
from functions.actions.running import fail
from shared.errors import Unavailable
from shared.events.catalogue import ActionCompleted, ActionRequested
from shared.events.wire import JSON, to_wire
from shared.outbound import Answered, Outbound

VERSION = "3.6.21"
"""The Rasa whose protocol this is; an action server compares it with its own version and warns where they differ."""


@dataclass(frozen=True, slots=True)
class ActionServer:
    """An action server at `url`."""

    url: str
    domain: Mapping[str, JSON]
    """The domain as Rasa sends it along."""
    outbound: Outbound

    def run(
        self, call: Call, requested: ActionRequested, seconds: float, traceparent: str | None = None
    ) -> ActionCompleted:
        """What the action server made of the action; it goes on with the trace, as rasa_sdk 3.8 and newer do.

        Raises Unavailable where it cannot be reached, does not answer within `seconds`, or answers 5xx: it may be
        starting, and the event comes again.
        """
        body = json.dumps(build_request(call, requested, self.domain), ensure_ascii=False, default=to_wire).encode()
        headers = {"content-type": "application/json", **({"traceparent": traceparent} if traceparent else {})}
        answered = self.outbound.post(self.url, body, headers, timeout=max(0.05, seconds))
        return read_answer(call.action, answered, self.url)


def build_request(call: Call, requested: ActionRequested, domain: Mapping[str, JSON]) -> dict[str, JSON]:
    """Rasa's body: what to run, and the tracker and domain to run it with."""
    return {
        "next_action": requested.action,
        "sender_id": requested.sender,
        "tracker": tracker_of(requested, call.conversation.partition(":")[0]),
        "version": VERSION,
        "domain": dict(domain),
    }


def tracker_of(requested: ActionRequested, channel: str) -> dict[str, JSON]:
    """The conversation as Rasa shows it to servers."""
    events = list(requested.events)
    last = events[-1] if events else {}
    return {
        "sender_id": requested.sender,
        "slots": dict(requested.slots),
        "latest_message": dict(requested.latest_message),
        "latest_event_time": last.get("timestamp") if isinstance(last, Mapping) else None,
        "followup_action": None,
        "paused": False,
        "events": events,
        "latest_input_channel": channel,
        "active_loop": dict(requested.active_loop),
        "latest_action": {"action_name": requested.latest_action_name},
        "latest_action_name": requested.latest_action_name,
    }


def read_answer(action: str, answered: Answered, url: str) -> ActionCompleted:
    """The outcome that an answer stands for. Raises Unavailable where the server has an error of its own."""
    if answered.status >= 500:
        raise Unavailable(f"the action server {url} answered {answered.status} to {action}; its log has the cause")
    if answered.status == 404:
        return fail(action, f"the action server {url} has no {action}; define it there, or take it out of the domain")
    body = _read_object(answered.body)
    if answered.status == 400 and body is not None and "action_name" in body:
        return ActionCompleted(action=action, outcome="rejected")
    if answered.status != 200:
        return fail(action, f"the action server {url} answered {answered.status} to {action}")
    if body is None:
        return fail(action, f"the action server {url} answered {action} with something that is no JSON object")
    events, responses = _list_objects(body.get("events")), _list_objects(body.get("responses"))
    if events is None or responses is None:
        return fail(action, f"the action server {url} answered {action} with events or responses that are no lists")
    return ActionCompleted(action=action, events=events, responses=responses)


def _read_object(body: bytes) -> Mapping[str, JSON] | None:
    try:
        parsed = json.loads(body)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _list_objects(value: JSON) -> tuple[JSON, ...] | None:
    """A list of objects; a missing one counts as empty, as Rasa takes it."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return None
    return tuple(value)
