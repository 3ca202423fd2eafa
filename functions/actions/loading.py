"""Loading an assistant's code from the directory of its Python package: its functions, and its classes of rasa_sdk.

The package lists what it brings: `ACTIONS` (name -> function), and where it needs them `SETTINGS` (environment variable
-> default) and `ASSETS` (files of the bundle). Its modules import each other relatively, because the package has no
fixed name: an assistant can lie anywhere.
"""

import importlib.util
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from functions.actions.fulfilment import Action
from functions.actions.sdk import Mounted, explain, mount, uses_sdk
from shared.errors import Unavailable
from shared.events.wire import JSON
from shared.logs import get_logger

log = get_logger(__name__)

CODE = re.compile(r"^\s*(?:async\s+def|def|class|from|import)\s", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Functions:
    """What an assistant's package brings."""

    actions: Mapping[str, Action] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    """The values of the settings that it names."""
    assets: tuple[str, ...] = ()


def load_functions(directory: Path, environ: Mapping[str, str]) -> Functions:
    """The functions of the package at `directory`; none where there is no such directory, or only code for rasa_sdk.

    An assistant without functions of its own is complete: it may use an action server, or responses only.
    Raises Unavailable, saying what to do, where the package cannot be loaded.
    """
    if not directory.exists() or _lists_none(directory):
        return Functions()
    module = _load(directory)
    actions, settings, assets = (getattr(module, name, {}) for name in ("ACTIONS", "SETTINGS", "ASSETS"))
    mistakes = []
    if not isinstance(actions, Mapping) or not actions or not all(callable(item) for item in actions.values()):
        mistakes.append("list its functions in ACTIONS, a mapping from the action's name to the function")
    if not isinstance(settings, Mapping) or not all(isinstance(value, str) for value in settings.values()):
        mistakes.append("SETTINGS is a mapping from an environment variable to its default, a text")
    if isinstance(assets, str):
        mistakes.append("ASSETS is a tuple of file names")
    if mistakes:
        raise Unavailable(f"{directory / '__init__.py'}: {'; '.join(mistakes)}")
    return Functions(
        actions=dict(actions),
        settings={name: environ.get(name) or default for name, default in settings.items()},
        assets=tuple(assets),
    )


def enter_project(directory: Path) -> None:
    """Make the project of the package at `directory` the working directory, as where Rasa runs actions: its code opens
    files by relative names. Other paths must be absolute by then."""
    if directory.is_dir():
        os.chdir(directory.parent)


def load_code(
    directory: Path, environ: Mapping[str, str], *, endpoint: str = "", must: bool = False
) -> tuple[Functions, Callable[[Mapping[str, JSON]], Mounted] | None]:
    """The functions at `directory`, and what mounts its classes of rasa_sdk given the domain; None where it has none,
    or an action server at `endpoint` runs them.

    Code that cannot be loaded stops nothing: it is logged as an error, and asking for one of its actions says why. With
    `must` it raises Unavailable instead.
    """
    functions, cause = Functions(), ""
    try:
        functions = load_functions(directory, environ)
    except Unavailable as exc:
        _tell_broken({str(directory): str(exc)}, must)
        cause = str(exc)
    sdk = not endpoint and uses_sdk(directory)
    if not sdk:
        return functions, (lambda _domain: Mounted(broken={directory.name: cause})) if cause else None

    def mount_code(domain: Mapping[str, JSON]) -> Mounted:
        try:
            mounted = mount(directory, domain)
        except Unavailable as exc:
            mounted = Mounted(broken={directory.name: str(exc)})
        _tell_broken(mounted.broken, must)
        return mounted

    return functions, mount_code


def _tell_broken(broken: Mapping[str, str], must: bool) -> None:
    for name, cause in broken.items():
        if must:
            raise Unavailable(f"{name} cannot be loaded: {cause}")
        log.error("code of the assistant cannot be loaded", extra={"fields": {"code": name, "cause": cause}})


def _lists_none(directory: Path) -> bool:
    """Whether it is a project's folder for rasa_sdk, or one without any code, as `rasa init` leaves it."""
    init = directory / "__init__.py"
    if init.is_file() and "ACTIONS" in init.read_text(encoding="utf-8"):
        return False
    files = directory.rglob("*.py")
    return uses_sdk(directory) or not any(CODE.search(file.read_text("utf-8", "replace")) for file in files)


def _load(directory: Path) -> object:
    init = directory / "__init__.py"
    if not init.is_file():
        raise Unavailable(f"{directory} is no Python package; give it an __init__.py that lists ACTIONS")
    # The name holds no dot, so that it never shadows a package that something else imports.
    name = "assistant_actions_" + "".join(letter if letter.isalnum() else "_" for letter in str(directory.resolve()))
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(directory)])
    if spec is None or spec.loader is None:
        raise Unavailable(f"{init} cannot be loaded as a Python package")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as exc:
        # Importing it runs the project's own code, which may raise anything; told with its cause.
        for loaded in [key for key in sys.modules if key == name or key.startswith(name + ".")]:
            del sys.modules[loaded]
        raise Unavailable(f"{init} cannot be loaded: {explain(exc, directory)}") from exc
    return module
