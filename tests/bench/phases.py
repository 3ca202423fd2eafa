"""The child of `task coldstart`: starts one stage as its image does, and says what each phase took.

Its arguments are the stage, the modules that its main.py imports, the path and body of its first
request, and the folder of what an image has compiled. It prints one JSON
object: CPU milliseconds of each phase, in order, and the resident memory after it. It imports nothing of its own before
the first clock is read.
"""

import sys
import time

STARTED = time.process_time()
"""What the interpreter took: the clock of CPU begins with the process."""


class Marks:
    """CPU and memory at the end of each phase."""

    def __init__(self) -> None:
        self.cpu = {"interpreter": STARTED * 1000}
        self.rss = {"interpreter": self._resident()}
        self._last = time.process_time()

    def __call__(self, phase: str) -> None:
        self.cpu[phase] = (time.process_time() - self._last) * 1000
        self.rss[phase] = self._resident()
        self._last = time.process_time()

    @staticmethod
    def _resident() -> int:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * 4096


def main(stage: str, modules: str, path: str, body: bytes, compiled: str) -> None:
    mark = Marks()
    from functions.runtime import packed_modules

    packed_modules.use(f"{compiled}/{stage}.modules")
    import gc

    from functions.runtime.lazy_modules import import_lazily

    gc.disable()
    import_lazily()
    from functions.runtime import precompiled

    precompiled.leave_out_guards()
    precompiled.use(f"{compiled}/{stage}.bin")
    from functions.runtime.server import Server

    mark("server")
    for name in modules.split(","):
        __import__(name)
    mark("imports")
    __import__(f"functions.{stage}.main")
    handle = sys.modules[f"functions.{stage}.main"].handle
    mark("bundle, wiring")
    server = Server(handle, "127.0.0.1", 0, 16)
    server._start_thread()
    mark("listen")
    statuses = []
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/cloudevents+json\r\n"
    request = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
    import _socket

    client = _socket.socket()
    client.connect(("127.0.0.1", server.port))
    for phase in ("first event", "second event"):
        client.sendall(request)
        statuses.append(client.recv(65536).split(b" ", 2)[1].decode())
        mark(phase)
    import json

    sys.stdout.write(json.dumps({"cpu": mark.cpu, "rss": mark.rss, "statuses": statuses}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    import os

    main(sys.argv[1], sys.argv[2], sys.argv[3], os.fsencode(sys.argv[4]), sys.argv[5])
    os._exit(0)
