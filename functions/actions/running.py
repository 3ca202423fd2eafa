"""Running the assistant's own functions within their time, at most so many at once."""

import json
from collections.abc import Mapping
from typing import Any

from functions.actions.fulfilment import Action, Call, Rejection, Result
from shared.errors import Unavailable
from shared.events.catalogue import ActionCompleted
from shared.logs import ERROR, get_logger
from shared.telemetry import hash_conversation
from shared.threads import Threads, TookTooLong, TooMany

log = get_logger(__name__)

MAX_THREADS = 64
"""Functions that run at once in one process, those that hang included. A stage takes 8 events at once
(knative/base/services.yaml), so this is room for 56 that were given up and never ended."""


def fail(action: str, error: str) -> ActionCompleted:
    return ActionCompleted(action=action, outcome="failed", error=error)


class Runner:
    """Runs functions in threads of its own; safe to share between threads."""

    def __init__(self, seconds: float = 10.0, *, max_threads: int = MAX_THREADS, whole_errors: bool = False) -> None:
        self.seconds = seconds
        """What one function may take at most."""
        self._threads = Threads(max_threads, "action")
        self._whole_errors = whole_errors
        """Whether an error quotes what was raised, which may quote the person: on a developer's desk alone."""

    def run(self, action: Action, call: Call, seconds: float) -> ActionCompleted:
        """What came of the function within `seconds`; one that breaks is `failed`, one that declines `rejected`.

        Raises Unavailable where the function does (what it needs may be back when the event comes again), and where as
        many functions as may run at once hang: Python cannot stop a function from outside, so one that takes too long
        runs on, holds its thread, and its result is dropped.
        """
        try:
            result = self._threads.run(lambda: _run(action, call), seconds)
        except TooMany:
            raise Unavailable(
                f"too many actions hang or run for {call.action} to be started; which ones, the log says"
            ) from None
        except TookTooLong:
            return fail(call.action, f"{call.action} gave no result within {seconds:.1f} s")
        if isinstance(result, Unavailable):
            raise result
        if isinstance(result, Rejection):
            return ActionCompleted(action=call.action, outcome="rejected")
        if isinstance(result, BaseException):
            return fail(call.action, f"{call.action} raised {self._describe_error(result)}")
        if mistake := _make_mistake(result):
            return fail(call.action, f"{call.action} {mistake}")
        return ActionCompleted(action=call.action, events=result.events, responses=result.responses)

    def _describe_error(self, exc: BaseException) -> str:
        kind = type(exc).__name__
        if not self._whole_errors:
            return f"{kind}; the log of actions says where"
        frame = exc.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = f" at {frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame is not None else ""
        return f"{kind}: {exc}{place}"


def _run(action: Action, call: Call) -> Result | BaseException:
    try:
        return action(call)
    except (Rejection, Unavailable) as exc:
        return exc
    except BaseException as exc:
        # The project's own code may raise anything; logged here, since nobody may wait for it any more.
        fields = {"action": call.action, "conversation": hash_conversation(call.conversation)}
        log.log(ERROR, "action raised", exc_info=exc, extra={"fields": fields})
        return exc


def _make_mistake(result: Any) -> str | None:
    if not isinstance(result, Result):
        return f"returned {type(result).__name__}, not a Result"
    parts: list[Any] = [*result.events, *result.responses]
    for part in parts:
        if not isinstance(part, Mapping):
            return "has something else than events and responses in its Result; use Result.of"
    try:
        json.dumps([result.events, result.responses], allow_nan=False, default=_read_mapping)
    except (TypeError, ValueError) as exc:
        return f"returned something that is no JSON ({type(exc).__name__})"
    return None


def _read_mapping(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)
