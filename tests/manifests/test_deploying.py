"""What `task deploy`, `status` and `undeploy` ask of kubectl, with a stand-in for it that has a cluster's answers."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from knative.cluster import deploy
from tests.manifests.environments import need_kubectl

STANDIN = """#!{python}
import json, os, subprocess, sys
words = sys.argv[1:]
if words[0] == "kustomize":
    sys.exit(subprocess.run([{real!r}, *words]).returncode)
text = sys.stdin.read() if "-" in words else ""
with open({log!r}, "a") as log:
    log.write(json.dumps({{"words": words, "text": text}}) + "\\n")
if words[0] == "get" and words[1].startswith("triggers") and "name" in words:
    print("trigger.eventing.knative.dev/nlu-on-message-received")
    print("trigger.eventing.knative.dev/of-an-older-version")
sys.exit(1 if os.environ.get("FAIL", "-") in words[:2] else 0)
"""


class Cluster:
    def __init__(self, log: Path) -> None:
        self._log = log

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []

    @property
    def verbs(self) -> list[str]:
        return [call["words"][0] for call in self.asked]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    need_kubectl()
    log, program = tmp_path / "log.jsonl", tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text(STANDIN.format(python=sys.executable, real=shutil.which("kubectl"), log=str(log)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return Cluster(log)


def kinds(call: dict[str, Any]) -> set[str]:
    return {item["kind"] for item in yaml.safe_load_all(call["text"])}


def test_a_deployment_is_applied_waited_for_cleaned_and_shown(cluster: Cluster) -> None:
    assert deploy.main(["--env", "prod", "--registry", "ghcr.io/me", "--tag", "1.2.3"]) == 0
    calls = cluster.asked
    assert calls[0]["words"] == ["apply", "-f", "-"]
    assert "ghcr.io/me/parley-nlu:1.2.3" in calls[0]["text"]
    assert "registry.example.com" not in calls[0]["text"]
    assert [call["words"][1].partition(".")[0] for call in calls[1:3]] == ["services", "brokers"]
    assert all("--for=condition=Ready" in call["words"] for call in calls[1:3])
    deleted = [call["words"] for call in calls if call["words"][0] == "delete"]
    assert deleted == [["delete", "--namespace", "parley", "triggers.eventing.knative.dev/of-an-older-version"]]
    assert cluster.verbs[-1] == "get"


def test_the_example_s_address_is_no_place_to_deploy_from(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main(["--env", "prod"]) == 1
    assert "say REGISTRY= and TAG=" in capsys.readouterr().err
    assert cluster.asked == []


@pytest.mark.parametrize(("verb", "then"), [("apply", ["apply"]), ("wait", ["apply", "wait", "get"])])
def test_what_fails_is_told_and_nothing_is_removed(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, verb: str, then: list[str]
) -> None:
    monkeypatch.setenv("FAIL", verb)
    assert deploy.main(["--env", "dev"]) == 1
    assert cluster.verbs == then
    if verb == "wait":
        assert "MESSAGE" in cluster.asked[-1]["words"][-1]


def test_undeploying_takes_triggers_and_brokers_first_and_leaves_the_secrets(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(["--env", "prod", "--undeploy"]) == 0
    first, second, third = cluster.asked
    assert kinds(first) == {"Trigger", "PingSource"}
    assert kinds(second) == {"Broker"}
    assert "Service" in kinds(third)
    assert "Namespace" not in kinds(third)
    assert "the namespace parley stays" in capsys.readouterr().out
    assert all("--ignore-not-found" in call["words"] for call in cluster.asked)


def test_the_namespace_goes_last_where_it_is_to_go(cluster: Cluster) -> None:
    assert deploy.main(["--env", "dev", "--undeploy", "--namespace-too"]) == 0
    assert [kinds(call) for call in cluster.asked][-1] == {"Namespace"}


def test_the_status_names_reasons_and_pods(cluster: Cluster) -> None:
    assert deploy.main(["--env", "dev", "--status"]) == 0
    assert [call["words"][1].partition(".")[0] for call in cluster.asked] == ["services", "pods"]
    assert all("parley-dev" in call["words"] for call in cluster.asked)
