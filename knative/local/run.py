"""Runs one stage alone in the foreground, under functions-framework."""

import argparse
import os
import sys
from typing import NoReturn

from knative.local.ports import is_port_free
from knative.local.stages import STAGES, build_command, build_environment, find_place


def main() -> NoReturn:
    parser = argparse.ArgumentParser(prog="task run", description=__doc__)
    parser.add_argument("--stage", required=True, choices=STAGES)
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--port", type=int, default=8080)
    options = parser.parse_args()
    stage, port = options.stage, options.port
    try:
        where = find_place(options.assistant, port)
    except FileNotFoundError as exc:
        sys.exit(str(exc))
    if not is_port_free(port):
        sys.exit(f"port {port} is in use; choose another with PORT=")
    where.directory.mkdir(parents=True, exist_ok=True)
    ports = {stage: port, "metrics": port + 1}
    print(f"{stage} listens on http://127.0.0.1:{port}; try: task send STAGE={stage} PORT={port}", flush=True)
    os.execvpe(sys.executable, build_command(stage, port), build_environment(stage, where, ports, os.environ))  # noqa: S606


if __name__ == "__main__":
    main()
