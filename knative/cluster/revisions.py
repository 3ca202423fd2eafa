"""A changed Secret or ConfigMap makes a new revision.

Knative makes one where a Service's template changes, and a Secret's content is no part of that: pods that run keep the
old one. So `task deploy` writes a mark of what each Service reads into its template.
"""

import hashlib
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence

from knative.cluster.rendering import Manifest, find_container, kind_of, name_of, stages_of

ANNOTATION = "parley.dev/settings"
REFERENCES = {
    "secretRef": "Secret",
    "secretKeyRef": "Secret",
    "configMapRef": "ConfigMap",
    "configMapKeyRef": "ConfigMap",
}

Versions = Mapping[tuple[str, str], str]
"""Kind and name of what is there -> its version."""


def settings_of(manifest: Manifest) -> list[tuple[str, str]]:
    """Kind and name of each Secret and ConfigMap that a Service reads its environment from, in order."""
    spec = find_container(manifest)
    sources = [*spec.get("envFrom", ()), *(entry.get("valueFrom") or {} for entry in spec.get("env", ()))]
    return sorted({found for source in sources for found in _list_referenced(source)})


def _list_referenced(source: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for how, kind in REFERENCES.items():
        if how in source:
            yield kind, source[how]["name"]


def mark_settings(manifests: Sequence[Manifest], there: Versions) -> None:
    """Write into each Service's template what its Secrets and ConfigMaps are: of those that are applied with it their
    content, of others their version in the cluster."""
    applied = {
        (kind_of(item)[1], name_of(item)): json.dumps(item.get("data"), sort_keys=True)
        for item in manifests
        if kind_of(item)[1] == "ConfigMap"
    }
    for item in stages_of(manifests):
        read = [(*setting, applied.get(setting) or there.get(setting)) for setting in settings_of(item)]
        mark = hashlib.sha256(json.dumps(read).encode()).hexdigest()[:16]
        item["spec"]["template"]["metadata"].setdefault("annotations", {})[ANNOTATION] = mark


def versions_there(namespace: str) -> Versions | None:
    """The version of every Secret and ConfigMap in the namespace, not a word of what they hold; None where whoever
    deploys may not know them."""
    columns = "custom-columns=KIND:.kind,NAME:.metadata.name,VERSION:.metadata.resourceVersion"
    words = ["kubectl", "get", "secrets,configmaps", "--namespace", namespace, "--no-headers", "--output", columns]
    asked = subprocess.run(words, capture_output=True, text=True)
    if asked.returncode != 0:
        return None
    rows = (line.split() for line in asked.stdout.splitlines())
    return {(row[0], row[1]): row[2] for row in rows if len(row) == 3}
