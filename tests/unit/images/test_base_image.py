"""The base image is the same bytes until somebody bumps it, and nothing is pushed that was built on a tag."""

import json
from pathlib import Path

import pytest
from werkzeug import Request

from knative.images import base_image as base
from knative.images import build
from shared.errors import Unavailable
from tests.loopback import served

DIGEST = "sha256:" + "0123456789abcdef" * 4


def registry(request: Request) -> tuple[str, int, dict[str, str]]:
    if request.path == "/token":
        assert request.args["scope"] == "repository:library/python:pull"
        return json.dumps({"token": "t"}), 200, {}
    if request.headers.get("authorization") != "Bearer t":
        return "", 401, {}
    if (request.method, request.path) != ("HEAD", "/v2/library/python/manifests/3.11-slim"):
        return "", 404, {}
    assert "application/vnd.oci.image.index.v1+json" in request.headers["accept"]
    return "", 200, {"docker-content-digest": DIGEST}


def test_the_registry_says_which_digest_a_tag_has() -> None:
    with served(registry) as url:
        found = base.find_digest("docker.io/library/python:3.11-slim", url, f"{url}/token")
    assert found == DIGEST


def test_a_registry_that_does_not_know_the_tag_changes_nothing() -> None:
    with served(registry) as url, pytest.raises(Unavailable, match="404"):
        base.find_digest("docker.io/library/python:9-none", url, f"{url}/token")


def test_images_are_built_on_the_digest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "base_image.json"
    file.write_text(json.dumps({"image": "docker.io/library/python:3.11-slim", "digest": DIGEST}))
    monkeypatch.setattr(build, "read_base", lambda: base.read_base(file))
    arguments = build.build_command("podman", "nlu", "nlu:1", build.DEFAULT, build.Source("abc", 1))
    assert f"PYTHON_IMAGE=docker.io/library/python:3.11-slim@{DIGEST}" in arguments


def test_what_is_pushed_is_built_on_a_digest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "read_base", lambda: base.Base("docker.io/library/python:3.11-slim", ""))
    with pytest.raises(SystemExit):
        build.main(["--push", "--registry", "ghcr.io/me"])
    assert "task images:bump" in capsys.readouterr().err
