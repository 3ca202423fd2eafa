"""Components and policies of config.yml that mean nothing here, in the words of `task import`."""

import ast
from collections.abc import Iterator
from pathlib import Path

from model_artifacts.training.dialogue.documents import Items, Object
from model_artifacts.training.dialogue.problems import Place, Problem
from model_artifacts.training.importing.configuration import COMPONENTS, POLICIES, decide_component
from model_artifacts.training.nlu.assistant import is_own
from model_artifacts.training.validating.keys import suggest_name


def find_meaningless(config: Object, folder: Path) -> Iterator[Problem]:
    """A warning for each component that is not here, an error for each of the assistant's own that cannot be run.
    Policies that are not are named by the compiler."""
    pipeline = config.get("pipeline")
    if not isinstance(pipeline, Items):
        return
    for item, place in zip(pipeline, pipeline.items_at, strict=True):
        name = str(item.get("name") or "") if isinstance(item, Object) else str(item)
        if isinstance(item, Object) and not name:
            yield Problem(place, "each component begins with `- name: ...`")
            continue
        if is_own(name):
            if mistake := find_mistake(folder, name):
                yield Problem(_locate(item, place), f"{name}: {mistake}")
            continue
        short = name.rsplit(".", 1)[-1]
        fate, text = decide_component(short)
        if fate == "not":
            guess = suggest_name(short, (*COMPONENTS, *POLICIES)) if short not in COMPONENTS else ""
            yield Problem(_locate(item, place), f"{short}: {text}{guess}", "warning")


def find_mistake(folder: Path, name: str) -> str:
    """What keeps the function `components.FILE.FUNCTION` of the assistant at `folder` from running; the code is read,
    not run."""
    *parts, function = name.split(".")
    if len(parts) < 2 or not all(part.isidentifier() for part in (*parts, function)):
        return "a component of your own is named components.FILE.FUNCTION"
    file = folder.joinpath(*parts).with_suffix(".py")
    shown = file.relative_to(folder).as_posix()
    try:
        tree = ast.parse(file.read_text(encoding="utf-8-sig"))
    except OSError:
        return f"there is no {shown}"
    except (SyntaxError, ValueError) as exc:
        return f"{shown} is no Python: {exc}"
    known = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    found = known.get(function)
    if found is None:
        return f"{shown} has no function {function}{suggest_name(function, known)}"
    given = [*found.args.posonlyargs, *found.args.args]
    needed = len(given) - len(found.args.defaults)
    rest = any(default is None for default in found.args.kw_defaults)
    if isinstance(found, ast.AsyncFunctionDef) or needed > 2 or rest or (len(given) < 2 and not found.args.vararg):
        return f"{shown}:{found.lineno}: write it as `def {function}(text, entities)`; it returns the entities"
    return ""


def _locate(item: object, place: Place) -> Place:
    return item.locate("name") if isinstance(item, Object) else place
