"""Every overlay against the resource definitions of Knative Serving and Eventing."""

from functools import cache
from typing import Any

import pytest
import yaml

from knative.cluster.rendering import kind_of, named
from tests.extra.manifests.schema import Schema, problems
from tests.extra.material import material
from tests.manifests.environments import ENVIRONMENTS, manifests


@cache
def definitions() -> dict[tuple[str, str], Schema]:
    """(apiVersion, kind) -> schema."""
    found: dict[tuple[str, str], Schema] = {}
    for folder in ("serving", "eventing"):
        for path in sorted(material("crds", folder).glob("*.yaml")):
            for document in yaml.safe_load_all(path.read_text()):
                if document and document.get("kind") == "CustomResourceDefinition":
                    spec: Any = document["spec"]
                    for version in spec["versions"]:
                        key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                        found[key] = version["schema"]["openAPIV3Schema"]
    return found


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_manifest_of_knative_fits_its_definition(environment: str) -> None:
    checked = 0
    for item in manifests(environment):
        if "knative.dev/" in kind_of(item)[0]:
            schema = definitions()[kind_of(item)]
            found = [
                problem for part in ("spec",) for problem in problems(item[part], schema["properties"][part], part)
            ]
            assert found == [], f"{kind_of(item)[1]} {named(item)}"
            checked += 1
    assert checked == 16


@pytest.mark.parametrize(
    ("kind", "change", "problem"),
    [
        ("Service", {"template": {"spec": {"containerConcurrency": "4"}}}, "is no integer"),
        ("Service", {"template": {"spec": {"containers": [], "tolerance": 1}}}, "tolerance is not known"),
        ("Broker", {"delivery": {"retry": "7"}}, "is no integer"),
        ("Trigger", {"broker": 1}, "is no string"),
    ],
)
def test_the_definitions_find_what_is_wrong(kind: str, change: dict[str, Any], problem: str) -> None:
    group = "serving" if kind == "Service" else "eventing"
    schema = definitions()[f"{group}.knative.dev/v1", kind]["properties"]["spec"]
    assert any(problem in found for found in problems(change, schema, "spec")), list(problems(change, schema, "spec"))
