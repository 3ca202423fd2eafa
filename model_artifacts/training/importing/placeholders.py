"""Responses that a project's own server says, written into its domain: `utter_x: []`, one without words of its own.

Rasa asks the server of `nlg:` whatever the domain holds, so its domain need not name them. Here a response that nobody
wrote is a mistake, unless it stands there as one that the server has.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from model_artifacts.training.dialogue.documents import parse_document
from model_artifacts.training.dialogue.problems import Problems
from model_artifacts.training.importing.copying import SUFFIXES, Found

_RESPONSES = re.compile(r"^responses:[ \t]*(\{\}|~|null)?[ \t]*(#.*)?$", re.MULTILINE)
_INDENTED = re.compile(r"\n([ \t]+)\S")


def add_placeholders(files: Sequence[Found]) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """The files, with an empty response for each that the project uses and nobody wrote, and the names of those."""
    documents: dict[str, Mapping[str, Any] | None] = {
        file.relative: parse_document(file.content.decode("utf-8-sig", "replace"), file.relative, Problems())
        for file in files
        if file.relative.endswith(SUFFIXES)
    }
    domains = [name for name, document in documents.items() if document is not None and _is_domain(name)]
    if not domains:
        return tuple(files), ()
    readable = [document for document in documents.values() if document is not None]
    written = {str(name) for document in readable for name in document.get("responses") or ()}
    used = {name for document in readable for name in _list_used(document)}
    missing = sorted(
        name
        for name in used - written
        # The answers of a retrieval intent are chosen by their own names.
        if not any(other.startswith(f"{name}/") for other in written)
    )
    if not missing:
        return tuple(files), ()
    place = next((name for name in domains if "responses" in (documents[name] or {})), domains[0])
    return (
        tuple(
            replace(file, content=_add_names(file.content.decode("utf-8-sig"), missing).encode())
            if file.relative == place
            else file
            for file in files
        ),
        tuple(missing),
    )


def _is_domain(relative: str) -> bool:
    return relative.split("/")[0].split(".")[0] == "domain"


def _list_used(document: Mapping[str, Any]) -> Iterator[str]:
    """The responses that a file names as actions: of the domain, of rules and of stories."""
    for action in _list(document.get("actions")):
        yield from _list_response(action if isinstance(action, str) else next(iter(action), "") if action else "")
    for story in (*_list(document.get("rules")), *_list(document.get("stories"))):
        for step in _list(story.get("steps")) if isinstance(story, Mapping) else ():
            yield from _list_response(step.get("action")) if isinstance(step, Mapping) else ()


def _list_response(action: Any) -> Iterable[str]:
    return (action,) if isinstance(action, str) and action.startswith("utter_") else ()


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _add_names(text: str, names: Sequence[str]) -> str:
    """The domain's text with these responses at the head of its own, indented as they are."""
    found = _RESPONSES.search(text)
    if found is None:
        return text.rstrip("\n") + "\n\nresponses:\n" + "".join(f"  {name}: []\n" for name in names)
    after = _INDENTED.match(text, found.end())
    indent = after[1] if after is not None and found[1] is None else "  "
    lines = "".join(f"\n{indent}{name}: []" for name in names)
    return f"{text[: found.start()]}responses:{lines}{text[found.end() :]}"
