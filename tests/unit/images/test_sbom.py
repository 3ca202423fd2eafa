"""An image's bill of materials names what lies in it, the same each time."""

import json
from pathlib import Path

from knative.images.sbom import write_bill

DPKG = """Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u10
Description: GNU C Library
 Package: not-this

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1
"""


def write(root: Path) -> tuple[Path, Path, Path]:
    info = root / "packages" / "Some_Thing-1.2.dist-info"
    info.mkdir(parents=True)
    metadata = "Metadata-Version: 2.4\nName: Some_Thing\nVersion: 1.2\nLicense-Expression: MIT\n"
    (info / "METADATA").write_text(metadata)
    old = root / "packages" / "old-3.dist-info"
    old.mkdir()
    classifier = "Classifier: License :: OSI Approved :: BSD License"
    (old / "METADATA").write_text(f"Metadata-Version: 2.1\nName: old\nVersion: 3\n{classifier}\n")
    bundle = root / "assistant" / "bundle"
    bundle.mkdir(parents=True)
    manifest = {
        "assistant": "default",
        "bundle": "abc",
        "data": [{"name": "own", "licence": "Apache-2.0", "source": "-"}],
    }
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    (root / "status").write_text(DPKG)
    return root / "packages", root / "assistant", root / "status"


def test_it_names_packages_system_interpreter_and_model(tmp_path: Path) -> None:
    packages, assistant, dpkg = write(tmp_path)
    found = write_bill("parley-nlu", packages, assistant, dpkg)
    components = {component["purl"]: component for component in found["components"]}
    assert found["bomFormat"] == "CycloneDX"
    assert components["pkg:pypi/some-thing@1.2"]["licenses"] == [{"license": {"name": "MIT"}}]
    assert components["pkg:pypi/old@3"]["licenses"] == [{"license": {"name": "BSD License"}}]
    assert "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64" in components
    assert not any("gone" in purl for purl in components)
    assert any(purl.startswith("pkg:generic/cpython@3.") for purl in components)
    model = components["pkg:generic/parley-bundle@abc"]
    assert model["type"] == "machine-learning-model"
    assert model["modelCard"]["modelParameters"]["datasets"] == [{"type": "dataset", "name": "own (Apache-2.0)"}]


def test_the_same_contents_give_the_same_bytes(tmp_path: Path) -> None:
    places = write(tmp_path)
    assert json.dumps(write_bill("x", *places)) == json.dumps(write_bill("x", *places))


def test_a_stage_without_assistant_or_debian_has_a_bill_too(tmp_path: Path) -> None:
    found = write_bill("parley-gateway", tmp_path, tmp_path / "none", tmp_path / "none")
    assert [component["name"] for component in found["components"]] == ["cpython"]
