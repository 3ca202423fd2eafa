"""The process that stages are forked from: it has imported what they import, so that one starts in milliseconds.

`python forking.py FD STAGE...`, where FD is a socket of whole packets. Each packet is a JSON object, the environment of
a stage, with three files: the socket it listens at, where it writes, and where it says that it is ready. What comes
back says which process was made of it, and later how that ended. At the end of the socket all of them are ended.

It has one thread, opens nothing and loads no model: what a stage's main.py does, its own process does.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

MOST = 1024 * 1024
"""Bytes of an environment."""


def preload(stages: Sequence[str]) -> None:
    """Import what these stages import, and nothing that opens or loads something."""
    serve = importlib.import_module("functions.runtime.serve")
    from functions.runtime.precompiled import modules_of

    functions = Path(str(serve.__file__)).parents[1]
    for name in dict.fromkeys(module for stage in stages for module in modules_of(stage, functions)):
        try:
            importlib.import_module(name)
        except ImportError:
            # What a stage imports only where an assistant needs it.
            continue


def fork(environ: dict[str, str], files: Sequence[int], keep_out: Sequence[int]) -> int:
    """The process of a stage with this environment, which leaves `keep_out` alone."""
    pid = os.fork()
    if pid:
        for file in files:
            os.close(file)
        return pid
    try:
        listener, output, ready = files
        for file in keep_out:
            os.close(file)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        os.environ.clear()
        os.environ.update(environ, LISTEN_FD=str(listener), READY_FD=str(ready))
        importlib.import_module("functions.runtime.serve").main()
    except SystemExit as exc:
        if exc.code and not isinstance(exc.code, int):
            os.write(2, f"{exc.code}\n".encode())
        os._exit(exc.code if isinstance(exc.code, int) else 1)
    except BaseException as exc:  # noqa: BLE001 - the hook says it as in any process, and the parent's code ends here
        sys.excepthook(type(exc), exc, exc.__traceback__)
    os._exit(1)


def serve_forks(control: socket.socket) -> None:
    """Fork what is asked for until the other end closes."""
    woken, wakes = socket.socketpair()
    for end in (woken, wakes):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes.fileno())
    own = [control.fileno(), woken.fileno(), wakes.fileno()]
    children: set[int] = set()
    control.send(json.dumps({"ready": os.getpid()}).encode())
    while True:
        readable = select.select([control, woken], [], [])[0]
        if woken in readable:
            woken.recv(4096)
        while children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            children.discard(pid)
            control.send(json.dumps({"ended": pid, "status": os.waitstatus_to_exitcode(status)}).encode())
        if control in readable:
            packet, files, _, _ = socket.recv_fds(control, MOST, 3)
            if not packet:
                break
            asked = json.loads(packet)
            pid = fork(asked["environment"], files, own)
            children.add(pid)
            control.send(json.dumps({"forked": asked["number"], "pid": pid}).encode())
    for pid in children:
        os.kill(pid, signal.SIGTERM)


def main() -> NoReturn:
    control = socket.socket(fileno=int(sys.argv[1]))
    # Who started us ends us: by closing the socket, whatever signal its group gets.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    preload(sys.argv[2:])
    # What is here now is shared with all that are forked, until somebody writes to it; nobody looks for garbage in it.
    gc.collect()
    gc.freeze()
    serve_forks(control)
    sys.exit(0)


if __name__ == "__main__":
    main()
