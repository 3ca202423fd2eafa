"""Rasa's HTTP API (3.6.21, server.py), as far as it has a meaning here; who may call REST may call it.

GET  /version, /status, /domain
POST /model/parse                        {"text"}
GET  /conversations/ID/tracker           ?include_events=NONE|APPLIED|AFTER_RESTART|ALL &until=
POST, PUT /conversations/ID/tracker/events
POST /conversations/ID/messages          {"text", "sender": "user", "parse_data"?}
POST /conversations/ID/trigger_intent    {"name", "entities"?}  ?output_channel=latest
POST /conversations/ID/execute           {"name", "policy"?, "confidence"?}  ?output_channel=latest
POST /conversations/ID/predict
GET  /conversations/ID/story             ?until= &all_sessions=

ID is a sender of the REST channel, or a whole conversation of any channel, as telegram:1234. What trains, loads or
tests models answers 405 and says how that is done here. Errors have Rasa's shape.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from functions.gateway.access import Caller
from functions.gateway.arrivals import SOURCE, Arrivals, format_timestamp, traceparent_of, utc_now
from functions.gateway.pipeline import Broken, Pipeline
from functions.gateway.rasa_api import RASA
from functions.gateway.rasa_api.asking import ApiError, Dialogue
from functions.gateway.rasa_api.reading import (
    conversation_of,
    parse_view,
    read_body,
    read_entities,
    read_events,
    read_found,
    read_intent,
    read_name,
    read_text,
    read_time,
)
from functions.gateway.turns import Turns
from shared.channels import rest
from shared.channels.names import PLATFORMS
from shared.channels.port import InboundMessage
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import (
    ActionRequested,
    MessageReceived,
    MessageUnderstood,
    RepliesDecided,
    Reply,
    TurnRequested,
    TurnSummary,
)
from shared.events.envelope import Envelope
from shared.events.identity import derive_message_id
from shared.events.wire import JSON
from shared.serving import Answer, json_answer, text_answer

INSTEAD: Mapping[str, str] = {
    "/model": "a model is replaced by a rollout of its bundle: `task train`, then `task deploy` (or `task up`)",
    "/model/train": "models are trained with `task train ASSISTANT=...`, never by a running assistant",
    "/model/test/stories": "test stories are passed with `task test:stories ASSISTANT=...`",
    "/model/test/intents": "understanding is judged with `task eval ASSISTANT=...`",
    "/model/predict": "a conversation's next action is at POST /conversations/ID/predict",
}


@dataclass(frozen=True, slots=True)
class RasaApi:
    """Answers the API's requests; keeps nothing."""

    dialogue: Dialogue
    pipeline: Pipeline
    turns: Turns
    arrivals: Arrivals
    publish: Callable[[Envelope], object] | None
    """Gives the broker what is to be said on a platform."""
    slot: Callable[[], AbstractContextManager[None]]
    """A turn's place among those that are answered at once, as REST's."""
    seconds: float

    def __call__(
        self, method: str, path: str, query: Mapping[str, str], caller: Caller, read: Callable[[], bytes]
    ) -> Answer:
        """The answer at `path`; `read` gives the body. The caller was let in."""
        match path.split("/")[1:]:
            case ["version"]:
                _allow_method(method, "GET")
                return json_answer(200, {"version": RASA, "minimum_compatible_version": RASA})
            case ["status"]:
                _allow_method(method, "GET")
                return json_answer(200, {**self._ask(do="status"), "num_active_training_jobs": 0})
            case ["domain"]:
                _allow_method(method, "GET")
                return self._show_domain(caller.headers.get("accept", "application/json"))
            case ["model", "parse"]:
                _allow_method(method, "POST")
                return self._parse(read_body(read()), query)
            case ["conversations", *name, "tracker"] if name:
                _allow_method(method, "GET")
                return json_answer(200, self._fetch_tracker("/".join(name), query))
            case ["conversations", *name, "tracker", "events"] if name:
                _allow_method(method, "POST", "PUT")
                return self._change("/".join(name), query, read(), whole=method == "PUT")
            case ["conversations", *name, "story"] if name:
                _allow_method(method, "GET")
                return self._fetch_story("/".join(name), query)
            case ["conversations", *name, ("messages" | "trigger_intent" | "execute" | "predict") as verb] if name:
                _allow_method(method, "POST")
                with self.slot():
                    return self._turn(verb, "/".join(name), query, read())
        if path in INSTEAD:
            raise ApiError(405, f"this has no meaning here: {INSTEAD[path]}")
        raise ApiError(404, "there is nothing at this path; GET /openapi.json lists what there is")

    def _turn(self, verb: str, name: str, query: Mapping[str, str], body: bytes) -> Answer:
        asked = read_body(body or b"{}")
        match verb:
            case "predict":
                return json_answer(200, self._ask_dialogue(name, "predict", query))
            case "messages":
                return self._take_message(name, query, asked)
            case "trigger_intent":
                entities = read_entities(asked.get("entities"))
                wanted = TurnRequested("intent", name, read_name(asked, "intent"), entities)
            case _:
                policy, confidence = asked.get("policy"), asked.get("confidence")
                if policy is not None and not isinstance(policy, str):
                    raise Rejected("policy must be a text")
                if confidence is not None and (isinstance(confidence, bool) or not isinstance(confidence, int | float)):
                    raise Rejected("confidence must be a number")
                wanted = TurnRequested("action", name, read_name(asked, "action"), policy=policy, confidence=confidence)
        return self._request_turn(name, query, wanted)

    def _request_turn(self, name: str, query: Mapping[str, str], wanted: TurnRequested) -> Answer:
        """A turn, whose replies the caller reads, or the person on the platform where they are."""
        conversation = conversation_of(name)
        channel = conversation.partition(":")[0]
        if wanted.kind == "action":
            # As in Rasa, which wants a conversation to run an action in; it may be told an intent anew.
            self._require_known(conversation)
        output = query.get("output_channel")
        there = output in ("latest", channel) and channel in (*PLATFORMS, "webchat") and self._is_known(conversation)
        envelope = self._make_event(conversation, channel, wanted)
        answer: dict[str, JSON] = {}
        try:
            if there:
                self._say_there(envelope)
            else:
                replies = list(self.turns.iterate_replies(envelope, self.seconds))
                answer = {"messages": rest.render_messages(replies, name)}
        except Broken as exc:
            if exc.answered == Rejected.status:
                raise ApiError(404, f"The {wanted.kind} {wanted.name} does not exist in the domain.") from exc
            raise
        return json_answer(200, {"tracker": self._fetch_tracker(name, query), **answer})

    def _say_there(self, envelope: Envelope) -> None:
        """Decide the turn here, and have its replies brought to the person."""
        if self.publish is None:
            raise Unavailable("what is said on a platform needs a broker: set BROKER_URL on the gateway")
        replies: list[Reply] = []
        for event in self.pipeline.run(envelope, self.seconds):
            if isinstance(event.data, ActionRequested):
                replies += event.data.replies
            elif isinstance(event.data, RepliesDecided):
                # The actions ran here, so that what was said before them goes out with the rest.
                data = replace(event.data, replies=(*replies, *event.data.replies), said=0)
                self.publish(replace(event, data=data))

    def _take_message(self, name: str, query: Mapping[str, str], asked: Mapping[str, JSON]) -> Answer:
        if asked.get("sender") != "user":
            raise Rejected("Currently, only user messages can be passed to this endpoint: set sender to user")
        said = read_text(asked)
        parsed = asked.get("parse_data")
        conversation = conversation_of(name)
        channel = conversation.partition(":")[0]
        if isinstance(parsed, Mapping):
            received = MessageReceived(said, name, sent_at=format_timestamp(utc_now()))
            understood = MessageUnderstood(received, read_intent(parsed.get("intent")), entities=read_found(parsed))
        else:
            understood = self._understand(said, name, channel)
        wanted = TurnRequested("message", name, understood=understood)
        for _ in self.turns.iterate_replies(self._make_event(conversation, channel, wanted), self.seconds):
            pass
        return json_answer(200, self._fetch_tracker(name, query))

    def _parse(self, asked: Mapping[str, JSON], query: Mapping[str, str]) -> Answer:
        if query.get("emulation_mode"):
            raise Rejected("emulation_mode has no meaning here; the answer is Rasa's own form")
        said = read_text(asked)
        return json_answer(200, parse_view(said, self._understand(said, "parse", rest.NAME)))

    def _understand(self, said: str, sender: str, channel: str) -> MessageUnderstood:
        message = InboundMessage(text=said.strip(), sender=sender)
        answered = self.pipeline.take(self.arrivals.make_event(message, channel, None), self.seconds)
        if not isinstance(answered.data, MessageUnderstood):
            raise Unavailable("nlu answered something else than what it understood")
        return answered.data

    def _fetch_tracker(self, name: str, query: Mapping[str, str]) -> JSON:
        return self._ask_dialogue(name, "tracker", query)

    def _change(self, name: str, query: Mapping[str, str], body: bytes, *, whole: bool) -> Answer:
        events = read_events(body)
        message = derive_message_id("api", secrets.token_hex(16))
        changed = self._ask_dialogue(name, "replace" if whole else "append", query, events=events, message=message)
        if query.get("execute_side_effects", "").lower() == "true":
            self._say_events(conversation_of(name), message, events if isinstance(events, list) else [events])
        return json_answer(200, changed)

    def _say_events(self, conversation: str, message: str, events: list[Any]) -> None:
        """Bring what bot events say to the person, on the platform where they are; reminders are kept in any case."""
        channel = conversation.partition(":")[0]
        said = [event.get("text") for event in events if event.get("event") == "bot" and event.get("text")]
        if not said or channel not in (*PLATFORMS, "webchat"):
            return
        if self.publish is None:
            raise Unavailable("what is said on a platform needs a broker: set BROKER_URL on the gateway")
        place = self._ask(do="place", conversation=conversation)
        decided = RepliesDecided(
            sender=str(place.get("sender") or ""),
            replies=tuple(Reply(text=str(words)) for words in said),
            turn=TurnSummary(message=message),
            locale=place.get("locale"),
            address=place.get("address") or {},
        )
        event = self._make_event(conversation, channel, decided)
        self.publish(replace(event, id=message, message=message))

    def _fetch_story(self, name: str, query: Mapping[str, str]) -> Answer:
        everything = query.get("all_sessions", "").lower() == "true"
        return text_answer(200, self._ask_dialogue(name, "story", query, all_sessions=everything)["story"])

    def _show_domain(self, accept: str) -> Answer:
        domain = self._ask(do="domain")
        if accept.endswith(("json", "*/*")):
            return json_answer(200, domain)
        if accept.endswith(("yml", "yaml")):
            # JSON is YAML; a domain is read by programs.
            return json.dumps(domain, ensure_ascii=False, indent=2) + "\n", 200, {"content-type": "application/yaml"}
        raise ApiError(406, "Invalid Accept header. Domain can be provided as application/json or application/yaml")

    def _ask_dialogue(self, name: str, do: str, query: Mapping[str, str], **more: JSON) -> Any:
        asked: dict[str, JSON] = {"conversation": conversation_of(name), "sender": name, **more}
        if "include_events" in query:
            asked["include_events"] = query["include_events"]
        if "until" in query:
            asked["until"] = read_time(query["until"])
        return self._ask(do=do, **asked)

    def _ask(self, **asked: JSON) -> Any:
        return self.dialogue.ask(self.seconds, **asked)

    def _require_known(self, conversation: str) -> None:
        if self._ask(do="place", conversation=conversation) == {}:
            raise ApiError(404, "Conversation ID not found.")

    def _is_known(self, conversation: str) -> bool:
        place = self._ask(do="place", conversation=conversation)
        return bool(place.get("sender"))

    def _make_event(self, conversation: str, channel: str, data: TurnRequested | RepliesDecided) -> Envelope:
        message = derive_message_id("api", secrets.token_hex(16))
        return Envelope(
            id=message,
            source=SOURCE,
            subject=conversation,
            data=data,
            type=data.TYPE,
            message=message,
            channel=channel,
            time=format_timestamp(utc_now()),
            traceparent=traceparent_of(None),
        )


def _allow_method(method: str, *wanted: str) -> None:
    if method not in wanted:
        raise ApiError(405, f"this path takes {' or '.join(wanted)}")
