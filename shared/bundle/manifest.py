"""The bundle: one immutable directory that an assistant is compiled into, and the manifest that vouches for it.

`manifest.json` names every file with its size and SHA-256; stages refuse a bundle whose files are not those.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.digest import sha256
from shared.errors import Rejected, Unavailable
from shared.events.wire import JSON, from_wire, to_wire

FORMAT = 1
NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class File:
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class DataSet:
    """What a model was trained on."""

    name: str
    licence: str
    source: str


@dataclass(frozen=True, slots=True)
class Manifest:
    format: int
    assistant: str
    bundle: str
    """The bundle's id: twelve hexadecimal digits of the hash over its files' hashes."""
    files: Mapping[str, File]
    data: tuple[DataSet, ...] = ()
    nlu: Mapping[str, JSON] = field(default_factory=dict)
    """Facts about the model: encoder, metrics, seed, versions."""
    dialogue: Mapping[str, JSON] = field(default_factory=dict)
    """Facts about the compiled dialogue: counts, notes of the compiler."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle on disk whose files have been vouched for."""

    path: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        return self.manifest.bundle

    def find_file(self, name: str) -> Path:
        """The path of a file of the bundle, or Unavailable where the manifest does not name it."""
        if name not in self.manifest.files:
            raise Unavailable(f"the bundle {self.path} has no {name}; compile it again with `task train`")
        return self.path / name

    def read_verified(self, name: str) -> bytes:
        """The content of a file that was not checked when the bundle was read; Unavailable where it is another."""
        return read_bundle(self.path, needs=(name,)).find_file(name).read_bytes()

    def read_json(self, name: str) -> JSON:
        return json.loads(self.find_file(name).read_bytes())


def read_bundle(path: Path, needs: Sequence[str] | None = None, *, hashes: bool = True) -> Bundle:
    """The bundle at `path`, after checking the files in `needs` (all of them by default) against the manifest.

    Without `hashes` only the sizes are checked, for places that nobody can write to after they were checked.
    Raises Unavailable, saying what to do, where the bundle is missing, damaged or of another format.
    """
    manifest = _read_manifest(path)
    for name in needs if needs is not None else sorted(manifest.files):
        expected = manifest.files.get(name)
        if expected is None:
            raise Unavailable(f"the bundle {path} has no {name}; compile it again with `task train`")
        try:
            content_hash, size = _hash(path / name) if hashes else (expected.sha256, (path / name).stat().st_size)
        except OSError as exc:
            raise Unavailable(
                f"{path / name} cannot be read ({exc.strerror}); compile it again with `task train`"
            ) from exc
        if (content_hash, size) != (expected.sha256, expected.bytes):
            raise Unavailable(
                f"{path / name} is not the file that {NAME} vouches for; "
                "restore the bundle, or compile it again with `task train`"
            )
    return Bundle(path, manifest)


def write_manifest(
    path: Path,
    assistant: str,
    *,
    data: Sequence[DataSet] = (),
    nlu: Mapping[str, JSON] | None = None,
    dialogue: Mapping[str, JSON] | None = None,
) -> Manifest:
    """Vouch for every file that lies in the directory `path` now; the same files give the same manifest, always."""
    files = {}
    for file in sorted(path.iterdir()):
        if file.is_file() and file.name != NAME:
            content_hash, size = _hash(file)
            files[file.name] = File(content_hash, size)
    identity = hashlib.sha256("".join(f"{name}:{file.sha256}\n" for name, file in files.items()).encode())
    manifest = Manifest(
        FORMAT, assistant, identity.hexdigest()[:12], files, tuple(data), dict(nlu or {}), dict(dialogue or {})
    )
    text = json.dumps(to_wire(manifest), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (path / NAME).write_text(text, encoding="utf-8")
    return manifest


def _read_manifest(path: Path) -> Manifest:
    try:
        manifest = from_wire(Manifest, json.loads((path / NAME).read_bytes()))
    except FileNotFoundError as exc:
        raise Unavailable(
            f"there is no bundle at {path}; set BUNDLE, or compile the assistant with `task train`"
        ) from exc
    except (OSError, ValueError, Rejected) as exc:
        raise Unavailable(f"{path / NAME} cannot be read: {exc}; compile it again with `task train`") from exc
    if manifest.format != FORMAT:
        raise Unavailable(f"the bundle {path} has format {manifest.format}, this code reads {FORMAT}; run `task train`")
    for name in manifest.files:
        if "/" in name or "\\" in name or name.startswith("."):
            raise Unavailable(f"{path / NAME} names the file {name!r}; only plain names are read")
    return manifest


SMALL = 1_000_000
"""Bytes up to which Python's own SHA-256 is quicker than loading OpenSSL, which hashes ten times as fast."""


def _hash(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        content = file.read(SMALL)
        if len(content) < SMALL:
            return sha256(content), len(content)
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
