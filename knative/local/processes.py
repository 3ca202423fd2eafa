"""Runs named processes together: all are ready or none is left, and when one ends or a signal comes all end."""

import collections
import contextlib
import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, TextIO

from knative.local.ending import Ending
from knative.local.ports import is_port_free

SUPERVISOR = Path(__file__).with_name("supervisor.py")
COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
LAST_LINES = 15
STOP_SECONDS = 5.0
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotRun(Exception):
    """The processes do not run together, for the reason that the message tells; none of them is left."""


class Stopped(Exception):
    """A signal asked for the end before all processes were ready."""


@dataclass(frozen=True, slots=True)
class Process:
    """What is to be started."""

    name: str
    argv: Sequence[str]
    port: int | None = None
    """Where it answers GET /healthz over HTTP once it is ready; without a port it counts as ready at once."""
    env: Mapping[str, str] | None = None
    """Its whole environment; the runner's own where nothing is said."""
    cwd: Path | None = None
    also: tuple[int, ...] = ()
    """Further ports that it will open."""
    handed: bool = False
    """Whether its port is opened here and handed over (LISTEN_FD): another process can take its place unseen."""


@contextlib.contextmanager
def run_together(
    processes: Sequence[Process], out: TextIO = sys.stdout, heard: Callable[[str], bool] = lambda _: True
) -> "Iterator[Together]":
    """Starts the processes; the body calls `wait_until_ready` and `watch`; at its end all are stopped in any case.

    `heard` gets each line that they write, from many threads, and says whether it is shown.

    Raises CannotRun before anything is started where a port is in use. Call it on the main thread: it takes signals.
    """
    _refuse_ports_in_use(processes)
    run = Together(out, width=max(len(process.name) for process in processes), heard=heard)
    # A signal that is ignored already, as under nohup, stays ignored.
    heeded = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, run.on_signal) for number in heeded}
    try:
        for process in processes:
            run.start(process)
        yield run
    finally:
        run.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


class Together:
    """Processes that run until the first of them ends, or until a signal."""

    def __init__(self, out: TextIO, width: int, heard: Callable[[str], bool] = lambda _: True) -> None:
        self._out = out
        self._heard = heard
        self._width = width
        self._colourful = out.isatty() and not os.environ.get("NO_COLOR")
        self._children: list[_Child] = []
        self._listeners: dict[int, socket.socket] = {}
        self._writing = threading.Lock()
        self._ending = Ending()
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", SUPERVISOR],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )

    def start(self, process: Process) -> None:
        """Start it; CannotRun where that is not possible."""
        self._children.append(self._start(process, len(self._children)))

    def replace(self, process: Process, seconds: float = 30.0) -> None:
        """Let it take the place of the one of its name, once it is ready; clients of a handed port notice nothing.

        Until then, and where it never gets ready, the one that is there goes on; CannotRun then tells why.
        """
        index, old = next((i, child) for i, child in enumerate(self._children) if child.process.name == process.name)
        ready, told = os.pipe()
        try:
            new = self._start(process, index, told)
        finally:
            os.close(told)
        with open(ready, "rb") as pipe:
            if not select.select([pipe], [], [], seconds)[0] or not pipe.read():
                new.popen.kill()
                new.popen.wait()
                new.reader.join(1)
                raise CannotRun(f"{process.name} did not start.{new.last_lines()}")
        self._children[index] = new
        old.popen.terminate()
        threading.Thread(target=self._outlive, args=(old,), daemon=True).start()

    def _outlive(self, old: "_Child") -> None:
        """Wait for one that was replaced, which still answers what it took."""
        try:
            old.popen.wait(STOP_SECONDS * 6)
        except subprocess.TimeoutExpired:
            old.popen.kill()
            old.popen.wait()

    def _open_listener(self, port: int) -> socket.socket:
        """The socket at this port, which stays open as long as the run."""
        if port not in self._listeners:
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError as exc:
                listener.close()
                raise CannotRun(f"port {port} is in use; choose another with PORT=") from exc
            listener.listen(1024)
            self._listeners[port] = listener
        return self._listeners[port]

    def _start(self, process: Process, index: int, told: int | None = None) -> "_Child":
        env, handed = process.env, [told] if told is not None else []
        if process.handed and process.port is not None:
            listener = self._open_listener(process.port).fileno()
            handed.append(listener)
            env = {**(env or os.environ), "LISTEN_FD": str(listener)}
        if told is not None:
            env = {**(env or os.environ), "READY_FD": str(told)}
        try:
            popen = subprocess.Popen(
                process.argv,
                env=env,
                pass_fds=handed,
                cwd=process.cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=self._supervisor.pid,
                encoding="utf-8",
                errors="replace",
                bufsize=1,
            )
        except OSError as exc:
            raise CannotRun(f"{process.name} cannot be started: {exc}") from exc
        child = _Child(process, popen)
        child.reader = threading.Thread(target=self._relay_output, args=(child, popen.stdout, index), daemon=True)
        child.reader.start()
        return child

    def wait_until_ready(self, deadline: float = 60.0) -> None:
        """Waits until every process answers on its port; tells the progress. CannotRun, or Stopped by a signal."""
        since = told = time.monotonic()
        waiting = [child for child in self._children if child.process.port is not None]
        total = len(waiting)
        while waiting:
            if self._ending.wait(0.05):
                raise Stopped
            self._refuse_the_dead()
            for child in [child for child in waiting if _is_answering(child.process.port)]:
                waiting.remove(child)
                told = time.monotonic()
                place = f"port {child.process.port} after {told - since:.1f} s ({total - len(waiting)} of {total})"
                self.tell(f"{child.process.name} is ready on {place}")
            if waiting and time.monotonic() - since > deadline:
                ports = f"{waiting[0].process.name} did not answer on port {waiting[0].process.port}"
                raise CannotRun(f"{ports} within {deadline:g} s.{waiting[0].last_lines()}")
            if waiting and time.monotonic() - told > 3:
                told = time.monotonic()
                names = ", ".join(child.process.name for child in waiting)
                self.tell(f"waiting for {names} ({told - since:.0f} s of {deadline:g} s)")

    def watch(self) -> None:
        """Returns when a signal asks for the end; raises CannotRun when a process ends by itself."""
        while not self._ending.wait(0.1):
            self._refuse_the_dead()

    def tell(self, line: str) -> None:
        """Writes a line of the runner's own."""
        try:
            with self._writing:
                self._out.write(line + "\n")
                self._out.flush()
        except (OSError, ValueError):
            # Nobody reads any more, as after `task up | head`: then nobody uses the assistant either.
            self._ending.set()

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """The first signal ends all in order, the second at once."""
        if self._ending.is_set() and self._supervisor.returncode is None:
            os.killpg(self._supervisor.pid, signal.SIGKILL)
        self._ending.set()

    def stop(self) -> None:
        """Asks all processes to end, and after some seconds makes them; at the return none is left."""
        self._ending.set()
        for child in self._children:
            child.popen.terminate()
        end = time.monotonic() + STOP_SECONDS
        for child in self._children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.popen.wait(max(0.0, end - time.monotonic()))
        for child in self._children:
            if child.popen.poll() is None:
                self.tell(f"{child.process.name} did not end within {STOP_SECONDS:g} s and is killed")
                child.popen.kill()
        with contextlib.suppress(BrokenPipeError):
            # The supervisor now kills what is left of the group, itself included.
            self._supervisor.communicate(b"done")
        self._supervisor.wait()
        for child in self._children:
            child.popen.wait()
            child.reader.join(1)
        for listener in self._listeners.values():
            listener.close()

    def _relay_output(self, child: "_Child", output: IO[str], index: int) -> None:
        prefix = f"{child.process.name:<{self._width}} | "
        if self._colourful:
            prefix = f"\x1b[{COLOURS[index % len(COLOURS)]}m{prefix}\x1b[0m"
        with output:
            for line in output:
                text = line.rstrip("\n")
                if self._heard(text):
                    child.last.append(text)
                    self.tell(prefix + text)

    def _refuse_the_dead(self) -> None:
        for child in self._children:
            if (code := child.popen.poll()) is not None and not self._ending.is_set():
                child.reader.join(1)
                how = f"with exit code {code}" if code >= 0 else f"by {signal.Signals(-code).name}"
                raise CannotRun(f"{child.process.name} ended unexpectedly, {how}.{child.last_lines()}")
        if self._supervisor.poll() is not None and not self._ending.is_set():
            raise CannotRun("the supervisor of the process group was killed; all processes are stopped")


class _Child:
    """A started process and the last that it said."""

    reader: threading.Thread

    def __init__(self, process: Process, popen: "subprocess.Popen[str]") -> None:
        self.process = process
        self.popen = popen
        self.last: collections.deque[str] = collections.deque(maxlen=LAST_LINES)

    def last_lines(self) -> str:
        if not self.last:
            return " It wrote nothing."
        return " Its last lines:\n" + "\n".join(f"  {line}" for line in self.last)


def _refuse_ports_in_use(processes: Sequence[Process]) -> None:
    wanted = [
        (port, process.name) for process in processes for port in (process.port, *process.also) if port is not None
    ]
    used = [(port, name) for port, name in wanted if not is_port_free(port)]
    if used:
        # Most likely the one that PORT= sets; the others are any that were free a moment ago.
        other = next((port for port in range(used[0][0] + 10, 65_000, 10) if is_port_free(port)), None)
        advice = f"try PORT={other}" if other else "choose another with PORT="
        raise CannotRun(f"{', '.join(f'port {port} ({name}) is in use' for port, name in used)}; {advice}")


def _is_answering(port: int | None) -> bool:
    """Whether an HTTP server on this port answers at all, and not that it is still unable to."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
