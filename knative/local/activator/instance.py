"""One process of a stage, as a pod is one: an address of its own, ready when it takes connections, ended by SIGTERM."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from knative.local.activator.forked import CannotFork, Forked, Forker
from knative.local.ports import find_free_ports

START_SECONDS = 60.0
STOP_SECONDS = 30.0
"""As long as Kubernetes waits before it kills."""
NOTICE_SECONDS = 0.2
LOOK_SECONDS = 0.01
"""How often a starting process is asked whether it takes connections."""


@dataclass(frozen=True, slots=True)
class Command:
    """How a stage is started; PORT is added to its environment."""

    argv: Sequence[str]
    env: Mapping[str, str]
    forker: Forker | None = None
    """Where the stage is forked from, in the place of starting `argv`."""


class NotStarted(Exception):
    """The process ended, or took no connection in time, before it was ready."""


class Instance:
    """A process that was just asked to start."""

    def __init__(self, name: str, command: Command, tell: Callable[[str], None]) -> None:
        self.name = name
        self.requests = 0
        """In its hands, or waiting until it is ready."""
        self.used = time.monotonic()
        """When it was last asked something."""
        self._listener = _listen() if command.forker is not None else None
        self.port = self._listener.getsockname()[1] if self._listener is not None else find_free_ports(1)[0]
        self._command = command
        self._tell = tell
        self._since = time.monotonic()
        self._process: asyncio.subprocess.Process | Forked | None = None
        self._reading: asyncio.Task[None] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._starting = asyncio.create_task(self._start())

    @property
    def ended(self) -> bool:
        """Whether the process is gone, by whatever cause."""
        if self._starting.done() and (self._starting.cancelled() or self._starting.exception() is not None):
            return True
        return self._process is not None and self._process.returncode is not None

    @property
    def pid(self) -> int | None:
        """The process's number, while it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    @property
    def ready(self) -> bool:
        return self._starting.done() and not self.ended

    async def open_session(self) -> aiohttp.ClientSession:
        """Connections to it, once it takes some; NotStarted where it does not."""
        return await asyncio.shield(self._starting)

    async def notice_end(self) -> None:
        """Wait a moment for the end of what broke off an answer, so that nobody is sent to a process that is dying."""
        if self._process is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), NOTICE_SECONDS)

    async def stop(self) -> None:
        """Ask it to end, and wait; after some time make it."""
        end = time.monotonic() + STOP_SECONDS
        # As with a pod that leaves: nobody sends it anything new, what it has is answered, then it is told.
        while self.requests and not self.ended and time.monotonic() < end:
            await asyncio.sleep(LOOK_SECONDS)
        self._starting.cancel()
        with contextlib.suppress(asyncio.CancelledError, NotStarted):
            await self._starting
        if self._process is not None:
            await self._end(self._process)
        if self._session is not None:
            await self._session.close()
        if self._reading is not None:
            await self._reading

    async def _end(self, process: asyncio.subprocess.Process | Forked) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._tell(f"{self.name} did not end within {STOP_SECONDS:g} s and is killed")
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _start(self) -> aiohttp.ClientSession:
        process = await (self._begin() if self._listener is None else self._fork(self._listener))
        self._session = aiohttp.ClientSession(
            # Shorter than a stage keeps an idle connection, so that no request meets its end.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        self._tell(f"{self.name} is awake after {time.monotonic() - self._since:.2f} s (process {process.pid})")
        return self._session

    async def _fork(self, listener: socket.socket) -> Forked:
        """Let it be forked; it says itself when it is ready."""
        forker = self._command.forker
        assert forker is not None  # noqa: S101 - there is no listener otherwise
        reads, writes = os.pipe()
        told = asyncio.StreamReader()
        pipe = os.fdopen(reads, "rb", 0)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(told), pipe
        )
        try:
            with listener:
                process = await forker.fork({**self._command.env, "PORT": str(self.port)}, listener, writes)
        except CannotFork as exc:
            raise NotStarted(f"{self.name}: {exc}") from exc
        finally:
            os.close(writes)
        self._process = process
        self._reading = asyncio.create_task(self._relay(process))
        try:
            ready = await asyncio.wait_for(told.read(), START_SECONDS)
        except TimeoutError as exc:
            process.kill()
            raise NotStarted(f"{self.name} was not ready within {START_SECONDS:g} s") from exc
        finally:
            transport.close()
        if not ready:
            await self._reading
            raise NotStarted(f"{self.name} ended with exit code {process.returncode} before it was ready")
        return process

    async def _begin(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *self._command.argv,
            env={**self._command.env, "PORT": str(self.port)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._process = process
        self._reading = asyncio.create_task(self._relay(process))
        while not await self._listens():
            if process.returncode is not None:
                await self._reading
                raise NotStarted(f"{self.name} ended with exit code {process.returncode} before it was ready")
            if time.monotonic() - self._since > START_SECONDS:
                process.kill()
                raise NotStarted(f"{self.name} took no connection within {START_SECONDS:g} s")
            await asyncio.sleep(LOOK_SECONDS)
        return process

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True

    async def _relay(self, process: asyncio.subprocess.Process | Forked) -> None:
        """Hand on what it writes, a line at a time; log lines as they are, for they name the stage."""
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        while line := await _line(process.stdout):
            self._tell(line if line.startswith("{") else f"{self.name} | {line}")
        await process.wait()


def _listen() -> socket.socket:
    """A socket at a free port, where clients may wait for whoever will take them."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    return listener


async def _line(stream: asyncio.StreamReader) -> str:
    try:
        raw = await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as exc:
        raw = exc.partial
    except asyncio.LimitOverrunError as exc:
        raw = await stream.read(exc.consumed) + b"\n"
    return raw.decode(errors="replace").rstrip("\n") or (" " if raw else "")
