"""Installs requirements with pip and shows one line of it: python -m knative.setup "what the stages need" FILE ...

Runs in a fresh virtual environment, so it needs nothing but pip. pip's own options go through the environment
(PIP_INDEX_URL, PIP_EXTRA_INDEX_URL ...).
"""

import argparse
import collections
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--no-warn-script-location", "--no-input")
LAST_LINES = 25


def list_requirements(files: Iterable[Path], without: Iterable[str] = ()) -> Iterator[str]:
    """The requirements in these files and in those that they name with -r, once each, but for those left out."""
    left_out = {name.lower() for name in without}
    seen: set[str] = set()
    for file in files:
        for line in map(str.strip, file.read_text(encoding="utf-8").splitlines()):
            if line.startswith("-r "):
                found: Iterable[str] = list_requirements([file.parent / line.removeprefix("-r ").strip()], left_out)
            else:
                found = [line] if line and not line.startswith("#") else []
            for name in found:
                if name.lower() not in seen | left_out:
                    seen.add(name.lower())
                    yield name


def install(what: str, names: Sequence[str]) -> int:
    """Install the packages; pip's exit status, with the last that it said where it failed."""
    over, since = sys.stdout.isatty(), time.monotonic()
    print(f"installing what {what} (once)", end="" if over else "\n", flush=True)
    last: collections.deque[str] = collections.deque(maxlen=LAST_LINES)
    found = 0
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as listed:
        listed.write("\n".join(names) + "\n")
        listed.flush()
        command = [
            sys.executable,
            *PIP,
            "--progress-bar",
            "off",
            "-c",
            str(ROOT / "constraints.txt"),
            "-r",
            listed.name,
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
            for line in pip.stdout or ():
                last.append(line.rstrip())
                doing = re.match(r"\s*(Collecting|Downloading|Installing) (\S+)", line)
                found += line.startswith("Collecting ")
                if over and doing:
                    now = "unpacking" if doing[1] == "Installing" else doing[2].rpartition("/")[2][:40]
                    seconds = f"{time.monotonic() - since:.0f} s"
                    print(
                        f"\r\x1b[Kinstalling what {what} (once): {found} packages, {seconds}: {now}", end="", flush=True
                    )
    print("\r\x1b[K" if over else "", end="")
    if pip.returncode != 0:
        print("\n".join(last), file=sys.stderr)
        print(f"parley: pip could not install what {what}; its last lines are above", file=sys.stderr)
        return pip.returncode
    print(f"installed what {what}: {found} packages in {time.monotonic() - since:.0f} s", flush=True)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m knative.setup", description=__doc__.partition("\n")[0])
    parser.add_argument("what", help="ends the sentence 'installing what ...'")
    parser.add_argument("files", nargs="+", type=Path, help="requirements files")
    parser.add_argument("--without", action="append", default=[], help="a package that is left for later")
    parser.add_argument("--unused", action="append", default=[], help="what comes along and nothing here imports")
    options = parser.parse_args(arguments)
    status = install(options.what, list(list_requirements(options.files, options.without)))
    if status == 0 and options.unused:
        remove = [sys.executable, "-m", "pip", "uninstall", "--yes", "--quiet", "--disable-pip-version-check"]
        status = subprocess.run([*remove, *options.unused]).returncode
    return status


if __name__ == "__main__":
    sys.exit(main())
