"""Advisories of the pinned libraries in a file of this repository, for where osv.dev is not reached.

`task audit:snapshot` asks osv.dev for every advisory of every pinned library, whatever version it is about, and writes
advisories.json; so a version that is pinned later is judged by it as well. It says how old it is, and which of the
libraries it has. Data: PyPA advisory database and GitHub advisories by way of OSV (CC BY 4.0): ids and ranges alone.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from knative.local.stages import ROOT
from shared.errors import Unavailable
from shared.outbound import Outbound

FILE = Path(__file__).with_name("advisories.json")
OSV = "https://api.osv.dev"
OLD_DAYS = 30
"""A snapshot that is older deserves a word."""
MOST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Snapshot:
    taken: str
    """The day, as 2026-11-29."""
    source: str
    libraries: Mapping[str, list[Mapping[str, Any]]]
    """Name in lower case -> its advisories: `id`, `ranges` of [introduced, fixed or null], `versions` besides."""

    def count_days(self, today: date) -> int:
        """In days."""
        return (today - date.fromisoformat(self.taken)).days

    def find_hits(self, pinned: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Library and id of each advisory that these versions are in."""
        for name, version in pinned.items():
            for advisory in self.libraries.get(name.lower(), ()):
                if _is_in(version, advisory):
                    yield name, str(advisory["id"])

    def list_missing(self, pinned: Mapping[str, str]) -> list[str]:
        """Pinned libraries of which the snapshot says nothing."""
        return [name for name in pinned if name.lower() not in self.libraries]


def read_pinned(constraints: Path) -> Mapping[str, str]:
    """Name and version of each library in a constraints file."""
    lines = constraints.read_text(encoding="utf-8").splitlines()
    return dict(line.split(";")[0].strip().split("==") for line in lines if re.match(r"[A-Za-z0-9_.-]+==", line))


def read_snapshot(file: Path = FILE) -> Snapshot:
    return Snapshot(**json.loads(file.read_text(encoding="utf-8")))


def take_snapshot(pinned: Mapping[str, str], today: date, osv: str = OSV, timeout: float = 30.0) -> Snapshot:
    """All advisories of these libraries as osv.dev has them now; Unavailable where it does not answer for each."""
    outbound = Outbound()
    try:
        libraries = {name.lower(): list(_query(outbound, osv, name, timeout)) for name in pinned}
    finally:
        outbound.close()
    return Snapshot(today.isoformat(), osv, libraries)


def write_snapshot(snapshot: Snapshot, file: Path = FILE) -> None:
    content = {"taken": snapshot.taken, "source": snapshot.source, "libraries": snapshot.libraries}
    file.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _query(outbound: Outbound, osv: str, name: str, timeout: float) -> Iterator[Mapping[str, Any]]:
    page = None
    while True:
        query = {"package": {"name": name, "ecosystem": "PyPI"}, **({"page_token": page} if page else {})}
        body, headers = json.dumps(query).encode(), {"content-type": "application/json"}
        url = f"{osv}/v1/query"
        answer = outbound.request("POST", url, body=body, headers=headers, timeout=timeout, most=MOST_BYTES)
        if answer.status != 200:
            raise Unavailable(f"{osv} answered {answer.status} for {name}")
        found = json.loads(answer.body)
        for advisory in found.get("vulns", ()):
            if "withdrawn" not in advisory:
                yield _shorten(advisory, name)
        page = found.get("next_page_token")
        if not page:
            return


def _shorten(advisory: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Id and ranges of an advisory in OSV's schema, as far as it is about this library."""
    ranges: list[list[str | None]] = []
    versions: list[str] = []
    for affected in advisory.get("affected", ()):
        if str(affected.get("package", {}).get("name", "")).lower() != name.lower():
            continue
        of_versions = [one for one in affected.get("ranges", ()) if one.get("type") in ("ECOSYSTEM", "SEMVER")]
        for one in of_versions:
            begins = None
            for event in one["events"]:
                if "introduced" in event:
                    begins = event["introduced"]
                elif "fixed" in event:
                    ranges.append([begins or "0", event["fixed"]])
                    begins = None
            if begins is not None:
                ranges.append([begins, None])
        versions += affected.get("versions", ()) if not of_versions else ()
    return {"id": advisory["id"], "ranges": ranges, "versions": versions}


def _is_in(version: str, advisory: Mapping[str, Any]) -> bool:
    if version in advisory.get("versions", ()):
        return True
    try:
        return any(
            Version(begin) <= Version(version) and (end is None or Version(version) < Version(end))
            for begin, end in advisory.get("ranges", ())
        )
    except InvalidVersion:
        # Whatever is not understood is for a person to look at.
        return True


def main() -> int:
    try:
        snapshot = take_snapshot(read_pinned(ROOT / "constraints.txt"), datetime.now(UTC).date())
    except Unavailable as exc:
        print(f"{FILE.name} stays as it is: {exc}", file=sys.stderr)
        return 1
    write_snapshot(snapshot)
    count = sum(map(len, snapshot.libraries.values()))
    print(f"{FILE.name}: {count} advisories of {len(snapshot.libraries)} libraries; commit it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
