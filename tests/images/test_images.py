"""A stage's image, built and run: small, as another user, on a read-only root, and it answers its sample event.

Needs docker or podman, and the base image (or a registry to fetch it from); without them the tests are skipped with a
sentence. IMAGE_BUILD_ARGUMENTS is handed to the builder, e.g. `--network host`.
"""

import contextlib
import http.client
import json
import os
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import NoReturn

import pytest

from knative.images.build import DEFAULT, build_command, find_builder, measure_compressed, name_image, read_source
from knative.local.send import find_sample
from knative.local.stages import ALL_IN_ONE, ROOT

STAGE = "observer"
SMALL = 90_000_000
LIMITS = {"gateway": SMALL, "nlu": 200_000_000, "dialogue": SMALL, "actions": SMALL}
"""The stages of the REST chain, and how many bytes their images may have when compressed."""
BASE = "docker.io/library/python:3.11-slim"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def missing(what: str) -> NoReturn:
    """Skip, or in CI fail: there images are built and run."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def tool() -> str:
    try:
        found = find_builder()
    except SystemExit as exc:
        missing(f"{exc}")
    if found == "buildah":
        missing("only buildah is here, which runs no images; install podman or docker")
    present = subprocess.run([found, "image", "inspect", BASE], capture_output=True).returncode == 0
    if not present and subprocess.run([found, "pull", "-q", BASE], capture_output=True, timeout=300).returncode != 0:
        missing(f"{BASE} is not here and no registry gives it; pull it, or make a stand-in with .ci/base-image")
    return found


def build(tool: str, stage: str, tag: str, *more: str) -> str:
    reference = name_image(stage, "", tag)
    based = ["--build-arg", f"PYTHON_IMAGE={BASE}"]
    extra = [*based, *shlex.split(os.environ.get("IMAGE_BUILD_ARGUMENTS", "")), *more]
    built = subprocess.run(
        build_command(tool, stage, reference, DEFAULT, read_source(), extra), cwd=ROOT, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr[-2000:]
    return reference


@pytest.fixture(scope="module")
def image(tool: str) -> str:
    # A layer that an earlier commit left in the builder's cache keeps that commit's date.
    return build(tool, STAGE, "test", "--no-cache")


@contextlib.contextmanager
def container_of(tool: str, image: str, port: int, **variables: str) -> Iterator[str]:
    """The name of a container of this image that listens at `port`."""
    container = f"parley-test-{os.getpid()}-{port}"
    options = ["--network", "host", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    if tool == "podman":
        options.append("--read-only-tmpfs=false")
    for key, value in {"PORT": str(port), **variables}.items():
        options += ["--env", f"{key}={value}"]
    subprocess.run([tool, "run", "--detach", "--name", container, *options, image], check=True, capture_output=True)
    try:
        yield container
    finally:
        subprocess.run([tool, "rm", "--force", container], capture_output=True)


@pytest.fixture
def running(tool: str, image: str) -> Iterator[tuple[str, int]]:
    """The container's name and port; its metrics are at the next port."""
    port = free_port()
    with container_of(tool, image, port, METRICS_PORT=str(port + 1)) as container:
        yield container, port


def send(port: int, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    end = time.monotonic() + 30
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request(method, path, body, {"content-type": "application/cloudevents+json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        finally:
            connection.close()


def layers(tool: str, image: str) -> list[str]:
    shown = [tool, "image", "inspect", "--format", "{{json .RootFS.Layers}}", image]
    return list(json.loads(subprocess.run(shown, capture_output=True, text=True, check=True).stdout))


def inside(tool: str, container: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tool, "exec", container, *words], capture_output=True, text=True)


@pytest.mark.slow
def test_an_image_runs_read_only_as_nobody_and_answers_an_event(tool: str, running: tuple[str, int]) -> None:
    container, port = running
    assert send(port, "GET", "/healthz")[0] == 200
    assert send(port, "POST", "/", find_sample(STAGE).read_bytes()) == (204, b"")
    assert send(port, "POST", "/", b"{}")[0] == 400
    assert b"parley_turns_total" in send(port + 1, "GET", "/metrics")[1]
    assert inside(tool, container, "python", "-c", "import os; print(os.getuid())").stdout.strip() == "65532"
    assert inside(tool, container, "python", "/app/functions/runtime/health.py").returncode == 0
    for command_ in ("pip", "pip3", "gcc", "cc", "apt-get", "dpkg", "perl"):
        assert inside(tool, container, "sh", "-c", f"command -v {command_}").returncode != 0, command_
    assert "pip" not in inside(tool, container, "python", "-c", "help('modules')").stdout.split()


@pytest.mark.slow
def test_functions_framework_serves_an_image_that_was_built_with_it(tool: str) -> None:
    image = build(tool, STAGE, "framework", "--build-arg", "RUNTIME=functions-framework")
    port = free_port()
    with container_of(tool, image, port, METRICS_PORT=str(port + 1)) as container:
        assert send(port, "POST", "/", find_sample(STAGE).read_bytes())[0] == 204
        assert b"parley_turns_total" in send(port + 1, "GET", "/metrics")[1]
        assert b"functions_framework" in inside(tool, container, "cat", "/proc/1/cmdline").stdout.encode()


def test_every_module_in_an_image_is_compiled_and_never_checked_again(tool: str, running: tuple[str, int]) -> None:
    container, port = running
    send(port, "GET", "/healthz")
    script = "import functions.observer.main, functions.runtime.server"
    loaded = inside(tool, container, "python", "-S", "-v", "-c", script).stderr.splitlines()
    sources = [line for line in loaded if line.startswith("# code object from") and not line.endswith(".pyc'")]
    assert not sources, "compiled again at each start"
    assert any("matches" in line or ".pyc" in line for line in loaded)


@pytest.mark.slow
def test_an_idle_container_stops_at_once(tool: str, running: tuple[str, int]) -> None:
    container, port = running
    send(port, "GET", "/healthz")
    since = time.monotonic()
    subprocess.run([tool, "stop", "--time", "10", container], check=True, capture_output=True)
    assert time.monotonic() - since < 3
    state = subprocess.run(
        [tool, "inspect", "--format", "{{.State.ExitCode}}", container], capture_output=True, text=True
    )
    assert state.stdout.strip() == "0"


@pytest.mark.slow
def test_an_image_names_its_parts_its_licence_and_its_source(tool: str, image: str, running: tuple[str, int]) -> None:
    inspected = subprocess.run([tool, "image", "inspect", image], capture_output=True, text=True, check=True)
    labels = json.loads(inspected.stdout)[0]["Config"]["Labels"]
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert re.fullmatch("[0-9a-f]{40}|unknown", labels["org.opencontainers.image.revision"])
    bill = json.loads(inside(tool, running[0], "cat", "/app/sbom.cdx.json").stdout)
    names = {component["name"] for component in bill["components"]}
    assert {"cpython", "prometheus_client"} <= names
    assert "Flask" not in names


@pytest.mark.slow
def test_the_images_of_the_chain_hold_a_conversation_and_are_small(tool: str) -> None:
    """As a cluster runs them: each in its own container, on a read-only root, as nobody."""
    ports = {stage: free_port() for stage in LIMITS}
    urls = {f"{stage.upper()}_URL": f"http://127.0.0.1:{port}" for stage, port in ports.items()}
    settings = {"gateway": {**urls, "REST_AUTH": "open"}, "dialogue": {"STORE_URL": "memory:"}}
    with contextlib.ExitStack() as stack:
        for stage, limit in LIMITS.items():
            reference = build(tool, stage, "test")
            assert measure_compressed(tool, reference) < limit, stage
            stack.enter_context(container_of(tool, reference, ports[stage], **settings.get(stage, {})))
        for port in ports.values():
            assert send(port, "GET", "/healthz")[0] == 200
        for saying, word in (("search for a video about horror movies", b"horror"), ("what can you do", b"film")):
            body = json.dumps({"sender": "me", "message": saying}).encode()
            status, answer = send(ports["gateway"], "POST", "/webhooks/rest/webhook", body)
            assert status == 200, answer
            assert word in answer.lower()


@pytest.mark.slow
def test_one_image_holds_a_conversation_alone_and_takes_events_with_the_token(tool: str) -> None:
    reference = build(tool, ALL_IN_ONE, "test")
    assert measure_compressed(tool, reference) < 220_000_000
    port, token = free_port(), "t" * 40
    settings = {"REST_AUTH": "open", "STORE_URL": "memory:", "STAGES_TOKEN": token}
    with container_of(tool, reference, port, **settings):
        assert send(port, "GET", "/healthz")[0] == 200
        for saying, word in (("search for a video about horror movies", b"horror"), ("what can you do", b"film")):
            body = json.dumps({"sender": "me", "message": saying}).encode()
            status, answer = send(port, "POST", "/webhooks/rest/webhook", body)
            assert status == 200, answer
            assert word in answer.lower()
        event = find_sample("nlu").read_bytes()
        assert send(port, "POST", "/stages/nlu", event)[0] == 401
        assert send(port, "POST", f"/stages/nlu?token={token}", event)[0] == 200


@pytest.mark.slow
def test_the_same_commit_gives_the_same_layers(tool: str, image: str) -> None:
    again = build(tool, STAGE, "again", "--no-cache")
    shown = [tool, "image", "inspect", "--format", "{{json .RootFS.Layers}}"]
    layers = [
        subprocess.run([*shown, one], capture_output=True, text=True, check=True).stdout for one in (image, again)
    ]
    assert json.loads(layers[0])
    assert layers[0] == layers[1]
