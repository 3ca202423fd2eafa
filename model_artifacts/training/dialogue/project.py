"""A project's files: which there are, what each holds, and where the pieces that the compiler reads lie."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from model_artifacts.training.dialogue.documents import Object, parse_document, read_document
from model_artifacts.training.dialogue.problems import Place, Problems
from model_artifacts.training.knowledge.rules import DOMAIN, write_rules
from model_artifacts.training.knowledge.sources import has_knowledge
from model_artifacts.training.languages import UnknownLanguage, base_of, language_of, read_languages


@dataclass(frozen=True, slots=True)
class Project:
    """A Rasa project, read but not yet understood."""

    path: Path
    name: str
    domains: tuple[Object, ...]
    training: tuple[Object, ...]
    """Documents with stories, rules or NLU examples."""
    config: Object | None
    problems: Problems = field(default_factory=Problems)


def read_project(path: Path) -> Project:
    """Read every YAML file of the project at `path`: domain (a file or a folder), data, config."""
    problems = Problems()
    if not path.is_dir():
        problems.add_error(
            Place(path.name, 1), f"there is no project directory {path.name}; name a folder with a domain.yml"
        )
        problems.raise_errors()
    config_file = next((path / name for name in ("config.yml", "config.yaml") if (path / name).is_file()), None)
    config = read_document(config_file, path, problems) if config_file is not None else None
    domain_files, data_files = _domain_files(path, problems), _data_files(path)
    spoken = _list_spoken(config)
    unread = [file for file in (*domain_files, *data_files) if language_of(file) not in (None, *spoken)]
    domains = tuple(_read_all((file for file in domain_files if file not in unread), path, problems))
    if domains and not any(domains) and not any(problem.severity == "error" for problem in problems.all):
        problems.add_error(domains[0].place, "the domain holds nothing: write `intents:`, `responses:` and so on")
    documents = tuple(_read_all((file for file in data_files if file not in unread), path, problems))
    if unread:
        names = ", ".join(str(file.relative_to(path)) for file in unread)
        problems.note(
            Place("config.yml", 1), f"not read, for config.yml names their languages under no `languages:`: {names}"
        )
    if has_knowledge(path):
        rules = write_rules(domains, documents)
        domains = (*domains, *_parse_made(DOMAIN, problems))
        documents = (*documents, *(_parse_made(rules, problems) if rules else ()))
    if config_file is None:
        problems.note(Place("config.yml", 1), "there is no config.yml: rules and stories are used with Rasa's defaults")
    return Project(path, path.name, domains, documents, config, problems)


def _parse_made(text: str, problems: Problems) -> Iterator[Object]:
    document = parse_document(text, "knowledge", problems)
    if document is not None:
        yield document


def _read_all(files: Iterable[Path], path: Path, problems: Problems) -> Iterator[Object]:
    for file in files:
        document = read_document(file, path, problems)
        if document is not None:
            yield document


def _domain_files(path: Path, problems: Problems) -> list[Path]:
    found = [path / name for name in ("domain.yml", "domain.yaml") if (path / name).is_file()]
    if (path / "domain").is_dir():
        found += sorted(_yaml_files(path / "domain"))
    if not found:
        problems.add_error(
            Place("domain.yml", 1), "there is no domain: write a domain.yml, or a folder domain/ of them"
        )
    return found


def _list_spoken(config: Object | None) -> tuple[str, ...]:
    try:
        return tuple(base_of(code) for code in read_languages(config or {}))
    except UnknownLanguage:
        # Told where the domain is read.
        return ()


def _data_files(path: Path) -> list[Path]:
    return sorted(_yaml_files(path / "data")) if (path / "data").is_dir() else []


def _yaml_files(folder: Path) -> Iterator[Path]:
    for suffix in ("*.yml", "*.yaml"):
        for file in folder.rglob(suffix):
            if not any(part.startswith(".") for part in file.relative_to(folder).parts):
                yield file
