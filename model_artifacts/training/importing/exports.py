"""Exports of Dialogflow ES, Dialogflow CX and Amazon Lex V2, unpacked, as the YAML of a project: what both can say.

Intents and their phrases, entities with synonyms, answers in plain text, required parameters as forms, and contexts as
stories: an intent that another's context allows is answered after that one alone. What is lost is told.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from model_artifacts.training.importing.copying import FILES, Found, read_inside
from shared.errors import Rejected

PREBUILT: Mapping[str, str] = {
    "date": "time",
    "time": "time",
    "date-time": "time",
    "date-period": "time",
    "number": "number",
    "number-integer": "number",
    "cardinal": "number",
    "ordinal": "ordinal",
    "email": "email",
    "emailaddress": "email",
    "phone-number": "phone-number",
    "phonenumber": "phone-number",
    "url": "url",
    "duration": "duration",
    "temperature": "temperature",
    "unit-currency": "amount-of-money",
    "currency": "amount-of-money",
}
"""System entities without `@sys.` or `AMAZON.` -> what finds the same here without examples."""
SHOWN_VALUES = 5
"""Values of a slot type that a phrase of Lex is written out with."""


@dataclass(slots=True)
class Intent:
    phrases: list[str] = field(default_factory=list)
    """With their entities marked."""
    answers: list[str] = field(default_factory=list)
    slots: list[tuple[str, str, str]] = field(default_factory=list)
    """Required parameters: slot, entity, and the question for it."""
    needs: list[str] = field(default_factory=list)
    """Contexts that must be open."""
    opens: list[str] = field(default_factory=list)
    fallback: bool = False


@dataclass(slots=True)
class Agent:
    """What an export holds."""

    kind: str
    language: str
    intents: dict[str, Intent] = field(default_factory=dict)
    values: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Entity -> value -> its synonyms."""
    prebuilt: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)


def read_export(source: Path) -> Agent | None:
    """The agent in an unpacked export; None where the folder is none. Raises Rejected where it cannot be read."""
    root = source.resolve()
    if root.suffix == ".zip":
        raise Rejected(f"{source}: unpack the export first, and name its folder")
    reader: Callable[[Path], Agent] | None = None
    if (root / "agent.json").is_file() and (root / "flows").is_dir():
        reader = _read_cx
    elif (root / "agent.json").is_file() and (root / "intents").is_dir():
        reader = _read_es
    elif any(root.glob("*/BotLocales/*/Intents")) or any(root.glob("BotLocales/*/Intents")):
        reader = _read_lex
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
        rules += _rules(name, intent)
        stories += _stories(name, intent, agent)
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


def _rules(name: str, intent: Intent) -> Iterator[dict[str, Any]]:
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


def _stories(name: str, intent: Intent, agent: Agent) -> Iterator[dict[str, Any]]:
    """After each intent that opens a context which this one needs, this one is answered."""
    for before, other in agent.intents.items():
        if set(intent.needs) & set(other.opens) and not other.slots and not intent.slots:
            steps = [{"intent": before}, {"action": f"utter_{before}"}, {"intent": name}, {"action": f"utter_{name}"}]
            yield {"story": f"{before}, then {name}", "steps": steps}


def _read_es(root: Path) -> Agent:
    about = _json(root / "agent.json", root)
    agent = Agent("Dialogflow ES", str(about.get("language", "en")))
    for path in _files(root / "entities"):
        if "_entries_" in path.stem:
            entries = _json(path, root)
            name = _name(path.stem.partition("_entries_")[0])
            agent.values[name] = {str(item["value"]): list(map(str, item.get("synonyms", ()))) for item in entries}
    for path in _files(root / "intents"):
        if "_usersays_" in path.stem:
            continue
        document = _json(path, root)
        name = _name(str(document.get("name", path.stem)))
        first = (document.get("responses") or [{}])[0]
        intent = Intent(
            needs=list(map(str, document.get("contexts", ()))),
            opens=[str(item.get("name")) for item in first.get("affectedContexts", ())],
            fallback=bool(document.get("fallbackIntent")),
        )
        for message in first.get("messages", ()):
            said = message.get("speech")
            if isinstance(said, str | list):
                intent.answers += [_fill(text) for text in ([said] if isinstance(said, str) else said) if text]
            elif message.get("type") not in (0, "0"):
                agent.lost.append(f"{name}: an answer that is no text (card, quick reply, payload)")
        for parameter in first.get("parameters", ()):
            if parameter.get("required"):
                entity = _entity(str(parameter.get("dataType", "")), agent)
                question = next((str(item.get("value")) for item in parameter.get("prompts", ())), "?")
                intent.slots.append((_name(str(parameter.get("name"))), entity, _fill(question)))
        if document.get("webhookUsed"):
            agent.lost.append(f"{name}: it calls a webhook; write that as an action")
        says = root / "intents" / f"{path.stem}_usersays_{agent.language}.json"
        for phrase in _json(says, root) if says.is_file() else ():
            intent.phrases.append(_phrase(phrase.get("data", ()), "text", "meta", agent))
        agent.intents[name] = intent
    return agent


def _read_cx(root: Path) -> Agent:
    about = _json(root / "agent.json", root)
    agent = Agent("Dialogflow CX", str(about.get("defaultLanguageCode", "en")))
    for path in sorted((root / "entityTypes").glob("*/entities/*.json")):
        entries = _json(path, root).get("entities", ())
        values = {str(item["value"]): list(map(str, item.get("synonyms", ()))) for item in entries}
        agent.values[_name(path.parents[1].name)] = values
    for folder in sorted((root / "intents").iterdir()) if (root / "intents").is_dir() else ():
        phrases = folder / "trainingPhrases" / f"{agent.language}.json"
        known = _json(folder / f"{folder.name}.json", root).get("parameters", ()) if folder.is_dir() else ()
        types = {str(item.get("id")): str(item.get("entityType", "")) for item in known}
        intent = Intent()
        for phrase in _json(phrases, root).get("trainingPhrases", ()) if phrases.is_file() else ():
            parts = [{**part, "meta": types.get(str(part.get("parameterId")))} for part in phrase.get("parts", ())]
            intent.phrases.append(_phrase(parts, "text", "meta", agent))
        agent.intents[_name(folder.name)] = intent
    for path in sorted((root / "flows").rglob("*.json")):
        document = _json(path, root)
        for route in document.get("transitionRoutes", ()) if isinstance(document, dict) else ():
            name = _name(str(route.get("intent", "")).rpartition("/")[2])
            if name in agent.intents:
                agent.intents[name].answers += list(_messages(route.get("triggerFulfillment") or {}))
            if route.get("condition"):
                agent.lost.append(f"{path.stem}: a route with the condition of a page; write it as a rule")
        if path.parent.name == "pages":
            agent.lost.append(f"the page {path.stem}: pages are written as forms and stories")
    return agent


def _read_lex(root: Path) -> Agent:
    locale = next(iter(sorted([*root.glob("*/BotLocales/*"), *root.glob("BotLocales/*")])))
    agent = Agent("Amazon Lex", locale.name.partition("_")[0])
    for path in sorted(locale.glob("SlotTypes/*/SlotType.json")):
        values = {}
        for item in _json(path, root).get("slotTypeValues") or ():
            value = str((item.get("sampleValue") or {}).get("value"))
            values[value] = [str(synonym.get("value")) for synonym in item.get("synonyms") or ()]
        agent.values[_name(path.parent.name)] = values
    for path in sorted(locale.glob("Intents/*/Intent.json")):
        document = _json(path, root)
        name = _name(str(document.get("name", path.parent.name)))
        intent = Intent(fallback=document.get("parentIntentSignature") == "AMAZON.FallbackIntent")
        intent.opens = [str(item.get("name")) for item in document.get("outputContexts") or ()]
        intent.needs = [str(item.get("name")) for item in document.get("inputContexts") or ()]
        entities = {}
        for own in sorted(path.parent.glob("Slots/*/Slot.json")):
            slot = _json(own, root)
            entity = _entity(str(slot.get("slotTypeName", "")), agent)
            entities[str(slot.get("name"))] = entity
            setting = slot.get("valueElicitationSetting") or {}
            if setting.get("slotConstraint") == "Required":
                question = next(iter(_lex_texts(setting.get("promptSpecification"))), "?")
                intent.slots.append((_name(str(slot.get("name"))), entity, question))
        for item in document.get("sampleUtterances") or ():
            intent.phrases += _write_out(str(item.get("utterance", "")), entities, agent)
        intent.answers += list(_lex_texts(document.get("intentClosingSetting", {}).get("closingResponse")))
        if (document.get("fulfillmentCodeHook") or {}).get("enabled"):
            agent.lost.append(f"{name}: it calls a Lambda function; write that as an action")
        if document.get("intentConfirmationSetting"):
            agent.lost.append(f"{name}: its confirmation; name the action under `confirm:` in training.yml")
        agent.intents[name] = intent
    return agent


def _phrase(parts: Any, text: str, meta: str, agent: Agent) -> str:
    """A phrase with its marks."""
    found = ""
    for part in parts:
        words, kind = str(part.get(text, "")), part.get(meta) or (part.get("alias") and part.get("meta"))
        if kind and words.strip() and not str(kind).startswith("@sys.ignore"):
            entity = _entity(str(kind), agent)
            found += words if entity in agent.prebuilt else f"[{words}]({entity})"
        else:
            found += words
    return " ".join(found.split())


def _write_out(utterance: str, entities: Mapping[str, str], agent: Agent) -> list[str]:
    """A phrase of Lex, with values in the place of its slots."""
    written = [utterance]
    for slot, entity in entities.items():
        if f"{{{slot}}}" not in utterance:
            continue
        values = list(agent.values.get(entity, {}))[:SHOWN_VALUES]
        if not values:
            return []
        written = [text.replace(f"{{{slot}}}", f"[{value}]({entity})") for text in written for value in values]
    return [text for text in written if "{" not in text][: SHOWN_VALUES * SHOWN_VALUES]


def _entity(kind: str, agent: Agent) -> str:
    plain = kind.rpartition("/")[2].removeprefix("@").removeprefix("sys.").removeprefix("AMAZON.")
    system = "sys." in kind or kind.startswith("AMAZON.")
    if system and plain.lower() in PREBUILT:
        agent.prebuilt.add(PREBUILT[plain.lower()])
        return PREBUILT[plain.lower()]
    if system:
        lost = f"the system entity {plain} is learned from the phrases that mark it, and from nothing else"
        if lost not in agent.lost:
            agent.lost.append(lost)
    return _name(plain)


def _messages(fulfillment: Mapping[str, Any]) -> Iterator[str]:
    for message in fulfillment.get("messages", ()):
        for text in (message.get("text") or {}).get("text", ()):
            yield _fill(str(text))


def _lex_texts(specification: Any) -> Iterator[str]:
    for group in (specification or {}).get("messageGroupsList") or (specification or {}).get("messageGroups") or ():
        text = ((group.get("message") or {}).get("plainTextMessage") or {}).get("value")
        if text:
            yield str(text)


def _fill(text: str) -> str:
    """`$city`, `$session.params.city` as `{city}`."""
    return re.sub(r"[$#](?:session\.params\.|[\w-]+\.)?([A-Za-z][\w-]*)", lambda match: f"{{{_name(match[1])}}}", text)


def _name(text: str) -> str:
    name = re.sub(r"\W+", "_", text.strip().lower()).strip("_")
    return name or "unnamed"


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))[:FILES] if folder.is_dir() else []


def _json(path: Path, root: Path) -> Any:
    try:
        return json.loads(read_inside(path, root).decode("utf-8-sig"))
    except (ValueError, RecursionError) as exc:
        raise Rejected(f"{path.relative_to(root)}: this is no JSON") from exc
