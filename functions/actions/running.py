"""Running one of the assistant's own functions within its time."""

import json
import queue
import threading
from collections.abc import Mapping
from typing import Any

from functions.actions.fulfilment import Action, Call, Rejection, Result
from shared.errors import Unavailable
from shared.events.catalogue import ActionCompleted
from shared.logs import logger
from shared.telemetry import hashed

log = logger(__name__)


def run(action: Action, call: Call, seconds: float) -> ActionCompleted:
    """What came of the function within `seconds`; a function that breaks is `failed`, one that declines `rejected`.

    Raises Unavailable where the function does: what it needs may be back when the event comes again. Python cannot stop
    a function from outside, so one that takes too long runs on in a thread of its own and its result is dropped.
    """
    outcome: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()
    _in_a_thread((action, call, outcome))
    try:
        result = outcome.get(timeout=max(0.0, seconds))
    except queue.Empty:
        return failed(call.action, f"{call.action} gave no result within {seconds:.1f} s")
    if isinstance(result, Unavailable):
        raise result
    if isinstance(result, Rejection):
        return ActionCompleted(action=call.action, outcome="rejected")
    if isinstance(result, BaseException):
        return failed(
            call.action, f"{call.action} raised {type(result).__name__}; the log of actions has the traceback"
        )
    if mistake := _mistake(result):
        return failed(call.action, f"{call.action} {mistake}")
    return ActionCompleted(action=call.action, events=result.events, responses=result.responses)


def failed(action: str, error: str) -> ActionCompleted:
    return ActionCompleted(action=action, outcome="failed", error=error)


_Job = tuple[Action, Call, "queue.SimpleQueue[Result | BaseException]"]
_idle: "list[queue.SimpleQueue[_Job]]" = []
"""Threads that wait for another function, by what they are given it in: no more than ever ran at once."""


def _in_a_thread(job: _Job) -> None:
    """Give it to a thread that has nothing to do, or to a new one."""
    try:
        given = _idle.pop()
    except IndexError:
        given = queue.SimpleQueue()
        threading.Thread(target=_work, args=(given,), name="action", daemon=True).start()
    given.put(job)


def _work(given: "queue.SimpleQueue[_Job]") -> None:
    while True:
        action, call, outcome = given.get()
        _run(action, call, outcome)
        # What it was given is let go of, or it would be kept until the next call.
        del action, call, outcome
        _idle.append(given)


def _run(action: Action, call: Call, outcome: "queue.SimpleQueue[Result | BaseException]") -> None:
    try:
        outcome.put(action(call))
    except (Rejection, Unavailable) as exc:
        outcome.put(exc)
    except BaseException as exc:  # noqa: BLE001 - whatever the assistant's own code raises, the conversation goes on
        _log_places(call, exc)
        outcome.put(exc)


def _mistake(result: Any) -> str | None:
    if not isinstance(result, Result):
        return f"returned {type(result).__name__}, not a Result"
    parts: list[Any] = [*result.events, *result.responses]
    for part in parts:
        if not isinstance(part, Mapping):
            return "has something else than events and responses in its Result; use Result.of"
    try:
        json.dumps([result.events, result.responses], allow_nan=False, default=_mapping)
    except (TypeError, ValueError) as exc:
        return f"returned something that is no JSON ({type(exc).__name__})"
    return None


def _mapping(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(type(value).__name__)


def _log_places(call: Call, exc: BaseException) -> None:
    """For whoever mends the function. The message of an exception may quote the person, so it is left out."""
    fields = {
        "action": call.action,
        "raised": type(exc).__name__,
        "at": places(exc),
        "conversation": hashed(call.conversation),
    }
    log.error("action raised", extra={"fields": fields})


def places(exc: BaseException) -> str:
    """Where an exception came from: file, line and function of each frame, without any value."""
    lines = []
    frame = exc.__traceback__
    while frame is not None:
        code = frame.tb_frame.f_code
        lines.append(f"{code.co_filename}:{frame.tb_lineno} in {code.co_name}")
        frame = frame.tb_next
    return " > ".join(lines)
