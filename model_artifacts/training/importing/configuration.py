"""What a project's config.yml and endpoints.yml ask for, and what of it means something here."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from model_artifacts.training.importing.reading import load_yaml
from model_artifacts.training.languages import UnknownLanguage, read_languages
from model_artifacts.training.nlu.assistant import is_own

Fate = Literal["same", "changed", "not"]

_LEARNED = "one compact model for intents and entities (ONNX) takes its place; epochs and the like have no effect"
_ENGLISH = "the built-in model reads text as it is"
COMPONENTS: Mapping[str, tuple[Fate, str]] = {
    "DIETClassifier": ("changed", _LEARNED),
    "LogisticRegressionClassifier": ("changed", _LEARNED),
    "SklearnIntentClassifier": ("changed", _LEARNED),
    "CRFEntityExtractor": ("changed", _LEARNED),
    "KeywordIntentClassifier": ("changed", _LEARNED),
    "MitieIntentClassifier": ("changed", _LEARNED),
    "MitieEntityExtractor": ("changed", _LEARNED),
    "ResponseSelector": (
        "changed",
        "each `faq/...` is learned as an intent of its own; the threshold counts for all of them together",
    ),
    "FallbackClassifier": ("same", "its thresholds are read"),
    "EntitySynonymMapper": ("same", "synonyms are mapped"),
    "RegexEntityExtractor": ("same", "lookup tables and regexes find entities that an intent was trained with"),
    "RegexFeaturizer": ("same", "lookup tables and regexes are features of intents and entities"),
    "DucklingEntityExtractor": (
        "same",
        "its dimensions are found without a server, with the same names and values; credit-card-number is not",
    ),
    "SpacyEntityExtractor": ("not", "names of people and places are found only where examples mark them"),
}
POLICIES: Mapping[str, tuple[Fate, str]] = {
    "RulePolicy": ("same", "rules, forms and the fallback decide as in Rasa"),
    "MemoizationPolicy": ("same", "stories are remembered as in Rasa"),
    "AugmentedMemoizationPolicy": ("same", "stories are remembered as in Rasa"),
    "TEDPolicy": (
        "changed",
        "where no rule and no story fits, a small model learned from the stories predicts; max_history is read",
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One policy or component, and what becomes of it."""

    name: str
    fate: Fate
    text: str


@dataclass(frozen=True, slots=True)
class Configuration:
    entries: tuple[Entry, ...]
    languages: tuple[str, ...]
    endpoint: str | None
    """Of the action server, without credentials."""


def read_configuration(config: Path, endpoints: Path | None, notes: Sequence[str]) -> Configuration:
    """What the files ask for; an absent or broken one asks for nothing (the compiler names what is broken).

    `notes` are what the compiler noted on config.yml: of a policy that it does not use, it says so there.
    """
    loaded = load_yaml(config)
    entries = {entry.name: entry for entry in _list_entries(loaded)}
    for name, entry in entries.items():
        unused = next((note for note in notes if re.match(rf"{re.escape(name)} is not used", note)), None)
        if unused is not None:
            _, _, why = unused.partition(": ")
            entries[name] = replace(entry, fate="not", text=why or "it means nothing here")
    try:
        languages = read_languages(loaded)
    except UnknownLanguage:
        languages = ("en",)
    return Configuration(tuple(entries.values()), languages, _read_endpoint(endpoints))


def _list_entries(config: Mapping[str, Any]) -> Iterator[Entry]:
    for component in _list_named(config.get("pipeline")):
        if is_own(str(component["name"])):
            yield Entry(str(component["name"]), "same", "a function of the assistant's own, run in nlu")
            continue
        name = str(component["name"]).rsplit(".", 1)[-1]
        fate, text = decide_component(name)
        if name == "FallbackClassifier":
            threshold, gap = component.get("threshold", 0.3), component.get("ambiguity_threshold", 0.1)
            text += f": threshold {threshold}, ambiguity_threshold {gap}"
        yield Entry(name, fate, text)
    for policy in _list_named(config.get("policies")):
        name = str(policy["name"]).rsplit(".", 1)[-1]
        yield Entry(
            name,
            *POLICIES.get(
                name,
                (
                    "not",
                    "this policy's Python is not run: write what it decided as rules, stories, or an action's followup",
                ),
            ),
        )


def decide_component(name: str) -> tuple[Fate, str]:
    """What becomes of a component of the pipeline, by its name without its module, and why."""
    if name in COMPONENTS:
        return COMPONENTS[name]
    if name.endswith(("Tokenizer", "Featurizer", "NLP", "Initializer")):
        return "changed", _ENGLISH
    if name.startswith("Duckling"):
        return COMPONENTS["DucklingEntityExtractor"]
    return (
        "not",
        "this component's Python is not run: write what its process() finds as a function of the text and the "
        "entities in the folder components/, and name that as `- name: components.FILE.FUNCTION` "
        "(model_artifacts/README.md, A component of your own); `prebuilt:`, lookup tables and regexes need no code",
    )


def _list_named(items: Any) -> Iterator[Mapping[str, Any]]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, Mapping) and item.get("name"):
            yield item
        elif isinstance(item, str):
            yield {"name": item}


def _read_endpoint(path: Path | None) -> str | None:
    action = load_yaml(path).get("action_endpoint") if path is not None else None
    url = action.get("url") if isinstance(action, Mapping) else None
    try:
        parts = urlsplit(str(url or ""))
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else None
    except ValueError:
        return None
