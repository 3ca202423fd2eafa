"""The manifests of an environment, as kustomize makes them, with the images that they name."""

import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from knative.local.stages import ALL_IN_ONE, ROOT, STAGES, name_service

OVERLAYS = ROOT / "knative" / "overlays"
Manifest = dict[str, Any]
REVIEW, SHADOW = name_service("review"), name_service("shadow")
"""Services of components that are no stage's."""
SERVICE = ("serving.knative.dev/v1", "Service")


def list_environments() -> Sequence[str]:
    return sorted(path.name for path in OVERLAYS.iterdir() if (path / "kustomization.yaml").is_file())


def render_overlay(folder: Path) -> list[Manifest]:
    """Every manifest of a kustomization, or ValueError with what kustomize says."""
    if not shutil.which("kubectl"):
        raise ValueError("kubectl was not found; install it: https://kubernetes.io/docs/tasks/tools/")
    done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True)
    if done.returncode != 0:
        raise ValueError(done.stderr.strip())
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def kind_of(manifest: Manifest) -> tuple[str, str]:
    return str(manifest.get("apiVersion")), str(manifest.get("kind"))


def name_of(manifest: Manifest) -> str:
    return str((manifest.get("metadata") or {}).get("name"))


def stages_of(manifests: Iterable[Manifest]) -> list[Manifest]:
    """The Knative Services among them."""
    return [manifest for manifest in manifests if kind_of(manifest) == SERVICE]


def find_container(manifest: Manifest) -> Manifest:
    """The one container of a Knative Service."""
    (only,) = manifest["spec"]["template"]["spec"]["containers"]
    return dict(only)


def replace_images(manifests: Iterable[Manifest], registry: str, tag: str) -> list[Manifest]:
    """The manifests with the images that `task images` pushed there; an empty word keeps what the overlay says.

    A candidate (components/shadow-model) comes from the same registry and keeps its own tag: it is another bundle.
    """
    ours = {*(name_service(stage) for stage in (*STAGES, ALL_IN_ONE)), REVIEW, SHADOW}
    changed = []
    for manifest in manifests:
        if kind_of(manifest) == SERVICE:
            spec = manifest["spec"]["template"]["spec"]
            for one in spec["containers"]:
                place, _, rest = str(one["image"]).rpartition("/")
                name, _, old = rest.partition(":")
                if name in ours:
                    version = old if name_of(manifest) == SHADOW else tag or old
                    where = registry.rstrip("/") or place
                    one["image"] = f"{where}/{name}:{version or 'latest'}" if where else f"{name}:{version}"
        changed.append(manifest)
    return changed
