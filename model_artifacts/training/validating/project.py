"""`task validate`: everything that is wrong with an assistant's sources, or worth a look, without training anything."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.dialogue.names import DEFAULT_INTENTS
from model_artifacts.training.dialogue.compilation import Compiled, compile_project
from model_artifacts.training.dialogue.documents import Object, read_document
from model_artifacts.training.dialogue.domain import read_domain
from model_artifacts.training.dialogue.problems import Place, Problem, Problems, Uncompilable
from model_artifacts.training.dialogue.project import Project, read_project
from model_artifacts.training.dialogue.validation import validate
from model_artifacts.training.nlu.assistant import Assistant, read_assistant
from model_artifacts.training.nlu.linting import find_contradictions
from model_artifacts.training.nlu.reading import Example, InvalidData
from model_artifacts.training.validating.code import find_mismatches, read_code
from model_artifacts.training.validating.components import find_meaningless
from model_artifacts.training.validating.keys import find_unknown_keys
from model_artifacts.training.validating.marks import find_broken_marks
from model_artifacts.training.validating.names import find_unknown_names, find_unreachable_forms
from model_artifacts.training.validating.responses import find_silent_mistakes
from shared.direct import PATTERN
from shared.events.wire import JSON


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found on checking a project, and what was made of it on the way, where it could be."""

    problems: tuple[Problem, ...]
    compiled: Compiled | None = None
    assistant: Assistant | None = None


def problems_of(path: Path) -> tuple[Problem, ...]:
    """Errors, warnings and notes on all that the project at this path says, in the order of its files.

    Where a file is no YAML, that alone: what else would be found follows from it.
    """
    return check_project(path).problems


def check_project(path: Path) -> Checked:
    """The same, with the project compiled and read."""
    try:
        project = read_project(path)
        project.problems.raise_errors()
    except Uncompilable as exc:
        return Checked(exc.problems)
    others = tuple(_other_documents(path, project.problems))
    if broken := tuple(problem for problem in project.problems.all if problem.severity == "error"):
        return Checked(broken)
    found = [*_silent_mistakes(project, others)]
    compiled: Compiled | None = None
    try:
        compiled = compile_project(path)
        found += [*compiled.problems, *validate(compiled)]
    except Uncompilable as exc:
        found += exc.problems
    assistant: Assistant | None = None
    try:
        assistant = read_assistant(path)
        found += _of_examples(path, assistant, compiled)
    except InvalidData as exc:
        for line in str(exc).splitlines():
            place, text = _split_place(line, path)
            found.append(Problem(place, text))
    in_order = sorted(set(found), key=lambda problem: (problem.place, problem.severity, problem.text))
    return Checked(tuple(in_order), compiled, assistant)


def _other_documents(path: Path, problems: Problems) -> Iterator[tuple[str, Object]]:
    """Kind and content of the files that the compiler of the dialogue does not read."""
    tests = sorted((path / "tests").rglob("*.y*ml"))
    for kind, file in (("training", path / "training.yml"), *(("data", test) for test in tests)):
        if file.is_file() and (document := read_document(file, path, problems)) is not None:
            yield kind, document


def _silent_mistakes(project: Project, others: Sequence[tuple[str, Object]]) -> Iterator[Problem]:
    """What the compiler and training would read around without a word."""
    draft = read_domain(project)
    code = read_code(project.path)
    config = [] if project.config is None else [("config", project.config)]
    own = [*(("domain", one) for one in project.domains), *(("data", one) for one in project.training), *config]
    for kind, document in (*own, *others):
        yield from find_unknown_keys(document, kind)
    yield from find_silent_mistakes((*project.domains, *project.training), draft, code)
    yield from find_mismatches(code, draft.actions)
    yield from find_unreachable_forms(draft)
    yield from find_unknown_names(project, draft, others)
    if project.config is not None:
        yield from find_meaningless(project.config, project.path)


def count_problems(problems: Sequence[Problem]) -> str:
    """`2 errors, 1 warning`, or `no problems`."""
    counts = Counter(problem.severity for problem in problems)
    named = [f"{counts[kind]} {kind}{'s' if counts[kind] > 1 else ''}" for kind in ("error", "warning", "note")]
    return ", ".join(text for text in named if not text.startswith("0")) or "no problems"


def _of_examples(project: Path, assistant: Assistant, compiled: Compiled | None) -> Iterator[Problem]:
    for note in assistant.nlu.notes:
        place, text = _split_place(note, project)
        yield Problem(place, text, "note")
    for example in (*assistant.nlu.examples, *assistant.held_out):
        yield from find_broken_marks(example.text, _split_place(f"{example.place}: ", project)[0], assistant.entities)
    for finding in find_contradictions(assistant):
        text = f"{finding.message}; {finding.fix}".replace(f"{project}/", "")
        yield Problem(_split_place(f"{finding.place}: ", project)[0], text)
    if compiled is not None:
        yield from _check_strangers(compiled, assistant.nlu.examples, project)


def _check_strangers(compiled: Compiled, examples: Sequence[Example], project: Path) -> Iterator[Problem]:
    """Intents and entities that only the domain, or only the examples, know of."""
    draft = compiled.draft
    exemplified: dict[str, str] = {}
    marked: dict[str, str] = {}
    for example in examples:
        exemplified.setdefault(example.intent.split("/", 1)[0], example.place)
        for annotation in example.annotations:
            marked.setdefault(annotation.entity, example.place)
    pressed = _list_pressed(draft.response_data)
    for intent, place in draft.intents.items():
        # A button is enough to mean it; what documents answer has its own name for that.
        if intent in pressed or place.file == "knowledge":
            continue
        # Rasa's documentation names intents so that nobody says: reminders and other systems do.
        if intent not in exemplified and intent not in DEFAULT_INTENTS and not intent.startswith("EXTERNAL_"):
            text = (
                f"the intent '{intent}' has no examples: only buttons and `/{intent}` mean it; write some under `nlu:`"
            )
            yield Problem(place, text, "warning")
    for known, found, kind, key in (
        (draft.intents, exemplified, "intent", "intents"),
        (draft.entities, marked, "entity", "entities"),
    ):
        for name, where in found.items():
            if name not in known:
                place, _ = _split_place(f"{where}: ", project)
                text = f"the {kind} '{name}' of the examples is not in the domain; add it under `{key}:`"
                yield Problem(place, text, "warning")


def _list_pressed(responses: Mapping[str, Sequence[JSON]]) -> set[str]:
    """The intents that some button means."""
    found = set()
    for variation in (one for variations in responses.values() for one in variations):
        for button in (*(variation.get("buttons") or ()), *(variation.get("quick_replies") or ())):
            if match := PATTERN.match(str(button.get("payload") or "").strip()):
                found.add(match["intent"].strip())
    return found


def _split_place(line: str, project: Path) -> tuple[Place, str]:
    """The place and the text of `file:line: text`, the file relative to the project."""
    file, _, rest = line.partition(":")
    number, _, text = rest.partition(":")
    if not number.strip().isdecimal():
        return Place(project.name, 1), line.strip().replace(f"{project}/", "").replace(f"{project}: ", "")
    path = Path(file)
    relative = path.relative_to(project) if path.is_relative_to(project) else path
    return Place(relative.as_posix(), int(number)), text.strip()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task validate", description=__doc__)
    parser.add_argument("--assistant", type=Path, required=True, help="a folder with domain.yml, data/ and config.yml")
    parser.add_argument("--json", action="store_true", help="JSON lines: file, line, severity, text")
    parser.add_argument("--strict", action="store_true", help="warnings count as errors")
    options = parser.parse_args(arguments)
    problems = problems_of(options.assistant.resolve())
    for problem in problems:
        place = problem.place
        record = {"file": place.file, "line": place.line, "severity": problem.severity, "text": problem.text}
        print(json.dumps(record, ensure_ascii=False) if options.json else problem)
    print(f"{options.assistant.name}: {count_problems(problems)}", file=sys.stderr)
    serious = ("error", "warning") if options.strict else ("error",)
    return int(any(problem.severity in serious for problem in problems))


if __name__ == "__main__":
    sys.exit(main())
