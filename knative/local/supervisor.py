"""Leads the process group of everything that the runner starts, and ends the group when the runner is gone.

Run as a script with a pipe from the runner as its input. However the runner ends, kill -9 included, the pipe closes;
no child can be missed, because each joins the group before it becomes what it is. Only the standard library, and little
of it: this process waits for as long as the runner lives.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 4.0
DONE = b"done"
"""The runner has stopped its children in order; whatever is left of the group is of no use."""


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    said = b""
    while chunk := os.read(sys.stdin.fileno(), 16):
        said += chunk
    if said != DONE:
        os.killpg(0, signal.SIGTERM)
        time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
