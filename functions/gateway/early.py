"""Wakes `nlu` before the gateway has imported what it needs itself: who starts the gateway sends a message soon.

In series the gateway's own cold start would come before all others', for a process that is not up yet can wake nobody.
Only an image does this (functions/runtime/serve.py), where nothing forks afterwards; and only with what the
interpreter has built in, so that nothing is imported for it. What fails here is done again by `Waking`.
"""

import _socket
import _thread
from collections.abc import Mapping

STAGES = ("NLU_URL",)
"""Settings of the gateway that say whom to call: the one that every message needs and that takes longest. The others
are called with the message; called now, they would only take the gateway's own core away (tests/bench/README.md)."""
PATIENCE = 10.0
OFF = ("0", "false", "no")


def begin(environ: Mapping[str, str]) -> None:
    """Call every stage that is named by plain HTTP, each in a thread of its own; at once."""
    if environ.get("WAKE_AHEAD", "").lower() in OFF:
        return
    for name in STAGES:
        scheme, _, rest = environ.get(name, "").partition("://")
        if scheme == "http":
            _thread.start_new_thread(_call, (rest,))


def _call(place: str) -> None:
    netloc, _, path = place.partition("/")
    host, _, port = netloc.partition(":")
    path = f"{path.rstrip('/')}/wake" if path else "wake"
    try:
        for family, kind, protocol, _, address in _socket.getaddrinfo(host, int(port or "80"), 0, _socket.SOCK_STREAM):
            connection = _socket.socket(family, kind, protocol)
            try:
                connection.settimeout(PATIENCE)
                connection.connect(address)
                connection.send(f"POST /{path} HTTP/1.1\r\nhost: {netloc}\r\ncontent-length: 0\r\n\r\n".encode())
                # A stage that sleeps answers once it is up; whoever holds the call lets go of one that hangs up.
                connection.recv(64)
                return
            except OSError:
                continue
            finally:
                connection.close()
    except (OSError, ValueError):
        return
