"""`task import`: copies a Rasa project in as an assistant, checks it, and says on one page what to expect of it."""

import argparse
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from knative.setup.actions import main as install_requirements
from model_artifacts.training.dialogue.compilation import compile_project
from model_artifacts.training.dialogue.documents import parse_document
from model_artifacts.training.dialogue.problems import Problems
from model_artifacts.training.importing.code import Needs, read_needs
from model_artifacts.training.importing.configuration import read_configuration
from model_artifacts.training.importing.copying import Found, copy, found_in
from model_artifacts.training.importing.encoding import measure_known
from model_artifacts.training.importing.exports import project_of, read_export
from model_artifacts.training.importing.migrating import Migrated, migrate
from model_artifacts.training.importing.page import Imported, render_page
from model_artifacts.training.importing.placeholders import add_placeholders
from model_artifacts.training.importing.surroundings import has_server_of_responses, read_surroundings
from model_artifacts.training.importing.trying import try_loading
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.reading import InvalidData
from model_artifacts.training.validating.project import count_problems, problems_of
from shared.errors import Rejected

ASSISTANTS = Path(__file__).resolve().parents[2] / "assistants"
NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task import", description=__doc__)
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        required=True,
        help="the folder of a Rasa project, or of an unpacked export of Dialogflow (ES, CX) or Amazon Lex V2",
    )
    parser.add_argument("--name", required=True, help="what the assistant is called here")
    parser.add_argument("--into", type=Path, default=ASSISTANTS, help="the folder of assistants")
    parser.add_argument(
        "--with-actions", action="store_true", help="copy its custom actions too; their code then runs here"
    )
    parser.add_argument("--no-install", action="store_true", help="do not install what its custom actions require")
    options = parser.parse_args(arguments)
    try:
        imported = import_project(options.source, options.name, options.into, code=options.with_actions)
        if imported.mounted:
            if not options.no_install:
                install_requirements([str(options.into / options.name)])
            imported = replace(imported, tried=try_loading(options.into / options.name))
    except Rejected as exc:
        print(exc)
        print(f"{options.name}: nothing was imported; mend the errors above", file=sys.stderr)
        return 1
    print(render_page(imported))
    return 0


def import_project(source: Path, name: str, into: Path, *, code: bool = False) -> Imported:
    """Copy the project at `source` to `into/name`, whole and compiling; Rejected, with nothing left, otherwise."""
    if not NAME.fullmatch(name) or len(name) > 40:
        raise Rejected(f"NAME={name}: a name is lower-case letters and digits, with - or _ between them")
    target = into / name
    if target.exists():
        raise Rejected(f"there is an assistant {name} already; choose another NAME, or remove {target} first")
    needs = read_needs(source)
    agent = read_export(source)
    found = project_of(agent, source) if agent is not None else found_in(source, needs if code else None)
    making = Path(tempfile.mkdtemp(prefix=".import-", dir=into))
    try:
        copied = making / name
        migrated = migrate(found)
        placeholders: tuple[str, ...] = ()
        if has_server_of_responses(source):
            migrated.files, placeholders = add_placeholders(migrated.files)
        copy(migrated.files, copied)
        try:
            imported = _check_copied(source, copied, migrated.files, needs)
        except Rejected as exc:
            raise _of_old_project(exc, migrated) from exc
        imported = replace(
            imported, migrated=migrated.version, changes=tuple(migrated.changes), placeholders=placeholders
        )
        if agent is not None:
            imported = replace(imported, export=agent.kind, lost=tuple(agent.lost))
        os.replace(copied, target)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return imported


def _check_copied(source: Path, copied: Path, found: tuple[Found, ...], needs: Needs) -> Imported:
    problems = problems_of(copied)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise Rejected("\n".join([*map(str, errors), count_problems(errors)]))
    try:
        assistant = read_assistant(copied)
    except InvalidData as exc:
        raise Rejected(str(exc).replace(f"{copied}/", "")) from exc
    config = next((copied / name for name in ("config.yml", "config.yaml") if (copied / name).is_file()), copied / "-")
    endpoints = source / "endpoints.yml"
    inside = endpoints.is_file() and endpoints.resolve().is_relative_to(source.resolve())
    return Imported(
        name=copied.name,
        source=str(source),
        files=len(found),
        size=sum(len(file.content) for file in found),
        examples=len(assistant.nlu.examples),
        test_stories=sum(_count_stories(file) for file in found if file.relative.startswith("tests/")),
        compiled=compile_project(copied),
        configuration=read_configuration(
            config, endpoints if inside else None, [problem.text for problem in problems if problem.severity == "note"]
        ),
        problems=problems,
        python=sorted(_list_python(source)),
        needs=needs,
        known=measure_known(assistant.nlu.examples),
        surroundings=read_surroundings(source),
        mounted=any(file.relative.startswith("actions/") for file in found),
    )


def _of_old_project(refused: Rejected, migrated: Migrated) -> Rejected:
    """The errors, with first which Rasa the project is of and what rewrites the rest of it."""
    if migrated.version is None:
        return refused
    return Rejected(
        f"this is a project of Rasa {migrated.version}; what could be rewritten safely was, and these errors are left. "
        "`rasa data migrate` of Rasa 3 rewrites a project of 2.x in place, after `rasa data convert nlu|core` of 2.x "
        f"for one of 1.x\n{refused}"
    )


def _count_stories(file: Found) -> int:
    document = parse_document(file.content.decode("utf-8-sig", "replace"), file.relative, Problems())
    stories = document.get("stories") if document is not None else None
    return len(stories) if isinstance(stories, list) else 0


def _list_python(source: Path) -> Iterator[str]:
    for path in (*source.glob("*.py"), *source.glob("actions/**/*.py")):
        if path.name != "__init__.py":
            yield path.relative_to(source).as_posix()


if __name__ == "__main__":
    sys.exit(main())
