"""Every setting can be made without a patch, and a changed one makes a new revision; tools reach into the cluster."""

import copy
import http.client
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from knative.cluster.forwarding import forward_port, settings_in
from knative.cluster.rendering import find_container, kind_of, name_of, stages_of
from knative.cluster.revisions import ANNOTATION, mark_settings, settings_of
from knative.local.stages import name_service
from monitoring.conversations.dead_letters import in_cluster
from tests.manifests.environments import ENVIRONMENTS, is_small, manifests, with_components

INGRESSES = (
    "kourier-system",
    "istio-system",
    "contour-external",
    "envoy-gateway-system",
    "gloo-system",
    "knative-serving-ingress",
)


def copied(environment: str) -> list[dict[str, Any]]:
    return copy.deepcopy(list(manifests(environment)))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_stage_reads_settings_of_its_own_where_somebody_made_them(environment: str) -> None:
    for item in stages_of(manifests(environment)):
        sources = find_container(item)["envFrom"]
        assert {"configMapRef": {"name": name_of(item), "optional": True}} in sources, name_of(item)
        assert all(next(iter(source.values()))["optional"] for source in sources)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_assistants_own_code_finds_its_keys(environment: str) -> None:
    name = "parley" if is_small(environment) else name_service("actions")
    (stage,) = (item for item in stages_of(manifests(environment)) if name_of(item) == name)
    assert {"secretRef": {"name": "parley-actions", "optional": True}} in find_container(stage)["envFrom"]


def test_what_no_message_of_strangers_may_reach_holds_no_keys() -> None:
    for item in stages_of(manifests("prod")):
        if name_of(item) in (name_service("nlu"), name_service("speech"), name_service("observer")):
            secrets = {name for kind, name in settings_of(item) if kind == "Secret"}
            assert secrets <= {"parley-installation", "parley-gateway"}, name_of(item)


def test_a_changed_secret_or_setting_makes_a_new_revision_of_those_that_read_it_and_of_no_other() -> None:
    def marks(versions: dict[tuple[str, str], str], changed: str = "") -> dict[str, str]:
        found = copied("prod")
        for item in found:
            if changed and kind_of(item)[1] == "ConfigMap" and name_of(item) == "parley-settings":
                item["data"]["NLU_URL"] = changed
        mark_settings(found, versions)
        return {
            name_of(item): item["spec"]["template"]["metadata"]["annotations"][ANNOTATION] for item in stages_of(found)
        }

    there = {("Secret", "parley-delivery"): "17", ("Secret", "somebody-elses"): "1"}
    before = marks(there)
    assert before == marks({**there, ("Secret", "somebody-elses"): "2"})
    rotated = marks({**there, ("Secret", "parley-delivery"): "18"})
    assert [name for name in before if before[name] != rotated[name]] == [name_service("delivery")]
    made = marks({**there, ("ConfigMap", name_service("gateway")): "1"})
    assert [name for name in before if before[name] != made[name]] == [name_service("gateway")]
    moved = marks(there, "http://elsewhere")
    assert moved[name_service("gateway")] != before[name_service("gateway")]
    assert moved[name_service("observer")] == before[name_service("observer")]


@pytest.mark.parametrize("component", ["shadow-model", "probe"])
def test_each_ingress_that_knative_has_brings_and_takes_requests(component: str, tmp_path: Path) -> None:
    for item in with_components(tmp_path, "prod", component):
        if kind_of(item)[1] == "NetworkPolicy" and "kourier-system" in str(item["spec"]):
            assert all(f"'{name}'" in str(item["spec"]) for name in INGRESSES), name_of(item)
            assert "parley.dev/ingress" in str(item["spec"]), name_of(item)


def test_names_are_resolved_on_the_node_wherever_they_are_resolved(tmp_path: Path) -> None:
    for item in with_components(tmp_path, "prod", "tracing", "shadow-model", "probe"):
        for rule in item["spec"].get("egress", ()) if kind_of(item)[1] == "NetworkPolicy" else ():
            if {port["port"] for port in rule.get("ports", ())} == {53}:
                assert "169.254.20.10/32" in str(rule["to"]), name_of(item)


STANDIN = """#!{python}
import http.server, os, subprocess, sys
words = sys.argv[1:]
if words[0] == "kustomize":
    sys.exit(subprocess.run([{real!r}, *words]).returncode)
if os.environ.get("AWAY"):
    sys.exit("error: services " + words[3] + " not found")
said = " ".join(words)

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(said.encode())
    def log_message(self, *_):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(f"Forwarding from 127.0.0.1:{{server.server_port}} -> 8080", flush=True)
server.serve_forever()
"""


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings_in(manifests("prod"))
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text(STANDIN.format(python=sys.executable, real=shutil.which("kubectl")))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def told_at(address: str) -> str:
    connection = http.client.HTTPConnection(address.partition("//")[2].partition("/")[0], timeout=10)
    connection.request("GET", "/")
    return connection.getresponse().read().decode()


@pytest.mark.usefixtures("kubectl")
def test_a_service_of_the_cluster_is_reached_from_here() -> None:
    with forward_port("http://broker-ingress.knative-eventing.svc.cluster.local/parley/default", "parley") as address:
        assert address.startswith("http://127.0.0.1:")
        assert address.endswith("/parley/default")
        assert told_at(address) == "port-forward --namespace knative-eventing service/broker-ingress :80"
    with forward_port("parley-firestore:8080", "parley-dev") as address:
        assert told_at(f"http://{address}") == "port-forward --namespace parley-dev service/parley-firestore :8080"
    with forward_port("https://firestore.example.com/v1", "parley") as address:
        assert address == "https://firestore.example.com/v1"


@pytest.mark.usefixtures("kubectl")
def test_what_kubectl_does_not_reach_is_said_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWAY", "1")
    address = "http://broker-ingress.knative-eventing.svc.cluster.local/parley/default"
    with pytest.raises(ValueError, match="broker-ingress not found"), forward_port(address, "parley"):
        pass


@pytest.mark.usefixtures("kubectl")
def test_dead_letters_of_a_cluster_are_replayed_by_its_own_store_and_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STORE_URL", "BROKER_URL", "FIRESTORE_EMULATOR_HOST"):
        monkeypatch.delenv(name, raising=False)
    with in_cluster("dev", "default"):
        assert os.environ["STORE_URL"] == settings_in(manifests("dev"))["STORE_URL"]
        assert "service/broker-ingress" in told_at(os.environ["BROKER_URL"])
        assert "--namespace parley-dev service/parley-firestore" in told_at(
            f"http://{os.environ['FIRESTORE_EMULATOR_HOST']}"
        )
    assert "BROKER_URL" not in os.environ
