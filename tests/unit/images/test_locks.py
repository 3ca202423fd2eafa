"""What an image installs is in its lock file, by hash, in the one version of constraints.txt, and nothing else is."""

import importlib.metadata
import re

import pytest
from packaging.requirements import Requirement

from knative.images.advisories import read_pinned
from knative.images.lock import Target, join_locks, list_targets, normalise_name, read_names
from knative.local.stages import ALL_IN_ONE, ROOT, SHARING

CONSTRAINTS = {normalise_name(name): version for name, version in read_pinned(ROOT / "constraints.txt").items()}
LINUX = {"sys_platform": "linux", "platform_system": "Linux"}


def blocks(target: Target) -> dict[str, str]:
    """Library -> its lines."""
    found = re.findall(r"^([^\s#][^\n]*(?:\n[ \t]+[^\n]*)*)", target.lock.read_text(), re.MULTILINE)
    return {normalise_name(block.partition("==")[0]): block for block in found}


def names() -> list[str]:
    return [str(target.lock.relative_to(ROOT)) for target in list_targets()]


@pytest.mark.parametrize("target", list_targets(), ids=names())
def test_every_line_is_one_version_with_hashes(target: Target) -> None:
    for name, block in blocks(target).items():
        version = re.match(r"[^=]+==([^\s;]+)", block)
        assert version is not None, block
        assert version[1] == CONSTRAINTS.get(name), f"{name} is not what constraints.txt pins; run `task lock`"
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block


def closure(name: str, extra: str, found: set[tuple[str, str]]) -> None:
    """The library and all that it requires on Linux, by its own metadata; with one of its extras."""
    if (normalise_name(name), extra) in found:
        return
    found.add((normalise_name(name), extra))
    for line in importlib.metadata.requires(name) or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({**LINUX, "extra": extra}):
            for one in ("", *requirement.extras):
                closure(requirement.name, one, found)


@pytest.mark.parametrize("target", list_targets(), ids=names())
def test_everything_that_is_required_is_locked_and_nothing_else(target: Target) -> None:
    """As far as it is installed here."""
    wanted: set[tuple[str, str]] = set()
    for name in read_names(target.requirements):
        if normalise_name(name) not in target.without:
            try:
                closure(name, "", wanted)
            except importlib.metadata.PackageNotFoundError as exc:
                pytest.skip(f"{exc.name} is not installed here")
    assert set(blocks(target)) == {name for name, _ in wanted} - target.left_out, "run `task lock`"


def test_images_install_by_hash_alone() -> None:
    """But for what an assistant's own code asks for, whose hashes are its author's."""
    installs = []
    for path in ("functions/Dockerfile", "knative/images/assistant.sh"):
        installs += [line.strip() for line in (ROOT / path).read_text().splitlines() if re.search(r"PIP\b.* -", line)]
    lenient = [line for line in installs if "--require-hashes" not in line and "ENV PIP" not in line]
    assert lenient == ["$PIP -c constraints.txt -r wanted.txt"]
    assert len(installs) >= 5


def test_a_process_that_stages_share_has_all_that_is_in_their_locks() -> None:
    folder = ROOT / "functions" / ALL_IN_ONE
    lock = (folder / "requirements.lock").read_text(encoding="utf-8")
    assert lock == join_locks(SHARING, folder / "requirements.txt"), "run `task lock`"
    assert read_names(folder / "requirements.txt") == sorted(
        {name for stage in SHARING for name in read_names(ROOT / "functions" / stage / "requirements.txt")}
    )
