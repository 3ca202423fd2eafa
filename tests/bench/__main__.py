"""Runs the measurements and prints their tables: `task bench`, or one of them: `task bench -- --only warm`."""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from tests.bench import cold, warm
from tests.bench.table import Table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task bench", description=__doc__)
    parser.add_argument("--assistant", default=os.environ.get("ASSISTANT") or "default")
    parser.add_argument("--runs", type=int, default=5, help="repetitions of each cold start")
    parser.add_argument("--messages", type=int, default=960, help="messages of each warm row")
    parser.add_argument("--only", choices=("stages", "chain", "warm"), help="one table only")
    options = parser.parse_args(arguments)
    tables: dict[str, Callable[[], Table]] = {
        "stages": lambda: cold.each_stage(options.assistant, options.runs),
        "chain": lambda: cold.chain(options.assistant, options.runs),
        "warm": lambda: warm.rest(options.assistant, options.messages),
    }
    print(f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} CPUs, assistant "
          f"{options.assistant!r}, load {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    for name, measure in tables.items():
        if options.only in (None, name):
            print(measure(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
