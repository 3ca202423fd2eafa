"""The brokers that production chooses between, and what is said to manifests that are wrong."""

import copy
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from knative.cluster import deploy
from knative.cluster.checks import CLASS, find_mistakes, find_unfit_for_production
from knative.cluster.rendering import OVERLAYS, Manifest, find_container, kind_of, name_of, replace_images
from knative.local.broker.delivery import sum_backoffs
from knative.local.routes import Policy
from knative.local.stages import ROOT
from shared.channels.names import NAMES
from shared.events.catalogue import RepliesDecided
from tests.manifests.environments import ENVIRONMENTS, manifests, need_kubectl


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    """A copy of prod that a test may change."""
    need_kubectl()
    text = (OVERLAYS / "prod" / "kustomization.yaml").read_text()
    up = "/".join([".."] * len((tmp_path / "prod").resolve().parts[1:]))
    text = text.replace("../../", f"{up}{ROOT / 'knative'}/")
    (tmp_path / "prod").mkdir()
    (tmp_path / "prod" / "kustomization.yaml").write_text(text)
    return tmp_path


def changed(overlay: Path, old: str, new: str) -> None:
    path = overlay / "prod" / "kustomization.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def of_kind(found: list[Manifest], kind: str) -> list[Manifest]:
    return [item for item in found if kind_of(item)[1] == kind]


ORDER = "kafka.eventing.knative.dev/delivery.order"


def test_kafka_keeps_the_messages_of_a_conversation_in_order_and_holds_up_no_partition_for_what_waits_or_hangs() -> (
    None
):
    found = [*manifests("prod")]
    (broker,) = of_kind(found, "Broker")
    assert broker["metadata"]["annotations"][CLASS] == "Kafka"
    ordered = {name_of(item): ORDER in item["metadata"].get("annotations", {}) for item in of_kind(found, "Trigger")}
    for name in ("nlu-on-message-received", "dialogue-on-message-understood", "delivery-to-slack"):
        assert ordered[name], name
    # A message that arrived waits for the next one; an action takes its time; whoever wakes waits for a cold start.
    for name in ("dialogue-on-message-arrived", "actions-on-action-requested", "dialogue-on-action-completed"):
        assert not ordered[name], name


def test_with_kafka_a_dead_platform_delays_no_other_channel() -> None:
    """An ordered partition waits for the event at its head, so each channel has a Trigger, and with it an offset."""
    replies = [
        trigger["spec"]["filter"]["attributes"]
        for trigger in of_kind([*manifests("prod")], "Trigger")
        if trigger["spec"]["filter"]["attributes"]["type"] == RepliesDecided.TYPE
    ]
    assert sorted(attributes["channel"] for attributes in replies) == sorted(NAMES)


def test_a_side_road_has_an_end_of_its_own_and_says_how_often_it_is_tried(overlay: Path) -> None:
    """What fails there is no dead letter of the Broker's; and Kafka's reads `retry: 0` as the Broker's retries."""
    found = with_components(overlay, "prewarming", "shadow-model")
    for trigger in of_kind(found, "Trigger"):
        delivery = trigger["spec"].get("delivery")
        if delivery is not None:
            assert delivery["retry"] > 0
            assert "deadLetterSink" in delivery
        if name_of(trigger).startswith(("wake-", "shadow-")):
            assert delivery is not None
            assert delivery["deadLetterSink"]["ref"]["name"] == "parley-observer"
            assert delivery["deadLetterSink"]["uri"] == "/wake"


def test_an_outage_of_an_hour_is_waited_out() -> None:
    for item in manifests("prod"):
        delivery = item.get("spec", {}).get("delivery")
        if kind_of(item)[1] in ("Broker", "Trigger") and delivery is not None:
            assert waited(delivery) > 3600, name_of(item)


def test_a_broker_that_holds_its_publisher_ends_in_a_dead_letter_before_that_one_hangs_up() -> None:
    (broker,) = of_kind([*manifests("dev")], "Broker")
    assert broker["metadata"]["annotations"][CLASS] == "MTChannelBasedBroker"
    (settings,) = (item for item in manifests("dev") if name_of(item) == "parley-settings")
    # Three stages, one after the other.
    assert 3 * waited(broker["spec"]["delivery"]) < float(settings["data"]["PUBLISH_TIMEOUT"]) / 2


def waited(delivery: Mapping[str, Any]) -> float:
    """Seconds from the first attempt to the last."""
    policy = Policy(
        delivery["retry"], delivery["backoffPolicy"], float(re.sub("[^0-9.]", "", delivery["backoffDelay"]))
    )
    return sum_backoffs(policy)


def test_rabbitmq_takes_kafkas_place(overlay: Path) -> None:
    changed(overlay, "components/kafka\n", "components/rabbitmq\n")
    found = deploy.prepare_manifests("prod", folder=overlay)
    (broker,) = of_kind(found, "Broker")
    assert broker["metadata"]["annotations"][CLASS] == "RabbitMQBroker"
    (settings,) = (item for item in of_kind(found, "ConfigMap") if name_of(item) == "parley-settings")
    assert settings["data"]["BROKER_URL"] == "http://default-broker-ingress.parley.svc.cluster.local"


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("components/kafka\n", "components/in-memory\n", "loses events"),
        ("images:\n", "x-none:\n", ""),
        ('newTag: "0.1.0" }\n  - { name: parley-nlu,', "newTag: latest }\n  - { name: parley-nlu,", "name a version"),
    ],
)
def test_what_is_unfit_for_production_is_refused(overlay: Path, old: str, new: str, cause: str) -> None:
    changed(overlay, old, new)
    with pytest.raises(ValueError, match=cause or "."):
        deploy.prepare_manifests("prod", folder=overlay)


def test_a_broker_whose_class_the_cluster_decides_is_refused_in_production(overlay: Path) -> None:
    path = overlay / "prod" / "kustomization.yaml"
    lines = [line for line in path.read_text().splitlines() if "kafka" not in line]
    path.write_text("\n".join(lines))
    with pytest.raises(ValueError, match="the cluster decides"):
        deploy.prepare_manifests("prod", folder=overlay)


def test_the_developers_environment_is_refused_as_production() -> None:
    found = "\n".join(find_unfit_for_production(manifests("dev")))
    for word in ("in-memory", "opens REST", "emulator", "name a version"):
        assert word in found


WRONG: list[tuple[str, str, Any, str]] = [
    ("Service", "spec.template.spec.containerConcurrency", -1, "containerConcurrency is -1"),
    ("Service", "spec.template.spec.containerConcurrency", 0, "containerConcurrency is 0"),
    ("Service", "spec.template.spec.containers.0.image", "", "has no image"),
    ("Service", "spec.template.spec.serviceAccountName", "nobody", "ServiceAccount nobody"),
    ("Service", "spec.template.spec.containers.0.readinessProbe.periodSeconds", 10, "periodSeconds"),
    ("Trigger", "spec.filter.attributes.type", 7, "must be text"),
    ("Trigger", "spec.filter.attributes.type", "", "must be text"),
    ("Trigger", "spec.filter.attributes.hasReplies", "true", "lower-case"),
    ("Trigger", "spec.filter", {}, "filters on no type"),
    ("Trigger", "spec.subscriber", {}, "no subscriber"),
    ("Trigger", "spec.subscriber.ref.name", "parley-nobody", "parley-nobody"),
    ("Trigger", "spec.broker", "other", "broker 'other'"),
    ("Broker", "spec.delivery", {"retry": 3}, "deadLetterSink"),
    ("Broker", "spec.config.name", "other", "ConfigMap other"),
    ("Broker", "spec.delivery.retry", -1, "delivery.retry is -1"),
    ("Broker", "spec.delivery.backoffDelay", "0.1s", "ISO 8601"),
    ("Broker", "spec.delivery.backoffPolicy", "fast", "linear or exponential"),
    ("Broker", "spec.delivery.deadLetterSink.uri", "http://elsewhere/", "only a path is allowed"),
    ("Trigger", "spec.filter.attributes.1st", "x", "a lower-case letter"),
    ("Trigger", "spec.delivery", {"timeout": "5"}, "delivery.timeout"),
    ("Trigger", "spec.subscriber.ref", {"kind": "Service", "name": "parley-nlu"}, "no apiVersion"),
    ("Service", "spec.template.spec.hostNetwork", True, "hostNetwork needs a feature flag"),
    ("Service", "spec.template.spec.initContainers", [], "initContainers needs a feature flag"),
    ("Service", "spec.template.spec.automountServiceAccountToken", True, "may only be false"),
    ("Service", "spec.template.spec.timeoutSeconds", 3600, "clusters allow 600"),
    ("Service", "spec.template.spec.containers.0.lifecycle", {}, "lifecycle is not allowed"),
    ("Service", "spec.template.spec.containers.0.securityContext.privileged", True, "privileged is not allowed"),
    ("Service", "spec.template.spec.containers.0.securityContext.capabilities", {"add": ["X"]}, "capabilities.add"),
    ("Service", "spec.template.spec.containers.0.env.0.name", "PORT", "reserved"),
    ("Service", "spec.template.spec.containers.0.env.0.valueFrom", {"fieldRef": {}}, "from a field"),
    ("Service", "spec.template.spec.containers.0.ports.0.name", "web", "http1 or h2c"),
    ("Service", "spec.template.spec.containers.0.ports.0.containerPort", 8012, "taken by Knative"),
    ("Service", "spec.template.spec.containers.0.readinessProbe.timeoutSeconds", 1, "without periodSeconds"),
    ("Service", "spec.template.spec.volumes", [{"name": "v", "hostPath": {}}], "hostPath"),
    ("Service", "spec.template.spec.volumes", [{"name": "v", "secret": {}}], "mounted nowhere"),
    (
        "Service",
        "spec.template.spec.containers.0.volumeMounts",
        [{"name": "v", "mountPath": "x"}],
        "none of its volumes",
    ),
]


@pytest.mark.parametrize(("kind", "path", "value", "cause"), WRONG, ids=[f"{item[1]}={item[2]}" for item in WRONG])
def test_what_only_a_webhook_would_refuse_is_found_before(kind: str, path: str, value: Any, cause: str) -> None:
    found = copy.deepcopy([*manifests("prod")])
    items = [item for item in found if kind_of(item)[1] == kind and "knative" in kind_of(item)[0]]
    item = next((item for item in items if name_of(item) == "parley-gateway"), items[0])
    place: Any = item
    *way, last = path.split(".")
    for part in way:
        place = place[int(part)] if part.isdigit() else place[part]
    place[last] = value
    assert any(cause in sentence for sentence in find_mistakes(found)), find_mistakes(found)


def test_an_address_that_leads_into_another_namespace_is_found() -> None:
    """As in an overlay that was copied, where the namespace is another and the addresses are not."""
    found = copy.deepcopy([*manifests("prod")])
    for item in found:
        item["metadata"]["namespace"] = "elsewhere"
    (settings,) = (item for item in found if name_of(item) == "parley-settings")
    settings["data"] |= {"SHADOW_URL": "http://parley-nlu.other.svc/", "PUBLIC_URL": "https://bot.example.com/parley/x"}
    causes = "\n".join(find_mistakes(found))
    for key, place in (("NLU_URL", "parley"), ("DELIVERY_URL", "parley"), ("SHADOW_URL", "other")):
        assert re.search(rf"parley-settings: {key} leads to parley-\w+ in the namespace {place},", causes), key
    assert "BROKER_URL leads to the broker default in the namespace parley" in causes
    assert "PUBLIC_URL" not in causes
    assert "STORE_URL" not in causes


def test_registry_and_tag_reach_every_image_and_a_candidate_keeps_its_tag(overlay: Path) -> None:
    made = with_components(overlay, "shadow-model", "review", images=("parley-shadow", "parley-review"))
    (shadow,) = (item for item in made if name_of(item) == "parley-shadow" and kind_of(item)[1] == "Service")
    shadow["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example.com/parley/parley-nlu:candidate"
    found = replace_images(made, "ghcr.io/me", "1.2.3")
    there = {name_of(item): find_container(item)["image"] for item in found if kind_of(item)[0].startswith("serving")}
    assert there["parley-review"] == "ghcr.io/me/parley-review:1.2.3"
    assert there["parley-shadow"] == "ghcr.io/me/parley-nlu:candidate"
    assert there["parley-nlu"] == "ghcr.io/me/parley-nlu:1.2.3"


SCALING: list[tuple[str, Any, str]] = [
    ("min-scale", "-1", "whole number from 0"),
    ("min-scale", "100", "less than min-scale"),
    ("max-scale", 3, "text in quotes"),
    ("initial-scale", "0", "initial-scale 0"),
    ("scale-to-zero-pod-retention-period", "2 minutes", "a duration"),
    ("target-utilization-percentage", "0.8", "1 to 100"),
]


@pytest.mark.parametrize(("name", "value", "cause"), SCALING, ids=[f"{item[0]}={item[1]}" for item in SCALING])
def test_scaling_that_a_webhook_would_refuse_is_found_before(name: str, value: Any, cause: str) -> None:
    found = copy.deepcopy([*manifests("prod")])
    item = next(item for item in found if kind_of(item) == ("serving.knative.dev/v1", "Service"))
    item["spec"]["template"]["metadata"]["annotations"][f"autoscaling.knative.dev/{name}"] = value
    assert any(cause in sentence for sentence in find_mistakes(found)), find_mistakes(found)
    item["metadata"]["annotations"] = {f"autoscaling.knative.dev/{name}": "1"}
    assert any("belongs to spec.template" in sentence for sentence in find_mistakes(found))


def test_a_key_for_firestore_can_be_mounted(overlay: Path) -> None:
    changed(overlay, "/components/kafka\n", "/components/kafka\n  - KEY\n")
    up = "/".join([".."] * len((overlay / "prod").resolve().parts[1:]))
    changed(overlay, "KEY", f"{up}{ROOT / 'knative' / 'components' / 'firestore-key'}")
    for item in deploy.prepare_manifests("prod", folder=overlay):
        if kind_of(item)[0] == "serving.knative.dev/v1":
            names = [one["name"] for one in item["spec"]["template"]["spec"]["containers"][0].get("env", ())]
            keyed = name_of(item) in ("parley-dialogue", "parley-delivery", "parley-dead-letter")
            assert ("GOOGLE_APPLICATION_CREDENTIALS" in names) == keyed


def test_with_rabbitmq_the_stages_reach_their_broker(overlay: Path) -> None:
    changed(overlay, "components/kafka\n", "components/rabbitmq\n")
    policies = {
        name_of(item): item for item in of_kind(deploy.prepare_manifests("prod", folder=overlay), "NetworkPolicy")
    }
    chosen = policies["events-reach-the-broker"]["spec"]
    assert chosen["podSelector"]["matchLabels"]["eventing.knative.dev/brokerRole"] == "ingress"
    assert {"podSelector": {}} in chosen["ingress"][0]["from"]


def test_a_secret_and_a_port_of_knatives_are_found() -> None:
    found = copy.deepcopy([*manifests("prod")])
    found.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "oops", "namespace": "parley"}})
    (observer,) = (item for item in found if name_of(item) == "parley-observer" and "serving" in kind_of(item)[0])
    observer["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "9090"
    causes = "\n".join(find_mistakes(found))
    assert "Secret oops" in causes
    assert "METRICS_PORT 9090" in causes


def test_what_would_be_applied_can_be_read_first(capsys: pytest.CaptureFixture[str]) -> None:
    need_kubectl()
    assert deploy.main(["--env", "prod", "--registry", "ghcr.io/me", "--tag", "7", "--print"]) == 0
    printed = list(yaml.safe_load_all(capsys.readouterr().out))
    assert {kind_of(item)[1] for item in printed} >= {"Namespace", "Service", "Broker", "Trigger", "NetworkPolicy"}


def with_components(overlay: Path, *names: str, images: Sequence[str] = ("parley-shadow",)) -> list[Manifest]:
    """prod with these components as well, and their images."""
    changed(overlay, "components/kafka\n", "components/kafka\n" + "".join(f"  - COMPONENTS/{name}\n" for name in names))
    path = overlay / "prod" / "kustomization.yaml"
    up = "/".join([".."] * len((overlay / "prod").resolve().parts[1:]))
    text = path.read_text().replace("COMPONENTS", f"{up}{ROOT / 'knative' / 'components'}")
    made = [
        f"  - {{ name: {name}, newName: registry.example.com/parley/{name}, newTag: candidate }}\n" for name in images
    ]
    path.write_text(text.replace("images:\n", f"images:\n{''.join(made)}"))
    return deploy.prepare_manifests("prod", folder=overlay)


def test_a_shadow_model_gets_the_same_messages_by_a_second_trigger(overlay: Path) -> None:
    found = with_components(overlay, "shadow-model")
    wanted = {"dev.parley.message.understood.v1"}
    triggers = {name_of(item): item["spec"] for item in of_kind(found, "Trigger")}
    shadow = triggers["shadow-on-message-understood"]
    assert set(shadow["filter"]["attributes"].values()) == wanted
    assert set(triggers["dialogue-on-message-understood"]["filter"]["attributes"].values()) == wanted
    assert shadow["subscriber"]["ref"]["name"] == "parley-shadow"
    services = {name_of(item): item for item in of_kind(found, "Service")}
    environ = {item["name"]: item for item in find_container(services["parley-shadow"])["env"]}
    assert "SHADOW_BROKER_URL" in environ
    assert "SHADOW_URL" in {item["name"] for item in find_container(services["parley-gateway"])["env"]}
    assert find_container(services["parley-shadow"])["image"].endswith("parley-shadow:candidate")


def test_tracing_reaches_every_stage_and_the_collector_is_all_that_more_may_be_called(overlay: Path) -> None:
    found = with_components(overlay, "shadow-model", "tracing")
    services = of_kind(found, "Service")
    assert len(services) == 9
    for item in services:
        assert {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER_ARG"} <= {
            variable["name"] for variable in find_container(item)["env"]
        }, name_of(item)
    (policy,) = (item for item in of_kind(found, "NetworkPolicy") if name_of(item) == "stages-call-the-collector")
    assert policy["spec"]["podSelector"] != {}, "it would shut the stages that may call anybody"
    assert {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]} == {4318, 53}


def test_the_review_page_is_in_no_overlay_and_never_without_a_token(overlay: Path) -> None:
    for environment in ENVIRONMENTS:
        assert "parley-review" not in {name_of(item) for item in manifests(environment)}
    found = with_components(overlay, "review", images=("parley-review",))
    (page,) = (item for item in of_kind(found, "Service") if name_of(item) == "parley-review")
    environ = {item["name"]: item for item in find_container(page)["env"]}
    assert environ["REVIEW_AUTH"]["value"] == "token"
    assert "optional" not in environ["REVIEW_TOKEN"]["valueFrom"]["secretKeyRef"]
    assert page["metadata"]["labels"]["networking.knative.dev/visibility"] == "cluster-local"
