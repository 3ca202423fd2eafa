"""Writes an image's bill of materials in CycloneDX 1.6: Debian's packages, Python's, and the model with its data.

Runs while the image is built, on the standard library alone. The same contents give the same bytes.
"""

import argparse
import hashlib
import importlib.metadata
import json
import platform
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

Component = dict[str, Any]
DPKG = Path("/var/lib/dpkg/status")


def write_bill(name: str, packages: Path, assistant: Path, dpkg: Path = DPKG) -> dict[str, Any]:
    """The bill of the image `name`: what lies in `packages`, the assistant's model, the interpreter, the system."""
    components = [
        *list_python_packages(packages),
        *list_models(assistant),
        describe_interpreter(),
        *list_system_packages(dpkg),
    ]
    components.sort(key=lambda component: str(component["bom-ref"]))
    digest = hashlib.sha256(json.dumps([name, components], sort_keys=True).encode()).hexdigest()
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.UUID(digest[:32])}",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": name, "bom-ref": name}},
        "components": components,
    }


def list_python_packages(packages: Path) -> Iterator[Component]:
    for found in importlib.metadata.distributions(path=[str(packages)]):
        name, version = found.metadata["Name"], found.version
        purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
        (expression,) = found.metadata.get_all("License-Expression") or [None]
        licence = expression or _find_licence(found.metadata.get_all("Classifier") or [])
        yield _make_component("library", name, version, purl, licence)


def list_system_packages(dpkg: Path) -> Iterator[Component]:
    """Debian's packages; none where the image is of another kind."""
    if not dpkg.is_file():
        return
    for paragraph in dpkg.read_text(encoding="utf-8").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Status", "").endswith(" installed"):
            name, version = fields["Package"], fields["Version"]
            purl = f"pkg:deb/debian/{quote(name, safe='')}@{quote(version, safe='')}?arch={fields['Architecture']}"
            yield _make_component("library", name, version, purl, None)


def describe_interpreter() -> Component:
    version = platform.python_version()
    return _make_component("platform", "cpython", version, f"pkg:generic/cpython@{version}", "PSF-2.0")


def list_models(assistant: Path) -> Iterator[Component]:
    """The bundle, with the data that its model was trained on as its manifest names it."""
    manifest = assistant / "bundle" / "manifest.json"
    if not manifest.is_file():
        return
    written = json.loads(manifest.read_text(encoding="utf-8"))
    version = written["bundle"]
    component = _make_component(
        "machine-learning-model", written["assistant"], version, f"pkg:generic/parley-bundle@{version}", None
    )
    data = [{"type": "dataset", "name": f"{item['name']} ({item['licence']})"} for item in written.get("data", ())]
    if data:
        component["modelCard"] = {"modelParameters": {"datasets": data}}
    yield component


def _make_component(kind: str, name: str, version: str, purl: str, licence: str | None) -> Component:
    component: Component = {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if licence:
        component["licenses"] = [{"license": {"name": licence}}]
    return component


def _find_licence(classifiers: list[str]) -> str | None:
    names = [item.rsplit(" :: ", 1)[1] for item in classifiers if item.startswith("License :: ")]
    return ", ".join(names) or None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--assistant", type=Path, required=True)
    options = parser.parse_args()
    written = json.dumps(write_bill(options.name, options.packages, options.assistant), indent=1, sort_keys=True)
    sys.stdout.write(written + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
