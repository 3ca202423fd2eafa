"""The process beside a running assistant that makes its next bundle: a line of JSON in for each edit, one out.

Asked with `{"do": "begin"}`, `{"do": "update"}` or `{"do": "rerun", "store": URL, "conversations": N}`; answers with
what `updating.Update` holds, with `{"mistakes": [...]}`, or with what the last conversations would be like.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model_artifacts.training.live.effects import Effects
from model_artifacts.training.live.updating import Mistaken, Update, Updater


def answer(updater: Updater, effects: Effects, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is answered to one line."""
    try:
        match asked["do"]:
            case "begin":
                updater.begin()
                return {}
            case "update":
                return _as_json(updater.update())
            case "rerun":
                before = updater.before or updater.live
                return {"said": effects.describe(updater.live, before, asked["store"], int(asked["conversations"]))}
    except Mistaken as exc:
        return {"mistakes": str(exc).splitlines()}
    return {"mistakes": [f"nothing is done for {asked['do']!r}"]}


def _as_json(update: Update) -> dict[str, Any]:
    return {
        "bundle": str(update.bundle) if update.bundle is not None else None,
        "stages": list(update.stages),
        "changed": update.changed,
        "score": update.score,
        "warnings": list(update.warnings),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assistant", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, required=True, help="what the run began with")
    parser.add_argument("--folder", type=Path, required=True, help="where the next ones are made")
    options = parser.parse_args()
    # The stages come first where there is not enough for all.
    os.nice(5)
    # What training prints is for the author's eyes; answers go where nothing else is written.
    answers, sys.stdout = sys.stdout, sys.stderr
    updater, effects = Updater(options.assistant, options.bundle, options.folder), Effects()
    for line in sys.stdin:
        try:
            found = answer(updater, effects, json.loads(line))
        except Exception as exc:  # noqa: BLE001 - a mistake of ours is told, and the assistant goes on as it is
            found = {"mistakes": [f"the change could not be taken in: {type(exc).__name__}: {exc}"]}
        answers.write(json.dumps(found, ensure_ascii=False) + "\n")
        answers.flush()


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
