"""Bundles and the manifest that vouches for them."""

import json
from pathlib import Path

import pytest

from shared.bundle.manifest import DataSet, read_bundle, write_manifest
from shared.errors import Unavailable


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "dialogue.json").write_text('{"a": 1}')
    (tmp_path / "nlu.onnx").write_bytes(b"\x00" * 100)
    write_manifest(tmp_path, "test", data=[DataSet("own", "Apache-2.0", "authored")], nlu={"seed": 1})
    return tmp_path


def test_a_bundle_reads_back_what_was_written(bundle: Path) -> None:
    read = read_bundle(bundle)
    assert read.read_json("dialogue.json") == {"a": 1}
    assert read.manifest.data == (DataSet("own", "Apache-2.0", "authored"),)
    assert read.manifest.nlu == {"seed": 1}


def test_the_same_files_make_the_same_id_and_other_files_another(bundle: Path) -> None:
    before = read_bundle(bundle).id
    assert write_manifest(bundle, "test").bundle == before
    (bundle / "dialogue.json").write_text('{"a": 2}')
    assert write_manifest(bundle, "test").bundle != before


def test_a_changed_file_is_refused_by_name(bundle: Path) -> None:
    (bundle / "nlu.onnx").write_bytes(b"\x01" * 100)
    with pytest.raises(Unavailable, match=r"nlu\.onnx is not the file .* `task train`"):
        read_bundle(bundle)


def test_a_stage_checks_only_what_it_needs(bundle: Path) -> None:
    (bundle / "nlu.onnx").unlink()
    assert read_bundle(bundle, ["dialogue.json"]).read_json("dialogue.json") == {"a": 1}
    with pytest.raises(Unavailable, match=r"nlu\.onnx cannot be read"):
        read_bundle(bundle, ["nlu.onnx"])


def test_a_file_that_the_manifest_does_not_name_is_not_given(bundle: Path) -> None:
    with pytest.raises(Unavailable, match=r"has no catalogue\.sqlite"):
        read_bundle(bundle).find_file("catalogue.sqlite")


def test_no_bundle_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"there is no bundle at .* `task train`"):
        read_bundle(tmp_path / "none")


@pytest.mark.parametrize(
    "manifest",
    ["{", "[]", '{"format": 2, "assistant": "a", "bundle": "b", "files": {}}', '{"format": 1}'],
)
def test_a_broken_manifest_is_refused(bundle: Path, manifest: str) -> None:
    (bundle / "manifest.json").write_text(manifest)
    with pytest.raises(Unavailable, match="task train"):
        read_bundle(bundle)


def test_a_manifest_cannot_name_a_file_elsewhere(bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"]["../secret"] = {"sha256": "0", "bytes": 1}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(Unavailable, match="only plain names"):
        read_bundle(bundle)


def test_where_nobody_can_write_only_sizes_are_checked(bundle: Path) -> None:
    (bundle / "nlu.onnx").write_bytes(b"\x01" * 100)
    assert read_bundle(bundle, hashes=False).id
    (bundle / "nlu.onnx").write_bytes(b"\x01" * 99)
    with pytest.raises(Unavailable, match=r"nlu\.onnx is not the file"):
        read_bundle(bundle, hashes=False)
    (bundle / "nlu.onnx").unlink()
    with pytest.raises(Unavailable, match="cannot be read"):
        read_bundle(bundle, hashes=False)
