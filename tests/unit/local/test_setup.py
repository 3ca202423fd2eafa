"""What is installed for a task: the requirements of its files, once each, told in one line."""

from pathlib import Path

import pytest

from knative.setup.__main__ import install, list_requirements
from knative.setup.actions import main as install_for_actions
from knative.setup.requirements import requirements_of


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


def test_a_projects_requirements_lose_rasa_and_the_versions_of_what_is_pinned_here(tmp_path: Path) -> None:
    (tmp_path / "requirements-actions.txt").write_text(
        "rasa==3.6.21\nrasa_sdk~=3.6\nPyYAML==5.3 ; python_version < '4'\nrequests>=2,\\\n  <3  # calls\n-r more.txt\n"
        "git+https://example.org/own.git\n"
    )
    (tmp_path / "more.txt").write_text("geopy\n")
    (tmp_path / "constraints.txt").write_text("pyyaml==6.0\n")
    assert requirements_of(tmp_path, tmp_path / "constraints.txt") == [
        "PyYAML",
        "requests>=2,   <3",
        "geopy",
        "git+https://example.org/own.git",
    ]


def test_what_cannot_be_installed_for_actions_is_told_and_stops_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "actions").mkdir()
    (tmp_path / "actions" / "requirements.txt").write_text("no-such-package-anywhere\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert install_for_actions([str(tmp_path)]) == 0
    assert "going on without" in capfd.readouterr().err
