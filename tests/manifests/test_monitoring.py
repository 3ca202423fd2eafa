"""What looks at Parley in a cluster: components that every environment can take, in its own namespace."""

from pathlib import Path

import pytest

from knative.cluster.checks import find_mistakes
from knative.cluster.rendering import Manifest, find_container, kind_of, name_of
from tests.manifests.environments import ENVIRONMENTS, manifests, with_components

pytestmark = pytest.mark.parametrize("environment", ENVIRONMENTS)
OPERATOR = "monitoring.coreos.com"


def added(tmp_path: Path, environment: str, component: str) -> list[Manifest]:
    before = {(kind_of(item), name_of(item)) for item in manifests(environment)}
    found = with_components(tmp_path, environment, component)
    assert find_mistakes(found) == []
    return [item for item in found if (kind_of(item), name_of(item)) not in before]


def test_monitoring_lies_in_the_environments_namespace_and_can_be_chosen_by_its_labels(
    environment: str, tmp_path: Path
) -> None:
    found = added(tmp_path, environment, "monitoring")
    (namespace,) = (name_of(item) for item in manifests(environment) if kind_of(item)[1] == "Namespace")
    assert {item["metadata"]["namespace"] for item in found} == {namespace}
    kinds = {kind_of(item)[1] for item in found}
    assert kinds == {"PodMonitor", "PrometheusRule", "AlertmanagerConfig", "ConfigMap", "NetworkPolicy"}
    for item in found:
        assert item["metadata"]["labels"]["app.kubernetes.io/part-of"] == "parley"
        if OPERATOR in kind_of(item)[0]:
            assert item["metadata"]["labels"]["release"] == "kube-prometheus-stack", name_of(item)


def test_what_lies_in_other_namespaces_is_looked_for_there(environment: str, tmp_path: Path) -> None:
    selectors = {
        name_of(item): item["spec"].get("namespaceSelector")
        for item in added(tmp_path, environment, "scraping")
        if kind_of(item)[1] == "PodMonitor"
    }
    assert selectors["parley-knative"] == {"matchNames": ["knative-serving"]}
    assert selectors["parley-broker"] == {"matchNames": ["knative-eventing"]}
    # Where nothing is said, the environment's own.
    assert selectors["parley-observer"] is None
    assert selectors["parley-gateway"] is None


def test_the_probe_is_known_to_who_sends_it_and_to_who_takes_it_by_a_secret(environment: str, tmp_path: Path) -> None:
    found = with_components(tmp_path, environment, "probe")
    assert find_mistakes(found) == []
    env = {
        name_of(item): {one["name"]: one for one in find_container(item).get("env", ())}
        for item in found
        if name_of(item) in ("parley-observer", "parley-gateway", "parley") and kind_of(item)[1] == "Service"
    }
    assert len(env) == 2
    for variables in env.values():
        assert "secretKeyRef" in variables["PROBE_TOKEN"]["valueFrom"]
    assert [name for name, variables in env.items() if "PROBE_URL" in variables] == ["parley-observer"]
