"""Responses of the domain: their variations, checked, and the ones that are missing."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from model_artifacts.training.dialogue.documents import Items, Object, iterate_fields, strip_places
from model_artifacts.training.dialogue.draft import Draft
from model_artifacts.training.dialogue.problems import Place, Problems
from model_artifacts.training.languages import base_of
from shared.events.wire import JSON


def read_responses(document: Object, draft: Draft, problems: Problems) -> None:
    """The responses of one file, added to the draft."""
    for name, variations, place in iterate_fields(document, "responses", problems):
        read = list(_read_variations(name, variations, place, problems, draft.languages))
        elsewhere = name in draft.responses and draft.responses[name].file != place.file
        if elsewhere and _only_adds(draft.response_data[name], read):
            # A file of translations adds to what another one says.
            draft.response_data[name] = [*draft.response_data[name], *read]
            continue
        if not read and name in draft.response_data:
            continue
        if elsewhere:
            problems.warn(place, f"the response '{name}' is also in {draft.responses[name]}; this one counts")
        draft.responses[name] = place
        draft.response_data[name] = read
        if "/" in name:
            draft.retrieval_intents.setdefault(name.removeprefix("utter_").split("/", 1)[0], place)


def _only_adds(before: Sequence[JSON], read: Sequence[JSON]) -> bool:
    """Whether one of both has no language that the other has, and one of them names languages only."""
    languages, others = ({one.get("language") for one in said} for said in (before, read))
    return not languages & others and (None not in languages or None not in others)


_PARTS = ("text", "image", "buttons", "quick_replies", "attachment", "custom", "elements")


def _read_variations(
    name: str, variations: Any, place: Place, problems: Problems, languages: Sequence[str]
) -> Iterator[JSON]:
    if variations is None or (isinstance(variations, Items) and not variations):
        problems.warn(
            place,
            f"the response '{name}' has no variation: it is said by the server that NLG_ENDPOINT names, and without "
            "one nothing is; else write `- text: ...` below it",
        )
        return
    if not isinstance(variations, Items):
        problems.add_error(place, f"the response '{name}' has no variation; write `- text: ...` below it")
        return
    for variation, at in zip(variations, variations.items_at, strict=True):
        if isinstance(variation, str):
            problems.add_error(at, f"write the variation of '{name}' as `- text: \"{variation[:40]}\"`")
            continue
        if not isinstance(variation, Object) or not any(variation.get(part) is not None for part in _PARTS):
            problems.add_error(at, f"a variation of '{name}' needs one of {', '.join(_PARTS)}")
            continue
        for condition in variation.get("condition") or ():
            if not isinstance(condition, Mapping) or "name" not in condition or "value" not in condition:
                problems.add_error(
                    variation.locate("condition"),
                    f"a condition of '{name}' needs `type: slot`, `name` and `value`, each condition after a `- `",
                )
        said = strip_places(variation)
        if "language" in said:
            language = base_of(str(said["language"]))
            if language not in map(base_of, languages):
                problems.add_error(
                    variation.locate("language"),
                    f"a variation of '{name}' is in '{said['language']}', which config.yml does not name; there are "
                    f"{', '.join(languages)}",
                )
            # What names the first language stands beside what names none.
            said["language"] = language
            if language == base_of(languages[0]):
                del said["language"]
            elif said.get("text") == "":
                # Not translated yet: `task validate` lists it.
                continue
            for button in (*(said.get("buttons") or ()), *(said.get("quick_replies") or ())):
                if button.get("title") == "":
                    problems.warn(
                        variation.locate("language"), f"a button of '{name}' has no title in '{language}' yet"
                    )
                    button["title"] = str(button.get("payload") or "").strip("/")
        yield said


def uses_filters(responses: Mapping[str, Collection[JSON]]) -> bool:
    """Whether any response has a value said by a filter: `{day|date}`."""
    filtered = re.compile(r"(?<!\{)\{\w+\s*\|[^{}]+\}")
    return any(filtered.search(str(variation)) for found in responses.values() for variation in found)


def check_responses(draft: Draft, used: Collection[str], problems: Problems) -> None:
    """Note responses that the domain lists as actions and nobody wrote; `used` are the actions of rules and stories."""
    for name, place in draft.actions.items():
        if not name.startswith("utter_") or name in draft.responses:
            continue
        if name.removeprefix("utter_") in draft.retrieval_intents:
            continue
        text = (
            f"the action '{name}' has no response; write it under `responses:`, or remove it here (where a server says "
            f"it, NLG_ENDPOINT, write `{name}: []`)"
        )
        (problems.add_error if name in used else problems.warn)(place, text)
