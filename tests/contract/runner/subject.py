"""A runner as `task up` is one: `python -m tests.contract.runner.subject JSON` with the processes to run."""

import json
import signal
import sys
from dataclasses import replace

from knative.local.processes import CannotRun, Process, Stopped, run_together


def main() -> int:
    given = json.loads(sys.argv[1])
    # A test run in the background may have been started with these ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_IGN if given.get("nohup") else signal.SIG_DFL)
    processes = [replace(Process(**item), also=tuple(item.get("also", ()))) for item in given["processes"]]
    try:
        with run_together(processes) as run:
            run.wait_until_ready(given.get("deadline", 30))
            run.tell("all ready")
            run.watch()
    except CannotRun as exc:
        print(f"cannot run: {exc}", flush=True)
        return 1
    except Stopped:
        print("stopped early", flush=True)
    print("stopped", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
