"""Public material that tests read where it lies: data sets, recorded webhooks, Rasa projects, resource definitions.

It is no part of this project. PARLEY_SHARED names the folder that holds it (`../shared` beside the project otherwise).
"""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("PARLEY_SHARED") or ROOT.parent / "shared")


def material(*parts: str) -> Path:
    """The path of a piece of public material. Without it the test is skipped, and in CI it fails."""
    path = FOLDER.joinpath(*parts)
    if not path.exists():
        missing = (
            f"the public material {'/'.join(parts)} is not in {FOLDER}; set PARLEY_SHARED to the folder that has it"
        )
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path
