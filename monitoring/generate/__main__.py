"""Writes the generated files of monitoring/: metrics.md, the dashboards, the rules for the Prometheus operator."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from monitoring.generate.dashboards import all_dashboards
from monitoring.generate.page import render_page

FOLDER = Path(__file__).resolve().parents[1]
DASHBOARDS = "grafana/provisioning/dashboards"


def files() -> dict[str, str]:
    """What each generated file holds, by its path below monitoring/."""
    return {
        "metrics.md": render_page(),
        "kubernetes/rules.yaml": _operator_rules(),
        **{f"{DASHBOARDS}/{name}.json": _json(content) for name, content in all_dashboards().items()},
    }


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"


def _operator_rules() -> str:
    groups = []
    for name in ("recording", "alerts"):
        groups += yaml.safe_load((FOLDER / "rules" / f"{name}.yml").read_text(encoding="utf-8"))["groups"]
    resource = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "parley", "namespace": "parley", "labels": {"app.kubernetes.io/part-of": "parley"}},
        "spec": {"groups": groups},
    }
    return "# Made by `task docs` of monitoring/rules.\n" + yaml.safe_dump(resource, sort_keys=False, width=160)


def main() -> int:
    for name, content in files().items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        print(f"wrote monitoring/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
