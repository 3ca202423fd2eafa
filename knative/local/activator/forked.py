"""Stages that are forked from a process which has imported everything, in the place of an interpreter of their own."""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("forking.py")


class CannotFork(Exception):
    """The process that stages are forked from is gone."""


class Forked:
    """A process that was forked, as asyncio.subprocess.Process shows one."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._ended = asyncio.Event()

    def note_end(self, status: int) -> None:
        self.returncode = status
        self._ended.set()

    async def wait(self) -> int:
        await self._ended.wait()
        return self.returncode or 0

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        # Once its end was told its number may be another's.
        if self.returncode is None:
            os.kill(self.pid, number)


class Forker:
    """Asks that process for stages."""

    def __init__(self, stages: Sequence[str], environ: Mapping[str, str]) -> None:
        """`environ` is what its interpreter starts with; what counts only then (the allocator's settings) is here."""
        self._stages = stages
        self._environ = dict(environ)
        self._numbers = itertools.count()
        self._asked: dict[int, asyncio.Future[int]] = {}
        self._running: dict[int, Forked] = {}
        self._early: dict[int, int] = {}
        """How those ended that ended before anybody knew of them."""
        self._control: socket.socket | None = None
        self._reading: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Its number, once it was started."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Start it, and wait until it has imported everything; CannotFork where it ends before."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-S", "-P", str(PROGRAM), str(theirs.fileno()), *self._stages),
                env=self._environ,
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
            )
        if not await asyncio.get_running_loop().sock_recv(ours, 4096):
            ours.close()
            await self._process.wait()
            raise CannotFork("the process that stages are forked from ended at its start")
        self._control = ours
        self._reading = asyncio.create_task(self._read(ours))

    async def fork(self, environ: Mapping[str, str], listener: socket.socket, ready: int) -> Forked:
        """A stage's process with this environment, which listens there and writes to `ready` when it does."""
        if self._control is None or self._reading is None or self._reading.done():
            raise CannotFork("the process that stages are forked from has ended")
        number = next(self._numbers)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        reads, writes = os.pipe()
        try:
            packet = json.dumps({"number": number, "environment": dict(environ)}).encode()
            socket.send_fds(self._control, [packet], [listener.fileno(), writes, ready])
        finally:
            os.close(writes)
        stdout = asyncio.StreamReader()
        pipe = os.fdopen(reads, "rb", 0)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdout), pipe)
        pid = await answer
        forked = self._running[pid] = Forked(pid, stdout)
        if pid in self._early:
            self._note_end(pid, self._early.pop(pid))
        return forked

    async def stop(self) -> None:
        """End it. Stages that still run are told to end, too."""
        if self._control is not None:
            # A packet without content is the end for whoever reads; this end is read until the other one is closed.
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_WR)
        if self._process is not None:
            await self._process.wait()
        if self._reading is not None:
            await self._reading
        if self._control is not None:
            self._control.close()

    async def _read(self, control: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while packet := await loop.sock_recv(control, 4096):
                said: dict[str, Any] = json.loads(packet)
                if "forked" in said:
                    self._asked.pop(said["forked"]).set_result(said["pid"])
                else:
                    self._note_end(said["ended"], said["status"])
        for answer in self._asked.values():
            answer.set_exception(CannotFork("the process that stages are forked from has ended"))
        for forked in self._running.values():
            # Its children end with it.
            forked.note_end(-signal.SIGTERM)
        self._asked.clear()
        self._running.clear()

    def _note_end(self, pid: int, status: int) -> None:
        forked = self._running.pop(pid, None)
        if forked is None:
            self._early[pid] = status
        else:
            forked.note_end(status)
