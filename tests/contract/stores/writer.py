"""Writes turns: `python -m tests.contract.stores.writer URL NAME COUNT`; each is printed when it is kept.

With COUNT 0 it writes until it is killed.
"""

import itertools
import sys

from shared.stores.opening import open_store
from tests.contract.stores.talking import ME, insist


def main(url: str, name: str, count: int) -> None:
    store = open_store(url)
    for number in itertools.count():
        if count and number == count:
            break
        insist(store, ME, f"{name}.{number}")
        print(f"{name}.{number}", flush=True)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
