"""Files and processes for the tests of the SQLite store."""

import subprocess
import sys
from collections.abc import Callable

from shared.stores.ports import Store
from tests.contract.stores.test_writers import ROOT

Opened = Callable[[str], Store]


def child(script: str, *arguments: str) -> str:
    """What a new Python process prints that runs this script; it must succeed."""
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
