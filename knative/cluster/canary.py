"""Gives the newest revision of a stage a share: of the conversations for nlu, of the requests for other stages.

Before a new version is deployed, `--percent 0` holds the traffic at the revision that is live; then deploy, raise the
share, and let `task rollout -- --canary --by revision` say what came of it (`task rollout APPLY=1` raises it by
itself). `--percent 100` promotes: the Service follows its newest revision again.

Knative's own split chooses anew for each request, so a conversation would change models in mid-talk. For nlu it is
therefore the gateway that chooses, by the conversation (functions.gateway.marks): it marks the events of the canary's
arm, and two Triggers bring each arm to its revision, the candidate by its tag. The Triggers stay afterwards, for what
is on its way; without marks everything goes by the first.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from knative.local.stages import STAGES, name_service
from monitoring.conversations.trace import NAMESPACES

SERVICES = "services.serving.knative.dev"
TRIGGERS = "triggers.eventing.knative.dev"


class CannotSplit(Exception):
    """The traffic stays as it is, for the reason that the message tells."""


CANARY = "canary"
LIVE_TRIGGER = "nlu-on-message-received"
CANARY_TRIGGER = "nlu-canary-on-message-received"


def split_traffic(found: Mapping[str, Any], percent: int, *, sticky: bool = False) -> list[dict[str, Any]]:
    """What `spec.traffic` of a Service becomes, from the Service as the cluster has it.

    `sticky`: somebody else chooses who asks the candidate, by its tag, which is always there; its share is 0.
    """
    if not 0 <= percent <= 100:
        raise CannotSplit(f"a share is 0 to 100 percent, not {percent}")
    if percent == 100:
        return [{"latestRevision": True, "percent": 100, **({"tag": CANARY} if sticky else {})}]
    status = found.get("status", {})
    newest = status.get("latestReadyRevisionName")
    if not newest:
        raise CannotSplit("no revision is ready yet")
    shares = {
        item["revisionName"]: int(item.get("percent") or 0)
        for item in status.get("traffic", ())
        if "revisionName" in item
    }
    others = {name: share for name, share in shares.items() if name != newest}
    live = max(others, key=lambda name: others[name]) if others else newest
    if percent == 0 or live == newest:
        if percent:
            raise CannotSplit(
                f"{newest} is the only revision that has traffic: hold it with --percent 0, deploy the new one, "
                "then split"
            )
        held = [{"revisionName": live, "percent": 100, "tag": "live"}]
        return [*held, {"revisionName": live, "percent": 0, "tag": CANARY}] if sticky else held
    given = 0 if sticky else percent
    return [
        {"revisionName": live, "percent": 100 - given, "tag": "live"},
        {"revisionName": newest, "percent": given, "tag": CANARY},
    ]


def build_triggers(live: Mapping[str, Any], address: str) -> list[dict[str, Any]]:
    """The Triggers of both arms, from the one that there is: what is marked goes to the candidate's address."""
    spec = live["spec"]
    kind = spec["filter"]["attributes"]
    rest = {name: value for name, value in spec.items() if name not in ("filters", "filter", "subscriber")}
    labels = {"eventing.knative.dev/broker": spec["broker"], "app.kubernetes.io/component": "canary"}
    meta = live["metadata"]
    order = {key: text for key, text in meta.get("annotations", {}).items() if key.endswith("delivery.order")}
    return [
        {
            "apiVersion": live["apiVersion"],
            "kind": "Trigger",
            "metadata": {
                "name": CANARY_TRIGGER,
                "namespace": meta["namespace"],
                "labels": labels,
                "annotations": order,
            },
            "spec": {
                **rest,
                "filters": [{"exact": kind}, {"exact": {"arm": CANARY}}],
                "subscriber": {"uri": address},
            },
        },
        # `filters` comes before `filter`, which stays as the manifests have it.
        {"spec": {"filters": [{"exact": kind}, {"not": {"exact": {"arm": CANARY}}}]}},
    ]


def build_gateway_env(found: Mapping[str, Any], percent: int, address: str) -> list[dict[str, Any]]:
    """The environment of the gateway's container, which is told who belongs to the canary."""
    mine = {"CANARY_PERCENT": str(percent if percent < 100 else 0), "CANARY_NLU_URL": address}
    (container,) = found["spec"]["template"]["spec"]["containers"]
    kept = [dict(item) for item in container.get("env", ()) if item["name"] not in mine]
    return kept + [{"name": name, "value": value} for name, value in mine.items()]


def split_stage(stage: str, percent: int, env: str, *, print_only: bool = False) -> str:
    """Give the newest revision its share, and answer what was patched; CannotSplit, and nothing is changed further."""
    space = ["--namespace", NAMESPACES.get(env, env)]
    place = [SERVICES, name_service(stage), *space]
    sticky = stage == "nlu"
    patch = json.dumps({"spec": {"traffic": split_traffic(_get(*place), percent, sticky=sticky)}})
    if print_only:
        return patch
    _run_kubectl("patch", *place, "--type", "merge", "--patch", patch)
    if sticky:
        _run_kubectl("wait", *place, "--for=condition=Ready", "--timeout=300s")
        targets = _get(*place).get("status", {}).get("traffic", ())
        address = next((str(item["url"]) for item in targets if item.get("tag") == CANARY and "url" in item), "")
        if not address:
            raise CannotSplit("Knative gave the tag `canary` no address")
        candidate, live = build_triggers(_get(TRIGGERS, LIVE_TRIGGER, *space), address)
        _run_kubectl("apply", "-f", "-", text=json.dumps(candidate))
        # Before anything is marked: a consumer that begins later would not see it.
        _run_kubectl("wait", TRIGGERS, CANARY_TRIGGER, *space, "--for=condition=Ready", "--timeout=300s")
        _run_kubectl("patch", TRIGGERS, LIVE_TRIGGER, *space, "--type", "merge", "--patch", json.dumps(live))
        gateway = [SERVICES, name_service("gateway"), *space]
        env_of = build_gateway_env(_get(*gateway), percent, address)
        change = [{"op": "add", "path": "/spec/template/spec/containers/0/env", "value": env_of}]
        _run_kubectl("patch", *gateway, "--type", "json", "--patch", json.dumps(change))
        _run_kubectl("wait", *gateway, "--for=condition=Ready", "--timeout=300s")
    return patch


def arms_of(stage: str, env: str) -> tuple[str, str]:
    """The live revision and the candidate of a stage that is split, as metrics name them, or CannotSplit."""
    found = _get(SERVICES, name_service(stage), "--namespace", NAMESPACES.get(env, env))
    return read_arms(found, stage)


def read_arms(found: Mapping[str, Any], stage: str) -> tuple[str, str]:
    """As arms_of, from the Service as the cluster has it."""
    tagged = {item.get("tag"): str(item.get("revisionName", "")) for item in found.get("status", {}).get("traffic", ())}
    names = [tagged.get(tag, "").removeprefix(f"{name_service(stage)}-") for tag in ("live", CANARY)]
    if not all(names) or names[0] == names[1]:
        raise CannotSplit(
            f"{name_service(stage)} is not split: its traffic has no two revisions tagged live and {CANARY}"
        )
    return names[0], names[1]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task canary", description=__doc__)
    parser.add_argument("--stage", default="nlu", choices=STAGES)
    parser.add_argument("--percent", type=int, required=True, help="the newest revision's share")
    parser.add_argument("--env", default="prod", help="dev or prod")
    parser.add_argument("--print", action="store_true", help="show what would be patched, and do not")
    options = parser.parse_args(arguments)
    try:
        patch = split_stage(options.stage, options.percent, options.env, print_only=options.print)
    except CannotSplit as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    print(patch)
    return 0


def _get(*place: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_run_kubectl("get", *place, "--output", "json"))
    return found


def _run_kubectl(*arguments: str, text: str | None = None) -> str:
    try:
        asked = subprocess.run(
            ["kubectl", *arguments], input=text, capture_output=True, text=True, check=False, timeout=360
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise CannotSplit(f"kubectl cannot be asked: {exc}") from exc
    if asked.returncode:
        raise CannotSplit(f"kubectl {arguments[0]}: {asked.stderr.strip()}")
    return asked.stdout


if __name__ == "__main__":
    sys.exit(main())
