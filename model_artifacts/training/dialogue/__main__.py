"""Compiles or checks a dialogue: `python -m model_artifacts.training.dialogue --assistant DIR [--out DIR]`."""

import argparse
import json
import sys
from pathlib import Path

from model_artifacts.training.dialogue.compilation import compile_project
from model_artifacts.training.dialogue.problems import Uncompilable
from model_artifacts.training.dialogue.validation import validate
from model_artifacts.training.dialogue.writing import write_dialogue


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="dialogue", description="Compile, or only check, the dialogue of a Rasa project."
    )
    parser.add_argument(
        "--assistant", type=Path, required=True, help="the project: a folder with domain.yml, data/, config.yml"
    )
    parser.add_argument("--out", type=Path, help="the bundle's folder; without it the project is only checked")
    parser.add_argument("--json", action="store_true", help="print the problems as JSON lines")
    arguments = parser.parse_args()
    try:
        compiled = compile_project(arguments.assistant.resolve())
        problems = (*compiled.problems, *validate(compiled))
    except Uncompilable as exc:
        problems, compiled = exc.problems, None
    for problem in problems:
        record = {
            "file": problem.place.file,
            "line": problem.place.line,
            "severity": problem.severity,
            "text": problem.text,
        }
        print(json.dumps(record, ensure_ascii=False) if arguments.json else problem)
    if compiled is None:
        print(f"{arguments.assistant.name}: nothing was compiled; mend the errors above", file=sys.stderr)
        return 1
    if arguments.out is not None:
        manifest = write_dialogue(compiled, arguments.out)
        print(f"{arguments.assistant.name}: compiled into bundle {manifest.bundle}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
