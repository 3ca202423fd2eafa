"""Training data in Rasa 1.x's Markdown, rewritten as the YAML of Rasa 3."""

import json
import re
from collections.abc import Mapping
from typing import Any

ENTITY = re.compile(r"\[([^\]]*)\]\(([^):]+)(?::([^)]*))?\)")
SECTION = re.compile(r"^##\s*(intent|synonym|regex|lookup)\s*:\s*(.+?)\s*$")
CALL = re.compile(r"^([^\s{]+)\s*(\{.*\})?\s*$")


def is_nlu(text: str) -> bool:
    return any(SECTION.match(line) for line in text.splitlines())


def is_stories(text: str) -> bool:
    lines = text.splitlines()
    return any(re.match(r"^\s*\*\s+\S", line) for line in lines) and any(re.match(r"^##+\s", line) for line in lines)


def convert_nlu(text: str, read: Mapping[str, str]) -> str:
    """The `nlu:` of a Markdown file; `read` has the lookup files by their names."""
    lines = ['version: "3.1"', "nlu:"]
    for kind, name, items in _split_sections(text):
        if kind == "lookup" and len(items) == 1 and items[0] in read:
            items = [line for line in read[items[0]].splitlines() if line.strip()]
        lines.append(f"- {kind}: {json.dumps(name, ensure_ascii=False)}")
        lines.append("  examples: |")
        lines += [f"    - {_mark(item) if kind == 'intent' else item}" for item in items]
    return "\n".join(lines) + "\n"


def lookups_of(text: str) -> list[str]:
    """The files that lookups name."""
    return [
        items[0] for kind, _, items in _split_sections(text) if kind == "lookup" and len(items) == 1 and "." in items[0]
    ]


def convert_stories(text: str) -> dict[str, Any]:
    """The `stories:` of a Markdown file."""
    stories: list[dict[str, Any]] = []
    in_comment = False
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("<!--"):
            in_comment = "-->" not in line
            continue
        if in_comment:
            in_comment = "-->" not in line
            continue
        if line.startswith("#"):
            stories.append({"story": line.lstrip("#").strip() or f"story {len(stories) + 1}", "steps": []})
        elif stories and line:
            step = _step(line)
            if step is not None:
                stories[-1]["steps"].append(step)
    return {"version": "3.1", "stories": [story for story in stories if story["steps"]]}


def _split_sections(text: str) -> list[tuple[str, str, list[str]]]:
    found: list[tuple[str, str, list[str]]] = []
    inside = False
    for line in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).splitlines():
        match = SECTION.match(line)
        if match:
            found.append((match[1], match[2], []))
            inside = True
        elif line.startswith("#"):
            inside = False
        elif inside and found:
            item = re.sub(r"^\s*[-*+]\s+", "", line).strip()
            if item:
                found[-1][2].append(item)
    return found


def _mark(text: str) -> str:
    def mark(match: re.Match[str]) -> str:
        words, entity, value = match.groups()
        if value is None:
            return f"[{words}]({entity})"
        return f"[{words}]{json.dumps({'entity': entity, 'value': value}, ensure_ascii=False)}"

    return ENTITY.sub(mark, text)


def _step(line: str) -> dict[str, Any] | None:
    if line.startswith(">"):
        return {"checkpoint": line[1:].strip()}
    if line.startswith("*"):
        parts = [part for part in re.split(r"\s+OR\s+", line[1:].strip()) if part]
        steps = [_read_intent(part) for part in parts]
        return steps[0] if len(steps) == 1 else {"or": steps}
    if not line.startswith("-"):
        return None
    match = CALL.match(line[1:].strip())
    if match is None:
        return None
    name, given = match[1], _read_object(match[2])
    if name == "slot":
        return {"slot_was_set": [{key: value} for key, value in given.items()]}
    if name in ("form", "active_loop"):
        return {"active_loop": given.get("name")}
    return {"action": name}


def _read_intent(part: str) -> dict[str, Any]:
    name, colon, said = part.partition(":")
    if colon and "{" not in name:
        return {"user": _mark(said.strip()), "intent": name.strip()}
    match = CALL.match(part.strip())
    if match is None:
        return {"intent": part.strip()}
    given = _read_object(match[2])
    entities = [{key: value} for key, value in given.items()]
    return {"intent": match[1], **({"entities": entities} if entities else {})}


def _read_object(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
