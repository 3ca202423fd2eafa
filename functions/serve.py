"""Serves one stage in its image, under waitress: STAGE says which, PORT where, THREADS how many requests at once.

functions-framework serves the same `handle` in local work and on Cloud Run functions. In an image the first message
waits for the server's imports, so there it gives way to one that imports little (numbers: tests/bench/README.md).
"""

import gc
import importlib
import os
import select
import signal
import sys
import time
from types import ModuleType
from typing import Any, NoReturn

from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.server import create_server  # type: ignore[import-untyped]

from functions import precompiled
from functions.wsgi import application
from shared.telemetry import end

THREADS = 16
BODY_LIMIT = 8 * 1024 * 1024
COMPILED = os.path.join(os.path.dirname(__file__), "dataclasses.bin")
"""What knative/images/seal.sh leaves in an image; elsewhere it is not there."""
DRAIN_SECONDS = 25.0
"""Below the 30 seconds that Kubernetes waits before it kills."""


class Server:
    """waitress around one handler; stops at once when idle, else when the requests in its hands are answered."""

    def __init__(self, handle: Any, host: str, port: int, threads: int, drain_seconds: float = DRAIN_SECONDS) -> None:
        self._drain_seconds = drain_seconds
        self._deadline: float | None = None
        self._server = create_server(
            application(handle),
            host=host,
            port=port,
            threads=threads,
            # Larger bodies are refused here; each stage has its own, smaller limits.
            max_request_body_size=BODY_LIMIT,
            # Nothing is spooled to disk: the root file system of a container is read-only.
            inbuf_overflow=BODY_LIMIT + 1,
            outbuf_overflow=4 * BODY_LIMIT,
            max_request_header_size=64 * 1024,
            # Requests that wait cost a socket each; Knative bounds how many it sends.
            connection_limit=512,
            channel_timeout=75,
            clear_untrusted_proxy_headers=False,
            ident=None,
        )
        self.port: int = self._server.effective_port

    def stop(self, *_: object) -> None:
        """Take no new connections; `run` returns once everything that was taken is answered. Fit for a signal."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._drain_seconds
            self._server.pull_trigger()

    def run(self) -> None:
        """Serve until `stop`, and drain."""
        while self._deadline is None:
            self._turn(5.0)
        self._stop_listening()
        # What already lies in the sockets is read before anything counts as idle.
        self._turn(0.01)
        self._turn(0.01)
        while not self._idle() and time.monotonic() < self._deadline:
            self._turn(0.1)
        self._server.task_dispatcher.shutdown(timeout=0)
        wasyncore.close_all(self._server._map)

    def _turn(self, timeout: float) -> None:
        wasyncore.loop(timeout=timeout, map=self._server._map, use_poll=True, count=1)

    def _stop_listening(self) -> None:
        # Connections that the kernel has taken for us would be reset with the listening socket.
        while select.select([self._server.socket], [], [], 0)[0]:
            self._server.handle_accept()
        self._server.accepting = False
        self._server.del_channel(self._server._map)
        self._server.socket.close()

    def _idle(self) -> bool:
        return not any(
            channel.requests or channel.request is not None or channel.total_outbufs_len
            for channel in self._server.active_channels.values()
        )


def main() -> NoReturn:
    stage = os.environ.get("STAGE", "")
    if not stage:
        sys.exit("serve: set STAGE to the name of a stage")
    # The first process of a container ignores signals that it has no handler for.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    # What is imported stays for good; looking for garbage in it only costs time.
    gc.disable()
    precompiled.use(os.environ.get("COMPILED", COMPILED))
    module = importlib.import_module(f"functions.{stage}.main")
    precompiled.release()
    host, port = os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "8080"))  # noqa: S104
    try:
        server = Server(module.handle, host, port, int(os.environ.get("THREADS", THREADS)))
    except OSError as exc:
        sys.exit(f"serve: port {port} cannot be used ({exc.strerror}); choose another with PORT")
    _call(module, "begin")
    signal.signal(signal.SIGTERM, server.stop)
    signal.signal(signal.SIGINT, server.stop)
    gc.freeze()
    gc.enable()
    server.run()
    _call(module, "finish")
    end()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that wait for nothing (of models, of kept connections) must not hold up the end.
    os._exit(0)


def _call(module: ModuleType, name: str) -> None:
    """What a stage's main.py does once in the process that serves, before the first request or after the last."""
    function = getattr(module, name, None)
    if function is not None:
        function()


if __name__ == "__main__":
    main()
