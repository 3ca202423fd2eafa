"""What clients may take of a server: connections, seconds and bytes."""

import os
from dataclasses import dataclass

SHARE = 10
"""Of the container's memory, a tenth is for requests that are not whole, bodies that are worked on and answers that
nobody has read yet."""
LEAST, MOST = 4 * 1024 * 1024, 24 * 1024 * 1024
"""Bytes of that share, whatever the container has."""
FILES_FOR_OTHERS = 256
"""Open files that are left for outgoing connections, the store and the model."""
CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where the kernel says how much memory the container may have: version 2, version 1."""


@dataclass(frozen=True, slots=True)
class Limits:
    held: int = MOST
    """Bytes that all connections together hold; beyond it the connection that holds most is closed."""
    connections: int = 4096
    """Beyond it the slowest are closed."""
    keep_seconds: float = 75.0
    """How long a connection may be idle between two requests."""
    head_seconds: float = 10.0
    """How long the headers of a request may take, from its first byte or the connection's begin."""
    read_seconds: float = 30.0
    """How long a request may take from its first byte to its last, however many come between."""
    write_seconds: float = 30.0
    """How long a client may take to read its answer, and a second more for each `write_rate` of it."""
    write_rate: int = 128 * 1024
    """Bytes a second."""
    linger_seconds: float = 1.0
    """How long a refused client may go on sending before the connection ends; at once, and it would not see the
    answer."""
    look_seconds: float = 1.0
    """How often it is looked for those whose time is over; five times as long where there are no connections."""

    def seconds_for(self, size: int) -> float:
        """How long a client may take to read an answer of so many bytes."""
        return self.write_seconds + size / self.write_rate


def read_container_limits() -> Limits:
    """The limits of a server that has this container for itself."""
    memory = read_container_memory()
    held = MOST if memory is None else min(MOST, max(LEAST, memory // SHARE))
    files = os.sysconf("SC_OPEN_MAX")
    return Limits(held=held, connections=max(64, min(4096, files - FILES_FOR_OTHERS)))


def read_container_memory(files: tuple[str, ...] = CGROUPS) -> int | None:
    """Bytes of memory that the container may have; None where nobody limits it."""
    for path in files:
        try:
            with open(path, encoding="ascii") as file:
                text = file.read().strip()
        except OSError:
            continue
        # Version 1 says "without limit" with a number that no machine has.
        return int(text) if text.isdecimal() and int(text) < 1 << 50 else None
    return None
