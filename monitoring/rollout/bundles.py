"""Trained bundles of an assistant: which there are, how good each is, who runs which; and a shelf that a team shares.

A shelf is a folder or a bucket, by any address that fsspec knows (a path, s3://..., gs://...). A bundle lies there
under its assistant's identity and its id, and never changes: `manifest.json`, which vouches for the rest, comes last.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from knative.local.assistants import find_assistant, identity_of, storage_of
from shared.bundle.manifest import NAME, Bundle, read_bundle
from shared.errors import Failure, Rejected

PROMOTED = "promoted.json"
"""On the shelf, beside the bundles: which was promoted to what, newest last."""
LABEL = "live"


@dataclass(frozen=True, slots=True)
class Listed:
    """A bundle, in one line of the list."""

    id: str
    made: str
    """When its manifest was written, to the minute."""
    mode: str
    examples: int
    scores: str
    where: str


class Shelf:
    """A folder or bucket of bundles of one assistant."""

    def __init__(self, url: str, assistant: str) -> None:
        """Rejected where nothing here can open such an address."""
        try:
            # Only who asks for a shelf pays for fsspec.
            from fsspec.core import url_to_fs

            self._files, root = url_to_fs(url)
        except (ImportError, ValueError) as exc:
            raise Rejected(f"{url} cannot be opened: {exc}") from exc
        self._root = f"{root.rstrip('/')}/{assistant}"

    def push(self, bundle: Bundle) -> bool:
        """Put the bundle there; False where it lies there already."""
        folder = f"{self._root}/{bundle.id}"
        if self._files.exists(f"{folder}/{NAME}"):
            return False
        self._files.makedirs(folder, exist_ok=True)
        for name in (*bundle.manifest.files, NAME):
            self._files.put_file(str(bundle.path / name), f"{folder}/{name}")
        return True

    def pull(self, ident: str, into: Path) -> Bundle:
        """Fetch a bundle into the directory `into`, which is replaced once the new one is whole and vouched for."""
        folder = f"{self._root}/{ident}"
        if not self._files.exists(f"{folder}/{NAME}"):
            raise Rejected(
                f"there is no bundle {ident} on the shelf; there are: {', '.join(self.list_ids()) or 'none'}"
            )
        into.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into.parent, prefix=".pull-") as made:
            for path in self._files.ls(folder, detail=False):
                name = str(path).rpartition("/")[2]
                self._files.get_file(path, str(Path(made) / name))
            read_bundle(Path(made))
            fresh = into.with_name(f"{into.name}.new")
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(made, fresh)
        old = into.with_name(f"{into.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if into.exists():
            os.replace(into, old)
        os.replace(fresh, into)
        shutil.rmtree(old, ignore_errors=True)
        return read_bundle(into)

    def list_ids(self) -> list[str]:
        if not self._files.exists(self._root):
            return []
        found = (str(path).rstrip("/").rpartition("/")[2] for path in self._files.ls(self._root, detail=False))
        return sorted(name for name in found if self._files.exists(f"{self._root}/{name}/{NAME}"))

    def promote(self, ident: str, label: str, now: float) -> None:
        """Write down that this bundle is the one of `label` (live, staging ...) from now on."""
        if ident not in self.list_ids():
            raise Rejected(f"there is no bundle {ident} on the shelf; push it first: task bundle:push")
        record = [*self.list_promoted(), {"bundle": ident, "label": label, "at": _write_minute(now)}]
        with self._files.open(f"{self._root}/{PROMOTED}", "w") as file:
            json.dump(record, file, indent=1)

    def list_promoted(self) -> list[dict[str, str]]:
        try:
            with self._files.open(f"{self._root}/{PROMOTED}") as file:
                return [dict(entry) for entry in json.load(file)]
        except FileNotFoundError:
            return []

    def list_bundles(self) -> Iterator[Listed]:
        labels: dict[str, Mapping[str, str]] = {entry["label"]: entry for entry in self.list_promoted()}
        for ident in self.list_ids():
            path = f"{self._root}/{ident}/{NAME}"
            with self._files.open(path) as file:
                manifest = json.load(file)
            roles = [f"{label} since {entry['at']}" for label, entry in labels.items() if entry["bundle"] == ident]
            yield _describe_bundle(manifest, _find_changed(self._files, path), "; ".join(["shelf", *roles]))


def list_local_bundles(assistant: Path) -> Iterator[Listed]:
    """The bundle beside the sources, and those that were made while it was edited, with who runs them."""
    running = dict(_list_running(assistant))
    folders = [assistant / "bundle", *sorted(storage_of(assistant).glob("*/live/bundles/*"))]
    for folder in folders:
        if (folder / NAME).is_file():
            manifest = json.loads((folder / NAME).read_bytes())
            runs = running.get(str(manifest["bundle"]), [])
            where = "beside the sources" if folder.parent == assistant else "made while edited"
            yield _describe_bundle(manifest, (folder / NAME).stat().st_mtime, "; ".join([where, *runs]))


def _list_running(assistant: Path) -> Iterator[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for file in storage_of(assistant).glob("*/run.json"):
        try:
            run = json.loads(file.read_bytes())
            os.kill(int(run["pid"]), 0)
        except (OSError, ValueError, KeyError):
            continue
        since = _write_minute(file.stat().st_mtime)
        found.setdefault(str(run["bundle"]), []).append(f"runs at port {file.parent.name} since {since}")
    yield from found.items()


def _describe_bundle(manifest: Mapping[str, Any], changed: float, where: str) -> Listed:
    nlu = manifest.get("nlu") or {}
    scores = [
        f"{name} {100 * part['intent_accuracy']:.0f} %"
        for name, part in (("validation", nlu.get("validation") or {}), ("test", nlu.get("test") or {}))
        if part.get("intent_accuracy") is not None
    ]
    examples = int((nlu.get("examples") or {}).get("training", 0))
    return Listed(
        str(manifest["bundle"]), _write_minute(changed), str(nlu.get("mode", "?")), examples, ", ".join(scores), where
    )


def _find_changed(files: Any, path: str) -> float:
    info = files.info(path)
    for key in ("mtime", "LastModified", "created", "updated"):
        value = info.get(key)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, int | float):
            return float(value)
    return time.time()


def _write_minute(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%MZ")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task bundles", description=__doc__.partition("\n")[0])
    parser.add_argument("do", choices=("list", "push", "pull", "promote"))
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--shelf", default=os.environ.get("BUNDLE_SHELF", ""), help="a folder or bucket (BUNDLE_SHELF)")
    parser.add_argument("--bundle", default="", help="its id; for push the one beside the sources")
    parser.add_argument("--label", default=LABEL, help="what it is promoted to")
    options = parser.parse_args(arguments)
    try:
        assistant = find_assistant(options.assistant)
        shelf = Shelf(options.shelf, identity_of(assistant)) if options.shelf else None
        if options.do == "list":
            _print([*list_local_bundles(assistant), *(shelf.list_bundles() if shelf is not None else ())])
            return 0
        if shelf is None:
            raise Rejected("say which shelf: SHELF=folder, s3://bucket/path ..., or set BUNDLE_SHELF")
        if options.do == "push":
            bundle = read_bundle(assistant / "bundle")
            print(f"{bundle.id} {'is on the shelf' if shelf.push(bundle) else 'was on the shelf already'}")
        elif options.do == "pull":
            ident = options.bundle or _find_latest(shelf, options.label)
            print(f"{shelf.pull(ident, assistant / 'bundle').id} lies beside the sources; start the assistant again")
        else:
            shelf.promote(options.bundle or read_bundle(assistant / "bundle").id, options.label, time.time())
            print(f"{options.bundle or 'the bundle'} is {options.label} from now on; roll it out: task bundle:images")
    except (Failure, FileNotFoundError, OSError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    return 0


def _find_latest(shelf: Shelf, label: str) -> str:
    found = [entry["bundle"] for entry in shelf.list_promoted() if entry["label"] == label]
    if not found:
        raise Rejected(
            f"nothing was promoted to {label} yet: say BUNDLE=id, one of {', '.join(shelf.list_ids()) or 'none'}"
        )
    return found[-1]


def _print(listed: Sequence[Listed]) -> None:
    if not listed:
        print("no bundle yet: task train")
    for one in listed:
        print(
            f"{one.id}  {one.made}  {one.mode:<6} {one.examples:>6} examples  {one.scores or 'not judged'}  {one.where}"
        )


if __name__ == "__main__":
    sys.exit(main())
