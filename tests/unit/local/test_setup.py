"""What is installed for a task: the requirements of its files, once each, told in one line."""

from pathlib import Path

import pytest

from knative.setup.__main__ import install, list_requirements


def test_requirements_are_read_through_their_references_without_what_is_left_for_later(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("# why\nnumpy\n-r b.txt\n")
    (tmp_path / "b.txt").write_text("PyYAML\ngoogle-cloud-firestore\nNumPy\n")
    assert list(list_requirements([tmp_path / "a.txt", tmp_path / "b.txt"], ["Google-Cloud-Firestore"])) == [
        "numpy",
        "PyYAML",
    ]


def test_a_failure_shows_what_pip_said(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert install("nobody has", ["no-such-package-anywhere"]) != 0
    out, err = capfd.readouterr()
    assert out.count("\n") <= 2
    assert "No matching distribution found for no-such-package-anywhere" in err
