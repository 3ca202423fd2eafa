"""The domain of a project, checked, in the form that `functions.dialogue.domain` reads."""

from collections.abc import Mapping
from typing import Any

from functions.dialogue.names import (
    ASK,
    DEFAULT_INTENTS,
    KNOWLEDGE_BASE_ACTION,
    KNOWLEDGE_BASE_SLOTS,
    LANGUAGE_SLOT,
    LATER_SLOT,
    REQUESTED_SLOT,
    SESSION_METADATA_SLOT,
    TOLD_LANGUAGE_SLOT,
)
from model_artifacts.training.dialogue.context import read_context
from model_artifacts.training.dialogue.documents import Object, iterate_fields, iterate_items
from model_artifacts.training.dialogue.domain_checks import check_domain, list_used_entities
from model_artifacts.training.dialogue.draft import Draft
from model_artifacts.training.dialogue.phrases import list_phrases, read_phrases
from model_artifacts.training.dialogue.problems import Place, Problems
from model_artifacts.training.dialogue.project import Project
from model_artifacts.training.dialogue.responses import read_responses, uses_filters
from model_artifacts.training.dialogue.slots import read_slot
from model_artifacts.training.knowledge.sources import has_knowledge
from model_artifacts.training.languages import UnknownLanguage, base_of, read_languages
from shared.events.wire import JSON


def read_domain(project: Project) -> Draft:
    """The project's domain; its mistakes are noted in the project's problems."""
    problems = project.problems
    draft = Draft()
    _read_languages(project, draft)
    for document in project.domains:
        _refuse_old(document, problems)
        _read_intents(document, draft, problems)
        _read_entities(document, draft, problems)
        _read_slots(document, draft, problems)
        read_responses(document, draft, problems)
        _read_actions(document, draft, problems)
        _read_forms(document, draft, problems)
        _read_session(document, draft, problems)
    for document in project.training:
        read_responses(document, draft, problems)
        _read_retrieval_intents(document, draft, problems)
    if has_knowledge(project.path):
        _keep_questions_out(draft)
    draft.phrases = read_phrases(project)
    draft.context = read_context(project, draft)
    _add_defaults(draft)
    check_domain(draft, problems)
    return draft


def _read_languages(project: Project, draft: Draft) -> None:
    config = project.config
    if config is None:
        return
    try:
        draft.languages = read_languages(config)
    except UnknownLanguage as exc:
        project.problems.add_error(config.locate(exc.key), str(exc))


def _languages_json(draft: Draft) -> dict[str, JSON]:
    if len(draft.languages) > 1:
        return {
            "language": draft.languages[0],
            "languages": list(draft.languages),
            "phrases_in": list_phrases(draft.response_data, tuple(map(base_of, draft.languages[1:]))),
        }
    return {"language": draft.languages[0]} if uses_filters(draft.response_data) else {}


def _keep_questions_out(draft: Draft) -> None:
    """A question to the documents is no answer to a form, whatever else its text would fill."""
    for slot in draft.slot_data.values():
        for mapping in slot["mappings"]:
            if mapping["type"] == "from_text" and not mapping.get("intent"):
                mapping["not_intent"] = sorted({*(mapping.get("not_intent") or ()), ASK})


def write_domain(draft: Draft) -> dict[str, JSON]:
    """What goes into dialogue.json."""
    return {
        "intents": {name: sorted(list_used_entities(draft, name)) for name in draft.intents},
        "retrieval_intents": sorted(draft.retrieval_intents),
        "entities": list(draft.entities),
        "slots": draft.slot_data,
        "responses": draft.response_data,
        "actions": sorted(draft.actions),
        "forms": draft.form_data,
        "session": draft.session,
        "phrases": {name: text for name, text in draft.phrases.items() if name.split("/", 1)[0] in draft.intents},
        **({"context": draft.context} if draft.context else {}),
        **_languages_json(draft),
    }


def _refuse_old(document: Object, problems: Problems) -> None:
    if "templates" in document:
        problems.add_error(document.locate("templates"), "'templates' is Rasa 1.x: rename it to 'responses'")
    version = str(document.get("version", ""))
    if version.startswith("2"):
        problems.warn(
            document.locate("version"),
            f"the file says version {version}: forms and slots need Rasa 3.x syntax; what is old is named below",
        )


def _read_intents(document: Object, draft: Draft, problems: Problems) -> None:
    for item, place in iterate_items(document, "intents", problems):
        name, options = _read_named(item, place, problems, "intent")
        if name is None:
            continue
        if name in draft.intents and draft.intents[name].file == place.file:
            problems.add_error(place, f"the intent '{name}' stands here a second time; remove one of the two")
        draft.intents[name] = place
        if options is not None:
            draft.intent_options[name] = options
            if options.get("is_retrieval_intent"):
                draft.retrieval_intents[name] = place


def _read_named(item: Any, place: Place, problems: Problems, what: str) -> tuple[str | None, Mapping[str, Any] | None]:
    """An item that is a name, or a name with options."""
    if isinstance(item, Mapping) and len(item) == 1:
        name, options = next(iter(item.items()))
        if isinstance(options, Mapping):
            return str(name), options
        if options is None:
            problems.add_error(place, f"the {what} '{name}' ends with ':' but has no options; remove the ':'")
            return str(name), None
        if what == "entity" and isinstance(options, list):
            return str(name), {"roles": options}
    if isinstance(item, str | int | float | bool) and item != "":
        return str(item), None
    problems.add_error(place, f"this is no {what}: write a name, or `name:` with options indented below it")
    return None, None


def _read_entities(document: Object, draft: Draft, problems: Problems) -> None:
    for item, place in iterate_items(document, "entities", problems):
        name, options = _read_named(item, place, problems, "entity")
        if name is None:
            continue
        draft.entities[name] = place
        if options is None:
            continue
        draft.roles[name] = [str(role) for role in options.get("roles") or ()]
        draft.groups[name] = [str(group) for group in options.get("groups") or ()]
        if options.get("influence_conversation") is False:
            draft.ignored_entities.append(name)


def _read_slots(document: Object, draft: Draft, problems: Problems) -> None:
    for name, data, place in iterate_fields(document, "slots", problems):
        draft.slots[name] = place
        draft.slot_data[name] = read_slot(name, data, place, problems)


def _read_actions(document: Object, draft: Draft, problems: Problems) -> None:
    for item, place in iterate_items(document, "actions", problems):
        name, options = _read_named(item, place, problems, "action")
        if name is not None:
            draft.actions[name] = place
            if options is not None and options.get("confirm"):
                draft.confirmed.append(name)
    if document.get("e2e_actions"):
        problems.note(
            document.locate("e2e_actions"),
            "end-to-end actions are not supported: write a response and name it where the bot's words stand",
        )


def _read_forms(document: Object, draft: Draft, problems: Problems) -> None:
    if isinstance(document.get("forms"), list):
        problems.add_error(
            document.locate("forms"),
            "a list of forms is Rasa 1.x: write each form as `name:` with `required_slots:` and a list of slots",
        )
        return
    for name, data, place in iterate_fields(document, "forms", problems):
        draft.forms[name] = place
        draft.form_data[name] = _read_form(name, data, place, problems)


def _read_form(name: str, data: Any, place: Place, problems: Problems) -> dict[str, JSON]:
    form: dict[str, JSON] = {"required_slots": [], "ignored_intents": []}
    if data is None:
        return form
    slots = data.get("required_slots") if isinstance(data, Object) else None
    if isinstance(slots, Mapping) or (isinstance(data, Object) and "required_slots" not in data and data):
        problems.add_error(
            place,
            f"the form '{name}' maps its slots in Rasa 2.x syntax: list them under `required_slots:` and move each "
            f"mapping to `slots: <slot>: mappings:`, with `conditions: [{{active_loop: {name}}}]`; "
            "Rasa's `rasa data migrate` does this",
        )
        return form
    if slots is not None and not isinstance(slots, list):
        problems.add_error(place, f"`required_slots` of the form '{name}' must be a list of slots")
        return form
    form["required_slots"] = [str(slot) for slot in slots or ()]
    ignored = data.get("ignored_intents") if isinstance(data, Object) else None
    form["ignored_intents"] = [
        str(intent) for intent in (ignored if isinstance(ignored, list) else [ignored] if ignored else [])
    ]
    return form


def _read_session(document: Object, draft: Draft, problems: Problems) -> None:
    config = document.get("config")
    if isinstance(config, Mapping) and "store_entities_as_slots" in config:
        draft.entities_fill_slots = bool(config["store_entities_as_slots"])
    session = document.get("session_config")
    if session is None:
        return
    place = document.locate("session_config")
    if not isinstance(session, Object):
        problems.add_error(
            place, "'session_config' must hold `session_expiration_time` and `carry_over_slots_to_new_session`"
        )
        return
    minutes = session.get("session_expiration_time", 60)
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or minutes < 0:
        problems.add_error(
            session.locate("session_expiration_time"), "the session's expiration must be minutes, 0 for never"
        )
        return
    draft.session = {
        "minutes": minutes,
        "carry_over_slots": bool(session.get("carry_over_slots_to_new_session", True)),
    }


def _read_retrieval_intents(document: Object, draft: Draft, problems: Problems) -> None:
    for item, place in iterate_items(document, "nlu", problems):
        name = item.get("intent") if isinstance(item, Mapping) else None
        if isinstance(name, str) and "/" in name:
            draft.retrieval_intents.setdefault(name.split("/", 1)[0], place)


def _add_defaults(draft: Draft) -> None:
    nowhere = Place("domain.yml", 1)
    for intent in DEFAULT_INTENTS:
        draft.intents.setdefault(intent, nowhere)
    text = {"type": "text", "influence": False}
    if draft.forms and REQUESTED_SLOT not in draft.slot_data:
        draft.slot_data[REQUESTED_SLOT] = dict(text)
    if KNOWLEDGE_BASE_ACTION in draft.actions:
        for name in KNOWLEDGE_BASE_SLOTS:
            draft.slot_data.setdefault(name, dict(text))
    draft.slot_data.setdefault(SESSION_METADATA_SLOT, {"type": "any", "influence": False})
    if draft.context.get("answers"):
        draft.slot_data.setdefault(LATER_SLOT, {"type": "any", "influence": False})
    if len(draft.languages) > 1:
        for name in (LANGUAGE_SLOT, TOLD_LANGUAGE_SLOT):
            draft.slot_data.setdefault(name, dict(text))
