"""Asking the dialogue stage about conversations, and errors in the shape of Rasa's API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.gateway.rasa_api import RASA
from functions.gateway.rasa_api.reading import conversation_of
from shared.channels import rest
from shared.errors import Failure, Unavailable
from shared.events.identity import derive_conversation_id
from shared.events.wire import JSON
from shared.outbound import Outbound
from shared.serving import Answer, json_answer

VERBS = ("tracker", "messages", "trigger_intent", "execute", "predict", "story")
"""What is asked of one conversation."""
REASONS = {400: "BadRequest", 401: "NotAuthenticated", 403: "NotAuthorized", 404: "NotFound", 405: "MethodNotAllowed"}


class ApiError(Failure):
    """An error of the API with a status of its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def refuse_api(failure: Failure) -> Answer:
    """A failure in the shape of Rasa's API errors, and in ours (`error`)."""
    cause = str(failure)
    body: dict[str, JSON] = {
        "version": RASA,
        "status": "failure",
        "message": cause,
        "reason": REASONS.get(failure.status, "ConversationError"),
        "details": {},
        "help": None,
        "code": failure.status,
        "error": cause,
    }
    return json_answer(failure.status, body)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What the dialogue stage is asked of conversations, beside events."""

    url: str
    outbound: Outbound

    def ask(self, seconds: float, **asked: JSON) -> Any:
        """Its answer; raises Unavailable, or what it refused with."""
        if not self.url:
            raise Unavailable("the gateway does not know where dialogue is: set DIALOGUE_URL")
        body = json.dumps(asked, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"content-type": "application/json"}
        answered = self.outbound.post(f"{self.url.rstrip('/')}/conversation", body, headers, seconds)
        try:
            said = json.loads(answered.body)
        except ValueError as exc:
            raise Unavailable(f"dialogue answered {answered.status} and no JSON") from exc
        if answered.status == 200:
            return said
        if answered.status in (400, 404, 409):
            raise ApiError(answered.status, str(said.get("error", "refused")))
        raise Unavailable(f"dialogue answered {answered.status}; ask again in a moment")


def check_owner(claims: Mapping[str, JSON], path: str) -> None:
    """Raise where a token of Rasa's role `user` asks for more than the conversation that has their name."""
    user = claims.get("user")
    if not isinstance(user, Mapping) or user.get("role") in (None, "admin"):
        return
    parts = path.split("/")[1:]
    own = len(parts) > 2 and parts[0] == "conversations" and parts[1] == user.get("username") and parts[2] in VERBS
    # Those of other channels are nobody's who calls here.
    own = own and conversation_of(parts[1]) == derive_conversation_id(rest.NAME, parts[1])
    if user.get("role") != "user" or not own:
        raise ApiError(403, "User has insufficient permissions.")
