"""`task stories:graph`: draws an assistant's rules and stories: a page to zoom and search, or one SVG."""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from knative.local.runs import NotThere, store_of
from model_artifacts.training.dialogue.compilation import compile_project
from model_artifacts.training.dialogue.problems import Uncompilable
from model_artifacts.training.story_graph.drawing import draw
from model_artifacts.training.story_graph.page import count_decisions, write_page
from model_artifacts.training.story_graph.tree import tree_of
from monitoring.conversations.history import conversations_of, turns_of
from shared.errors import Failure
from shared.events.wire import JSON


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task stories:graph", description=__doc__)
    parser.add_argument("--assistant", type=Path, required=True, help="a folder with domain.yml and data/")
    parser.add_argument("--out", type=Path, required=True, help="the page to write (.html), or the picture (.svg)")
    options = parser.parse_args(arguments)
    assistant = options.assistant.resolve()
    try:
        drawn = draw_page(assistant) if options.out.suffix == ".html" else draw_graph(assistant)
    except Uncompilable as exc:
        print(exc)
        print(f"{options.assistant.name}: nothing was drawn; mend the errors above", file=sys.stderr)
        return 1
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(drawn, encoding="utf-8")
    print(f"{options.out}: {len(drawn) / 1000:.0f} kB")
    return 0


def draw_graph(assistant: Path) -> str:
    """The SVG of the project at this path; Uncompilable with every error where it has any."""
    compiled = compile_project(assistant)
    stories, forms = compiled.stories, compiled.draft.forms
    rules = [story for story in stories if story.is_rule]
    told = [story for story in stories if not story.is_rule]
    return draw(
        f"{assistant.name}: rules and stories",
        (
            (f"Rules ({len(rules)})", tree_of(rules, forms, "at any time")),
            (f"Stories ({len(told)})", tree_of(told, forms, "in the beginning")),
        ),
    )


def draw_page(assistant: Path) -> str:
    """The page of the project at this path, with how often each rule and story decided in its stored conversations."""
    names = [story.source for story in compile_project(assistant).stories]
    return write_page(
        f"{assistant.name}: rules and stories", draw_graph(assistant), names, count_decisions(_read_turns(assistant))
    )


def _read_turns(assistant: Path) -> Iterator[Mapping[str, JSON]]:
    """The turns of the assistant's store; none where nobody talked to it yet."""
    try:
        store = store_of(str(assistant))
    except (NotThere, Failure, FileNotFoundError):
        return
    try:
        now = time.time()
        for conversation in conversations_of(store, now):
            for turn in turns_of(store, conversation, now):
                yield turn.document
    finally:
        store.close()


if __name__ == "__main__":
    sys.exit(main())
