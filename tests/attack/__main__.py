"""Attacks an assistant on this machine, and prints what held: python -m tests.attack [--small] [memory slow ...]"""

import argparse
import sys
from collections.abc import Sequence

from tests.attack.attacks import ATTACKS
from tests.attack.target import target
from tests.bench.table import Table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("attacks", nargs="*", choices=[*ATTACKS, []], help="all of them by default")
    parser.add_argument("--small", action="store_true", help="as CI runs them")
    options = parser.parse_args(arguments)
    table = Table("Attacks", ("attack", "promise", "measured", "held"))
    failed = 0
    for name in options.attacks or ATTACKS:
        # Each on an assistant of its own: a peak of memory stays.
        with target() as attacked:
            for result in ATTACKS[name](attacked, options.small):
                print(f"{'held  ' if result.held else 'BROKEN'} {result.attack}: {result.measured}", flush=True)
                table.add(result.attack, result.promise, result.measured, "yes" if result.held else "NO")
                failed += not result.held
    print(f"\n{table}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
