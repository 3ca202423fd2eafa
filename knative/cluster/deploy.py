"""Deploys an environment with kubectl: renders it, refuses what must not run, applies it, waits until it is ready."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from knative.cluster.checks import mistakes, unfit_for_production
from knative.cluster.rendering import OVERLAYS, Manifest, environments, rendered, stages_of, with_images


def prepared(environment: str, registry: str = "", tag: str = "", folder: Path = OVERLAYS) -> list[Manifest]:
    """The environment's manifests, or ValueError with everything that is wrong with them."""
    manifests = with_images(rendered(folder / environment), registry, tag)
    wrong = mistakes(manifests) + (unfit_for_production(manifests) if environment.startswith("prod") else [])
    if wrong:
        raise ValueError("\n".join(wrong))
    return manifests


def namespace_of(manifests: Sequence[Manifest]) -> str:
    return str(stages_of(manifests)[0]["metadata"]["namespace"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task deploy", description=__doc__)
    parser.add_argument("--env", default="dev", choices=environments())
    parser.add_argument("--registry", default="", help="where the images are; the overlay says it otherwise")
    parser.add_argument("--tag", default="", help="their version; the overlay says it otherwise")
    parser.add_argument("--timeout", default="300s", help="how long to wait until every stage is ready")
    parser.add_argument("--print", action="store_true", help="print what would be applied, and apply nothing")
    parser.add_argument("--status", action="store_true", help="show what runs")
    parser.add_argument("--undeploy", action="store_true", help="remove it; conversations stay in their store")
    options = parser.parse_args(arguments)
    try:
        manifests = prepared(options.env, options.registry, options.tag)
    except ValueError as exc:
        print(f"{options.env} cannot be deployed:\n{exc}", file=sys.stderr)
        return 1
    text = yaml.safe_dump_all(manifests, sort_keys=False, allow_unicode=True)
    namespace = ["--namespace", namespace_of(manifests)]
    if options.print:
        print(text, end="")
        return 0
    if options.status:
        kinds = "services.serving.knative.dev,brokers.eventing.knative.dev,triggers.eventing.knative.dev,pods"
        return kubectl(["get", kinds, *namespace])
    if options.undeploy:
        return kubectl(["delete", "--ignore-not-found", "-f", "-"], text)
    waiting = [*namespace, "--for=condition=Ready", f"--timeout={options.timeout}", "--all"]
    return (
        kubectl(["apply", "-f", "-"], text)
        or kubectl(["wait", "services.serving.knative.dev", *waiting])
        or kubectl(["wait", "brokers.eventing.knative.dev,triggers.eventing.knative.dev", *waiting])
        or kubectl(["get", "services.serving.knative.dev", *namespace])
    )


def kubectl(words: Sequence[str], text: str | None = None) -> int:
    """kubectl's exit status, with its output shown."""
    return subprocess.run(["kubectl", *words], input=text, text=True).returncode


if __name__ == "__main__":
    sys.exit(main())
