"""Whether the other end of a loopback connection is a program on this machine that speaks for itself.

Every proxy on this machine has the loopback address, and headers say what their sender likes, so neither proves that a
caller is local. What cannot be made up is which process holds the other end of the connection and what else it is
connected to: a proxy or a tunnel listens, or holds the connection of whoever is behind it, at that very moment. So a
caller counts as local where the kernel (Linux, /proc) names its process, and this process

* listens nowhere (TCP, Unix sockets), and has no connection that it accepted,
* is connected to no other machine (TCP, UDP).

Whatever cannot be seen (another user's process, another container's, another system than Linux) is not local. Somebody
on this machine who pipes bytes from elsewhere into a client on purpose is not found: they could as well type them.
"""

import _socket
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LISTEN = 0x0A
SOURCE = "/proc"
KEEP_SECONDS = 1.0
"""For which what was found of a connection is kept: its port is not given to another within that."""
MAX_KEPT = 1000
_LISTENING_UNIX = 0x10000
"""__SO_ACCEPTCON (linux/net.h)"""
_CONNECTED_UNIX = 3
"""SS_CONNECTED"""


@dataclass(frozen=True, slots=True)
class _Socket:
    """A row of /proc/net/tcp or udp."""

    local: tuple[str, int]
    remote: tuple[str, int]
    state: int
    inode: str


class LocalPeers:
    """Tells local programs from proxies, by the address and the port of their end; safe to share between threads."""

    def __init__(self, proc: "str | os.PathLike[str]" = SOURCE, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._proc = os.fspath(proc)
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, int], tuple[float, bool]] = {}

    def __call__(self, address: str, port: int) -> bool:
        """Whether the connection whose other end is `address:port` is held by a program that speaks for itself."""
        now = self._clock()
        with self._lock:
            until, known = self._kept.get((address, port), (0.0, False))
            if now < until:
                return known
        found = self._is_local(address, port)
        with self._lock:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            self._kept[(address, port)] = (now + KEEP_SECONDS, found)
        return found

    def _is_local(self, address: str, port: int) -> bool:
        tcp = [*self._list_sockets("tcp"), *self._list_sockets("tcp6")]
        other, own = (_write_plain(address), port), self._list_inodes("self")
        # One port may have connections to several servers, each held by another process: the end of ours is meant.
        here = {row.local for row in tcp if row.remote == other and row.inode in own}
        ends = {row.inode for row in tcp if row.local == other and row.remote in here}
        ends.discard("0")
        if not ends:
            return False
        holders = [inodes for inodes in self._list_processes() if inodes & ends]
        if not holders:
            return False
        held = frozenset[str]().union(*holders)
        ports = {row.local[1] for row in tcp if row.state == LISTEN}
        for row in tcp:
            if row.inode in held and (row.state == LISTEN or row.local[1] in ports or not _is_loopback(row.remote[0])):
                return False
        for kind in ("udp", "udp6"):
            if any(row.inode in held and not _is_loopback(row.remote[0]) for row in self._list_sockets(kind)):
                return False
        return not held & self._serving_unix()

    def _list_sockets(self, kind: str) -> Iterator[_Socket]:
        for line in self._read_lines(f"net/{kind}"):
            fields = line.split()
            # Most rows of a busy machine are connections that ended (TIME_WAIT); nobody holds those.
            if fields[3] != "06":
                yield _Socket(_read_address(fields[1]), _read_address(fields[2]), int(fields[3], 16), fields[9])

    def _serving_unix(self) -> frozenset[str]:
        """Sockets that listen on a path, or were accepted there: those have the path as their own name."""
        found = set()
        for line in self._read_lines("net/unix"):
            fields = line.split()
            if int(fields[3], 16) & _LISTENING_UNIX or (int(fields[5], 16) == _CONNECTED_UNIX and len(fields) > 7):
                found.add(fields[6])
        return frozenset(found)

    def _list_processes(self) -> Iterator[frozenset[str]]:
        """The sockets of each process that may be looked at, by inode."""
        for name in os.listdir(self._proc):
            if name.isdecimal() and (inodes := self._list_inodes(name)):
                yield inodes

    def _list_inodes(self, process: str) -> frozenset[str]:
        folder = f"{self._proc}/{process}/fd"
        inodes = set()
        try:
            for fd in os.listdir(folder):
                try:
                    target = os.readlink(f"{folder}/{fd}")
                except OSError:
                    continue
                if target.startswith("socket:["):
                    inodes.add(target[8:-1])
        except OSError:
            return frozenset()
        return frozenset(inodes)

    def _read_lines(self, name: str) -> list[str]:
        try:
            with open(f"{self._proc}/{name}", encoding="utf-8", errors="replace") as file:
                return file.read().splitlines()[1:]
        except OSError:
            return []


def _read_address(text: str) -> tuple[str, int]:
    """`0100007F:1F90` as the kernel writes it: the address in words of the machine's byte order, the port in hex."""
    address, _, port = text.partition(":")
    words = (int(address[start : start + 8], 16) for start in range(0, len(address), 8))
    packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    name = _socket.inet_ntop(_socket.AF_INET if len(packed) == 4 else _socket.AF_INET6, packed)
    return _write_plain(name), int(port, 16)


def _write_plain(address: str) -> str:
    """An IPv4 address that an IPv6 socket has, as IPv4."""
    return address.removeprefix("::ffff:") if address.startswith("::ffff:") and "." in address else address


def _is_loopback(address: str) -> bool:
    return address == "::1" or address.startswith("127.")
