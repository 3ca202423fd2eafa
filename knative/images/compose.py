"""Runs an assistant in containers: builds its images and the broker's, then `docker compose up` with these."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from knative.images import build
from knative.images.build import repository_of
from knative.local.assistants import ROOT, find_assistant, identity_of


def build_environment(assistant: Path, port: int, given: Mapping[str, str]) -> dict[str, str]:
    """What compose.yaml is told: whose images, at which port, and a project of its own for each assistant."""
    images = "".join(f"{part}/" for part in repository_of(assistant))
    settings = {name: value for file in (ROOT / ".env", assistant / ".env") for name, value in _read(file).items()}
    chosen = {"IMAGES": images, "PORT": str(port), "ASSISTANT": assistant.name}
    return {"COMPOSE_PROJECT_NAME": f"parley-{identity_of(assistant)}", **settings, **given, **chosen}


def _read(file: Path) -> dict[str, str]:
    """The settings of an .env file: NAME=value lines, quotes around a value taken off."""
    if not file.is_file():
        return {}
    pairs = [line.partition("=") for line in file.read_text(encoding="utf-8").splitlines()]
    return {
        name.strip().removeprefix("export ").strip(): value.strip().strip("\"'")
        for name, equals, value in pairs
        if equals and not name.lstrip().startswith("#")
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task compose", description=__doc__)
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--down", action="store_true", help="stop it instead; conversations stay in their volume")
    options = parser.parse_args(arguments)
    try:
        assistant = find_assistant(options.assistant)
    except FileNotFoundError as exc:
        parser.error(str(exc))
    if not shutil.which("docker"):
        print("parley: docker was not found; without containers: task up", file=sys.stderr)
        return 1
    environ = build_environment(assistant, options.port, os.environ)
    if options.down:
        return subprocess.run(["docker", "compose", "down"], cwd=ROOT, env=environ).returncode
    if failed := build.main(["--assistant", str(assistant), "--with-broker"]):
        return failed
    return subprocess.run(["docker", "compose", "up", "--no-build", "--wait"], cwd=ROOT, env=environ).returncode


if __name__ == "__main__":
    sys.exit(main())
