"""Every overlay against the resource definitions of Knative Serving and Eventing."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from knative.cluster.checks import find_mistakes
from knative.cluster.rendering import Manifest, kind_of, name_of
from knative.local.stages import STAGES
from tests.extra.manifests.schema import Schema, problems
from tests.extra.material import material
from tests.manifests.environments import BROKERS, COMPONENTS, ENVIRONMENTS, brokered, manifests, with_components


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


ELSEWHERE = {"RabbitmqBrokerConfig"}
"""Kinds whose definitions come with a broker of its own."""


def check(items: Iterable[Manifest]) -> int:
    """How many of them are Knative's; each fits its definition."""
    checked = 0
    for item in items:
        if "knative.dev/" in kind_of(item)[0] and kind_of(item)[1] not in ELSEWHERE:
            schema = definitions()[kind_of(item)]["properties"]["spec"]
            assert list(problems(item["spec"], schema, "spec")) == [], f"{kind_of(item)[1]} {name_of(item)}"
            checked += 1
    return checked


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_manifest_of_knative_fits_its_definition(environment: str) -> None:
    kinds = [kind_of(item)[0] for item in manifests(environment)]
    assert check(manifests(environment)) == sum("knative.dev/" in kind for kind in kinds) > 2 * len(STAGES)


@pytest.mark.parametrize("component", sorted(path.name for path in COMPONENTS.iterdir()))
def test_every_component_fits_the_definitions_too(component: str, tmp_path: Path) -> None:
    found = brokered(component, tmp_path) if component in BROKERS else with_components(tmp_path, "prod", component)
    assert check(found) > 2 * len(STAGES)
    assert find_mistakes(found) == []


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
