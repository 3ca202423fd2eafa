"""Routes from manifests: kustomizations, addresses, delivery specs, and every mistake told at once."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from knative.local.routes import DEFAULT_POLICY, Policy, Routes, load

SERVICES = {"nlu": "http://127.0.0.1:8081", "sink": "http://127.0.0.1:8082/base/"}
TO_NLU = {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "nlu"}}
TO_SINK = {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "sink"}}


def broker(name: str = "default", **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "eventing.knative.dev/v1", "kind": "Broker", "metadata": {"name": name}, "spec": spec}


def trigger(name: str = "t", **spec: Any) -> dict[str, Any]:
    spec = {"broker": "default", "subscriber": TO_NLU, **spec}
    return {"apiVersion": "eventing.knative.dev/v1", "kind": "Trigger", "metadata": {"name": name}, "spec": spec}


def write(path: Path, *documents: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump_all(documents))
    return path


def routes(tmp_path: Path, *documents: dict[str, Any]) -> Routes:
    return load(write(tmp_path / "all.yaml", *documents), SERVICES)


def test_a_kustomization_is_followed_through_its_resources_and_reads_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "kustomization.yaml", {"kind": "Kustomization", "resources": ["broker.yaml", "more"]})
    write(tmp_path / "broker.yaml", broker(), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}})
    write(tmp_path / "not-listed.yaml", trigger("hidden"))
    write(tmp_path / "more" / "kustomization.yml", {"resources": ["triggers.yaml"]})
    write(tmp_path / "more" / "triggers.yaml", trigger("a"), trigger("b"))
    assert set(load(tmp_path, SERVICES).triggers) == {"a", "b"}


def test_a_plain_directory_gives_all_its_manifests_in_any_order(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", trigger())
    write(tmp_path / "b.yaml", broker())
    assert set(load(tmp_path, SERVICES).triggers) == {"t"}


def test_an_event_goes_to_the_matching_triggers_of_its_own_broker_only(tmp_path: Path) -> None:
    found = routes(
        tmp_path,
        broker(),
        broker("other"),
        trigger("typed", filter={"attributes": {"type": "x"}}),
        trigger("all"),
        trigger("elsewhere", broker="other"),
    )
    assert found.find_triggers("default", {"type": "x"}) == ["typed", "all"]
    assert found.find_triggers("default", {"type": "y"}) == ["all"]
    assert found.find_triggers("other", {"type": "x"}) == ["elsewhere"]


@pytest.mark.parametrize(
    ("subscriber", "address"),
    [
        (TO_NLU, "http://127.0.0.1:8081"),
        ({**TO_NLU, "uri": "/wake"}, "http://127.0.0.1:8081/wake"),
        ({**TO_SINK, "uri": "wake"}, "http://127.0.0.1:8082/base/wake"),
        ({"uri": "http://elsewhere:1/x"}, "http://elsewhere:1/x"),
    ],
)
def test_a_subscriber_is_found_by_ref_by_uri_or_by_both(
    tmp_path: Path, subscriber: dict[str, Any], address: str
) -> None:
    assert routes(tmp_path, broker(), trigger(subscriber=subscriber)).triggers["t"].subscriber == address


def test_the_default_delivery_is_the_one_of_knatives_default_broker(tmp_path: Path) -> None:
    assert routes(tmp_path, broker(), trigger()).triggers["t"].policy == DEFAULT_POLICY
    assert Policy(retry=10, backoff="exponential", delay=0.2) == DEFAULT_POLICY


def test_a_triggers_delivery_replaces_the_brokers_but_for_its_dead_letter_sink(tmp_path: Path) -> None:
    spec = {"retry": 5, "backoffPolicy": "linear", "backoffDelay": "PT1M", "timeout": "PT2S", "deadLetterSink": TO_SINK}
    found = routes(tmp_path, broker(delivery=spec), trigger("inherits"), trigger("own", delivery={"retry": 1}))
    sink = SERVICES["sink"]
    assert found.triggers["inherits"].policy == Policy(5, "linear", 60.0, 2.0, sink)
    assert found.triggers["own"].policy == Policy(1, sink=sink)


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT0.2S", 0.2), ("PT1M30S", 90), ("P1DT2H", 93_600), ("PT0S", 0), ("P2D", 172_800)]
)
def test_durations_are_iso_8601(tmp_path: Path, text: str, seconds: float) -> None:
    found = routes(tmp_path, broker(), trigger(delivery={"backoffPolicy": "linear", "backoffDelay": text}))
    assert found.triggers["t"].policy.delay == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        ([trigger()], "Trigger t: no manifest defines its broker 'default'"),
        ([broker(), trigger(subscriber=None)], "Trigger t: a destination needs a ref, or a uri"),
        ([broker(), trigger(subscriber={"uri": "/wake"})], "a destination needs a ref, or a uri"),
        (
            [broker(), trigger(subscriber={"ref": {"kind": "Service", "name": "speech"}})],
            "Trigger t: nobody said where Service speech listens; pass --service speech=URL",
        ),
        ([broker(), trigger(subscriber={"ref": {"kind": "Broker", "name": "x"}})], "delivers to kind Service"),
        ([broker(delivery={"deadLetterSink": {}}), trigger()], "Broker default: a destination needs a ref"),
        ([broker(), trigger(delivery={"retry": -1})], "delivery.retry must be a whole number"),
        ([broker(), trigger(delivery={"retry": "3"})], "delivery.retry must be a whole number"),
        ([broker(), trigger(delivery={"backoffPolicy": "random"})], "must be linear or exponential, not 'random'"),
        ([broker(), trigger(delivery={"backoffDelay": "200ms"})], "ISO 8601 duration such as PT0.5S, not '200ms'"),
        ([broker(), trigger(delivery={"timeout": "P"})], "delivery.timeout must be an ISO 8601 duration"),
        ([broker(), trigger(delivery={"retryAfterMax": "PT1S"})], "delivery.retryAfterMax is not supported"),
        ([broker(), trigger(filters=[{"cesql": "TRUE"}])], "Trigger t: cesql is not supported by the local broker"),
        ([broker(), trigger(), trigger()], "Trigger t: is defined twice"),
        ([broker(), broker()], "Broker default: is defined twice"),
        ([{"apiVersion": "v1", "kind": "ConfigMap"}], "defines no Broker"),
    ],
)
def test_a_mistake_is_named_with_the_manifest_that_makes_it(
    tmp_path: Path, documents: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        routes(tmp_path, *documents)


def test_all_mistakes_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Trigger a: .*\nTrigger b: "):
        routes(tmp_path, broker(), trigger("a", subscriber=None), trigger("b", delivery={"retry": -1}))


def test_missing_and_unreadable_manifests_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there are no manifests at .*nowhere"):
        load(tmp_path / "nowhere", SERVICES)
    write(tmp_path / "kustomization.yaml", {"resources": ["absent.yaml"]})
    with pytest.raises(ValueError, match=r"there are no manifests at .*absent\.yaml"):
        load(tmp_path, SERVICES)
    (tmp_path / "broken.yaml").write_text("a: [")
    with pytest.raises(ValueError, match="is not YAML"):
        load(tmp_path / "broken.yaml", SERVICES)
