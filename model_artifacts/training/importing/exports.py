"""Exports of Dialogflow ES, Dialogflow CX and Amazon Lex V2, unpacked, as the YAML of a project: what both can say.

Intents and their phrases, entities with synonyms, answers in plain text, required parameters as forms, and contexts as
stories: an intent that another's context allows is answered after that one alone. What is lost is told.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from model_artifacts.training.importing.copying import Found
from model_artifacts.training.importing.export_formats import (
    Agent,
    Intent,
    read_dialogflow_cx,
    read_dialogflow_es,
    read_lex,
)
from shared.errors import Rejected


def read_export(source: Path) -> Agent | None:
    """The agent in an unpacked export; None where the folder is none. Raises Rejected where it cannot be read."""
    root = source.resolve()
    if root.suffix == ".zip":
        raise Rejected(f"{source}: unpack the export first, and name its folder")
    reader: Callable[[Path], Agent] | None = None
    if (root / "agent.json").is_file() and (root / "flows").is_dir():
        reader = read_dialogflow_cx
    elif (root / "agent.json").is_file() and (root / "intents").is_dir():
        reader = read_dialogflow_es
    elif any(root.glob("*/BotLocales/*/Intents")) or any(root.glob("BotLocales/*/Intents")):
        reader = read_lex
    return reader(root) if reader is not None else None


def project_of(agent: Agent, source: Path) -> tuple[Found, ...]:
    """The agent as the files of a project."""
    entities = sorted(
        set(agent.values) | {entity for intent in agent.intents.values() for _, entity, _ in intent.slots}
    )
    domain: dict[str, Any] = {
        "version": "3.1",
        "intents": [name for name, intent in agent.intents.items() if not intent.fallback],
        "entities": entities,
        "slots": {},
        "forms": {},
        "responses": {},
    }
    rules: list[dict[str, Any]] = []
    stories: list[dict[str, Any]] = []
    for name, intent in agent.intents.items():
        said = [{"text": text} for text in intent.answers] or [{"text": "..."}]
        domain["responses"][f"utter_{name}"] = said
        for slot, entity, question in intent.slots:
            conditions = {"conditions": [{"active_loop": f"{name}_form"}]}
            mapping = {"type": "from_entity", "entity": entity, **conditions}
            known = domain["slots"].setdefault(slot, {"type": "any", "influence_conversation": False, "mappings": []})
            known["mappings"].append(mapping)
            domain["responses"].setdefault(f"utter_ask_{slot}", [{"text": question}])
        rules += _write_rules(name, intent)
        stories += _write_stories(name, intent, agent)
    if domain["forms"] is not None:
        domain["forms"] = {
            f"{name}_form": {"required_slots": [slot for slot, _, _ in intent.slots]}
            for name, intent in agent.intents.items()
            if intent.slots
        }
    nlu = ['version: "3.1"', "nlu:"]
    for name, intent in agent.intents.items():
        if intent.phrases and not intent.fallback:
            nlu += [f"- intent: {name}", "  examples: |", *(f"    - {phrase}" for phrase in intent.phrases)]
    for entity, values in agent.values.items():
        words = dict.fromkeys(word for value, synonyms in values.items() for word in (value, *synonyms))
        nlu += [f"- lookup: {entity}", "  examples: |", *(f"    - {word}" for word in words)]
        for value, synonyms in values.items():
            others = [word for word in dict.fromkeys(synonyms) if word != value]
            if others:
                nlu += [f"- synonym: {json.dumps(value, ensure_ascii=False)}", "  examples: |"]
                nlu += [f"    - {word}" for word in others]
    config = {
        "recipe": "default.v1",
        "language": agent.language,
        "pipeline": [{"name": "RegexEntityExtractor"}, {"name": "EntitySynonymMapper"}, {"name": "FallbackClassifier"}],
        "policies": [{"name": "MemoizationPolicy"}, {"name": "RulePolicy"}],
    }
    documents = {
        "domain.yml": domain,
        "config.yml": config,
        "data/rules.yml": {"version": "3.1", "rules": rules},
        **({"data/stories.yml": {"version": "3.1", "stories": stories}} if stories else {}),
        **({"training.yml": {"prebuilt": sorted(agent.prebuilt)}} if agent.prebuilt else {}),
    }
    written = {
        name: yaml.safe_dump(document, allow_unicode=True, sort_keys=False) for name, document in documents.items()
    }
    written["data/nlu.yml"] = "\n".join(nlu) + "\n"
    return tuple(Found(source, name, text.encode()) for name, text in written.items())


def _write_rules(name: str, intent: Intent) -> Iterator[dict[str, Any]]:
    if intent.needs:
        return
    told = "nlu_fallback" if intent.fallback else name
    if not intent.slots:
        yield {"rule": name, "steps": [{"intent": told}, {"action": f"utter_{name}"}]}
        return
    form = f"{name}_form"
    yield {"rule": name, "steps": [{"intent": told}, {"action": form}, {"active_loop": form}]}
    done = [{"action": form}, {"active_loop": None}, {"slot_was_set": [{"requested_slot": None}]}]
    yield {
        "rule": f"{name} is complete",
        "condition": [{"active_loop": form}],
        "steps": [*done, {"action": f"utter_{name}"}],
    }


def _write_stories(name: str, intent: Intent, agent: Agent) -> Iterator[dict[str, Any]]:
    """After each intent that opens a context which this one needs, this one is answered."""
    for before, other in agent.intents.items():
        if set(intent.needs) & set(other.opens) and not other.slots and not intent.slots:
            steps = [{"intent": before}, {"action": f"utter_{before}"}, {"intent": name}, {"action": f"utter_{name}"}]
            yield {"story": f"{before}, then {name}", "steps": steps}
