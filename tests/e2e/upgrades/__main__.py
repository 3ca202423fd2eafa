"""Rehearses an upgrade: python -m tests.e2e.upgrades --from REVISION --conversations 100 (task upgrade:rehearse)."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from knative.local.stages import ROOT
from tests.e2e.upgrades.rehearsal import rehearse, render_report
from tests.e2e.upgrades.rolling import GOING_BACK, NEW, OLD, NoSuchRevision, checkout


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task upgrade:rehearse", description=__doc__)
    parser.add_argument("--from", dest="revision", required=True, help="the commit, tag or branch that runs today")
    parser.add_argument("--conversations", type=int, default=100)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="for the new revision alone")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            old = checkout(options.revision, Path(scratch) / "old")
        except NoSuchRevision as exc:
            print(f"upgrade:rehearse: {exc}", file=sys.stderr)
            return 1
        roots = {OLD: old, NEW: ROOT}
        report = rehearse(
            Path(scratch) / "home",
            roots,
            conversations=options.conversations,
            turns=options.turns,
            seed=options.seed,
            extra={NEW: {**GOING_BACK[NEW], **dict(pair.split("=", 1) for pair in options.set)}},
        )
    print(render_report(report))
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
