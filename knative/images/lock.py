"""Writes the lock files: what each image installs, every version with the hashes of its files, from constraints.txt.

`pip install --require-hashes --no-deps` takes them: nothing comes into an image whose hash is not in this repository.
Made by `uv pip compile`; `task lock` after a change of constraints.txt or of a requirements.txt.
"""

import re
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from knative.local.stages import ALL_IN_ONE, ROOT, SHARING, STAGES

FRAMEWORK = "functions-framework"
OLDEST = "3.11"
"""Of the Pythons that are supported; the lock files hold for all of them, and for every platform."""


@dataclass(frozen=True, slots=True)
class Target:
    """One lock file."""

    requirements: Path
    lock: Path
    without: frozenset[str] = frozenset()
    """Requirements that the image does not install."""
    left_out: frozenset[str] = frozenset()
    """What requirements ask for and nobody imports."""


def list_targets() -> list[Target]:
    """Each list of requirements that has a lock file, and what its image leaves out."""
    found = []
    for stage in STAGES:
        folder = ROOT / "functions" / stage
        unused = folder / "not_in_image.txt"
        left_out = frozenset(map(normalise_name, read_names(unused))) if unused.is_file() else frozenset()
        found.append(
            Target(folder / "requirements.txt", folder / "requirements.lock", frozenset({FRAMEWORK}), left_out)
        )
    more = (
        "functions/actions/requirements-sdk",
        "functions/runtime/requirements-framework",
        "knative/local/requirements",
        "monitoring/conversations/review/requirements",
    )
    return [*found, *(Target(ROOT / f"{path}.txt", ROOT / f"{path}.lock") for path in more)]


def read_names(requirements: Path) -> list[str]:
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def normalise_name(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def write_lock(target: Target) -> int:
    """Write the file; how many libraries it has."""
    names = [name for name in read_names(target.requirements) if normalise_name(name) not in target.without]
    blocks = _split(_compile(names)) if names else []
    kept = [
        block
        for block in blocks
        if _is_wanted(block) and normalise_name(block.partition("==")[0]) not in target.left_out
    ]
    target.lock.write_text(_write_head(target.requirements) + "".join(kept), encoding="utf-8")
    return len(kept)


def join_locks(stages: Sequence[str], requirements: Path) -> str:
    """The lock file of a process that these stages share: all that is in theirs, which agree by constraints.txt."""
    blocks = {
        normalise_name(block.partition("==")[0]): block
        for stage in stages
        for block in _split((ROOT / "functions" / stage / "requirements.lock").read_text(encoding="utf-8"))
    }
    return _write_head(requirements) + "".join(blocks[name] for name in sorted(blocks))


def _write_head(requirements: Path) -> str:
    place = requirements.relative_to(ROOT)
    return f"# Made by `task lock` of {place} and constraints.txt. What is installed has one of these hashes.\n"


def _compile(names: list[str]) -> str:
    uv = Path(sysconfig.get_path("scripts")) / "uv"
    options = ["--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url", "--universal", "--quiet"]
    command = [str(uv), "pip", "compile", "-", "-c", "constraints.txt", "--python-version", OLDEST, *options]
    done = subprocess.run(command, cwd=ROOT, input="\n".join(names), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"uv cannot resolve {', '.join(names)}:\n{done.stderr}")
    return done.stdout


def _is_wanted(block: str) -> bool:
    """Whether a library is installed on Linux; the hashes are those of every platform's files."""
    return not re.search(r"== '(win32|Windows|emscripten|darwin)'", block.partition("--hash")[0])


def _split(text: str) -> list[str]:
    """The lines of each library."""
    blocks: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.startswith((" ", "\t")):
            blocks[-1] += line
        elif line.strip() and not line.startswith("#"):
            blocks.append(line)
    return blocks


def main() -> int:
    for target in list_targets():
        count = write_lock(target)
        print(f"{target.lock.relative_to(ROOT)}: {count} libraries")
    folder = ROOT / "functions" / ALL_IN_ONE
    (folder / "requirements.lock").write_text(join_locks(SHARING, folder / "requirements.txt"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
