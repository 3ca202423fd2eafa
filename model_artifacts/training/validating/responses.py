"""What responses say that nobody meant: names that nothing fills, and buttons that mean nothing when pressed."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from functions.dialogue.filters import FILTERS
from functions.dialogue.responses import interpolate
from model_artifacts.training.dialogue.documents import Items, Object
from model_artifacts.training.dialogue.draft import Draft
from model_artifacts.training.dialogue.problems import Place, Problem
from model_artifacts.training.validating.code import Code
from model_artifacts.training.validating.keys import suggest_name
from model_artifacts.training.validating.names import list_objects
from shared.direct import PATTERN

NAME = re.compile(r"{{|}}|{(?P<name>[^\n{}]+?)}")
"""As functions/dialogue/responses.py reads them."""


def find_silent_mistakes(documents: Collection[Object], draft: Draft, code: Code) -> Iterator[Problem]:
    """Warnings on every variation of every response of these files."""
    spoken = set(_list_spoken(documents)) | {
        f"utter_ask_{slot}" for form in draft.form_data.values() for slot in form["required_slots"]
    }
    for document in documents:
        responses = document.get("responses")
        for name, variations in responses.items() if isinstance(responses, Object) else ():
            given = code.variables_of(name)
            if not code.present and draft.actions and name not in spoken:
                # An action server may say it, with whatever it likes.
                given = None
            for variation in variations if isinstance(variations, Items) else ():
                if isinstance(variation, Object):
                    yield from _check_names(name, variation, draft, given)
                    yield from _check_buttons(name, variation, draft)
                    yield from _check_conditions(name, variation, draft)


def _list_spoken(documents: Collection[Object]) -> Iterator[str]:
    """The responses that rules and stories say themselves."""
    for document in documents:
        for key in ("rules", "stories"):
            for story in list_objects(document.get(key)):
                for step in list_objects(story.get("steps")):
                    if isinstance(step.get("action"), str):
                        yield step["action"]


def _check_names(
    response: str, variation: Object, draft: Draft, variables: Collection[str] | None
) -> Iterator[Problem]:
    slots = draft.slot_data
    for text, place in _list_texts(variation):
        for match in NAME.finditer(text):
            # `{day|date}`: what stands before a filter is the name.
            name, _, filters = (match["name"] or "").partition("|")
            name, kind = name.strip(), filters.partition(":")[0].strip()
            if filters and kind not in FILTERS:
                said = f"'{response}' has the filter '{kind}', which there is not; there are {', '.join(FILTERS)}"
                yield Problem(place, said, "error")
            if not name or name in slots or variables is None or name in variables:
                continue
            said = f"'{response}' says {{{name}}}, which is no slot and which no action gives: it would be left out"
            yield Problem(place, said + suggest_name(name, {*slots, *variables}), "error")
        rest = NAME.sub("", text)
        if ("{" in rest or "}" in rest) and not _is_payload(text):
            said = f"a brace of '{response}' is not closed: {text[:60]!r}; write {{name}}, or {{{{ for a brace"
            yield Problem(place, said, "warning")


def _list_texts(variation: Object) -> Iterator[tuple[str, Place]]:
    """The words of a variation in which names are filled in: its text, and its buttons' titles and payloads."""
    for key in ("text", "image"):
        if isinstance(variation.get(key), str):
            yield variation[key], variation.locate(key)
    for button in list_objects(variation.get("buttons")):
        for key in ("title", "payload"):
            text = button.get(key)
            if isinstance(text, str):
                # The object of a payload has braces of its own: names within it are its values.
                inner = re.findall(r"\"({\w+})\"", text) if _is_payload(text) else [text]
                yield " ".join(inner), button.locate(key)


def _is_payload(text: str) -> bool:
    return text.lstrip().startswith("/")


def _check_buttons(response: str, variation: Object, draft: Draft) -> Iterator[Problem]:
    titles: dict[str, Place] = {}
    if variation.get("language") and variation.get("text") == "":
        # It waits for its translation.
        return
    for key in ("buttons", "quick_replies"):
        for button in list_objects(variation.get(key)):
            title, payload = str(button.get("title") or "").strip(), button.get("payload")
            called = f"the button {title!r} of '{response}'"
            if not title:
                yield Problem(button.place, f"a button of '{response}' has no title, so nobody sees it", "warning")
            elif title in titles:
                text = f"{called} stands twice (first in line {titles[title].line}); give the two different titles"
                yield Problem(button.locate("title"), text, "warning")
            titles.setdefault(title, button.place)
            if payload is None and button.get("url") is None:
                yield Problem(button.place, f"{called} has no payload: what it means when it is pressed", "warning")
            elif isinstance(payload, str) and _is_payload(payload):
                yield from _check_payload(called, payload.strip(), button.locate("payload"), draft)


def _check_payload(called: str, payload: str, place: Place, draft: Draft) -> Iterator[Problem]:
    payload = interpolate(payload, dict.fromkeys(draft.slot_data, "x"))
    match = PATTERN.match(payload)
    name = match["intent"].strip() if match else payload.removeprefix("/")
    base = name.split("/", 1)[0]
    if match is None or base not in draft.intents:
        same = next((one for one in draft.intents if one.lower() == base.lower()), None)
        guess = f"; did you mean '/{same}'?" if same else suggest_name(base, draft.intents)
        text = f"{called} means '/{name}', and there is no such intent, so it would be read as ordinary words{guess}"
        yield Problem(place, text, "warning")
        return
    rest = payload[len(match.group()) :] or (match["entities"] or "")
    if not rest.strip():
        return
    try:
        values: Any = json.loads(match["entities"] or rest)
    except ValueError as exc:
        text = (
            f"{called} has entities that are no JSON ({exc}), which would be lost: write /{name}"
            + '{"entity": "value"}'
        )
        yield Problem(place, text, "warning")
        return
    for entity in values if isinstance(values, Mapping) else ():
        if entity not in draft.entities:
            text = f"{called} gives the entity '{entity}', which the domain does not have, and which would be lost"
            yield Problem(place, text + suggest_name(str(entity), draft.entities), "warning")


def _check_conditions(response: str, variation: Object, draft: Draft) -> Iterator[Problem]:
    slots = draft.slot_data
    for condition in list_objects(variation.get("condition")):
        name = condition.get("name")
        if name is not None and str(name) not in slots:
            text = f"a condition of '{response}' looks at the slot '{name}', which the domain does not have"
            yield Problem(condition.locate("name"), text + suggest_name(str(name), slots), "warning")
