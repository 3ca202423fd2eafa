"""What kustomize makes of the overlays, once for all tests of a run."""

import os
import shutil
from functools import cache
from pathlib import Path

import pytest

from knative.cluster.rendering import OVERLAYS, Manifest, kind_of, list_environments, name_of, render_overlay
from knative.local.stages import ROOT

ENVIRONMENTS = list_environments()
COMPONENTS = ROOT / "knative" / "components"
BROKERS = ("kafka", "rabbitmq", "in-memory")
"""Components that an environment has one of."""


def is_small(environment: str) -> bool:
    """Whether five stages share a process in this environment."""
    return "components/one-pod" in (OVERLAYS / environment / "kustomization.yaml").read_text()


@cache
def manifests(environment: str) -> tuple[Manifest, ...]:
    need_kubectl()
    return tuple(render_overlay(OVERLAYS / environment))


def need_kubectl() -> None:
    """Skip, or fail in CI, where overlays cannot be rendered."""
    if not shutil.which("kubectl"):
        missing = "kubectl is not here, which renders the overlays; install it: https://kubernetes.io/docs/tasks/tools/"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)


def with_components(tmp_path: Path, environment: str, *components: str) -> list[Manifest]:
    need_kubectl()
    base = ROOT / "knative"
    (namespace,) = (name_of(item) for item in manifests(environment) if kind_of(item)[1] == "Namespace")
    lines = ["apiVersion: kustomize.config.k8s.io/v1beta1", "kind: Kustomization", f"namespace: {namespace}"]
    lines += ["resources:", f"  - {_relative(base / 'overlays' / environment, tmp_path)}", "components:"]
    # A component that the environment has is there already, and cannot be added a second time.
    there = (OVERLAYS / environment / "kustomization.yaml").read_text()
    added = [name for name in components if f"components/{name}\n" not in there]
    lines += [f"  - {_relative(base / 'components' / name, tmp_path)}" for name in added]
    if not added:
        lines.remove("components:")
    (tmp_path / "kustomization.yaml").write_text("\n".join(lines) + "\n")
    return render_overlay(tmp_path)


def _relative(path: Path, start: Path) -> str:
    return str(Path(*[".."] * len(start.resolve().parts[1:])) / path.resolve().relative_to("/"))


def brokered(broker: str, tmp_path: Path) -> list[Manifest]:
    """The production environment with this component as its broker."""
    need_kubectl()
    text = (OVERLAYS / "prod" / "kustomization.yaml").read_text()
    assert "../../components/kafka\n" in text
    text = text.replace("../../components/kafka\n", f"../../components/{broker}\n")
    (tmp_path / "kustomization.yaml").write_text(text.replace("../../", _relative(ROOT / "knative", tmp_path) + "/"))
    return render_overlay(tmp_path)
