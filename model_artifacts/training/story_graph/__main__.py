"""`task stories:graph`: draws an assistant's rules and stories as one SVG."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from model_artifacts.training.dialogue.compilation import compile_project
from model_artifacts.training.dialogue.problems import Uncompilable
from model_artifacts.training.story_graph.drawing import draw
from model_artifacts.training.story_graph.tree import tree_of


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task stories:graph", description=__doc__)
    parser.add_argument("--assistant", type=Path, required=True, help="a folder with domain.yml and data/")
    parser.add_argument("--out", type=Path, required=True, help="the SVG to write")
    options = parser.parse_args(arguments)
    try:
        svg = graph(options.assistant.resolve())
    except Uncompilable as exc:
        print(exc)
        print(f"{options.assistant.name}: nothing was drawn; mend the errors above", file=sys.stderr)
        return 1
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(svg, encoding="utf-8")
    print(f"{options.out}: {len(svg) / 1000:.0f} kB")
    return 0


def graph(assistant: Path) -> str:
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


if __name__ == "__main__":
    sys.exit(main())
