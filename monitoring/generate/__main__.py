"""Writes what is generated: of monitoring metrics.md, the dashboards, and both for a cluster (rules, ConfigMaps); and
the pages of settings, of limits and of the HTTP API."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from monitoring.generate import compose_settings, limits, openapi, settings
from monitoring.generate.dashboards import build_dashboards
from monitoring.generate.page import render_page

FOLDER = Path(__file__).resolve().parents[1]
ROOT = FOLDER.parent
DASHBOARDS = "monitoring/grafana/provisioning/dashboards"
COMPONENT = "knative/components/monitoring"
CHOSEN = {"app.kubernetes.io/part-of": "parley", "release": "kube-prometheus-stack"}
"""Labels by which kube-prometheus-stack's Prometheus chooses its rules."""


def generate_files() -> dict[str, str]:
    """What each generated file holds, by its path."""
    return {
        "monitoring/metrics.md": render_page(),
        f"{COMPONENT}/rules.yaml": _operator_rules(),
        f"{COMPONENT}/dashboards.yaml": _config_maps(),
        **{f"{DASHBOARDS}/{name}.json": _write_json(content) for name, content in build_dashboards().items()},
    }


def build_pages() -> dict[str, str]:
    """What each page holds that is made of the code of stages and channels, by its path."""
    made = {
        **{module.PAGE: module.render_page() for module in (settings, limits, openapi)},
        **dict(compose_settings.list_documents()),
    }
    return {str(path.relative_to(ROOT)): content for path, content in made.items()}


def _write_json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"


def _operator_rules() -> str:
    groups = []
    for name in ("recording", "alerts"):
        groups += yaml.safe_load((FOLDER / "rules" / f"{name}.yml").read_text(encoding="utf-8"))["groups"]
    resource = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "parley", "namespace": "parley", "labels": CHOSEN},
        "spec": {"groups": groups},
    }
    return "# Made by `task docs` of monitoring/rules.\n" + yaml.safe_dump(resource, sort_keys=False, width=160)


def _config_maps() -> str:
    """A ConfigMap for each dashboard, with the label that Grafana's sidecar looks for."""
    documents = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": f"parley-dashboard-{name}",
                "namespace": "parley",
                "labels": {"app.kubernetes.io/part-of": "parley", "grafana_dashboard": "1"},
                "annotations": {"grafana_folder": "Parley"},
            },
            "data": {f"parley-{name}.json": json.dumps(content, separators=(",", ":"))},
        }
        for name, content in build_dashboards().items()
    ]
    return "# Made by `task docs` of monitoring/generate.\n" + yaml.safe_dump_all(
        documents, sort_keys=False, width=10**6
    )


def main() -> int:
    for name, content in {**build_pages(), **generate_files()}.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        print(f"wrote {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
