"""What `task deploy`, `status` and `undeploy` ask of kubectl, with a stand-in for it that has a cluster's answers."""

import base64
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
if words[0] == "get" and words[1].startswith("services") and "name" in words and os.environ.get("FORMER"):
    for name in os.environ["FORMER"].split():
        print("service.serving.knative.dev/" + name)
if words[0] == "get" and words[1] == "secrets,configmaps":
    print("Secret   parley-delivery   " + os.environ.get("VERSION", "17"))
if words[0] == "get" and words[1] == "secret":
    print(os.environ.get("TOKEN_BASE64", ""))
    sys.exit(0 if "TOKEN_BASE64" in os.environ else 1)
if words[0] == "get" and words[1].startswith("triggers") and "name" in words:
    print("trigger.eventing.knative.dev/nlu-on-message-received")
    print("trigger.eventing.knative.dev/of-an-older-version")
sys.exit(1 if os.environ.get("FAIL", "-") in words[:2] else 0)
"""


class Cluster:
    def __init__(self, log: Path) -> None:
        self._log = log

    @property
    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []

    @property
    def verbs(self) -> list[str]:
        return [call["words"][0] for call in self.calls]


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
    read, *calls = cluster.calls
    assert read["words"][:4] == ["get", "secrets,configmaps", "--namespace", "parley"]
    assert calls[0]["words"] == ["apply", "-f", "-"]
    assert "ghcr.io/me/parley-nlu:1.2.3" in calls[0]["text"]
    assert "registry.example.com" not in calls[0]["text"]
    assert [call["words"][1].partition(".")[0] for call in calls[1:3]] == ["services", "brokers"]
    assert all("--for=condition=Ready" in call["words"] for call in calls[1:3])
    deleted = [call["words"] for call in calls if call["words"][0] == "delete"]
    assert deleted == [["delete", "--namespace", "parley", "triggers.eventing.knative.dev/of-an-older-version"]]
    assert cluster.verbs[-1] == "get"


def test_a_changed_secret_makes_a_new_revision_of_who_reads_it(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("17", "17", "18"):
        monkeypatch.setenv("VERSION", version)
        assert deploy.main(["--env", "dev"]) == 0
    applied = [yaml.safe_load_all(call["text"]) for call in cluster.calls if call["words"][0] == "apply"]
    first, again, changed = [
        {item["metadata"]["name"]: item["spec"]["template"] for item in found if "template" in item.get("spec", {})}
        for found in applied
    ]
    assert first == again
    assert [name for name in first if first[name] != changed[name]] == ["parley-delivery"]


def test_who_may_not_list_secrets_deploys_all_the_same(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAIL", "secrets,configmaps")
    assert deploy.main(["--env", "dev"]) == 0
    assert "makes no new revision" in capsys.readouterr().err
    assert "parley.dev/settings" not in cluster.calls[1]["text"]


def test_the_example_s_address_is_no_place_to_deploy_from(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    assert deploy.main(["--env", "prod"]) == 1
    assert "say REGISTRY= and TAG=" in capsys.readouterr().err
    assert cluster.calls == []


@pytest.mark.parametrize(("verb", "then"), [("apply", ["get", "apply"]), ("wait", ["get", "apply", "wait", "get"])])
def test_what_fails_is_told_and_nothing_is_removed(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, verb: str, then: list[str]
) -> None:
    monkeypatch.setenv("FAIL", verb)
    assert deploy.main(["--env", "dev"]) == 1
    assert cluster.verbs == then
    if verb == "wait":
        assert "MESSAGE" in cluster.calls[-1]["words"][-1]


def test_undeploying_takes_triggers_and_brokers_first_and_leaves_the_secrets(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(["--env", "prod", "--undeploy"]) == 0
    first, second, third = cluster.calls
    assert kinds(first) == {"Trigger", "PingSource"}
    assert kinds(second) == {"Broker"}
    assert "Service" in kinds(third)
    assert "Namespace" not in kinds(third)
    assert "the namespace parley stays" in capsys.readouterr().out
    assert all("--ignore-not-found" in call["words"] for call in cluster.calls)


def test_the_namespace_goes_last_where_it_is_to_go(cluster: Cluster) -> None:
    assert deploy.main(["--env", "dev", "--undeploy", "--namespace-too"]) == 0
    assert [kinds(call) for call in cluster.calls][-1] == {"Namespace"}


def test_the_status_names_reasons_and_pods(cluster: Cluster) -> None:
    assert deploy.main(["--env", "dev", "--status"]) == 0
    assert [call["words"][1].partition(".")[0] for call in cluster.calls] == ["services", "pods"]
    assert all("parley-dev" in call["words"] for call in cluster.calls)


def test_what_stages_need_first_is_waited_for(cluster: Cluster) -> None:
    assert deploy.main(["--env", "dev"]) == 0
    waits = [call["words"][1].partition(".")[0] for call in cluster.calls if call["words"][0] == "wait"]
    assert waits == ["deployments", "services", "brokers"]


SMALL = ["--env", "small", "--registry", "ghcr.io/me", "--tag", "1.2.3"]


def test_one_pod_gets_a_token_that_is_made_once_and_stands_in_no_file(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(SMALL) == 0
    namespace, asked, made, applied = cluster.calls[1:5]
    assert kinds(namespace) == {"Namespace"}
    assert asked["words"][:3] == ["get", "secret", "parley-stages"]
    assert made["words"] == ["create", "-f", "-"]
    token = yaml.safe_load(made["text"])["stringData"]["STAGES_TOKEN"]
    assert len(token) >= 32
    assert f"uri: /stages/nlu?token={token}" in applied["text"]
    assert "token=STAGES_TOKEN" not in applied["text"]
    assert "Secret" not in kinds(applied)
    shown = capsys.readouterr()
    assert token not in shown.out + shown.err


def test_a_token_that_is_there_stays(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    token = "t" * 40
    monkeypatch.setenv("TOKEN_BASE64", base64.b64encode(token.encode()).decode())
    assert deploy.main(SMALL) == 0
    assert "create" not in cluster.verbs
    assert f"uri: /stages/delivery?token={token}" in cluster.calls[3]["text"]


@pytest.mark.parametrize("token", ["short", "with a space in it, and more than 32 characters", "x" * 40 + "&a=b"])
def test_a_token_that_no_address_can_hold_is_refused(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], token: str
) -> None:
    monkeypatch.setenv("TOKEN_BASE64", base64.b64encode(token.encode()).decode())
    assert deploy.main(SMALL) == 1
    assert "the Secret parley-stages holds no token" in capsys.readouterr().err
    assert cluster.verbs == ["get", "apply", "get"]


@pytest.mark.parametrize(
    ("arguments", "former"),
    [(SMALL, "parley-gateway parley-nlu"), (["--env", "prod", *SMALL[2:]], "parley")],
    ids=["to one pod", "back"],
)
def test_when_the_shape_changes_the_former_stages_stay_until_nobody_calls_them(
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    former: str,
) -> None:
    monkeypatch.setenv("FORMER", former)
    assert deploy.main(arguments) == 0
    deleted = [word for call in cluster.calls if call["words"][0] == "delete" for word in call["words"][3:]]
    assert deleted == ["triggers.eventing.knative.dev/of-an-older-version"]
    assert f"kubectl delete --namespace parley services.serving.knative.dev {former}" in capsys.readouterr().out
