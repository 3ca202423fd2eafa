"""Deploys an environment with kubectl: renders it, refuses what must not run, applies it, waits until it is ready."""

import argparse
import base64
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from knative.cluster.checks import find_mistakes, find_unfit_for_production
from knative.cluster.rendering import (
    OVERLAYS,
    Manifest,
    find_container,
    kind_of,
    list_environments,
    name_of,
    render_overlay,
    replace_images,
    stages_of,
)
from knative.cluster.revisions import mark_settings, versions_there
from knative.images.build import repository_of
from knative.local.assistants import find_assistant
from knative.local.stages import ALL_IN_ONE, name_service

SERVICES = "services.serving.knative.dev"
EVENTING = "brokers.eventing.knative.dev,triggers.eventing.knative.dev"
OURS = "app.kubernetes.io/part-of=parley"
"""The label of everything that an overlay makes."""
CLEANED = {
    "services.serving.knative.dev": "Service",
    "triggers.eventing.knative.dev": "Trigger",
    "networkpolicies.networking.k8s.io": "NetworkPolicy",
    "poddisruptionbudgets.policy": "PodDisruptionBudget",
}
"""What an older version may have left behind that must not go on: a Trigger would deliver events once more."""
STAGES_TOKEN = "STAGES_TOKEN"  # noqa: S105 - its name
"""Stands in manifests for the token with which the broker brings events to stages that share a process; the key of the
Secret that holds it."""
TOKEN_SECRET = "parley-stages"  # noqa: S105 - its name
EXAMPLE = "registry.example.com/"
WHY = "custom-columns=NAME:.metadata.name,READY:.status.conditions[?(@.type=='Ready')].status," + (
    "REASON:.status.conditions[?(@.type=='Ready')].reason,MESSAGE:.status.conditions[?(@.type=='Ready')].message"
)


def prepare_manifests(environment: str, registry: str = "", tag: str = "", folder: Path = OVERLAYS) -> list[Manifest]:
    """The environment's manifests, or ValueError with everything that is wrong with them."""
    manifests = replace_images(render_overlay(folder / environment), registry, tag)
    wrong = find_mistakes(manifests) + (
        find_unfit_for_production(manifests) if is_production(environment, folder) else []
    )
    if wrong:
        raise ValueError("\n".join(wrong))
    return manifests


def overlay_of(environment: str, assistant: Path) -> Path:
    """The folder that the overlay of this name lies in; ValueError, naming those there are, where there is none."""
    own = assistant / "deploy"
    for folder in (own, OVERLAYS):
        if (folder / environment / "kustomization.yaml").is_file():
            return folder
    known = [*list_environments(), *sorted(path.parent.name for path in own.glob("*/kustomization.yaml"))]
    raise ValueError(
        f"there is no overlay {environment!r}; there are: {', '.join(known)}; make one: task overlay NAME={environment}"
    )


def is_production(environment: str, folder: Path = OVERLAYS) -> bool:
    """Whether it is production by its name, or made from the overlay that is."""
    text = (folder / environment / "kustomization.yaml").read_text(encoding="utf-8")
    return environment.startswith("prod") or "overlays/prod" in text or "- ../prod\n" in text


def namespace_of(manifests: Sequence[Manifest]) -> str:
    return str(stages_of(manifests)[0]["metadata"]["namespace"])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task deploy", description=__doc__)
    parser.add_argument("--env", default="dev", help="an overlay: of knative/overlays, or of the assistant's deploy/")
    parser.add_argument("--assistant", default="default", help="whose images, where --registry says where they are")
    parser.add_argument("--registry", default="", help="where the images are; the overlay says it otherwise")
    parser.add_argument("--tag", default="", help="their version; the overlay says it otherwise")
    parser.add_argument("--timeout", default="300s", help="how long to wait until every stage is ready")
    parser.add_argument("--print", action="store_true", help="print what would be applied, and apply nothing")
    parser.add_argument("--status", action="store_true", help="show what runs")
    parser.add_argument("--undeploy", action="store_true", help="remove it; conversations stay in their store")
    parser.add_argument("--namespace-too", action="store_true", help="with --undeploy: the Secrets made there as well")
    options = parser.parse_args(arguments)
    try:
        assistant = find_assistant(options.assistant)
        folder = overlay_of(options.env, assistant)
        if options.status or options.undeploy:
            # What runs can be looked at and removed, whatever has become of the files since.
            manifests = render_overlay(folder / options.env)
            return show_status(manifests) if options.status else undeploy(manifests, everything=options.namespace_too)
        registry = "/".join([options.registry.rstrip("/"), *repository_of(assistant)])
        manifests = prepare_manifests(options.env, registry if options.registry else "", options.tag, folder)
        if options.print:
            print(_write_manifests(manifests), end="")
            return 0
        return deploy(manifests, options.timeout)
    except (ValueError, FileNotFoundError) as exc:
        print(f"{options.env} cannot be deployed:\n{exc}", file=sys.stderr)
        return 1


def deploy(manifests: Sequence[Manifest], timeout: str = "300s") -> int:
    """Apply them, wait until all is ready, and remove what an older version left behind; kubectl's exit status."""
    if examples := [
        name_of(item) for item in stages_of(manifests) if find_container(item)["image"].startswith(EXAMPLE)
    ]:
        raise ValueError(f"the images of {', '.join(examples)} lie at the example's address; say REGISTRY= and TAG=")
    namespace = ["--namespace", namespace_of(manifests)]
    waiting = [*namespace, "--for=condition=Ready", f"--timeout={timeout}", "--all"]
    if (there := versions_there(namespace[-1])) is None:
        print("the Secrets cannot be listed here, so one that changed makes no new revision", file=sys.stderr)
    else:
        mark_settings(manifests, there)
    text = _write_manifests(manifests)
    if STAGES_TOKEN in addresses_of(manifests):
        first = [item for item in manifests if kind_of(item)[1] == "Namespace"]
        if failed := run_kubectl(["apply", "-f", "-"], _write_manifests(first)):
            return failed
        text = text.replace(f"token={STAGES_TOKEN}", f"token={token_of(namespace)}")
    if failed := run_kubectl(["apply", "-f", "-"], text):
        return failed
    # What stages need before their first message, such as the emulator.
    deployed = [f"deployments.apps/{name_of(item)}" for item in manifests if kind_of(item)[1] == "Deployment"]
    available = [*deployed, *namespace, "--for=condition=Available", f"--timeout={timeout}"]
    if failed := (
        (run_kubectl(["wait", *available]) if deployed else 0)
        or run_kubectl(["wait", SERVICES, *waiting])
        or run_kubectl(["wait", EVENTING, *waiting])
    ):
        print("not everything is ready; the reasons:", file=sys.stderr)
        run_kubectl(["get", f"{SERVICES},{EVENTING}", *namespace, "--output", WHY])
        return failed
    left = list(left_over(manifests))
    if former := [one for one in left if one.startswith(f"{SERVICES}/")] if _has_other_shape(manifests, left) else []:
        left = [one for one in left if one not in former]
        names = " ".join(one.rpartition("/")[2] for one in former)
        print(
            "the stages of the former shape stay, for platforms and people still call their address. Let them call the "
            f"new one (PUBLIC_URL, `task channels`), then: kubectl delete {' '.join(namespace)} {SERVICES} {names}"
        )
    return (run_kubectl(["delete", *namespace, *left]) if left else 0) or run_kubectl(["get", SERVICES, *namespace])


def addresses_of(manifests: Sequence[Manifest]) -> str:
    """Where events and ticks go, in one text."""
    places = [item["spec"].get("subscriber") or item["spec"].get("sink") for item in manifests if "spec" in item]
    return " ".join(str(place.get("uri")) for place in places if place)


def token_of(namespace: Sequence[str]) -> str:
    """The token in the cluster's Secret, which is made where there is none; ValueError where neither works."""
    asked = ["kubectl", "get", "secret", TOKEN_SECRET, *namespace, "--output", f"jsonpath={{.data.{STAGES_TOKEN}}}"]
    found = subprocess.run(asked, capture_output=True, text=True)
    if found.returncode == 0 and found.stdout.strip():
        token = base64.b64decode(found.stdout).decode()
        if not re.fullmatch(r"[A-Za-z0-9_.~-]{32,}", token):
            raise ValueError(f"the Secret {TOKEN_SECRET} holds no token: 32 or more letters, digits and _.~-")
        return token
    token = secrets.token_hex(32)
    made = yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": TOKEN_SECRET, "namespace": namespace[-1]},
            "stringData": {STAGES_TOKEN: token},
        }
    )
    # Made, not applied: one that is there after all is not overwritten.
    if run_kubectl(["create", "-f", "-"], made):
        raise ValueError(f"the Secret {TOKEN_SECRET} with {STAGES_TOKEN} is not there and cannot be made")
    return token


def _has_other_shape(manifests: Sequence[Manifest], left: Sequence[str]) -> bool:
    """Whether what is left had the gateway at another address than the manifests have."""
    public = {name_service("gateway"), name_service(ALL_IN_ONE)}
    there = {name_of(item) for item in stages_of(manifests)} & public
    return any(one == f"{SERVICES}/{name}" for one in left for name in public - there)


def left_over(manifests: Sequence[Manifest]) -> Iterator[str]:
    """What lies in the cluster under our label and is not among the manifests any more, as KIND/NAME."""
    namespace = namespace_of(manifests)
    wanted = {(kind_of(item)[1], name_of(item)) for item in manifests}
    for resource, kind in CLEANED.items():
        asked = ["kubectl", "get", resource, "--namespace", namespace, "--selector", OURS, "--output", "name"]
        found = subprocess.run(asked, capture_output=True, text=True)
        for line in found.stdout.split():
            if (kind, line.rpartition("/")[2]) not in wanted:
                yield f"{resource}/{line.rpartition('/')[2]}"


def show_status(manifests: Sequence[Manifest]) -> int:
    """Show what runs, and why what is not ready is not."""
    namespace = ["--namespace", namespace_of(manifests)]
    return run_kubectl(["get", f"{SERVICES},{EVENTING}", *namespace, "--output", WHY]) or run_kubectl(
        ["get", "pods", *namespace]
    )


def undeploy(manifests: Sequence[Manifest], *, everything: bool = False) -> int:
    """Remove them; the namespace with the Secrets that somebody made there stays unless `everything` is to go.

    Triggers and brokers go first, while what their controllers need to take them down is still there (a broker's
    ConfigMap, its service accounts): else they keep their finalizers, and the namespace never ends.
    """
    first = [item for item in manifests if kind_of(item)[1] in ("Trigger", "PingSource")]
    then = [item for item in manifests if kind_of(item)[1] == "Broker"]
    rest = [item for item in manifests if item not in first and item not in then and kind_of(item)[1] != "Namespace"]
    last = [item for item in manifests if kind_of(item)[1] == "Namespace"] if everything else []
    for part in (first, then, rest, last):
        if part and (
            failed := run_kubectl(["delete", "--ignore-not-found", "--wait", "-f", "-"], _write_manifests(part))
        ):
            return failed
    if not everything:
        print(f"the namespace {namespace_of(manifests)} stays, with the Secrets in it; -- --namespace-too removes it")
    return 0


def run_kubectl(words: Sequence[str], text: str | None = None) -> int:
    """kubectl's exit status, with its output shown."""
    return subprocess.run(["kubectl", *words], input=text, text=True).returncode


def _write_manifests(manifests: Sequence[Manifest]) -> str:
    return str(yaml.safe_dump_all(manifests, sort_keys=False, allow_unicode=True))


if __name__ == "__main__":
    sys.exit(main())
