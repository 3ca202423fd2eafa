"""Whether what a domain names is there and fits together."""

from collections.abc import Mapping

from model_artifacts.training.dialogue.draft import Draft
from model_artifacts.training.dialogue.problems import Problems
from shared.events.wire import JSON


def check_domain(draft: Draft, problems: Problems) -> None:
    """What the domain names and lacks, as errors with their place."""
    for name, form in draft.form_data.items():
        for slot in form["required_slots"]:
            if slot not in draft.slot_data:
                problems.add_error(
                    draft.forms[name],
                    f"the form '{name}' asks for the slot '{slot}', which the domain does not have, and so never "
                    "ends; declare it under `slots:`",
                )
        for intent in form["ignored_intents"]:
            if intent not in draft.intents:
                problems.warn(
                    draft.forms[name],
                    f"the form '{name}' ignores the intent '{intent}', which the domain does not have",
                )
    for name, slot in draft.slot_data.items():
        slot["mappings"] = [
            mapping for mapping in slot.get("mappings", ()) if _mapping_fits(name, mapping, draft, problems)
        ]


def _mapping_fits(slot: str, mapping: Mapping[str, JSON], draft: Draft, problems: Problems) -> bool:
    """Whether the mapping can ever apply; Rasa skips those that name what the domain does not have."""
    place = draft.slots[slot]
    if mapping["type"] == "from_entity" and mapping["entity"] not in draft.entities:
        problems.warn(
            place,
            f"the slot '{slot}' is filled from the entity '{mapping['entity']}', which the domain does not have; "
            "the mapping is skipped",
        )
        return False
    unknown = [intent for intent in mapping.get("intent", ()) if intent not in draft.intents]
    if unknown:
        problems.warn(
            place, f"a mapping of the slot '{slot}' waits for the intent '{unknown[0]}', which the domain does not have"
        )
        return str(mapping["type"]) != "from_intent"
    return True


def list_used_entities(draft: Draft, intent: str) -> set[str]:
    """The entities that influence what comes after `intent`, from use_entities and ignore_entities."""
    options = draft.intent_options.get(intent, {})
    use = options.get("use_entities", True)
    ignore = options.get("ignore_entities", draft.ignored_entities) or ()
    if use is True:
        used = {name for name in draft.entities if name not in draft.ignored_entities}
        labelled = set(draft.entities)
    else:
        used = {str(name) for name in use or ()}
        labelled = used
    used = used | _list_labels(draft, labelled)
    ignored = {str(name) for name in ignore}
    return used - ignored - _list_labels(draft, ignored)


def _list_labels(draft: Draft, entities: set[str]) -> set[str]:
    return {
        f"{entity}#{label}"
        for entity in entities
        for label in (*draft.roles.get(entity, ()), *draft.groups.get(entity, ()))
    }
