"""What the pinned libraries are: their licences, from their own metadata, and their known weaknesses, from osv.dev."""

import argparse
import importlib.metadata
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from knative.images.advisories import OLD_DAYS, OSV, read_pinned, read_snapshot
from knative.local.stages import ROOT
from shared.errors import Unavailable
from shared.outbound import Outbound

ALLOWED = (
    r"MIT(-0)?( License)?",
    r"(3-Clause )?BSD( License)?|BSD-[23]-Clause|0BSD",
    r"Apache licensed, as found in the LICENSE file",
    r"Apache([ -]2(\.0)?)?|Apache License 2.0|Apache Software License|https?://www.apache.org/licenses/LICENSE-2.0",
    r"Apache-2.0 WITH LLVM-exception",
    r"CNRI-Python",
    r"MIT-CMU",
    r"PSF-2.0|Python Software Foundation License",
    r"MPL-2.0|Mozilla Public License 2.0 \(MPL 2.0\)",
    r"ZPL 2.1|Zope Public License",
    r"ISC( License \(ISCL\))?|Zlib|CC0-1.0|BSL-1.0|Unlicense|Public Domain|TCL",
)
"""Licences that ask for no more than to be named, and those whose copyleft ends at their own files (MPL)."""

IN_A_FILE = {"axe-playwright-python": "MIT AND MPL-2.0"}
"""Libraries whose metadata says nothing and whose licence files were read; this one holds axe-core."""


def licence_of(name: str) -> str | None:
    """What a library says of its licence; None where it is not installed."""
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    classifiers = [
        value.split("::")[-1].strip() for value in metadata.get_all("Classifier") or [] if "License" in value
    ]
    stated = [value for value in metadata.get_all("License-Expression") or [] if value]
    words = " ".join(metadata.get_all("License") or []).strip()
    said = " AND ".join(stated or classifiers) or words.partition("\n")[0].strip()
    return said or IN_A_FILE.get(name, "")


def is_refused(licence: str) -> bool:
    """Whether a part of it is not allowed; of alternatives (OR) one is enough."""
    parts = [
        part.strip(" ()") if part.count("(") != part.count(")") else part.strip() for part in licence.split(" AND ")
    ]
    return not all(any(_is_agreed(choice.strip()) for choice in part.split(" OR ")) for part in parts)


def _is_agreed(licence: str) -> bool:
    return any(re.fullmatch(pattern, licence) for pattern in ALLOWED)


def find_weaknesses(libraries: Mapping[str, str], timeout: float = 20.0, osv: str = OSV) -> Iterator[tuple[str, str]]:
    """Library and id of each known weakness of exactly these versions. Unavailable where osv.dev does not answer."""
    queries = [
        {"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in libraries.items()
    ]
    outbound = Outbound()
    try:
        body = json.dumps({"queries": queries}).encode()
        answer = outbound.post(f"{osv}/v1/querybatch", body, {"content-type": "application/json"}, timeout)
    finally:
        outbound.close()
    if answer.status != 200:
        raise Unavailable(f"{osv} answered {answer.status}")
    for name, result in zip(libraries, json.loads(answer.body)["results"], strict=True):
        for found in result.get("vulns", ()):
            yield name, str(found["id"])


def _by_snapshot(libraries: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What the snapshot knows of these versions, with a word about what it is worth."""
    snapshot = read_snapshot()
    age, missing = snapshot.count_days(datetime.now(UTC).date()), snapshot.list_missing(libraries)
    print(
        f"advisories of {snapshot.taken}, {age} days old; {len(libraries) - len(missing)} of {len(libraries)} libraries"
    )
    if age > OLD_DAYS or missing:
        print("run `task audit:snapshot` where osv.dev is reached, and commit it", file=sys.stderr)
    return snapshot.find_hits(libraries)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task audit", description=__doc__)
    parser.add_argument("--offline", action="store_true", help="known weaknesses by the snapshot in the repository")
    options = parser.parse_args(arguments)
    libraries = read_pinned(ROOT / "constraints.txt")
    wrong = 0
    for name, version in libraries.items():
        licence = licence_of(name)
        bad = licence is not None and is_refused(licence)
        wrong += bad
        print(f"{name} {version}  {licence or 'not installed here'}{'  NOT AGREED TO' if bad else ''}")
    print(f"{len(libraries)} libraries, {wrong} with a licence that is not on the list of knative/images/audit.py")
    if options.offline:
        found = list(_by_snapshot(libraries))
    else:
        try:
            found = list(find_weaknesses(libraries))
        except Unavailable as exc:
            print(f"{OSV} was NOT reached ({exc}); the snapshot in the repository is taken", file=sys.stderr)
            found = list(_by_snapshot(libraries))
    for name, ident in found:
        print(f"{name} {libraries[name]}: https://osv.dev/vulnerability/{ident}")
    print(f"{len(found)} known weaknesses")
    wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
