"""Builds the images of the stages with docker, podman or buildah: the same commit gives the same layers.

What stands after `--` goes to the builder as it is, e.g. `task images -- --network host`.
"""

import argparse
import shutil
import subprocess
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from knative.images.base_image import read_base
from knative.local.assistants import ASSISTANTS, find_assistant, identity_of
from knative.local.served import HUGE_PAGES
from knative.local.stages import ALL_IN_ONE, ROOT, STAGES, name_service

BROKER = "broker"
"""The local broker's image, for compose.yaml; it belongs into no cluster."""
REVIEW = "review"
"""The image of the review page, for knative/components/review."""
TARGETS = (BROKER, REVIEW)
"""Images that are no stage's, each a target of the recipe."""

VERSION = "0.1.0"


@dataclass(frozen=True, slots=True)
class Source:
    """What the images are built from."""

    revision: str
    epoch: int
    """Seconds since 1970 of the commit: the one date of everything in an image (SOURCE_DATE_EPOCH)."""


def find_builder() -> str:
    """The command that builds here; docker only counts where its engine answers."""
    if shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True).returncode == 0:
        return "docker"
    for name in ("podman", "buildah"):
        if shutil.which(name):
            return name
    raise SystemExit("no image builder was found; install docker, podman or buildah")


def read_source() -> Source:
    """The checked-out commit; a day in 1980 where this is no git repository."""
    found = subprocess.run(["git", "log", "-1", "--format=%H %ct"], cwd=ROOT, capture_output=True, text=True)
    if found.returncode != 0:
        return Source("unknown", 315532800)
    revision, epoch = found.stdout.split()
    return Source(revision, int(epoch))


DEFAULT = ASSISTANTS / "default"


def name_image(stage: str, registry: str, tag: str, assistant: Path = DEFAULT) -> str:
    """The image's reference; the last part of its name is the Service's, as in knative/base/services.yaml.

    Images of an assistant other than the default one have its identity before that: dentist/parley-nlu:dev.
    """
    path = [*([registry.rstrip("/")] if registry else []), *repository_of(assistant), name_service(stage)]
    return f"{'/'.join(path)}:{tag}"


def repository_of(assistant: Path) -> list[str]:
    """The part of an image's name that tells assistants apart; none for the default one."""
    return [] if assistant == DEFAULT else [identity_of(assistant)]


def build_command(
    tool: str, stage: str, image: str, assistant: Path, of: Source, extra: Sequence[str] = ()
) -> list[str]:
    """How `tool` is told to build the image of `stage`."""
    target = ["--target", stage] if stage in TARGETS else ["--build-arg", f"STAGE={stage}"]
    created = datetime.fromtimestamp(of.epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    values = {
        # What is said of the image, and for an assistant of this repository where it lies.
        "ASSISTANT": assistant.name,
        "VERSION": VERSION,
        "REVISION": of.revision,
        "CREATED": created,
        "SOURCE_DATE_EPOCH": str(of.epoch),
        "PYTHON_IMAGE": read_base().reference,
        **({"HUGE_PAGES": "1"} if stage in HUGE_PAGES else {}),
    }
    arguments = [item for key, value in values.items() for item in ("--build-arg", f"{key}={value}")]
    if assistant.parent != ASSISTANTS:
        arguments += ["--build-context", f"assistant={assistant}"]
    # BuildKit reads SOURCE_DATE_EPOCH itself; podman and buildah want to be told.
    dated = ["--load"] if tool == "docker" else ["--timestamp", str(of.epoch)]
    start = {"docker": ["docker", "buildx", "build"], "podman": ["podman", "build"], "buildah": ["buildah", "build"]}
    return [*start[tool], "--file", "functions/Dockerfile", *target, *arguments, *dated, "--tag", image, *extra, "."]


def measure_compressed(tool: str, image: str) -> int:
    """Bytes that a registry would keep of the image, by gzip."""
    squeeze = zlib.compressobj(6)
    total = 0
    if tool == "buildah":
        raise SystemExit("sizes are measured with docker or podman")
    with subprocess.Popen([tool, "save", image], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as saving:
        if saving.stdout is not None:
            while chunk := saving.stdout.read(1024 * 1024):
                total += len(squeeze.compress(chunk))
    return total + len(squeeze.flush())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task images", description=__doc__)
    parser.add_argument(
        "--stage", choices=(*STAGES, ALL_IN_ONE, *TARGETS), action="append", help="only this one (repeat for more)"
    )
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--registry", default="", help="where the images go, e.g. europe-docker.pkg.dev/PROJECT/parley")
    parser.add_argument("--tag", default="dev")
    parser.add_argument("--push", action="store_true", help="push each image after it is built")
    parser.add_argument("--measure", action="store_true", help="say how large each image is when compressed")
    parser.add_argument("--with-broker", action="store_true", help="the local broker's image as well (compose.yaml)")
    parser.add_argument("--with-review", action="store_true", help="the review page's image as well")
    parser.add_argument("extra", nargs="*", help="arguments for the builder")
    options = parser.parse_args(arguments)
    if options.push and not options.registry:
        parser.error("--push needs --registry")
    pinned = read_base().digest or any("PYTHON_IMAGE=" in item and "@sha256:" in item for item in options.extra)
    if options.push and not pinned:
        parser.error("what is pushed is built on a digest: run `task images:bump` where the registry is reached")
    try:
        assistant = find_assistant(options.assistant)
    except FileNotFoundError as exc:
        parser.error(str(exc))
    tool, of = find_builder(), read_source()
    also = [BROKER] * options.with_broker + [REVIEW] * options.with_review
    for stage in options.stage or [*STAGES, ALL_IN_ONE, *also]:
        image = name_image(stage, options.registry, options.tag, assistant)
        # What is published is the same wherever it is built: no layer with an earlier commit's date from a cache.
        extra = [*options.extra, *(["--no-cache"] if options.push else [])]
        built = subprocess.run(build_command(tool, stage, image, assistant, of, extra), cwd=ROOT)
        if built.returncode != 0:
            return built.returncode
        size = f", {measure_compressed(tool, image) / 1e6:.0f} MB compressed" if options.measure else ""
        print(f"{image}{size}", flush=True)
        if options.push and subprocess.run([tool, "push", image]).returncode != 0:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
