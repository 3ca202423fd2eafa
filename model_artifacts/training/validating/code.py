"""What an assistant's own actions say and do, read from their source and never run."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from model_artifacts.training.dialogue.problems import Place, Problem
from model_artifacts.training.validating.keys import suggest_name

SAYING = {"say", "utter_message"}
"""The function of functions/actions/fulfilment.py, and the method of rasa_sdk's dispatcher."""


@dataclass(frozen=True, slots=True)
class Code:
    """The actions that lie beside the YAML files."""

    present: bool = False
    said: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Response -> the variables that some call gives it."""
    anything: frozenset[str] = frozenset()
    """Responses that get variables which the source does not name (`**values`)."""
    open: bool = False
    """Whether a call says a response whose name the source does not tell."""
    names: Mapping[str, Place] = field(default_factory=dict)
    """The actions that are listed in ACTIONS or named by a class of rasa_sdk."""
    listed: bool = False
    """Whether `names` is all of them."""
    problems: tuple[Problem, ...] = ()

    def variables_of(self, response: str) -> frozenset[str] | None:
        """What may stand in the response besides slots; None where nobody can tell."""
        if response in self.anything or (self.open and response not in self.said):
            return None
        return self.said.get(response, frozenset())


def read_code(project: Path) -> Code:
    """The code in `actions/`, or in `actions.py` as older projects have it."""
    files = [*sorted((project / "actions").rglob("*.py")), *project.glob("actions.py")]
    said: dict[str, set[str]] = {}
    anything: set[str] = set()
    names: dict[str, Place] = {}
    problems: list[Problem] = []
    hidden, listed = False, False
    for file in files:
        relative = file.relative_to(project).as_posix()
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except SyntaxError as exc:
            problems.append(Problem(Place(relative, exc.lineno or 1), f"this is not Python: {exc.msg}"))
            continue
        except (OSError, ValueError) as exc:
            problems.append(Problem(Place(relative, 1), f"this file cannot be read: {exc}"))
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name_called(node.func) in SAYING:
                response, variables, open_ = _read_saying(node)
                if response is None:
                    hidden = hidden or bool(variables) or open_
                    continue
                said.setdefault(response, set()).update(variables)
                if open_:
                    anything.add(response)
        found = dict(_list_named(tree, relative))
        names |= found
        listed = listed or _has_list(tree)
    return Code(
        present=bool(files),
        said={name: frozenset(variables) for name, variables in said.items()},
        anything=frozenset(anything),
        open=hidden,
        names=names,
        listed=listed and not problems,
        problems=tuple(problems),
    )


def find_mismatches(code: Code, actions: Mapping[str, Place]) -> Iterator[Problem]:
    """Actions that the domain has and no function runs, and the reverse."""
    yield from code.problems
    if not code.listed:
        return
    for name, place in actions.items():
        if not name.startswith("utter_") and name not in code.names:
            text = (
                f"no function in actions/ runs '{name}'; list one in ACTIONS, else ACTION_ENDPOINT must name a server"
            )
            yield Problem(place, text + suggest_name(name, code.names), "warning")
    for name, place in code.names.items():
        if name not in actions and not name.startswith(("validate_", "action_ask_")):
            text = f"the action '{name}' is not in the domain, so nothing runs it; add it under `actions:`"
            yield Problem(place, text + suggest_name(name, actions), "warning")


def _name_called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _read_saying(call: ast.Call) -> tuple[str | None, set[str], bool]:
    """The response that a call says, the variables that it gives, and whether it gives others."""
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    first = given.pop("response", None) or given.pop("template", None)
    if first is None and call.args and _name_called(call.func) == "say":
        first = call.args[0]
    name = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
    return name, set(given) - {"text", "buttons", "image"}, any(keyword.arg is None for keyword in call.keywords)


def _list_named(tree: ast.Module, file: str) -> Iterator[tuple[str, Place]]:
    if (listed := _find_table(tree)) is not None:
        for key in listed.keys:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, Place(file, key.lineno)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "name":
            for inner in ast.walk(node):
                if isinstance(inner, ast.Return) and isinstance(inner.value, ast.Constant):
                    yield str(inner.value.value), Place(file, inner.lineno)


def _has_list(tree: ast.Module) -> bool:
    """Whether the module lists ACTIONS in full: a dictionary of plain texts."""
    listed = _find_table(tree)
    return listed is not None and all(isinstance(key, ast.Constant) for key in listed.keys)


def _find_table(tree: ast.Module) -> ast.Dict | None:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        named = any(isinstance(target, ast.Name) and target.id == "ACTIONS" for target in targets)
        if named and isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
            return node.value
    return None
