"""`python -m model_artifacts.training.nlu.verify`: replays the golden predictions of a bundle."""

import argparse
import json
import sys
from pathlib import Path

from functions.nlu.model import load_model
from functions.nlu.understanding import understand
from model_artifacts.training.nlu.bundling import record_golden
from shared.bundle.manifest import read_bundle, write_manifest
from shared.errors import Unavailable

TOLERANCE = 0.05
"""Processors round int8 products differently: confidences may differ by this much, decisions not at all."""


def find_differences(bundle: Path) -> tuple[int, list[str]]:
    """How many golden predictions there are, and a sentence for each that is not made any more."""
    read_bundle(bundle)
    model = load_model(bundle)
    lines = (bundle / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    found = []
    for number, line in enumerate(lines, start=1):
        expected = json.loads(line)
        got = record_golden(expected["text"], understand(model, expected["text"], None))
        apart = abs((expected.pop("confidence") or 0) - (got.pop("confidence") or 0))
        if expected != got or apart > TOLERANCE:
            found.append(f"golden.jsonl:{number}: expected {expected}, got {got} (confidence {apart:.3f} apart)")
    return len(lines), found


def rewrite(bundle: Path) -> None:
    """Record the predictions of the same texts anew, and vouch for them: after understanding was changed on purpose."""
    manifest = read_bundle(bundle).manifest
    model = load_model(bundle)
    lines = (bundle / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    anew = [json.dumps(record_golden(text, understand(model, text, None)), ensure_ascii=False) for text in texts]
    (bundle / "golden.jsonl").write_text("".join(line + "\n" for line in anew), encoding="utf-8")
    write_manifest(bundle, manifest.assistant, data=manifest.data, nlu=manifest.nlu, dialogue=manifest.dialogue)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--rewrite", action="store_true", help="record the predictions anew first")
    given = parser.parse_args(arguments)
    bundle = given.bundle
    try:
        if given.rewrite:
            rewrite(bundle)
        count, found = find_differences(bundle)
    except (Unavailable, OSError) as exc:
        raise SystemExit(str(exc)) from exc
    for difference in found:
        print(difference)
    if found or not count:
        raise SystemExit(f"{len(found)} of {count} golden predictions differ")
    print(f"all {count} golden predictions hold")


if __name__ == "__main__":
    main(sys.argv[1:])
