"""Code that was written for Rasa's SDK, mounted in this stage: the one module that imports rasa_sdk.

A project's folder of `Action` and `FormValidationAction` classes is loaded as `rasa run actions` loads it, and each
class runs here instead of on a server of its own: no second process, no HTTP. rasa_sdk is installed only where an
assistant needs it (`task setup:actions`); importing it costs a cold start 0.2 s of CPU (it brings Sanic).
"""

import importlib
import re
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.actions.action_server import request_body
from functions.actions.fulfilment import Action, Rejection, Result
from shared.errors import Unavailable
from shared.events.catalogue import ActionRequested
from shared.events.wire import JSON

USES = re.compile(r"^\s*(?:from|import)\s+rasa_sdk\b", re.MULTILINE)


def uses_sdk(directory: Path) -> bool:
    """Whether any module of the package at `directory` imports rasa_sdk."""
    return any(USES.search(file.read_text(encoding="utf-8", errors="replace")) for file in directory.rglob("*.py"))


@dataclass(frozen=True, slots=True)
class Mounted:
    """The actions of a project, each under the name that it gives itself."""

    executor: Any
    """rasa_sdk.executor.ActionExecutor"""
    domain: Mapping[str, JSON]
    """As Rasa sends it along; the classes get it at each call."""

    def has(self, action: str) -> bool:
        return action in self.executor.actions

    def function(self, requested: ActionRequested) -> Action:
        """The action that is asked for, as a function of this stage."""
        return lambda call: self._result(request_body(call, requested, self.domain))

    def _result(self, body: Mapping[str, JSON]) -> Result:
        import asyncio

        from rasa_sdk import ActionExecutionRejection

        try:
            # A loop of its own for each call: an action that blocks, as most do, holds up no other.
            ran = asyncio.run(self.executor.run(dict(body)))
        except ActionExecutionRejection as exc:
            raise Rejection from exc
        found = ran if isinstance(ran, Mapping) else {"events": ran.events, "responses": ran.responses}
        return Result(responses=tuple(found["responses"]), events=tuple(found["events"]))


def mount(directory: Path, domain: Mapping[str, JSON]) -> Mounted:
    """The actions in the package at `directory`, whose modules may import each other as `actions.x` and relatively.

    Raises Unavailable, saying what to do, where rasa_sdk is not installed or a module cannot be loaded.
    """
    try:
        with warnings.catch_warnings():
            # Whatever its own dependencies are deprecated for is no news here.
            warnings.simplefilter("ignore")
            from rasa_sdk.executor import ActionExecutor
    except ImportError as exc:
        raise Unavailable(
            f"the actions in {directory} are written for rasa_sdk, which is not installed ({exc}): run "
            "`task setup:actions`, or set ACTION_ENDPOINT to an action server that runs them"
        ) from exc
    parent = str(directory.resolve().parent)
    if parent not in sys.path:
        # At the end: a project's folders hide nothing of ours.
        sys.path.append(parent)
    executor = ActionExecutor()
    try:
        importlib.import_module(directory.name)
        executor.register_package(directory.name)
    except SystemExit as exc:
        # So it ends where a module lacks something; the cause is what it was handling.
        raise _unloadable(directory, exc.__context__ or exc) from exc
    except Exception as exc:
        raise _unloadable(directory, exc) from exc
    return Mounted(executor, domain)


def _unloadable(directory: Path, cause: BaseException) -> Unavailable:
    advice = "; name it in requirements.txt beside them, and run `task setup:actions`"
    missing = advice if isinstance(cause, ModuleNotFoundError) else ""
    return Unavailable(f"the actions in {directory} cannot be loaded: {type(cause).__name__}: {cause}{missing}")
