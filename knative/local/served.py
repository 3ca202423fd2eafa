"""A stage as its image starts it: the same server, flags and precompiled methods, on this machine's Python."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from pathlib import Path

from knative.local.stages import ALL_IN_ONE, ROOT

SERVERS = (Path("functions/runtime/serve.py"), Path("functions/serve.py"))
"""Where the server lies: in this revision, and in those before 2026-11-29, which an upgrade rehearsal starts, too."""
PRECOMPILED = Path("functions/runtime/precompiled.py")
HUGE_PAGES = ("nlu", ALL_IN_ONE)
"""Stages whose images are built with HUGE_PAGES=1 (functions/Dockerfile)."""


def choose_allocator(stage: str) -> dict[str, str]:
    """What the stage's image tells the C library about memory."""
    huge = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"} if stage in HUGE_PAGES else {}
    return {"MALLOC_ARENA_MAX": "2", **huge}


def build_command(root: Path = ROOT, python: str = sys.executable) -> list[str]:
    """How the server is started; its environment says which stage, at which port."""
    server = next(root / path for path in SERVERS if (root / path).is_file())
    return [python, "-S", "-P", str(server)]


def build_environment(
    stage: str, given: Mapping[str, str], compiled: Path | None = None, root: Path = ROOT
) -> dict[str, str]:
    """`given` and what an image adds to it; PORT is left to say. `compiled` is where `precompile` wrote.

    Modules are packed there (functions/runtime/packed_modules.py) for measurements alone: people edit theirs."""
    packages = f"{root}{os.pathsep}{sysconfig.get_path('purelib')}"
    image = {"PYTHONPATH": packages, "STAGE": stage, "HOST": "127.0.0.1", **choose_allocator(stage)}
    if compiled is not None:
        image |= {"COMPILED": str(compiled / f"{stage}.bin"), "MODULES": str(compiled / f"{stage}.modules")}
    return {**given, **image}


def precompile(stages: Iterable[str], into: Path, python: str = sys.executable) -> None:
    """Write what an image's build leaves beside the code: the compiled methods of dataclasses, a file a stage."""
    into.mkdir(parents=True, exist_ok=True)
    running = [
        subprocess.Popen(
            [python, "-S", "-P", str(ROOT / PRECOMPILED), stage, str(into / f"{stage}.bin")],
            env=build_environment(stage, os.environ),
            stdout=subprocess.DEVNULL,
        )
        for stage in stages
    ]
    statuses = [process.wait() for process in running]
    if any(statuses):
        raise RuntimeError("the methods of dataclasses could not be compiled; the lines above say why")
