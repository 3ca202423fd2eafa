"""What reading words in their context needs to know of an assistant, from its examples, tables and rules.

Compiled where training.yml says `conversation: {answers_in_context: true}`, or an action or a slot `confirm: true`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from functions.dialogue.context.stance import stances_by_name
from functions.dialogue.context.tasks import KIND
from functions.dialogue.context.words import words_of
from functions.dialogue.names import DEFAULT_INTENTS
from functions.nlu.words import Words
from functions.nlu.words import words_of as words_of_language
from model_artifacts.training.dialogue.documents import Items, Object, iterate_items, read_document
from model_artifacts.training.dialogue.draft import Draft
from model_artifacts.training.dialogue.problems import Problems
from model_artifacts.training.dialogue.project import Project
from model_artifacts.training.languages import base_of
from model_artifacts.training.nlu.annotation import Annotation, InvalidAnnotation, read_annotated
from shared.events.wire import JSON

STANCES = ("yes", "no", "wait", "wrong")
INFORM = "inform"
"""What projects call the intent of an answer; it is a fragment where it does not say otherwise."""
COMMON = 2
"""Examples in which a word has to stand outside of entities to be said of anything."""
MOSTLY = 0.8
"""The share of a slot's values with a number from which on a number is a part of them."""
DEACTIVATE = "action_deactivate_loop"
DATED = ("date", "time")
"""Kinds of values that are days and times."""
LETTERS = 3
"""Of the shortest word that names a slot."""
MOST_WORDS = 600
"""Words of a slot's values that are kept; a table of more says little about a single word."""

Told = tuple[str, str, tuple[Annotation, ...]]
"""Intent, text and entities of an example."""


def read_context(project: Project, draft: Draft) -> dict[str, JSON]:
    """The `context` of dialogue.json; empty where nothing asks for it."""
    answers, several = _read_settings(project, draft)
    if not answers and not draft.confirmed and not any(slot.get("confirm") for slot in draft.slot_data.values()):
        return {}
    told = list(_read_examples(project))
    context: dict[str, JSON] = {
        "answers": answers,
        "confirmed": sorted(draft.confirmed),
        "stances": {**stances_by_name(draft.intents), **_read_options(draft, "stance")},
    }
    yes = {intent for intent, stance in context["stances"].items() if stance == "yes"}
    context["yes_words"] = sorted({word for intent, text, _ in told if intent in yes for word in words_of(text)})
    own = words_of_language(base_of(draft.languages[0]))
    heads = {words_of(text)[0] for intent, text, _ in told if intent in yes and words_of(text)}
    context["yes_heads"] = sorted(heads | ({phrase for phrase in own.yes if " " not in phrase} if own else set()))
    phrases = (*own.yes, *own.agreeing) if own is not None else ()
    context["plain_yes"] = sorted({word for phrase in phrases for word in words_of(phrase)})
    others = {base_of(code): table for code in draft.languages[1:] if (table := words_of_language(base_of(code)))}
    if others:
        context["yes_words_in"] = {
            code: sorted({word for phrase in (*table.yes, *table.agreeing) for word in words_of(phrase)})
            for code, table in others.items()
        }
    _check(draft, project.problems)
    if answers:
        context |= _collect_words(draft, told, project)
        # In another language than the examples', its own table says which words belong to no value.
        glue = {word for table in others.values() for phrase in table.common for word in words_of(phrase)}
        context["common"] = sorted({*context["common"], *glue})
        context |= _compile_tasks(draft, told, context["stances"], project)
        context["several"] = several
        context["leaves"] = sorted(set(_list_leaving(draft, project)))
        context["named"] = _list_naming_words(draft, own)
        context["dated"] = _list_dated(project)
    return context


def _read_settings(project: Project, draft: Draft) -> tuple[bool, list[str]]:
    """Whether answers are read in their context, and the forms that hold several values: `conversation` of
    training.yml."""
    file = project.path / "training.yml"
    document = read_document(file, project.path, project.problems) if file.is_file() else None
    conversation = document.get("conversation") if document is not None else None
    if document is None or conversation is None:
        return False, []
    answers = conversation.get("answers_in_context", False) if isinstance(conversation, Object) else None
    if not isinstance(conversation, Object) or not isinstance(answers, bool):
        project.problems.add_error(
            document.locate("conversation"), "`conversation` holds `answers_in_context: true` or false"
        )
        return False, []
    several = conversation.get("several", [])
    if not isinstance(several, list) or any(name not in draft.form_data for name in several):
        project.problems.add_error(document.locate("conversation"), "`several` lists forms of the domain")
        several = []
    return answers, sorted(map(str, several))


def _read_options(draft: Draft, key: str) -> dict[str, JSON]:
    return {name: options[key] for name, options in draft.intent_options.items() if options.get(key)}


def _check(draft: Draft, problems: Problems) -> None:
    for name, stance in _read_options(draft, "stance").items():
        if stance not in STANCES:
            problems.add_error(draft.intents[name], f"the stance of '{name}' is one of {', '.join(STANCES)}")


def _read_examples(project: Project) -> Iterator[Told]:
    for document in project.training:
        for item, _ in iterate_items(document, "nlu", Problems()):
            intent = str(item.get("intent") or "").strip() if isinstance(item, Object) else ""
            if intent and intent not in DEFAULT_INTENTS:
                for line in _read_lines(item.get("examples")):
                    try:
                        text, annotations = read_annotated(line)
                    except InvalidAnnotation:
                        # The training of the understanding names it.
                        continue
                    yield intent.split("/", 1)[0], text, tuple(annotations)


def _read_lines(examples: Any) -> Iterator[str]:
    if isinstance(examples, str):
        yield from (line.strip().removeprefix("- ").strip() for line in examples.splitlines() if line.strip())
    elif isinstance(examples, Items | list):
        for item in examples:
            yield str(item.get("text") if isinstance(item, Mapping) else item).strip().removeprefix("- ").strip()


def _read_tables(project: Project) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for document in project.training:
        for item, _ in iterate_items(document, "nlu", Problems()):
            if isinstance(item, Object) and item.get("lookup"):
                found.setdefault(str(item["lookup"]), []).extend(_read_lines(item.get("examples")))
    return found


def _collect_words(draft: Draft, told: list[Told], project: Project) -> dict[str, JSON]:
    """The words that are said of anything, and those of each slot's values."""
    outside: Counter[str] = Counter()
    values: dict[str, list[str]] = {}
    for _, text, annotations in told:
        rest = text
        for annotation in annotations:
            values.setdefault(annotation.entity, []).append(text[annotation.start : annotation.end])
            gap = " " * (annotation.end - annotation.start)
            rest = rest[: annotation.start] + gap + rest[annotation.end :]
        outside.update(set(words_of(rest)))
    digits = [
        entity
        for entity, found in values.items()
        if len(found) >= 5 and sum(_has_both(value) for value in found) >= MOSTLY * len(found)
    ]
    for entity, phrases in _read_tables(project).items():
        values.setdefault(entity, []).extend(phrases)
    by_slot: dict[str, JSON] = {}
    with_digits = []
    for name, slot in draft.slot_data.items():
        entities = {str(mapping["entity"]) for mapping in slot["mappings"] if mapping["type"] == "from_entity"}
        if not entities or not any(mapping["type"] == "from_text" for mapping in slot["mappings"]):
            continue
        words = {word for entity in entities for value in values.get(entity, ()) for word in words_of(value)}
        by_slot[name] = sorted(words) if len(words) <= MOST_WORDS else []
        if entities & set(digits):
            with_digits.append(name)
    return {
        "common": sorted(word for word, count in outside.items() if count >= COMMON and not word.isdecimal()),
        "values": by_slot,
        "digits": with_digits,
    }


def _has_both(value: str) -> bool:
    return re.search(r"\d", value) is not None and re.search(r"[^\W\d_]{2}", value) is not None


def _compile_tasks(draft: Draft, told: list[Told], stances: Mapping[str, str], project: Project) -> dict[str, JSON]:
    fragments, again = sorted(_read_options(draft, "fragment")), sorted(_read_options(draft, "again"))
    if INFORM in draft.intents and "fragment" not in draft.intent_options.get(INFORM, {}):
        fragments = [*fragments, INFORM]
    takes: dict[str, set[str]] = {}
    for intent, _, annotations in told:
        if intent not in (*fragments, *again, *stances) and intent in draft.intents:
            takes.setdefault(intent, set()).update(annotation.entity for annotation in annotations)
    starts = dict(_list_starts(draft, project))
    values: dict[str, dict[str, set[str]]] = {}
    for intent, text, annotations in told:
        for annotation in annotations if intent in takes else ():
            value = (annotation.value or text[annotation.start : annotation.end]).casefold()
            values.setdefault(annotation.entity, {}).setdefault(value, set()).add(intent)
    shared = [entity for entity in values if sum(entity in found for found in takes.values()) > 1]
    return {
        "takes": {intent: sorted(found) for intent, found in sorted(takes.items()) if found or intent in starts},
        "telling": {
            entity: {value: next(iter(seen)) for value, seen in sorted(values[entity].items()) if len(seen) == 1}
            for entity in sorted(shared)
        },
        "starts": starts,
        "kinds": _compile_kinds(project, takes),
        "fragments": fragments,
        "again": again,
        "asks": _compile_questions(told, takes, again),
    }


def _compile_questions(told: list[Told], takes: Mapping[str, set[str]], again: list[str]) -> dict[str, JSON]:
    """Entity -> the one intent that asks about the newest task with it, where no task takes it."""
    found: dict[str, set[str]] = {}
    for intent, _, annotations in told:
        for annotation in annotations:
            found.setdefault(annotation.entity, set()).add(intent)
    taken = {KIND}.union(*takes.values())
    return {
        entity: next(iter(intents))
        for entity, intents in sorted(found.items())
        if len(intents) == 1 and intents <= set(again) and entity not in taken
    }


def _list_leaving(draft: Draft, project: Project) -> Iterator[str]:
    """The intents of rules that leave a form, and begin no other."""
    for document in project.training:
        for rule, _ in iterate_items(document, "rules", Problems()):
            steps = rule.get("steps") if isinstance(rule, Object) else None
            steps = [step for step in steps if isinstance(step, Mapping)] if isinstance(steps, list) else []
            intent = next((step.get("intent") for step in steps if step.get("intent")), None)
            actions = {str(step.get("action")) for step in steps}
            if isinstance(intent, str) and DEACTIVATE in actions and not actions & draft.forms.keys():
                yield intent


def _list_naming_words(draft: Draft, table: Words | None) -> dict[str, JSON]:
    """Slot of a form -> the words of its name and of its question that no other slot of the form has."""
    said = frozenset[str]() if table is None else table.common | table.asks | table.verbs | table.joins | table.ends
    found: dict[str, JSON] = {}
    for form in draft.form_data.values():
        words: dict[str, set[str]] = {}
        for name in form["required_slots"]:
            told = draft.response_data.get(f"utter_ask_{name}", ())
            asked = {word for item in told for word in words_of(str(item.get("text") or ""))} - said
            words[name] = {word for word in asked | set(name.casefold().split("_")) if len(word) >= LETTERS}
        for name, own in words.items():
            others = {word for other, theirs in words.items() if other != name for word in theirs}
            found[name] = sorted(own - others)
    return found


def _list_dated(project: Project) -> list[str]:
    """The entities whose words training.yml reads as days or times."""
    file = project.path / "training.yml"
    document = read_document(file, project.path, Problems()) if file.is_file() else None
    kinds = document.get("normalise") if document is not None else None
    return sorted(str(name) for name, kind in kinds.items() if kind in DATED) if isinstance(kinds, Mapping) else []


def _compile_kinds(project: Project, takes: Mapping[str, object]) -> dict[str, JSON]:
    """Word -> task, from the lookup table `kind` and the synonyms that give its words the names of tasks."""
    words = {word for phrase in _read_tables(project).get(KIND, ()) for word in words_of(phrase)}
    found: dict[str, JSON] = {}
    for document in project.training:
        for item, _ in iterate_items(document, "nlu", Problems()):
            task = str(item.get("synonym") or "") if isinstance(item, Object) else ""
            if task in takes:
                found |= {
                    word: task for line in _read_lines(item.get("examples")) for word in words_of(line) if word in words
                }
    return dict(sorted(found.items()))


def _list_starts(draft: Draft, project: Project) -> Iterator[tuple[str, str]]:
    """Intent and form of each rule that starts a form with one."""
    for document in project.training:
        for rule, _ in iterate_items(document, "rules", Problems()):
            steps = rule.get("steps") if isinstance(rule, Object) else None
            if not isinstance(steps, list) or rule.get("condition"):
                continue
            for one, other in pairwise(steps):
                if isinstance(one, Mapping) and isinstance(other, Mapping):
                    intent, form = one.get("intent"), other.get("action")
                    if isinstance(intent, str) and form in draft.form_data:
                        yield intent, str(form)
