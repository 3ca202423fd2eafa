"""`task test:people`: simulated people talk to an assistant, and what must hold is checked."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from functions.nlu.model import FILES
from model_artifacts.training.dialogue.compilation import compile_project
from model_artifacts.training.people.material import read_material
from model_artifacts.training.people.reporting import render_report, story_of
from model_artifacts.training.people.running import run
from model_artifacts.training.story_tests.__main__ import stages_of
from shared.bundle.manifest import read_bundle
from shared.errors import Failure

KEPT = "test_people.yml"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task test:people", description=__doc__)
    parser.add_argument("--assistant", type=Path, required=True, help="its folder, with domain.yml, data/ and bundle/")
    parser.add_argument("--conversations", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--least", type=float, default=0.9, help="the share of goals that have to be reached")
    parser.add_argument("--keep", action="store_true", help=f"write failing conversations into tests/{KEPT}")
    options = parser.parse_args(arguments)
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        return _run(options.assistant.resolve(), options)
    except Failure as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 2


def _run(assistant: Path, options: argparse.Namespace) -> int:
    bundle = read_bundle(assistant / "bundle", needs=(*FILES, "dialogue.json"))
    compiled = compile_project(assistant)
    stages = stages_of(assistant, bundle)
    material = read_material(assistant, compiled, stages.table)
    if material.settings:
        os.environ.update({name: value for name, value in material.settings.items() if name not in os.environ})
        stages = stages_of(assistant, bundle)
    report = run(material, stages, options.conversations, options.seed)
    for line in render_report(report, material):
        print(line)
    if options.keep and report.broken:
        kept = assistant / "tests" / KEPT
        old = kept.read_text(encoding="utf-8") if kept.is_file() else 'version: "3.1"\n\nstories:\n'
        kept.write_text(old + "\n" + "\n".join(map(story_of, report.broken)), encoding="utf-8")
        print(f"written to {kept}")
    reached = sum(report.reached.values()) / max(sum(report.wanted.values()), 1)
    return int(bool(report.broken) or reached < options.least)


if __name__ == "__main__":
    sys.exit(main())
