"""Names that stand where none of the domain's has that name, and forms that nothing can bring to an end."""

from collections.abc import Iterator, Sequence
from typing import Any

from functions.dialogue.names import DEFAULT_SLOTS
from model_artifacts.training.dialogue.documents import Items, Object
from model_artifacts.training.dialogue.draft import Draft
from model_artifacts.training.dialogue.problems import Problem
from model_artifacts.training.dialogue.project import Project
from model_artifacts.training.validating.keys import suggest_name


def find_unreachable_forms(draft: Draft) -> Iterator[Problem]:
    """Errors: a form that asks for a slot which nothing fills never ends, and holds the conversation for good."""
    for form, data in draft.form_data.items():
        for slot in data["required_slots"]:
            held = draft.slot_data.get(slot)
            if held is None or slot in DEFAULT_SLOTS:
                continue
            fillable = held["mappings"] or held.get("initial") is not None
            if not fillable and f"validate_{form}" not in draft.actions:
                text = f"the form '{form}' asks for the slot '{slot}', which nothing fills, and so never ends; "
                yield Problem(draft.slots.get(slot, draft.forms[form]), text + "give the slot a mapping")


def find_unknown_names(project: Project, draft: Draft, others: Sequence[tuple[str, Object]]) -> Iterator[Problem]:
    """Names in the files that the compiler does not hold against the domain."""
    for document in project.domains:
        yield from _check_categories(document)
        yield from _check_conditions(document, draft)
    for kind, document in others:
        if kind == "training":
            yield from _check_normalised(document, draft)
        else:
            yield from _test_stories(document, draft)
    tables = {str(item[key]): item.locate(key) for item in _list_nlu(project) for key in ("lookup",) if item.get(key)}
    for name, place in tables.items():
        if name not in draft.entities:
            text = f"the lookup table '{name}' is of no entity of the domain, so it finds nothing"
            yield Problem(place, text + suggest_name(name, draft.entities), "warning")


def _check_normalised(document: Object, draft: Draft) -> Iterator[Problem]:
    normalise = document.get("normalise")
    if isinstance(normalise, Object):
        for entity in normalise:
            if entity not in draft.entities:
                text = f"'normalise' names the entity '{entity}', which the domain does not have"
                yield Problem(normalise.locate(entity), text + suggest_name(entity, draft.entities), "warning")


def _list_nlu(project: Project) -> Iterator[Object]:
    for document in project.training:
        yield from list_objects(document.get("nlu"))


def _check_conditions(document: Object, draft: Draft) -> Iterator[Problem]:
    slots = document.get("slots")
    for name, slot in slots.items() if isinstance(slots, Object) else ():
        for mapping in list_objects(slot.get("mappings") if isinstance(slot, Object) else None):
            for condition in list_objects(mapping.get("conditions")):
                for key, known, what in (
                    ("active_loop", draft.form_data, "is no form of the domain"),
                    ("requested_slot", draft.slot_data, "is no slot of the domain"),
                ):
                    value = condition.get(key)
                    if value is not None and str(value) not in known:
                        text = f"a mapping of the slot '{name}' waits for '{value}', which {what}"
                        yield Problem(condition.locate(key), text + suggest_name(str(value), known), "warning")


def list_objects(value: Any) -> Iterator[Object]:
    """The mappings of a list."""
    for item in value if isinstance(value, Items) else ():
        if isinstance(item, Object):
            yield item


def _check_categories(document: Object) -> Iterator[Problem]:
    slots = document.get("slots")
    for name, slot in slots.items() if isinstance(slots, Object) else ():
        if not isinstance(slot, Object) or slot.get("type") != "categorical" or not slot.get("values"):
            continue
        values = [str(value).lower() for value in slot["values"]]
        given = [("initial_value", slot.get("initial_value"), slot.locate("initial_value"))]
        for mapping in list_objects(slot.get("mappings")):
            if mapping.get("value") is not None:
                given.append(("value", mapping["value"], mapping.locate("value")))
        for key, value, place in given:
            if value is not None and str(value).lower() not in values:
                text = f"the {key} {value!r} of the slot '{name}' is none of its `values`"
                yield Problem(place, text + suggest_name(str(value), values), "warning")


def _test_stories(document: Object, draft: Draft) -> Iterator[Problem]:
    """Test stories are read when they are run; a name that does not exist can never pass."""
    for story in list_objects(document.get("stories")):
        for step in list_objects(story.get("steps")):
            for key, known in (("intent", draft.intents), ("action", draft.known_actions)):
                name = step.get(key)
                if isinstance(name, str) and name.split("/", 1)[0] not in known and name not in known:
                    text = f"the test story expects the {key} '{name}', which the domain does not have"
                    yield Problem(step.locate(key), text + suggest_name(name, known), "warning")
