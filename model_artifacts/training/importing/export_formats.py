"""Reads what Dialogflow ES and CX and Amazon Lex export, as one form of agent."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model_artifacts.training.importing.copying import FILES, read_inside
from shared.errors import Rejected

SHOWN_VALUES = 5
"""Values of a slot type that a phrase of Lex is written out with."""

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


def read_dialogflow_es(root: Path) -> Agent:
    """The agent of an unpacked export of Dialogflow ES."""
    about = _read_json(root / "agent.json", root)
    agent = Agent("Dialogflow ES", str(about.get("language", "en")))
    for path in list_files(root / "entities"):
        if "_entries_" in path.stem:
            entries = _read_json(path, root)
            name = name_of(path.stem.partition("_entries_")[0])
            agent.values[name] = {str(item["value"]): list(map(str, item.get("synonyms", ()))) for item in entries}
    for path in list_files(root / "intents"):
        if "_usersays_" in path.stem:
            continue
        document = _read_json(path, root)
        name = name_of(str(document.get("name", path.stem)))
        first = (document.get("responses") or [{}])[0]
        intent = Intent(
            needs=list(map(str, document.get("contexts", ()))),
            opens=[str(item.get("name")) for item in first.get("affectedContexts", ())],
            fallback=bool(document.get("fallbackIntent")),
        )
        for message in first.get("messages", ()):
            said = message.get("speech")
            if isinstance(said, str | list):
                intent.answers += [_mark_slots(text) for text in ([said] if isinstance(said, str) else said) if text]
            elif message.get("type") not in (0, "0"):
                agent.lost.append(f"{name}: an answer that is no text (card, quick reply, payload)")
        for parameter in first.get("parameters", ()):
            if parameter.get("required"):
                entity = _name_entity(str(parameter.get("dataType", "")), agent)
                question = next((str(item.get("value")) for item in parameter.get("prompts", ())), "?")
                intent.slots.append((name_of(str(parameter.get("name"))), entity, _mark_slots(question)))
        if document.get("webhookUsed"):
            agent.lost.append(f"{name}: it calls a webhook; write that as an action")
        says = root / "intents" / f"{path.stem}_usersays_{agent.language}.json"
        for phrase in _read_json(says, root) if says.is_file() else ():
            intent.phrases.append(_mark_phrase(phrase.get("data", ()), "text", "meta", agent))
        agent.intents[name] = intent
    return agent


def read_dialogflow_cx(root: Path) -> Agent:
    """The agent of an unpacked export of Dialogflow CX."""
    about = _read_json(root / "agent.json", root)
    agent = Agent("Dialogflow CX", str(about.get("defaultLanguageCode", "en")))
    for path in sorted((root / "entityTypes").glob("*/entities/*.json")):
        entries = _read_json(path, root).get("entities", ())
        values = {str(item["value"]): list(map(str, item.get("synonyms", ()))) for item in entries}
        agent.values[name_of(path.parents[1].name)] = values
    for folder in sorted((root / "intents").iterdir()) if (root / "intents").is_dir() else ():
        phrases = folder / "trainingPhrases" / f"{agent.language}.json"
        known = _read_json(folder / f"{folder.name}.json", root).get("parameters", ()) if folder.is_dir() else ()
        types = {str(item.get("id")): str(item.get("entityType", "")) for item in known}
        intent = Intent()
        for phrase in _read_json(phrases, root).get("trainingPhrases", ()) if phrases.is_file() else ():
            parts = [{**part, "meta": types.get(str(part.get("parameterId")))} for part in phrase.get("parts", ())]
            intent.phrases.append(_mark_phrase(parts, "text", "meta", agent))
        agent.intents[name_of(folder.name)] = intent
    for path in sorted((root / "flows").rglob("*.json")):
        document = _read_json(path, root)
        for route in document.get("transitionRoutes", ()) if isinstance(document, dict) else ():
            name = name_of(str(route.get("intent", "")).rpartition("/")[2])
            if name in agent.intents:
                agent.intents[name].answers += list(_list_messages(route.get("triggerFulfillment") or {}))
            if route.get("condition"):
                agent.lost.append(f"{path.stem}: a route with the condition of a page; write it as a rule")
        if path.parent.name == "pages":
            agent.lost.append(f"the page {path.stem}: pages are written as forms and stories")
    return agent


def read_lex(root: Path) -> Agent:
    """The bot of an unpacked export of Amazon Lex V2, in one of its locales."""
    locale = next(iter(sorted([*root.glob("*/BotLocales/*"), *root.glob("BotLocales/*")])))
    agent = Agent("Amazon Lex", locale.name.partition("_")[0])
    for path in sorted(locale.glob("SlotTypes/*/SlotType.json")):
        values = {}
        for item in _read_json(path, root).get("slotTypeValues") or ():
            value = str((item.get("sampleValue") or {}).get("value"))
            values[value] = [str(synonym.get("value")) for synonym in item.get("synonyms") or ()]
        agent.values[name_of(path.parent.name)] = values
    for path in sorted(locale.glob("Intents/*/Intent.json")):
        document = _read_json(path, root)
        name = name_of(str(document.get("name", path.parent.name)))
        intent = Intent(fallback=document.get("parentIntentSignature") == "AMAZON.FallbackIntent")
        intent.opens = [str(item.get("name")) for item in document.get("outputContexts") or ()]
        intent.needs = [str(item.get("name")) for item in document.get("inputContexts") or ()]
        entities = {}
        for own in sorted(path.parent.glob("Slots/*/Slot.json")):
            slot = _read_json(own, root)
            entity = _name_entity(str(slot.get("slotTypeName", "")), agent)
            entities[str(slot.get("name"))] = entity
            setting = slot.get("valueElicitationSetting") or {}
            if setting.get("slotConstraint") == "Required":
                question = next(iter(_list_lex_texts(setting.get("promptSpecification"))), "?")
                intent.slots.append((name_of(str(slot.get("name"))), entity, question))
        for item in document.get("sampleUtterances") or ():
            intent.phrases += _spell_slots(str(item.get("utterance", "")), entities, agent)
        intent.answers += list(_list_lex_texts(document.get("intentClosingSetting", {}).get("closingResponse")))
        if (document.get("fulfillmentCodeHook") or {}).get("enabled"):
            agent.lost.append(f"{name}: it calls a Lambda function; write that as an action")
        if document.get("intentConfirmationSetting"):
            agent.lost.append(f"{name}: its confirmation; name the action under `confirm:` in training.yml")
        agent.intents[name] = intent
    return agent


def _mark_phrase(parts: Any, text: str, meta: str, agent: Agent) -> str:
    """A phrase with its marks."""
    found = ""
    for part in parts:
        words, kind = str(part.get(text, "")), part.get(meta) or (part.get("alias") and part.get("meta"))
        if kind and words.strip() and not str(kind).startswith("@sys.ignore"):
            entity = _name_entity(str(kind), agent)
            found += words if entity in agent.prebuilt else f"[{words}]({entity})"
        else:
            found += words
    return " ".join(found.split())


def _spell_slots(utterance: str, entities: Mapping[str, str], agent: Agent) -> list[str]:
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


def _name_entity(kind: str, agent: Agent) -> str:
    plain = kind.rpartition("/")[2].removeprefix("@").removeprefix("sys.").removeprefix("AMAZON.")
    system = "sys." in kind or kind.startswith("AMAZON.")
    if system and plain.lower() in PREBUILT:
        agent.prebuilt.add(PREBUILT[plain.lower()])
        return PREBUILT[plain.lower()]
    if system:
        lost = f"the system entity {plain} is learned from the phrases that mark it, and from nothing else"
        if lost not in agent.lost:
            agent.lost.append(lost)
    return name_of(plain)


def _list_messages(fulfillment: Mapping[str, Any]) -> Iterator[str]:
    for message in fulfillment.get("messages", ()):
        for text in (message.get("text") or {}).get("text", ()):
            yield _mark_slots(str(text))


def _list_lex_texts(specification: Any) -> Iterator[str]:
    for group in (specification or {}).get("messageGroupsList") or (specification or {}).get("messageGroups") or ():
        text = ((group.get("message") or {}).get("plainTextMessage") or {}).get("value")
        if text:
            yield str(text)


def _mark_slots(text: str) -> str:
    """`$city`, `$session.params.city` as `{city}`."""
    pattern = r"[$#](?:session\.params\.|[\w-]+\.)?([A-Za-z][\w-]*)"
    return re.sub(pattern, lambda match: f"{{{name_of(match[1])}}}", text)


def name_of(text: str) -> str:
    name = re.sub(r"\W+", "_", text.strip().lower()).strip("_")
    return name or "unnamed"


def list_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))[:FILES] if folder.is_dir() else []


def _read_json(path: Path, root: Path) -> Any:
    try:
        return json.loads(read_inside(path, root).decode("utf-8-sig"))
    except (ValueError, RecursionError) as exc:
        raise Rejected(f"{path.relative_to(root)}: this is no JSON") from exc
