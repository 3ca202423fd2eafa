"""Projects of Rasa 1.x and 2.x as projects of Rasa 3: what is safe to rewrite is rewritten, and each change is told.

What Rasa's own `rasa data convert` and `rasa data migrate` do to data, domain and configuration. Code is not touched: a
FormAction's slots are in Python, and are named to be written down.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from model_artifacts.training.importing.copying import LOADER, Found
from model_artifacts.training.importing.markdown import convert_nlu, convert_stories, is_nlu, is_stories, lookups_of

OLD_POLICIES = ("FormPolicy", "MappingPolicy", "FallbackPolicy", "TwoStageFallbackPolicy", "KerasPolicy")
OLD_COMPONENTS: Mapping[str, str] = {
    "EmbeddingIntentClassifier": "DIETClassifier",
    "EmbeddingPolicy": "TEDPolicy",
    "KerasPolicy": "TEDPolicy",
    "SklearnPolicy": "TEDPolicy",
}
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "supervised_embeddings": ("WhitespaceTokenizer", "RegexFeaturizer", "CountVectorsFeaturizer", "DIETClassifier"),
    "pretrained_embeddings_spacy": (
        "WhitespaceTokenizer",
        "RegexFeaturizer",
        "CountVectorsFeaturizer",
        "DIETClassifier",
    ),
    "pretrained_embeddings_convert": (
        "WhitespaceTokenizer",
        "RegexFeaturizer",
        "CountVectorsFeaturizer",
        "DIETClassifier",
    ),
}
"""Pipelines that 1.x knew by name."""


@dataclass(slots=True)
class Migrated:
    """The files as Rasa 3 has them."""

    version: str | None
    """`1.x` or `2.x`; None of a project that was of Rasa 3."""
    files: tuple[Found, ...]
    changes: list[str] = field(default_factory=list)
    """What was changed, and what is left to do, a sentence each."""


def migrate(found: tuple[Found, ...]) -> Migrated:
    """The project, rewritten where it was of an older Rasa; as it came otherwise, without its Markdown."""
    yaml_files = {file.relative: _load(file) for file in found if file.relative.endswith((".yml", ".yaml"))}
    version = version_of(found, yaml_files)
    if version is None:
        return Migrated(None, tuple(file for file in found if not _is_text(file)))
    migrated = Migrated(version, ())
    made: dict[str, bytes] = {}
    _migrate_markdown(found, made, migrated.changes)
    domains = {name: document for name, document in yaml_files.items() if name.startswith("domain")}
    rules = _migrate_domain(domains, migrated.changes)
    config = next((name for name in yaml_files if name.startswith("config.")), "config.yml")
    rules += _migrate_config(yaml_files.setdefault(config, {}), migrated.changes)
    for name in (*domains, config):
        made[name] = _dump(yaml_files[name])
    if rules:
        made["data/migrated_rules.yml"] = _dump({"version": "3.1", "rules": rules})
    for name, document in yaml_files.items():
        if name not in made and str(document.get("version", "")).startswith(("1", "2")):
            made[name] = _dump({**document, "version": "3.1"})
    kept = [replace(file, content=made.pop(file.relative, file.content)) for file in found if not _is_text(file)]
    root = found[0].path
    migrated.files = (*kept, *(Found(root, name, content) for name, content in made.items()))
    return migrated


def version_of(found: Iterable[Found], documents: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Which older Rasa the project is of: what it says, else what only that Rasa had."""
    domains = [document for name, document in documents.items() if name.startswith("domain")]
    said = {str(document.get("version"))[:1] for document in domains if document.get("version")}
    if "3" in said:
        return None
    config = next((document for name, document in documents.items() if name.startswith("config.")), {})
    texts = [file.content.decode("utf-8", "replace") for file in found if file.relative.endswith(".md")]
    policies = {_read_name(item) for item in config.get("policies") or ()}
    if (
        any(map(is_nlu, texts))
        or any("templates" in document or isinstance(document.get("forms"), list) for document in domains)
        or policies & set(OLD_POLICIES)
    ):
        return "1.x" if "2" not in said else "2.x"
    slots = [slot for document in domains for slot in (document.get("slots") or {}).values()]
    unmapped = any(isinstance(slot, Mapping) and "mappings" not in slot for slot in slots)
    return "2.x" if "2" in said or unmapped or any(map(_has_old_forms, domains)) else None


def _has_old_forms(document: Mapping[str, Any]) -> bool:
    forms = document.get("forms")
    if not isinstance(forms, Mapping):
        return False
    return any(
        isinstance(form, Mapping) and not isinstance(form.get("required_slots", []), list) for form in forms.values()
    ) or any(isinstance(form, Mapping) and form and "required_slots" not in form for form in forms.values())


def _migrate_markdown(found: tuple[Found, ...], made: dict[str, bytes], changes: list[str]) -> None:
    texts = {file.relative: file.content.decode("utf-8-sig", "replace") for file in found if _is_text(file)}
    for name, text in texts.items():
        if not name.endswith(".md"):
            continue
        target = name.removesuffix(".md") + ".yml"
        if is_nlu(text):
            read = {
                asked: content
                for asked in lookups_of(text)
                for other, content in texts.items()
                if other.endswith(asked.removeprefix("./").removeprefix("data/"))
            }
            made[target] = convert_nlu(text, read).encode()
            changes.append(f"{name}: the examples in Markdown are YAML now, in {target}")
        elif is_stories(text):
            if target.startswith("tests/") and not target.rpartition("/")[2].startswith("test_"):
                folder, _, base = target.rpartition("/")
                target = f"{folder}/test_{base}"
            made[target] = _dump(convert_stories(text))
            changes.append(f"{name}: the stories in Markdown are YAML now, in {target}")


def _migrate_domain(documents: Mapping[str, dict[str, Any]], changes: list[str]) -> list[dict[str, Any]]:
    """Rewrite the domain in place; the rules that take the place of what it said."""
    rules: list[dict[str, Any]] = []
    entities = {_read_name(item) for document in documents.values() for item in document.get("entities") or ()}
    mappings: dict[str, list[dict[str, Any]]] = {}
    for name, document in documents.items():
        document["version"] = "3.1"
        if "templates" in document:
            document["responses"] = {**document.pop("templates"), **(document.get("responses") or {})}
            changes.append(f"{name}: `templates:` is `responses:` now")
        _migrate_responses(document.get("responses"))
        if "actions" in document and isinstance(document["actions"], list):
            document["actions"] = [item for item in document["actions"] if item not in (document.get("forms") or ())]
        _migrate_forms(name, document, mappings, changes)
        for intent in document.get("intents") or ():
            for called, options in intent.items() if isinstance(intent, dict) else ():
                if isinstance(options, dict) and (action := options.pop("triggers", None)):
                    rules.append(
                        {"rule": f"{called} triggers {action}", "steps": [{"intent": called}, {"action": action}]}
                    )
                    changes.append(f"{name}: `triggers: {action}` of the intent {called} is a rule now")
    for name, document in documents.items():
        _migrate_slots(name, document, mappings, entities, changes)
    return rules


def _migrate_responses(responses: Any) -> None:
    """1.x allowed a plain text as a variation."""
    for name, variations in responses.items() if isinstance(responses, dict) else ():
        if isinstance(variations, list):
            responses[name] = [{"text": item} if isinstance(item, str) else item for item in variations]


def _migrate_forms(
    name: str, document: dict[str, Any], mappings: dict[str, list[dict[str, Any]]], changes: list[str]
) -> None:
    forms = document.get("forms")
    if isinstance(forms, list):
        named = {_read_name(item): (item[_read_name(item)] if isinstance(item, dict) else None) or {} for item in forms}
    else:
        named = {str(form): body or {} for form, body in (forms or {}).items()}
    for form, body in named.items():
        required = body.get("required_slots", {key: value for key, value in body.items() if key != "ignored_intents"})
        if isinstance(required, dict):
            for slot, own in required.items():
                mappings.setdefault(str(slot), []).extend(
                    {**mapping, "conditions": [{"active_loop": form}]} for mapping in own or [{"type": "from_text"}]
                )
            if required:
                changes.append(f"{name}: the slot mappings of the form {form} stand with its slots now")
            required = list(required)
        if not required:
            changes.append(
                f"{name}: the form {form} asks for nothing: 1.x has its slots in Python (FormAction.required_slots and "
                "slot_mappings); write them under `forms:` and `slots:`, as of Rasa 3"
            )
        ignored = {"ignored_intents": body["ignored_intents"]} if "ignored_intents" in body else {}
        named[form] = {**ignored, "required_slots": required}
    if named:
        document["forms"] = named


def _migrate_slots(
    name: str,
    document: dict[str, Any],
    mappings: Mapping[str, list[dict[str, Any]]],
    entities: set[str],
    changes: list[str],
) -> None:
    filled = []
    for slot, body in (document.get("slots") or {}).items():
        if not isinstance(body, dict):
            continue
        if body.get("type") == "unfeaturized":
            body.update(type="any", influence_conversation=False)
            changes.append(f"{name}: the slot {slot} of type unfeaturized is of type any, and influences nothing")
        automatic = body.pop("auto_fill", True)
        if "mappings" in body:
            continue
        own = list(mappings.get(slot, ()))
        if automatic and slot in entities and not any(item.get("entity") == slot for item in own):
            own.append({"type": "from_entity", "entity": slot})
        body["mappings"] = own or [{"type": "custom"}]
        filled.append(slot)
    if filled:
        changes.append(f"{name}: {', '.join(map(str, filled))}: what fills the slot is written down under `mappings:`")


def _migrate_config(config: dict[str, Any], changes: list[str]) -> list[dict[str, Any]]:
    """Rewrite the configuration in place; the rules that take the place of policies."""
    rules: list[dict[str, Any]] = []
    config.setdefault("recipe", "default.v1")
    config.pop("version", None)
    pipeline = config.get("pipeline")
    if isinstance(pipeline, str):
        config["pipeline"] = [{"name": name} for name in TEMPLATES.get(pipeline, TEMPLATES["supervised_embeddings"])]
        changes.append(f"config.yml: the pipeline {pipeline} is written out")
    components = [item if isinstance(item, dict) else {"name": str(item)} for item in config.get("pipeline") or ()]
    policies: list[dict[str, Any]] = []
    rule_policy: dict[str, Any] = {"name": "RulePolicy"}
    for item in config.get("policies") or ():
        policy = dict(item) if isinstance(item, dict) else {"name": str(item)}
        name = str(policy.get("name", "")).rpartition(".")[2]
        if name in ("FormPolicy", "MappingPolicy"):
            changes.append(f"config.yml: RulePolicy does what {name} did")
        elif name in ("FallbackPolicy", "TwoStageFallbackPolicy"):
            threshold = policy.get("nlu_threshold", 0.3)
            if not any(_read_name(component) == "FallbackClassifier" for component in components):
                components.append({"name": "FallbackClassifier", "threshold": threshold})
            action = "action_two_stage_fallback" if name.startswith("Two") else "action_default_fallback"
            action = str(policy.get("fallback_action_name", action)) if name == "FallbackPolicy" else action
            loop = [{"active_loop": action}] if name.startswith("Two") else []
            rules.append(
                {"rule": "what was not understood", "steps": [{"intent": "nlu_fallback"}, {"action": action}, *loop]}
            )
            rule_policy["core_fallback_threshold"] = policy.get("core_threshold", 0.3)
            if name == "FallbackPolicy" and "fallback_action_name" in policy:
                rule_policy["core_fallback_action_name"] = policy["fallback_action_name"]
            changes.append(f"config.yml: FallbackClassifier, RulePolicy and a rule do what {name} did")
        elif name == "RulePolicy":
            rule_policy = {**policy, **rule_policy}
        else:
            new = OLD_COMPONENTS.get(name, name)
            if new != name:
                changes.append(f"config.yml: {new} takes the place of {name}")
            policies.append({**policy, "name": new})
    for component in components:
        old = _read_name(component)
        if old in OLD_COMPONENTS:
            component["name"] = OLD_COMPONENTS[old]
            changes.append(f"config.yml: {OLD_COMPONENTS[old]} takes the place of {old}")
    config["pipeline"] = components
    config["policies"] = [*policies, rule_policy]
    return rules


def _read_name(item: Any) -> str:
    if isinstance(item, dict):
        return str(item.get("name") or next(iter(item), "")).rpartition(".")[2]
    return str(item).rpartition(".")[2]


def _is_text(file: Found) -> bool:
    """Markdown, and word lists beside it: read while a project is rewritten, and of no use after that."""
    return file.relative.endswith(".md") or (file.relative.startswith("data/") and file.relative.endswith(".txt"))


def _load(file: Found) -> dict[str, Any]:
    try:
        loaded = yaml.load(file.content.decode("utf-8-sig"), Loader=LOADER)  # noqa: S506 - a safe loader
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _dump(document: Mapping[str, Any]) -> bytes:
    return yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False, width=120).encode()
