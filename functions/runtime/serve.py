"""Serves one stage in its image: STAGE says which, PORT where, THREADS how many requests at once.

functions-framework serves the same `handle` in local work and on Cloud Run functions. In an image the first message
waits for what the process imports, so there it gives way to `functions.runtime.server`, and what the standard library
imports for rare needs is put off until somebody needs it (numbers: tests/bench/README.md).
"""

import _signal  # type: ignore[import-not-found]
import gc
import importlib
import os
import sys
from types import ModuleType
from typing import NoReturn

from functions.runtime.lazy_modules import postpone

postpone()

from functions.runtime import precompiled  # noqa: E402 - imports what was put off

THREADS = 16
COMPILED = os.path.join(os.path.dirname(__file__), "dataclasses.bin")
"""What knative/images/seal.sh leaves in an image; elsewhere it is not there."""
DRAIN_SECONDS = 25.0
"""Below the 30 seconds that Kubernetes waits before it kills."""


def main() -> NoReturn:
    stage = os.environ.get("STAGE", "")
    if not stage:
        sys.exit("serve: set STAGE to the name of a stage")
    # The first process of a container ignores signals that it has no handler for.
    _signal.signal(_signal.SIGTERM, lambda *_: os._exit(0))
    # What is imported stays for good; looking for garbage in it only costs time.
    gc.disable()
    precompiled.use(os.environ.get("COMPILED", COMPILED))
    # The stage first: what it says about a mistake in its settings needs no server.
    module = importlib.import_module(f"functions.{stage}.main")
    from functions.runtime.limits import limits_of_container
    from functions.runtime.server import BODY_LIMIT, Server
    from shared.telemetry import end

    precompiled.release()
    host, port = os.environ.get("HOST", "0.0.0.0"), int(os.environ.get("PORT", "8080"))  # noqa: S104
    try:
        server = Server(
            module.handle,
            host,
            port,
            int(os.environ.get("THREADS", THREADS)),
            body_limit=getattr(module, "body_limit", lambda _: BODY_LIMIT),
            limits=limits_of_container(),
        )
    except OSError as exc:
        sys.exit(f"serve: port {port} cannot be used ({exc.strerror}); choose another with PORT")
    _call(module, "begin")
    _signal.signal(_signal.SIGTERM, server.stop)
    _signal.signal(_signal.SIGINT, server.stop)
    gc.freeze()
    gc.enable()
    server.run(DRAIN_SECONDS)
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
