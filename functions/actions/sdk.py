"""Code that was written for Rasa's SDK, mounted in this stage: the one module that imports rasa_sdk.

A project's folder of `Action` and `FormValidationAction` classes is loaded as `rasa run actions` loads it, and each
class runs here instead of on a server of its own: no second process, no HTTP. rasa_sdk is installed only where an
assistant needs it (`task setup:actions`); importing it costs a cold start 0.2 s of CPU (it brings Sanic).

Each module is loaded by itself: one that cannot be takes along its own actions and no others.
"""

import importlib
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from functions.actions.action_server import build_request
from functions.actions.fulfilment import Action, Rejection, Result
from shared.errors import Unavailable
from shared.events.catalogue import ActionRequested
from shared.events.wire import JSON

USES = re.compile(r"^\s*(?:from|import)\s+rasa_sdk\b", re.MULTILINE)


def uses_sdk(directory: Path) -> bool:
    """Whether any module of the package at `directory` imports rasa_sdk."""
    sources = (file.read_bytes() for file in directory.rglob("*.py"))
    return any(b"rasa_sdk" in source and USES.search(source.decode("utf-8", "replace")) for source in sources)


@dataclass(frozen=True, slots=True)
class Mounted:
    """The actions of a project, each under the name that it gives itself, as far as its code could be loaded."""

    executor: Any = None
    """rasa_sdk.executor.ActionExecutor; None where nothing could be loaded."""
    domain: Mapping[str, JSON] = field(default_factory=dict)
    """As Rasa sends it along; the classes get it at each call."""
    broken: Mapping[str, str] = field(default_factory=dict)
    """What could not be loaded (a module, or a class in one) -> why, and what to do."""

    def has(self, action: str) -> bool:
        return self.executor is not None and action in self.executor.actions

    def find_function(self, requested: ActionRequested) -> Action:
        """The action that is asked for, as a function of this stage."""
        return lambda call: self._read_result(build_request(call, requested, self.domain))

    def _read_result(self, body: Mapping[str, JSON]) -> Result:
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
    """The actions in the package at `directory`, whose modules may import each other as `actions.x` and relatively,
    and what lies beside the package, as where `rasa run actions` is started.

    What cannot be loaded is in `broken`. Raises Unavailable, saying what to do, where rasa_sdk is not installed.
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
    _add_search_paths(directory)
    broken: dict[str, str] = {}
    _load(directory.name, directory, broken)
    executor = ActionExecutor()
    for action in _list_classes():
        try:
            executor.register_action(action)
        except Exception as exc:  # noqa: BLE001 - whatever a constructor of the project raises
            broken[f"{action.__module__}.{action.__qualname__}"] = f"{type(exc).__name__}: {exc}"
    return Mounted(executor, domain, broken)


def _add_search_paths(directory: Path) -> None:
    """Find modules where a project is run from, and in its folder of actions, where some are run from, too."""
    # At the end: a project's folders hide nothing of ours.
    own = directory.resolve()
    for path in (own.parent, own):
        if path == own and not (own / "__init__.py").is_file():
            # A folder without it would give way to a module in it of the same name, so it is taken first.
            importlib.import_module(own.name)
        if str(path) not in sys.path:
            sys.path.append(str(path))
        importlib.invalidate_caches()


def _load(name: str, path: Path, broken: dict[str, str]) -> None:
    """Import a package and everything below it, noting what fails."""
    try:
        importlib.import_module(name)
    except (Exception, SystemExit) as exc:  # noqa: BLE001 - whatever code of the project raises
        broken[name] = explain(exc, path)
        return
    for file in sorted(path.iterdir()):
        if file.is_dir() and file.name.isidentifier() and any(file.rglob("*.py")):
            _load(f"{name}.{file.name}", file, broken)
        elif file.suffix == ".py" and file.stem != "__init__":
            inner = f"{name}.{file.stem}"
            try:
                importlib.import_module(inner)
            except (Exception, SystemExit) as exc:  # noqa: BLE001 - the same
                broken.setdefault(inner, explain(exc, path))


def _list_classes() -> Iterator[type]:
    """The classes of actions that were loaded and are not rasa_sdk's own."""
    import inspect

    from rasa_sdk import Action, utils

    for action in utils.all_subclasses(Action):
        if not action.__module__.startswith(("rasa_sdk.", "rasa.")) and not inspect.isabstract(action):
            yield action


def explain(cause: BaseException, directory: Path) -> str:
    """Why code cannot be loaded and what to do: a package is only named where no file of the project has its name."""
    said = f"{type(cause).__name__}: {cause}"
    if not isinstance(cause, ModuleNotFoundError) or not cause.name:
        return said
    top = cause.name.partition(".")[0]
    if top == "rasa":
        return f"{said}; this code needs Rasa itself: run it on an action server, and set ACTION_ENDPOINT to it"
    for folder in (directory, *directory.parents[:2]):
        if (folder / f"{top}.py").exists() or (folder / top).is_dir():
            return f"{said}; {folder.name}/ has a {top} of its own, in which that is missing"
    return (
        f"{said}; it is a file of the project that was not copied, or a package: then name the one that has it in "
        "actions/requirements.txt, and run `task setup:actions`"
    )
