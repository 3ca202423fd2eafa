"""Endpoints of stages that share a process: /stages/STAGE/... is the stage's own path ..., for who has the token.

The process is reached from outside, and a stage believes every event. A secret in the address, or in the header, is all
that brokers can show: Knative's add no header of ours, and Host proves nothing, for queue-proxy takes it from
K-Original-Host, which anybody may send (knative/networking, pkg/http/proxy, RewriteHostOut).
"""

from collections.abc import Callable, Mapping
from typing import Any

from functions.gateway.access import Caller, Unauthorised, is_same_secret, read_bearer_token
from shared.config import Misconfigured
from shared.serving import Answer, Handler, answer_exception, fail, lower_names, query_of

PREFIX = "/stages/"
MIN_TOKEN = 32


class StageEndpoints:
    """Answers every request of the process."""

    def __init__(self, gateway: Handler, stages: Mapping[str, Handler], token: str) -> None:
        """Misconfigured where the token could be guessed."""
        if token and len(token) < MIN_TOKEN:
            raise Misconfigured(
                f"parley: STAGES_TOKEN must have at least {MIN_TOKEN} characters; `openssl rand -hex 32` makes one"
            )
        self._gateway = gateway
        self._stages = stages
        self._token = token

    def __call__(self, request: Any) -> Answer:
        if not request.path.startswith(PREFIX):
            return self._gateway(request)
        name, _, rest = request.path.removeprefix(PREFIX).partition("/")
        try:
            self._check(request)
        except Unauthorised as exc:
            return answer_exception("all_in_one", exc, {"path": PREFIX})
        stage = self._stages.get(name)
        if stage is None:
            return fail(404, f"there is no such stage here; there are {', '.join(self._stages)}")
        request.path = f"/{rest}"
        return stage(request)

    def _check(self, request: Any) -> None:
        """Raise Unauthorised, whatever the path, so that nobody learns what is there."""
        caller = Caller("", lower_names(request.headers), query_of(request).get("token"))
        if not self._token or not is_same_secret(read_bearer_token(caller) or caller.token or "", self._token):
            raise Unauthorised("events are brought to stages with the token of STAGES_TOKEN")


def choose_body_limit(gateway: Callable[[Any], int], event: int) -> Callable[[Any], int]:
    """How many bytes the body of a request may have: `event` at the endpoints of stages."""
    return lambda request: event if request.path.startswith(PREFIX) else gateway(request)
