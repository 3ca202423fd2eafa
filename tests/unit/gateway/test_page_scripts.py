"""The chat page's modules without a browser: what tests/page says of them, by Node's own test runner."""

import shutil
import subprocess

import pytest

from tests.architecture.code import ROOT


def test_the_modules_do_what_their_tests_say() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not here; the page's modules are tested with `node --test tests/page/`")
    files = sorted(str(path) for path in (ROOT / "tests" / "page").glob("*.test.mjs"))
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
