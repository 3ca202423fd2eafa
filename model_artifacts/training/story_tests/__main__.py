"""`task test:stories`: test stories, first as `rasa test` passes them, then as conversations with the stages."""

import argparse
import contextlib
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

# numpy reads this when it is imported; one thread is enough for one text at a time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from functions.actions.action_server import ActionServer
from functions.actions.config import Config
from functions.actions.loading import load_code
from functions.actions.running import Runner
from functions.actions.stage import Actions
from functions.dialogue.table import read_table
from functions.nlu.model import FILES
from functions.nlu.reading import open_reader
from functions.nlu.stage import Nlu
from model_artifacts.training.dialogue.compilation import compile_project, dump_dialogue
from model_artifacts.training.story_tests.holding import Stages, hold_conversation
from model_artifacts.training.story_tests.predicting import predict_story
from model_artifacts.training.story_tests.reading import TestStory, read_test_stories
from model_artifacts.training.story_tests.reporting import render_results, write
from model_artifacts.training.story_tests.results import Result, summarise_results
from shared.bundle.manifest import Bundle, read_bundle
from shared.config import read
from shared.domain_view import render_domain
from shared.errors import Failure, Rejected
from shared.outbound import Outbound

PREDICTED = "as rasa test"
HELD = "as conversations"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task test:stories", description=__doc__)
    parser.add_argument("--assistant", type=Path, required=True, help="its folder, with domain.yml, tests/ and bundle/")
    parser.add_argument("--out", type=Path, help="where junit.xml and failed_test_stories.yml go")
    parser.add_argument("--only", choices=("rasa", "conversations"), help="one of the two ways")
    options = parser.parse_args(arguments)
    # What stages log of an action that fails is in the results; without a handler Python would print it.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        out = options.out.resolve() if options.out is not None else None
        assistant = options.assistant.resolve()
        # As in the stage: its code opens files by relative names.
        with contextlib.chdir(assistant):
            return _run(assistant, out, options.only)
    except Failure as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 2


def stages_of(assistant: Path, bundle: Bundle) -> Stages:
    """The stages of the assistant, wired as their main.py do it, in this process."""
    given = {**os.environ, "BUNDLE": str(bundle.path), "ASSISTANT_ACTIONS": str(assistant / "actions")}
    config = read(Config, given)
    functions, mount = load_code(Path(config.functions).resolve(), given, endpoint=config.endpoint)
    view = render_domain(bundle.read_json("dialogue.json"))
    actions = Actions(
        functions.actions,
        ActionServer(config.endpoint, view, Outbound()) if config.endpoint else None,
        mounted=mount(view) if mount else None,
        assets=bundle.path.resolve(),
        settings=functions.settings,
        runner=Runner(config.timeout),
    )
    table = read_table(bundle.find_file("dialogue.json").read_bytes(), bundle.id, bundle.read_verified)
    return Stages(Nlu(open_reader(bundle), bundle.id), table, actions)


def _run(assistant: Path, out: Path | None, only: str | None) -> int:
    started = time.perf_counter()
    compiled = compile_project(assistant)
    bundle = read_bundle(assistant / "bundle", needs=(*FILES, "dialogue.json"))
    if bundle.find_file("dialogue.json").read_text(encoding="utf-8") != dump_dialogue(compiled.data):
        print("note: the bundle is older than the sources; `task compile` or `task train` makes it anew")
    stages = stages_of(assistant, bundle)
    stories, problems = read_test_stories(assistant, compiled, stages.table.domain)
    for problem in problems.all:
        print(problem)
    problems.raise_errors()
    if not stories:
        raise Rejected(f"{assistant.name} has no test stories; write some in tests/test_stories.yml")
    ways = _run_both_ways(stories, stages, only)
    for way, results in ways:
        print("\n".join(render_results(way, results)))
    for way, results in ways:
        print(f"{assistant.name}, {way}")
        print("\n".join(f"  {line}" for line in summarise_results(results)))
    print(f"{time.perf_counter() - started:.1f} s")
    if out is not None:
        write(out, assistant.name, ways)
        print(f"written to {out}")
    return int(any(result.differs for _, results in ways for result in results))


def _run_both_ways(stories: Sequence[TestStory], stages: Stages, only: str | None) -> list[tuple[str, list[Result]]]:
    ways: list[tuple[str, list[Result]]] = []
    if only != "conversations":
        ways.append((PREDICTED, [predict_story(story, stages.nlu, stages.table) for story in stories]))
    if only != "rasa":
        ways.append((HELD, [hold_conversation(story, stages) for story in stories]))
    return ways


if __name__ == "__main__":
    sys.exit(main())
