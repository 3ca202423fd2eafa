"""What every environment keeps, whatever it changes."""

import importlib
from pathlib import Path

import pytest

from knative.cluster.checks import CLASS, DURABLE, find_mistakes, find_unfit_for_production
from knative.cluster.deploy import prepare_manifests
from knative.cluster.rendering import find_container, kind_of, name_of, stages_of
from knative.images.build import name_image as image_name
from knative.local.stages import ALL_IN_ONE, SHARING, STAGES, name_service, process_of
from tests.manifests.environments import ENVIRONMENTS, is_small, manifests, with_components

pytestmark = pytest.mark.parametrize("environment", ENVIRONMENTS)

ALL_STAGES = {
    "INSTALLATION_SECRET",
    "LOG_LEVEL",
    "THREADS",
    "METRICS_PORT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_TRACES_SAMPLER_ARG",
}
"""Settings of every stage; functions/SETTINGS.md lists them."""
CLIENTS = {"FIRESTORE_EMULATOR_HOST"}
"""Settings that a vendor's client reads itself."""


def test_it_has_no_mistake_that_a_webhook_would_find(environment: str) -> None:
    assert find_mistakes(manifests(environment)) == []


def test_it_runs_every_stage_once(environment: str) -> None:
    processes = {process_of(stage, is_small(environment)) for stage in STAGES}
    assert sorted(map(name_of, stages_of(manifests(environment)))) == sorted(map(name_service, processes))


def test_every_event_goes_to_the_door_of_its_stage(environment: str) -> None:
    """Where stages share a process, the path says which of them; the token is put in by `task deploy`."""
    for item in manifests(environment):
        if kind_of(item)[1] == "Trigger":
            stage = name_of(item).partition("-")[0]
            subscriber = item["spec"]["subscriber"]
            shared = is_small(environment) and stage in SHARING
            assert subscriber["ref"]["name"] == name_service(process_of(stage, is_small(environment)))
            assert subscriber.get("uri") == (f"/stages/{stage}?token=STAGES_TOKEN" if shared else None)


def test_everything_lies_in_its_own_namespace(environment: str) -> None:
    (namespace,) = (name_of(item) for item in manifests(environment) if kind_of(item)[1] == "Namespace")
    for item in manifests(environment):
        if kind_of(item)[1] != "Namespace":
            assert item["metadata"]["namespace"] == namespace, name_of(item)
        if kind_of(item)[1] == "ConfigMap" and name_of(item) == "parley-settings":
            for key, value in item["data"].items():
                if ".svc.cluster.local" in value and "broker" not in value:
                    assert f".{namespace}.svc" in value, f"{key} leads into another namespace"
                if key == "BROKER_URL":
                    assert value.endswith(f"/{namespace}/default") or f".{namespace}.svc" in value


def test_everything_carries_the_label_by_which_left_overs_are_found(environment: str) -> None:
    for item in manifests(environment):
        assert item["metadata"]["labels"]["app.kubernetes.io/part-of"] == "parley", name_of(item)


def test_every_image_is_one_that_a_task_builds(environment: str) -> None:
    built = {image_name(stage, "", "x").partition(":")[0] for stage in (*STAGES, ALL_IN_ONE)}
    for item in stages_of(manifests(environment)):
        name = find_container(item)["image"].rpartition("/")[2].partition(":")[0]
        assert name in built
        assert name == name_of(item)


def test_every_variable_is_a_setting_of_its_stage(environment: str) -> None:
    for item in stages_of(manifests(environment)):
        process = item["metadata"]["labels"]["app.kubernetes.io/component"].replace("-", "_")
        known = ALL_STAGES | CLIENTS
        for stage in (ALL_IN_ONE, *SHARING) if process == ALL_IN_ONE else (process,):
            config = importlib.import_module(f"functions.{stage}.config").Config
            known |= {field.metadata["env"] for field in config.__dataclass_fields__.values()}
        names = [variable["name"] for variable in find_container(item).get("env", ())]
        assert set(names) <= known, f"{process} has no setting {set(names) - known}"
        assert len(names) == len(set(names)), f"{process} sets a variable twice"


def test_no_secret_is_written_down(environment: str) -> None:
    for item in manifests(environment):
        assert kind_of(item)[1] != "Secret"
    for item in stages_of(manifests(environment)):
        for variable in find_container(item).get("env", ()):
            if any(word in variable["name"] for word in ("TOKEN", "SECRET", "PASSWORD")):
                assert "secretKeyRef" in variable["valueFrom"], variable["name"]


def test_every_stage_is_confined(environment: str) -> None:
    for item in stages_of(manifests(environment)):
        context = find_container(item)["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert item["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
        assert find_container(item)["resources"]["limits"]["memory"]
        assert find_container(item)["resources"]["requests"].keys() == {"cpu", "memory"}


def test_only_the_gateway_is_reached_from_outside(environment: str) -> None:
    for item in stages_of(manifests(environment)):
        visibility = item["metadata"]["labels"].get("networking.knative.dev/visibility")
        assert (visibility is None) == (name_of(item) in ("parley-gateway", "parley"))


def test_a_stage_has_a_thread_for_each_request_that_knative_sends(environment: str) -> None:
    from functions.runtime.serve import THREADS

    for item in stages_of(manifests(environment)):
        threads = [int(one["value"]) for one in find_container(item).get("env", ()) if one["name"] == "THREADS"] or [
            THREADS
        ]
        assert item["spec"]["template"]["spec"]["containerConcurrency"] <= max(threads), name_of(item)


def test_a_pod_has_time_to_answer_what_it_took(environment: str) -> None:
    """Knative gives a pod timeoutSeconds between SIGTERM and SIGKILL; the server drains for less."""
    from functions.runtime.serve import DRAIN_SECONDS

    for item in stages_of(manifests(environment)):
        assert item["spec"]["template"]["spec"]["timeoutSeconds"] > DRAIN_SECONDS


def test_the_observer_is_always_one_and_asks_for_no_port_of_knatives(environment: str) -> None:
    (observer,) = (item for item in stages_of(manifests(environment)) if name_of(item) == "parley-observer")
    annotations = observer["spec"]["template"]["metadata"]["annotations"]
    assert annotations["autoscaling.knative.dev/min-scale"] == "1"
    assert annotations["autoscaling.knative.dev/max-scale"] == "1"
    assert annotations["prometheus.io/port"] == "9102"


def test_network_policies_and_budgets_name_stages_that_are_there(environment: str) -> None:
    names = {name_of(item) for item in stages_of(manifests(environment))}
    # While the shape changes, the pods of the former one still answer what they took.
    names |= set(map(name_service, STAGES)) if is_small(environment) else set()
    label = "serving.knative.dev/service"
    for item in manifests(environment):
        if kind_of(item)[1] in ("NetworkPolicy", "PodDisruptionBudget"):
            selector = item["spec"].get("podSelector") or item["spec"].get("selector") or {}
            chosen = [selector.get("matchLabels", {}).get(label)]
            for expression in selector.get("matchExpressions", ()):
                chosen += expression["values"] if expression["key"] == label else []
            assert {one for one in chosen if one} <= names


def test_production_and_only_production_is_fit_for_it(environment: str) -> None:
    assert (find_unfit_for_production(manifests(environment)) == []) == (environment != "dev")


def test_the_brokers_class_is_chosen_and_not_left_to_the_cluster(environment: str) -> None:
    (broker,) = (item for item in manifests(environment) if kind_of(item)[1] == "Broker")
    assert (broker["metadata"]["annotations"][CLASS] in DURABLE) == (environment != "dev")


def test_images_can_be_taken_from_another_place(environment: str) -> None:
    for item in stages_of(prepare_manifests(environment, "ghcr.io/me/", "1.2.3")):
        assert find_container(item)["image"] == f"ghcr.io/me/{name_of(item)}:1.2.3"


def test_waking_ahead_can_be_added(environment: str, tmp_path: Path) -> None:
    changed = with_components(tmp_path, environment, "prewarming")
    triggers = {name_of(item): item for item in changed if kind_of(item)[1] == "Trigger"}
    if is_small(environment):
        # The whole process wakes at once; what is added after the one pod names a stage that is not there.
        assert any("parley-dialogue, which is not among the manifests" in mistake for mistake in find_mistakes(changed))
        return
    for stage in ("dialogue", "actions", "delivery"):
        trigger = triggers[f"wake-{stage}"]
        assert trigger["spec"]["subscriber"]["uri"] == "/wake"
        assert trigger["spec"]["filter"]["attributes"] == {"type": "dev.parley.message.received.v1"}
        assert trigger["spec"]["subscriber"]["ref"]["name"] == f"parley-{stage}"
    assert find_mistakes(changed) == []


def test_a_tick_for_reminders_can_be_added(environment: str, tmp_path: Path) -> None:
    changed = (
        with_components(tmp_path, "prod", "reminders", "one-pod")
        if is_small(environment)
        else with_components(tmp_path, environment, "reminders")
    )
    (ping,) = (item for item in changed if name_of(item) == "parley-tick")
    if is_small(environment):
        assert ping["spec"]["sink"]["ref"]["name"] == "parley"
        assert ping["spec"]["sink"]["uri"] == "/stages/dialogue/tick?token=STAGES_TOKEN"
    else:
        assert ping["spec"]["sink"]["ref"]["name"] == "parley-dialogue"
        assert ping["spec"]["sink"]["uri"] == "/tick"
    assert find_mistakes(changed) == []
    ping["spec"]["sink"]["ref"]["name"] = "parley-clock"
    assert find_mistakes(changed) == [
        "PingSource parley-tick: sends to Service parley-clock, which is not among the manifests"
    ]
