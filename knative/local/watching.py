"""Watches an assistant's sources while it runs: an edit is live when it is saved, a mistake changes nothing."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from knative.local.assistants import ROOT
from knative.local.processes import CannotRun

SETTLE_MS = 80
"""An editor writes a file in several steps; what comes within this time is one edit."""
CONVERSATIONS = 20
"""How many of the last conversations are played against each new bundle."""
IGNORED = {"bundle", "bundle.new", "bundle.old", ".parley", ".git", "__pycache__", "out"}
SOURCES = (".yml", ".yaml", ".py", ".csv")
DOCUMENTS = "knowledge"
"""The folder in which any file counts."""
SHOWN = 8


class Builder:
    """The process that makes the next bundle (model_artifacts/training/live), at a low priority."""

    def __init__(self, assistant: Path, bundle: Path, folder: Path) -> None:
        self._command = [sys.executable, "-m", "model_artifacts.training.live", "--assistant", str(assistant)]
        self._command += ["--bundle", str(bundle), "--folder", str(folder)]
        self._process: subprocess.Popen[str] | None = None

    def ask(self, **asked: Any) -> Mapping[str, Any]:
        """Its answer; CannotRun where it is not there any more."""
        process = self._start()
        try:
            if process.stdin is not None and process.stdout is not None:
                process.stdin.write(json.dumps(asked) + "\n")
                process.stdin.flush()
                if line := process.stdout.readline():
                    return dict(json.loads(line))
        except (OSError, ValueError):
            pass
        self.close()
        raise CannotRun("what learns from edits ended; it starts anew with the next one")

    def close(self) -> None:
        """End the process; the next question starts another."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def _start(self) -> "subprocess.Popen[str]":
        if self._process is None or self._process.poll() is not None:
            environ = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                preexec_fn=lambda: os.nice(5),
            )
        return self._process


class Watcher:
    """Takes edits in, one after the other, on a thread of its own."""

    def __init__(
        self,
        assistant: Path,
        builder: Builder,
        restart: Callable[[Sequence[str], Path | None], None],
        tell: Callable[[str], None],
        store_url: str,
    ) -> None:
        """`restart` lets stages begin anew with a bundle, or with the one that they have; where they do not get ready
        it raises CannotRun, and the old ones go on."""
        self._assistant = assistant
        self._builder = builder
        self._restart = restart
        self._tell = tell
        self._store_url = store_url
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop watching; an edit that is being taken in is left."""
        self._ended.set()
        self._builder.close()
        self._thread.join(3)

    def _watch(self) -> None:
        from watchfiles import watch

        self._run_safely(self._begin)
        for changes in watch(
            self._assistant,
            watch_filter=self._is_source,
            debounce=SETTLE_MS,
            step=40,
            stop_event=self._ended,
            rust_timeout=500,
            raise_interrupt=False,
        ):
            files = sorted({Path(path) for _, path in changes})
            self._run_safely(lambda files=files: self._take_in(files))  # type: ignore[misc]

    def _run_safely(self, action: Callable[[], None]) -> None:
        try:
            action()
        except CannotRun as exc:
            if not self._ended.is_set():
                self._tell(f"edit: {exc}\nedit: the assistant goes on as it was")
        except Exception as exc:  # noqa: BLE001 - whatever one edit does, the next one is taken in
            self._tell(f"edit: {type(exc).__name__}: {exc}\nedit: the assistant goes on as it was")

    def _begin(self) -> None:
        """Take in what was edited since the bundle was made."""
        self._builder.ask(do="begin")
        self._update(set(), "since the bundle was made", ())

    def _take_in(self, files: Sequence[Path]) -> None:
        code = [file for file in files if file.suffix == ".py" and file.is_relative_to(self._assistant / "actions")]
        pages = [file for file in files if file.name == "page.yml"]
        stages = {*(["actions"] if code else []), *(["gateway"] if pages else [])}
        self._update(stages, "", [*code, *pages])

    def _update(self, stages: set[str], why: str, files: Sequence[Path]) -> None:
        since = time.monotonic()
        made = self._builder.ask(do="update")
        if mistakes := made.get("mistakes"):
            self._tell(_describe_mistakes(mistakes))
            return
        bundle = Path(made["bundle"]) if made.get("bundle") else None
        stages |= set(made.get("stages", ()))
        if stages:
            self._restart(sorted(stages), bundle)
            changes = [*(file.relative_to(self._assistant).as_posix() for file in files), made.get("changed"), why]
            parts = [f"edit: {'; '.join(filter(None, changes))}", made.get("score")]
            self._tell(f"{'; '.join(filter(None, parts))} ({time.monotonic() - since:.1f} s)")
        for warning in list(made.get("warnings", ()))[:SHOWN]:
            self._tell(f"edit: {warning}")
        if bundle is not None:
            said = self._builder.ask(do="rerun", store=self._store_url, conversations=CONVERSATIONS).get("said")
            if said:
                self._tell(f"edit: {said}")

    def _is_source(self, _: object, path: str) -> bool:
        inside = Path(path).relative_to(self._assistant).parts
        return (path.endswith(SOURCES) or inside[0] == DOCUMENTS) and not IGNORED & set(inside)


def _describe_mistakes(mistakes: Sequence[str]) -> str:
    shown = [f"  {line}" for line in mistakes[:SHOWN]]
    more = [f"  and {len(mistakes) - SHOWN} more: task validate"] if len(mistakes) > SHOWN else []
    return "\n".join(["edit: not taken in; the assistant goes on as it was:", *shown, *more])
