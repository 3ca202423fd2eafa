"""Draws the dashboards of a real run that is talked to for a while: python -m tests.monitoring.gallery --rounds 12"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from monitoring.draw import draw
from tests.monitoring.conftest import observed
from tests.monitoring.traffic import talk


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task dashboards", description=__doc__)
    parser.add_argument("--rounds", type=int, default=12, help="rounds of everything that people do")
    parser.add_argument("--out", type=Path, default=Path("out/dashboards"))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as home, observed(Path(home)) as run:
        began = time.time()
        for number in range(options.rounds):
            talk(run.assistant, f"round{number}")
            time.sleep(2)
        time.sleep(5)
        for path in draw(run.server.url, options.out, time.time() - began):
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
