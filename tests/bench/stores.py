"""What a turn costs in each store, early and late in a conversation, and what a process pays to open the store.

`python -m tests.bench.stores` prints the tables.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from shared.events.wire import JSON
from shared.stores.opening import open_store
from shared.stores.ports import Committed, Store, Turn
from tests.bench.table import Table
from tests.contract.firestore_emulator import PROJECT, emulator, find_jar

ROOT = Path(__file__).resolve().parents[2]
LATER = 4e9

EVENT: JSON = {"event": "user", "text": "play some jazz", "parse_data": {"intent": {"name": "play_music"}}}
STATE: dict[str, JSON] = {"slots": {f"slot_{number}": "value" * 4 for number in range(20)}, "events": [EVENT] * 20}
TURN: dict[str, JSON] = {"replies": [{"text": "Here is something by Nina Simone. " * 4}] * 3, "events": [EVENT] * 3}


@contextmanager
def addresses() -> Iterator[list[str]]:
    """The stores that can be measured here; the emulator only where it is installed."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = ["memory:", f"sqlite:{folder}/parley.db"]
        jar = find_jar() if shutil.which("java") else None
        if jar is not None:
            running = stack.enter_context(emulator(jar, folder / "log"))
            os.environ["FIRESTORE_EMULATOR_HOST"] = running.host
            stack.callback(os.environ.pop, "FIRESTORE_EMULATOR_HOST")
            found += [f"firestore:{PROJECT}", f"firestore+grpc:{PROJECT}"]
        yield found


def turns(urls: list[str], rounds: int) -> Table:
    """Load and commit, one writer, state of 2.4 kB, turns of 0.7 kB; the stores by turns, so load hits all alike."""
    table = Table(
        f"A turn: load and commit (medians of {rounds} rounds of 400 turns; load {os.getloadavg()[0]:.0f})",
        ("store", "p50 ms (lowest - highest round)", "p99 ms", "CPU ms", "turn 1000 : turn 10"),
    )
    with ExitStack() as stack:
        stores = {url: stack.enter_context(closing(open_store(url))) for url in urls}
        found: dict[str, list[tuple[float, float, float]]] = {url: [] for url in urls}
        for store in stores.values():
            # The emulator is a Java program: its first thousands of calls compile it.
            talk(store, "web:warm", 2000)
        for number in range(rounds):
            for url, store in stores.items():
                cpu = time.process_time()
                times = sorted(took for person in range(20) for took in talk(store, f"web:{number}.{person}", 20))
                cpu = (time.process_time() - cpu) / len(times)
                found[url].append((statistics.median(times), times[int(len(times) * 0.99)], cpu))
        for url, store in stores.items():
            p50, p99, cpus = ([value * 1e3 for value in values] for values in zip(*found[url], strict=True))
            table.add(
                url.split(":")[0],
                f"{statistics.median(p50):.3f} ({min(p50):.3f} - {max(p50):.3f})",
                f"{statistics.median(p99):.2f}",
                f"{statistics.median(cpus):.3f}",
                f"{_growth(store):.2f}",
            )
    return table


def opening(urls: list[str], runs: int) -> Table:
    """CPU of a process that opens the store and loads one conversation, less that of a bare Python."""
    table = Table("Opening: CPU of a new process, ms", ("store", "import", "import and first load"))
    imports = "import sys, json, logging; from shared.stores.opening import open_store; store = open_store(sys.argv[1])"
    first = imports + "; store.conversations.load('web:0', 'm', 1.0); store.close()"
    bare = _cpu("import sys, json, logging", "", runs)
    for url in urls:
        table.add(
            url.split(":")[0],
            f"{_cpu(imports, url, runs) - bare:.0f}",
            f"{_cpu(first, url, runs) - bare:.0f}",
        )
    return table


def talk(store: Store, conversation: str, count: int, start: int = 0) -> list[float]:
    """Seconds of each of these turns."""
    times = []
    for number in range(start, start + count):
        turn = Turn(f"web:{number}", float(number), TURN)
        begun = time.perf_counter()
        loaded = store.conversations.load(conversation, turn.id, float(number))
        store.conversations.commit(conversation, loaded.revision, Committed(STATE, turn, LATER), float(number))
        times.append(time.perf_counter() - begun)
    return times


def _growth(store: Store) -> float:
    """How much more a turn costs around the thousandth than around the tenth; both taken by turns."""
    talk(store, "web:long", 950)
    early, late = [], []
    for sample in range(10):
        talk(store, f"web:short{sample}", 5)
        early += talk(store, f"web:short{sample}", 10, start=5)
        late += talk(store, "web:long", 10, start=950 + sample * 10)
    return statistics.median(late) / statistics.median(early)


def _cpu(script: str, url: str, runs: int) -> float:
    """Milliseconds of user and system time of a process that runs this; the median."""
    taken = []
    for _ in range(runs):
        process = subprocess.Popen([sys.executable, "-c", script, url], cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, script
        taken.append((usage.ru_utime + usage.ru_stime) * 1e3)
    return statistics.median(taken)


if __name__ == "__main__":
    with addresses() as urls:
        print(turns(urls, 7))
        print(opening(urls, 7))
