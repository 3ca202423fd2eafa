"""Nothing goes into a pod or out of it that a policy does not name; the address of a cloud's credentials is in none."""

import ipaddress
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from knative.cluster.rendering import Manifest, kind_of, name_of, stages_of
from tests.manifests.environments import ENVIRONMENTS, manifests, with_components

METADATA = ("169.254.169.254", "169.254.169.252", "fd00:ec2::254", "::ffff:169.254.169.254", "100.100.100.200")
"""Where clouds answer with a pod's credentials."""
PRIVATE = (
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "127.0.0.1",
    "169.254.1.1",
    "100.64.0.1",
    "fc00::1",
    "fe80::1",
    "0.0.0.0",
)
LABEL = "serving.knative.dev/service"

DNS, THROUGH_KNATIVE, OUTSIDE, EMULATOR = "dns", "knative", "outside", "emulator"
WANTED: Mapping[str, set[str]] = {
    "parley-gateway": {DNS, THROUGH_KNATIVE, OUTSIDE},
    "parley-speech": {DNS, THROUGH_KNATIVE},
    "parley-nlu": set(),
    "parley-dialogue": {DNS, THROUGH_KNATIVE, OUTSIDE},
    "parley-actions": {DNS, OUTSIDE},
    "parley-delivery": {DNS, OUTSIDE},
    "parley-observer": set(),
    "parley": {DNS, THROUGH_KNATIVE, OUTSIDE},
    "parley-dead-letter": {DNS, THROUGH_KNATIVE, OUTSIDE},
}


def policies(found: Iterable[Manifest], direction: str) -> list[Manifest]:
    return [item for item in found if kind_of(item)[1] == "NetworkPolicy" and direction in item["spec"]["policyTypes"]]


def selects(policy: Manifest, stage: str) -> bool:
    selector = policy["spec"]["podSelector"]
    for key, value in selector.get("matchLabels", {}).items():
        if (key, value) != (LABEL, stage):
            return False
    for expression in selector.get("matchExpressions", ()):
        if expression["key"] != LABEL or (expression["operator"] == "In" and stage not in expression["values"]):
            return False
    return True


def allowed(found: Iterable[Manifest], stage: str) -> list[tuple[Any, list[Any]]]:
    """Where the stage may go: peers and ports of each rule of the policies that select it."""
    chosen = [item for item in policies(found, "Egress") if selects(item, stage)]
    return [(rule.get("to", []), rule.get("ports", [])) for item in chosen for rule in item["spec"].get("egress", ())]


def reaches(peers: Iterable[Mapping[str, Any]], address: str) -> bool:
    where = ipaddress.ip_address(address)
    for peer in peers:
        if "ipBlock" in peer:
            block = ipaddress.ip_network(peer["ipBlock"]["cidr"])
            holes = map(ipaddress.ip_network, peer["ipBlock"].get("except", ()))
            if where in block and not any(where in hole for hole in holes):
                return True
    return False


def kinds(rules: list[tuple[Any, list[Any]]]) -> set[str]:
    found = set()
    for peers, ports in rules:
        text, numbers = str(peers), {port["port"] for port in ports}
        if numbers == {53}:
            found.add(DNS)
        elif "knative-eventing" in text:
            found.add(THROUGH_KNATIVE)
        elif reaches(peers, "142.250.1.1") and numbers == {443}:
            found.add(OUTSIDE)
        elif "firestore-emulator" in text or "eventing.knative.dev/broker" in text:
            found.add(EMULATOR)
        else:
            found.add(f"something else: {peers} {ports}")
    return found


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_pod_is_closed_both_ways_before_anything_is_opened(environment: str) -> None:
    closed = [
        item
        for item in policies(manifests(environment), "Egress")
        if item["spec"]["podSelector"] == {} and not item["spec"].get("egress") and not item["spec"].get("ingress")
    ]
    assert [item["spec"]["policyTypes"] for item in closed] == [["Ingress", "Egress"]]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_stage_goes_where_it_is_named_and_nowhere_else(environment: str) -> None:
    found = manifests(environment)
    for item in stages_of(found):
        went = kinds(allowed(found, name_of(item))) - {EMULATOR}
        assert went == WANTED[name_of(item)], name_of(item)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_rule_opens_everything_or_the_address_of_credentials(environment: str) -> None:
    found = manifests(environment)
    for item in policies(found, "Egress"):
        for rule in item["spec"].get("egress", ()):
            assert rule.get("to"), f"{name_of(item)} opens everything"
            assert {"namespaceSelector": {}} not in rule["to"], f"{name_of(item)} opens every namespace"
            for address in (*METADATA, *PRIVATE):
                assert not reaches(rule["to"], address), f"{name_of(item)} reaches {address}"


def test_only_a_component_of_its_own_opens_it_for_the_stages_that_keep_something(tmp_path: Path) -> None:
    found = with_components(tmp_path, "prod", "workload-identity")
    asking = {stage for stage in WANTED if any(reaches(to, METADATA[0]) for to, _ in allowed(found, stage))}
    assert asking == {"parley", "parley-dialogue", "parley-delivery", "parley-dead-letter"}
