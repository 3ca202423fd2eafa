"""Writes an overlay of one's own: an assistant, its namespace, its images; made from dev or prod, which it refers to.

A second assistant in one cluster, or a staging of the same one, is another overlay in another namespace. It lies beside
the assistant's sources (`deploy/NAME`), or in knative/overlays for one of this repository.
"""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from knative.cluster.rendering import OVERLAYS
from knative.images.build import repository_of
from knative.local.assistants import ASSISTANTS, find_assistant, identity_of
from knative.local.stages import STAGES, name_service

NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""A label of DNS, as Kubernetes wants it."""
BROKER = "http://kafka-broker-ingress.knative-eventing.svc.cluster.local"
IN_MEMORY = "http://broker-ingress.knative-eventing.svc.cluster.local"


class CannotWrite(Exception):
    """Why no overlay was written, and what to do."""


def write_overlay(assistant: Path, name: str, base: str, namespace: str, registry: str, tag: str) -> Path:
    """The folder of the new overlay; CannotWrite where it is there already or a name is none."""
    if not NAMESPACE.fullmatch(name) or not NAMESPACE.fullmatch(namespace):
        raise CannotWrite(f"{name!r} and {namespace!r} must be small letters, digits and dashes")
    if not (OVERLAYS / base / "kustomization.yaml").is_file():
        raise CannotWrite(f"there is no overlay {base!r} to begin from; use dev or prod")
    folder = OVERLAYS / name if assistant.parent == ASSISTANTS else assistant / "deploy" / name
    if folder.exists():
        raise CannotWrite(f"{folder} is there already; edit it, or choose another NAME=")
    folder.mkdir(parents=True)
    (folder / "kustomization.yaml").write_text(
        write_kustomization(assistant, folder, base, namespace, registry, tag), "utf-8"
    )
    return folder


def write_kustomization(assistant: Path, folder: Path, base: str, namespace: str, registry: str, tag: str) -> str:
    """The kustomization. Every name that holds the namespace is said anew; all else is the base's."""
    path = "/".join([registry.rstrip("/"), *repository_of(assistant)]) if registry else ""
    images = [
        {
            "name": _image_of(base, stage),
            "newName": f"{path}/{name_service(stage)}"
            if path
            else "/".join([*repository_of(assistant), name_service(stage)]),
            "newTag": tag,
        }
        for stage in STAGES
    ]
    ingress = BROKER if base.startswith("prod") else IN_MEMORY
    settings = {
        f"{stage.upper()}_URL": f"http://{name_service(stage)}.{namespace}.svc.cluster.local"
        for stage in ("speech", "nlu", "dialogue", "actions", "delivery")
    }
    settings["BROKER_URL"] = f"{ingress}/{namespace}/default"
    patch = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "parley-settings"},
        "data": settings,
    }
    patches: list[dict[str, object]] = [
        {"target": {"kind": "ConfigMap", "name": "parley-settings"}, "patch": yaml.safe_dump(patch, sort_keys=False)}
    ]
    # A broker's settings lie in the namespace of the broker.
    replace = [{"op": "replace", "path": "/spec/config/namespace", "value": namespace}]
    patches.append({"target": {"kind": "Broker"}, "patch": yaml.safe_dump(replace)})
    content = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": namespace,
        "resources": [os.path.relpath(OVERLAYS / base, folder)],
        "images": images,
        "patches": patches,
    }
    head = f"# {identity_of(assistant)} in the namespace {namespace}: {base}, with images and addresses of its own.\n"
    return (
        head
        + "# Written by `task overlay`; STORE_URL, PUBLIC_URL and the like go into the patch below.\n"
        + str(yaml.safe_dump(content, sort_keys=False, width=120))
    )


def _image_of(base: str, stage: str) -> str:
    """The image's name as the base overlay leaves it, which is what is replaced."""
    found = yaml.safe_load((OVERLAYS / base / "kustomization.yaml").read_text("utf-8"))
    named = {one["name"]: one.get("newName", one["name"]) for one in found.get("images") or ()}
    return str(named.get(name_service(stage), name_service(stage)))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task overlay", description=__doc__.partition("\n")[0])
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--name", required=True)
    parser.add_argument("--from", dest="base", default="prod", help="dev or prod")
    parser.add_argument("--namespace", default="", help="the name, where it is not said")
    parser.add_argument("--registry", default="")
    parser.add_argument("--tag", default="dev")
    options = parser.parse_args(arguments)
    try:
        folder = write_overlay(
            find_assistant(options.assistant), options.name, options.base, options.namespace or options.name,
            options.registry, options.tag,
        )  # fmt: skip
    except (CannotWrite, FileNotFoundError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    print(f"{folder} is written; look at it, then: task deploy ENV={options.name} ASSISTANT={options.assistant}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
