"""An assistant's sources as NLU training needs them: examples, domain, thresholds and what its training.yml adds."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from functions.nlu.components import FOLDER
from functions.nlu.normalise import KINDS
from functions.nlu.prebuilt import DIMENSIONS, DUCKLING
from model_artifacts.training.knowledge.sources import has_knowledge
from model_artifacts.training.languages import UnknownLanguage, base_of, language_of, read_languages
from model_artifacts.training.nlu.reading import LOADER, Example, InvalidData, NluData, read_files

DEFAULT_INTENTS = ("restart", "back", "session_start", "nlu_fallback", "out_of_scope")
"""Intents that every Rasa domain has (rasa.shared.core.constants.DEFAULT_INTENTS)."""


@dataclass(frozen=True, slots=True)
class Assistant:
    name: str
    nlu: NluData
    held_out: tuple[Example, ...]
    """tests/*nlu*.yml: never trained on, nothing is chosen on it."""
    validation: tuple[Example, ...]
    """tests/validation_nlu.yml: never trained on, epochs and thresholds are chosen on it; without it, training sets
    some of the examples aside."""
    intents: frozenset[str]
    entities: frozenset[str]
    languages: tuple[str, ...] = ("en",)
    """What it speaks, without regions; the first is the language of its examples."""
    multilingual: bool = False
    """Whether config.yml lists languages, others than English among them."""
    min_confidence: float = 0.3
    min_gap: float = 0.1
    normalise: Mapping[str, str] = field(default_factory=dict)
    prebuilt: tuple[str, ...] = ()
    """The dimensions of functions.nlu.prebuilt that are looked for."""
    components: tuple[str, ...] = ()
    """Its own functions, which see each text and its entities (functions.nlu.components)."""
    public: tuple[Mapping[str, Any], ...] = ()
    costs: Mapping[str, float] = field(default_factory=dict)
    """What a `wrong` answer costs, and one that is `refused` though it was right; empty where training.yml says
    nothing."""

    @property
    def language(self) -> str:
        """That of the examples."""
        return self.languages[0]


def read_assistant(path: Path) -> Assistant:
    """The assistant in the directory `path`, or InvalidData with every mistake."""
    if not path.is_dir():
        raise InvalidData(f"{path}: there is no such assistant; it is a directory with domain.yml and data/")
    config = _load(path / "config.yml")
    languages = _languages(path / "config.yml", config)
    sources = [*_yaml_files(path / "data"), *(file for file in _yaml_files(path) if file.parent == path)]
    sources = [file for file in sources if is_spoken(file, languages)]
    nlu = read_files(file for file in sources if file.name not in ("config.yml", "training.yml", "domain.yml"))
    if not nlu.examples:
        raise InvalidData(f"{path}: no intent has examples; write some in {path / 'data' / 'nlu.yml'}")
    tests = [file for file in _yaml_files(path / "tests") if "nlu" in file.stem and is_spoken(file, languages)]
    chosen_on = [file for file in tests if file.stem == "validation_nlu"]
    held_out = read_files(file for file in tests if file not in chosen_on).examples
    intents, entities = _domain(path)
    threshold, gap = _thresholds(config)
    extra = _load(path / "training.yml")
    normalise = extra.get("normalise") or {}
    for entity, kind in normalise.items():
        if kind not in KINDS:
            known = f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"
            lines = (path / "training.yml").read_text(encoding="utf-8").splitlines()
            line = next((number for number, text in enumerate(lines, 1) if text.strip().startswith(f"{entity}:")), 1)
            raise InvalidData(f"{path / 'training.yml'}:{line}: {entity} is normalised as {kind!r}; use {known}")
    return Assistant(
        name=path.resolve().name,
        nlu=nlu,
        held_out=tuple(held_out),
        validation=tuple(read_files(chosen_on).examples),
        intents=frozenset(intents) | {example.intent for example in nlu.examples} | set(DEFAULT_INTENTS),
        entities=frozenset(entities) | {a.entity for example in nlu.examples for a in example.annotations},
        languages=languages,
        multilingual="languages" in config and languages != ("en",),
        min_confidence=threshold,
        min_gap=gap,
        normalise=normalise,
        prebuilt=read_prebuilt(path, config, extra),
        components=read_components(config),
        public=tuple(extra.get("public") or ()),
        costs=_costs(path / "training.yml", extra.get("costs")),
    )


def read_prebuilt(path: Path, config: Mapping[str, Any], extra: Mapping[str, Any]) -> tuple[str, ...]:
    """The prebuilt entities that training.yml names under `prebuilt`, or config.yml as a DucklingEntityExtractor's
    dimensions. As in Rasa, an extractor that names no dimensions has all of Duckling's."""
    named = extra.get("prebuilt") or []
    for item in named if isinstance(named, list) else [named]:
        if item not in DIMENSIONS:
            raise InvalidData(
                f"{path / 'training.yml'}: there is no prebuilt entity {item!r}; use {', '.join(DIMENSIONS)}"
            )
    found = list(named)
    for component in config.get("pipeline") or ():
        if isinstance(component, dict) and str(component.get("name", "")).endswith("DucklingEntityExtractor"):
            given = component.get("dimensions")
            found += [name for name in (DUCKLING if given is None else given) if name in DIMENSIONS]
        elif isinstance(component, str) and component.endswith("DucklingEntityExtractor"):
            found += DUCKLING
    return tuple(dict.fromkeys(found))


def read_components(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The functions of its own that the pipeline names, in its order."""
    names = [item.get("name") if isinstance(item, dict) else item for item in config.get("pipeline") or ()]
    return tuple(dict.fromkeys(str(name) for name in names if is_own(str(name))))


def is_own(component: str) -> bool:
    """Whether a component's name is the place of a function in the assistant's folder `components`."""
    return component.startswith(f"{FOLDER}.")


def is_spoken(file: Path, languages: Collection[str]) -> bool:
    """Whether the file is of no language, or of one of these: an assistant reads no others."""
    return language_of(file) in (None, *languages)


def _languages(file: Path, config: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        return tuple(base_of(code) for code in read_languages(config))
    except UnknownLanguage as exc:
        lines = file.read_text(encoding="utf-8").splitlines()
        line = next((number for number, text in enumerate(lines, 1) if text.startswith(f"{exc.key}:")), 1)
        raise InvalidData(f"{file}:{line}: {exc}") from exc


def _costs(file: Path, given: Any) -> dict[str, float]:
    if given is None:
        return {}
    if (
        not isinstance(given, dict)
        or set(given) != {"wrong", "refused"}
        or not all(isinstance(cost, int | float) and cost > 0 for cost in given.values())
    ):
        raise InvalidData(
            f"{file}: costs must say what a wrong answer costs and one refused: `costs: {{wrong: 3, refused: 1}}`"
        )
    return {name: float(cost) for name, cost in given.items()}


def compute_fingerprint(assistant: Assistant) -> str:
    """A hash of all that understanding follows from, but for where it stands."""
    every = (*assistant.nlu.examples, *assistant.validation, *assistant.held_out)
    examples = [(example.text, example.intent, example.annotations) for example in every]
    rest = (
        *(sorted(assistant.nlu.synonyms.items()), sorted(assistant.nlu.lookups.items()), assistant.nlu.regexes),
        *(assistant.min_confidence, assistant.min_gap, sorted(assistant.normalise.items()), assistant.language),
        *(sorted(assistant.intents), sorted(assistant.entities)),
        *assistant.languages[1:],
        *sorted(assistant.costs.items()),
    )
    return hashlib.sha256(repr((examples, rest)).encode()).hexdigest()


def _yaml_files(path: Path) -> Iterator[Path]:
    for suffix in ("yml", "yaml"):
        yield from sorted(path.rglob(f"*.{suffix}"))


def _domain(path: Path) -> tuple[list[str], list[str]]:
    intents, entities = [], []
    for file in (*(path.glob("domain.y*ml")), *_yaml_files(path / "domain")):
        domain = _load(file)
        intents += _names(domain.get("intents"))
        entities += _names(domain.get("entities"))
    if has_knowledge(path):
        # A question to the documents, and the passage that a button asks for.
        intents.append("ask")
        entities.append("passage")
    return intents, entities


def _names(items: Any) -> list[str]:
    """Names from a list of names or of objects with one key, as domains have them."""
    found: list[str] = []
    for item in items or ():
        found += [str(key) for key in item] if isinstance(item, dict) else [str(item)]
    return found


def _thresholds(config: Mapping[str, Any]) -> tuple[float, float]:
    for component in config.get("pipeline") or ():
        if isinstance(component, dict) and str(component.get("name", "")).endswith("FallbackClassifier"):
            return float(component.get("threshold", 0.3)), float(component.get("ambiguity_threshold", 0.1))
    return 0.3, 0.1


def _load(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - a safe loader
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise InvalidData(f"{path}:{line}: this is no YAML: {exc.problem}") from exc
    if loaded is not None and not isinstance(loaded, dict):
        raise InvalidData(f"{path}:1: this must be a mapping")
    return loaded or {}
