"""Gives the newest revision of a stage a share of its traffic, by the traffic split of its Knative Service.

Before a new version is deployed, `--percent 0` holds the traffic at the revision that is live; then deploy, raise the
share, and let `task rollout -- --canary --by revision` say what came of it. `--percent 100` promotes: the Service
follows its newest revision again.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from knative.local.stages import STAGES, service
from monitoring.conversations.trace import NAMESPACES


class CannotSplit(Exception):
    """The traffic stays as it is, for the reason that the message tells."""


def traffic(found: Mapping[str, Any], percent: int) -> list[dict[str, Any]]:
    """What `spec.traffic` of a Service becomes, from the Service as the cluster has it."""
    if not 0 <= percent <= 100:
        raise CannotSplit(f"a share is 0 to 100 percent, not {percent}")
    if percent == 100:
        return [{"latestRevision": True, "percent": 100}]
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
        return [{"revisionName": live, "percent": 100, "tag": "live"}]
    return [
        {"revisionName": live, "percent": 100 - percent, "tag": "live"},
        {"revisionName": newest, "percent": percent, "tag": "canary"},
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task canary", description=__doc__)
    parser.add_argument("--stage", default="nlu", choices=STAGES)
    parser.add_argument("--percent", type=int, required=True, help="the newest revision's share")
    parser.add_argument("--env", default="prod", help="dev or prod")
    parser.add_argument("--print", action="store_true", help="show what would be patched, and do not")
    options = parser.parse_args(arguments)
    place = [service(options.stage), "--namespace", NAMESPACES.get(options.env, options.env)]
    try:
        found = json.loads(_kubectl("get", "services.serving.knative.dev", *place, "--output", "json"))
        patch = json.dumps({"spec": {"traffic": traffic(found, options.percent)}})
        if not options.print:
            _kubectl("patch", "services.serving.knative.dev", *place, "--type", "merge", "--patch", patch)
    except CannotSplit as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    print(patch)
    return 0


def _kubectl(*arguments: str) -> str:
    try:
        asked = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise CannotSplit(f"kubectl cannot be asked: {exc}") from exc
    if asked.returncode:
        raise CannotSplit(f"kubectl {arguments[0]}: {asked.stderr.strip()}")
    return asked.stdout


if __name__ == "__main__":
    sys.exit(main())
