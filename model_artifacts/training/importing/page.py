"""The page that an import ends with: what runs as it did, what is changed, what is not there, and what to do next."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from functions.dialogue.names import DEFAULT_INTENTS
from model_artifacts.training.dialogue.compilation import Compiled
from model_artifacts.training.dialogue.problems import Problem
from model_artifacts.training.importing.code import Needs
from model_artifacts.training.importing.configuration import Configuration, Fate
from model_artifacts.training.importing.encoding import Known
from model_artifacts.training.importing.trying import Tried
from model_artifacts.training.languages import base_of
from model_artifacts.training.validating.project import count_problems

WIDTH = 100
SHOWN = 8
"""Problems that the page shows; `task validate` shows all."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A project that was copied and compiles."""

    name: str
    source: str
    files: int
    size: int
    examples: int
    test_stories: int
    compiled: Compiled
    configuration: Configuration
    problems: Sequence[Problem]
    python: Sequence[str]
    """Python files of the source."""
    needs: Needs
    """What its custom actions need."""
    known: Known
    """What the English encoder makes of the examples."""
    surroundings: Sequence[str] = ()
    """What endpoints.yml and credentials.yml say, and what takes its place."""
    export: str | None = None
    """What it was exported from, where it is no project of Rasa's."""
    lost: Sequence[str] = ()
    """What of the export has no place in a project."""
    migrated: str | None = None
    """Of which older Rasa it was; None of Rasa 3."""
    changes: Sequence[str] = ()
    """What was rewritten for that, and what is left to do."""
    placeholders: Sequence[str] = ()
    """Responses that only the project's server says, which were written into the domain without words."""
    tried: Tried | None = None
    """What loading its custom actions brought; None where nobody tried."""
    mounted: bool = False
    """Whether its custom actions were copied, and run in the actions stage."""


def render_page(imported: Imported) -> str:
    """The page as text."""
    lines = [
        f"{imported.name}: {imported.files} files ({imported.size / 1000:.0f} kB) from {imported.source}, "
        "checked and compiled",
        *_tell_migrated(imported),
        *_tell_exported(imported),
        *_tell_placeholders(imported),
        "",
        "It has",
        *_write_item(_tell_contents(imported)),
    ]
    lines += _write_section("Runs as in Rasa", _by_fate(imported, "same"))
    lines += _write_section("Runs in another way", _by_fate(imported, "changed"))
    lines += _write_section("Is not here", _by_fate(imported, "not"))
    lines += _write_section("Custom actions", _custom_actions(imported))
    lines += _write_section(f"Found on checking: {count_problems(imported.problems)}", _tell_problems(imported))
    lines += _write_section("Next", _tell_next(imported))
    return "\n".join(lines)


def _tell_migrated(imported: Imported) -> list[str]:
    if imported.migrated is None:
        return []
    title = f"It was a project of Rasa {imported.migrated}, and was rewritten for Rasa 3 (the original is as it was)"
    return _write_section(title, iter(imported.changes))


def _tell_placeholders(imported: Imported) -> list[str]:
    if not imported.placeholders:
        return []
    listed = ", ".join(imported.placeholders)
    text = f"{listed}; set NLG_ENDPOINT, or write them: without the server people are told that something went wrong"
    return _write_section(
        "Written into the domain as `utter_x: []`, since only the project's server says them", iter([text])
    )


def _tell_exported(imported: Imported) -> list[str]:
    if imported.export is None:
        return []
    title = (
        f"It was exported from {imported.export}: intents, entities, answers, required parameters (forms) and contexts "
        "(stories) came along; what did not"
    )
    return _write_section(title, iter(imported.lost or ("nothing that is known of",)))


def _tell_contents(imported: Imported) -> str:
    data, stories = imported.compiled.data["domain"], imported.compiled.stories
    rules = sum(story.is_rule for story in stories)
    parts = (
        (imported.examples, "example"),
        (len({name for name in data["intents"] if name not in DEFAULT_INTENTS}), "intent"),
        (len(data["entities"]), "entity"),
        (len(imported.compiled.draft.slots), "slot"),
        (len(data["forms"]), "form"),
        (len(data["responses"]), "response"),
        (rules, "rule"),
        (len(stories) - rules, "story"),
        (imported.test_stories, "test story"),
    )
    return ", ".join(_count(number, noun) for number, noun in parts if number)


def _count(number: int, noun: str) -> str:
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith(("ity", "ory")) else f"{number} {noun}s"


def _by_fate(imported: Imported, fate: Fate) -> Iterator[str]:
    if fate == "same":
        yield "domain, slots and their mappings, forms, rules, stories, responses, sessions, `/intent{...}` messages"
    grouped: dict[str, list[str]] = {}
    for entry in imported.configuration.entries:
        if entry.fate == fate:
            grouped.setdefault(entry.text, []).append(entry.name)
    for text, names in grouped.items():
        yield f"{', '.join(names)}: {text}"
    languages = imported.configuration.languages
    if fate == "changed":
        yield from _tell_languages(imported, languages)
        session = imported.compiled.data["domain"]["session"]
        if session.get("minutes") not in (None, 60):
            yield f"session_config: a session ends after {session['minutes']:g} minutes, as the domain says"
        yield from imported.surroundings


def _tell_languages(imported: Imported, languages: Sequence[str]) -> Iterator[str]:
    if len(languages) > 1:
        yield f"languages {', '.join(languages)}: all are understood from the examples in {languages[0]}"
        return
    known = imported.known
    if known.poor:
        alike = f", and {known.alike} examples of different intents are the same to it" if known.alike else ""
        yield (
            f"of the examples' {known.characters} characters the English encoder does not know {known.unknown} "
            f"({known.share:.0%}){alike}: train on the multilingual one: the first line under Next"
        )
    elif base_of(languages[0]) != "en":
        yield (
            f"language {languages[0]}: the English encoder knows {1 - known.share:.0%} of the examples' characters and "
            f"was made for English; with `languages: [{languages[0]}]` in config.yml another, made for a hundred "
            "languages, is trained"
        )


def _custom_actions(imported: Imported) -> Iterator[str]:
    data = imported.compiled.data["domain"]
    own = [name for name in data["actions"] if not name.startswith("utter_")]
    if not own:
        return
    if imported.mounted:
        yield (
            f"{', '.join(own)}: code of the project, copied to actions/; it runs in the actions stage, with the "
            "assistant's folder as its working directory; `task up` installs rasa_sdk and actions/requirements.txt "
            f"(`task setup:actions ASSISTANT={imported.name}`)"
        )
        yield from _tell_needs(imported)
        yield from _tell_loaded(imported, own)
        return
    yield f"{', '.join(own)}: code of the project, which is not copied (`-- --with-actions` does)"
    endpoint = imported.configuration.endpoint
    told = f" (endpoints.yml says {endpoint})" if endpoint else ""
    yield (
        "start its action server as before (`rasa run actions`, or `python -m rasa_sdk --actions actions`) and set "
        f"ACTION_ENDPOINT={endpoint or 'http://localhost:5055/webhook'}{told}; or write them as functions in "
        f"model_artifacts/assistants/{imported.name}/actions"
    )
    optional = [name for name in own if name.startswith("validate_")]
    if optional:
        yield (
            f"without them the assistant apologises where one is called; {', '.join(optional)} may be taken out of "
            "`actions:` where a form needs no validation"
        )
    if imported.python:
        shown = ", ".join(imported.python[:5]) + (", ..." if len(imported.python) > 5 else "")
        yield f"Python that stays in {imported.source}: {shown}"
    yield from _tell_needs(imported)


def _tell_needs(imported: Imported) -> Iterator[str]:
    needs = imported.needs
    if needs.files:
        yield f"the code needs of the project besides: {_list_some(needs.files)}" + (
            " (came along; actions/files.txt lists them for images)" if imported.mounted else ""
        )
    if needs.withheld:
        yield f"not copied, for it may hold secrets or is large: {_list_some(needs.withheld)}; put it there yourself"
    if needs.requirements:
        yield f"it requires {_list_some(needs.requirements)}"
    for module, place in needs.packages.items():
        yield (
            f"{place} imports {module}, which is no file of the project and stands in no requirements: name the "
            "package that has it in actions/requirements.txt"
        )
    if needs.rasa:
        importers = _list_some(needs.rasa)
        yield f"{importers} imports Rasa itself, which is not here: ACTION_ENDPOINT names a server that runs it"
    if needs.settings:
        yield (
            f"it reads {_list_some(needs.settings)} from the environment: set them in "
            f"model_artifacts/assistants/{imported.name}/.env"
        )


def _tell_loaded(imported: Imported, own: Sequence[str]) -> Iterator[str]:
    if imported.tried is None:
        return
    for name, cause in imported.tried.broken.items():
        yield f"CANNOT BE LOADED: {name}: {cause}"
    missing = [name for name in own if name not in imported.tried.actions]
    if imported.tried.broken:
        yield "the assistant starts all the same, and apologises where an action of that code is asked for"
    elif not missing:
        yield "it loads, and has all of them"
    if missing:
        yield f"nothing in it runs {_list_some(missing)}"


def _list_some(items: Sequence[str], shown: int = 8) -> str:
    return ", ".join(items[:shown]) + (f" and {len(items) - shown} more" if len(items) > shown else "")


def _tell_problems(imported: Imported) -> Iterator[str]:
    # What the configuration asks for in vain is told above.
    told = [problem for problem in imported.problems if not problem.place.file.startswith("config.")]
    serious = sorted(told, key=lambda problem: ("error", "warning", "note").index(problem.severity))
    yield from (str(problem) for problem in serious[:SHOWN])
    if len(serious) > SHOWN:
        counts = Counter(problem.place.file for problem in serious[SHOWN:])
        files = ", ".join(f"{number} in {file}" for file, number in counts.most_common(4))
        yield f"... and {len(serious) - SHOWN} more ({files}): task validate ASSISTANT={imported.name}"


def _tell_next(imported: Imported) -> Iterator[str]:
    if imported.known.poor and len(imported.configuration.languages) == 1:
        language = base_of(imported.configuration.languages[0])
        code = language if language != "en" else imported.known.language or "CODE"
        yield (
            f"echo 'languages: [{code}]' >> model_artifacts/assistants/{imported.name}/config.yml && "
            f"task train ASSISTANT={imported.name} QUICK=1"
        )
    yield f"task train ASSISTANT={imported.name} QUICK=1      learn its examples, in seconds (without QUICK better)"
    yield f"task up ASSISTANT={imported.name}                 run it: web chat, REST at /webhooks/rest/webhook"
    if imported.test_stories:
        yield f"task test:stories ASSISTANT={imported.name}       pass its test stories"
    yield f"task stories:graph ASSISTANT={imported.name}      draw its rules and stories"


def _write_section(title: str, items: Iterator[str]) -> list[str]:
    lines = [line for item in items for line in _write_item(item)]
    return ["", title, *lines] if lines else []


def _write_item(text: str) -> list[str]:
    if text.startswith(("task ", "echo ")):
        return [f"  {text}"]
    return wrap(
        text, WIDTH, initial_indent="  - ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
