"""A little of `task fuzz`: every stage, as it is wired, takes whatever comes and never fails."""

import subprocess
import sys

import pytest

from knative.local.stages import ROOT
from tests.fuzz.stages import STAGES


@pytest.mark.parametrize("stage", STAGES)
def test_no_event_makes_a_stage_fail(stage: str) -> None:
    """In a process of its own, because wiring a stage sets up logging and threads."""
    command = [sys.executable, "-m", "tests.fuzz.stages", "--stage", stage, "--examples", "150"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.startswith(f"{stage}: 150 requests, no bug;")
