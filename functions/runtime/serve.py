"""Serves one stage in its image: STAGE says which, PORT where, THREADS how many requests at once, RUNTIME by what.

functions-framework serves the same `handle` in local work and on Cloud Run functions, and in an image that was built
with it. Else `functions.runtime.server` does, because the first message waits for what the process imports (README.md
beside this file).
"""

import os

from functions.runtime import packed_modules

packed_modules.use(os.environ.get("MODULES", os.path.join(os.path.dirname(__file__), "modules.bin")))

import _signal  # type: ignore[import-not-found]  # noqa: E402 - whatever can be packed comes after that
import gc  # noqa: E402
import importlib  # noqa: E402
import sys  # noqa: E402
from types import ModuleType  # noqa: E402
from typing import Any, NoReturn  # noqa: E402

from functions.runtime.lazy_modules import import_lazily  # noqa: E402

import_lazily()

from functions.runtime import precompiled  # noqa: E402 - imports what was put off

THREADS = 16
COMPILED = os.path.join(os.path.dirname(__file__), "dataclasses.bin")
"""What knative/images/seal.sh leaves in an image, as modules.bin above; elsewhere neither is there."""
DRAIN_SECONDS = 25.0
"""Below the 30 seconds that Kubernetes waits before it kills."""


RUNTIMES = ("parley", "functions-framework")


def main() -> NoReturn:
    stage = os.environ.get("STAGE", "")
    if not stage:
        sys.exit("serve: set STAGE to the name of a stage")
    runtime = os.environ.get("RUNTIME") or RUNTIMES[0]
    if runtime not in RUNTIMES:
        sys.exit(f"serve: RUNTIME is {' or '.join(RUNTIMES)}, not {runtime!r}")
    if runtime == "functions-framework":
        serve_by_framework(stage)
    # The first process of a container ignores signals that it has no handler for.
    _signal.signal(_signal.SIGTERM, lambda *_: os._exit(0))
    # What is imported stays for good; looking for garbage in it only costs time.
    gc.disable()
    precompiled.leave_out_guards()
    precompiled.use(os.environ.get("COMPILED", COMPILED))
    # The stage first: what it says about a mistake in its settings needs no server.
    module = importlib.import_module(f"functions.{stage}.main")
    from functions.runtime.limits import read_container_limits
    from functions.runtime.server import BODY_LIMIT, Server
    from shared.telemetry import end

    host, port = os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "8080"))  # noqa: S104
    try:
        server = Server(
            module.handle,
            host,
            port,
            int(os.environ.get("THREADS", THREADS)),
            body_limit=getattr(module, "body_limit", lambda _: BODY_LIMIT),
            limits=read_container_limits(),
            listener=_inherit_socket(),
        )
    except OSError as exc:
        sys.exit(f"serve: port {port} cannot be used ({exc.strerror}); choose another with PORT")
    _call(module, "begin")
    _signal.signal(_signal.SIGTERM, server.stop)
    _signal.signal(_signal.SIGINT, server.stop)
    gc.freeze()
    gc.enable()
    if ready := os.environ.get("READY_FD"):
        os.write(int(ready), b"ready")
        os.close(int(ready))
    # What is imported with the first messages is compiled as well.
    server.run(DRAIN_SECONDS, settled=precompiled.release)
    _call(module, "finish")
    end()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads that wait for nothing (of models, of kept connections) must not hold up the end.
    os._exit(0)


def serve_by_framework(stage: str) -> NoReturn:
    """Become functions-framework, which serves the same `handle` by Flask and gunicorn."""
    import importlib.util

    if importlib.util.find_spec("functions_framework") is None:
        sys.exit("serve: functions-framework is not installed; build the image with RUNTIME=functions-framework")
    source = os.path.join(os.path.dirname(os.path.dirname(__file__)), stage, "main.py")
    command = [sys.executable, "-P", "-m", "functions_framework", "--source", source, "--target", "handle"]
    # gunicorn's workers write a file each, and an image's root is read-only.
    given = {"TMPDIR": "/dev/shm", "HOST": "0.0.0.0", "PORT": "8080", **os.environ}  # noqa: S104, S108
    os.execve(sys.executable, command, given)  # noqa: S606 - our own interpreter


def _inherit_socket() -> Any:
    """The listening socket that `task up` opened and keeps (LISTEN_FD): one process takes it over from another, and no
    client notices. Nothing elsewhere."""
    if not (given := os.environ.get("LISTEN_FD")):
        return None
    import _socket

    listener = _socket.socket(fileno=int(given))
    listener.setblocking(False)
    return listener


def _call(module: ModuleType, name: str) -> None:
    """What a stage's main.py does once in the process that serves, before the first request or after the last."""
    function = getattr(module, name, None)
    if function is not None:
        function()


if __name__ == "__main__":
    main()
