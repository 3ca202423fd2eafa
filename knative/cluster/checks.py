"""What is wrong with manifests before a cluster sees them: what the API's schemas let through and its webhooks not."""

import re
from collections.abc import Iterator, Sequence

from knative.cluster import webhooks
from knative.cluster.rendering import Manifest, find_container, kind_of, name_of, stages_of

BROKER = ("eventing.knative.dev/v1", "Broker")
CLASS = "eventing.knative.dev/broker.class"
DURABLE = ("Kafka", "RabbitMQBroker")
"""The classes of brokers that hold an event before they answer its publisher."""
CLUSTER_URL = re.compile(r"https?://([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?(?::[0-9]+)?((?:/[^?]*)?)")
"""A Service's name, its namespace, and a path."""
SIDECAR_PORTS = (8008, 8012, 8013, 8022, 8112, 9090, 9091)
"""What Knative's queue-proxy listens on, at the same address as the stage."""


def find_mistakes(manifests: Sequence[Manifest]) -> list[str]:
    """A sentence for each mistake; none where a cluster can take them."""
    return [
        f"{kind_of(item)[1]} {name_of(item)}: {what}" for item in manifests for what in _check_manifest(item, manifests)
    ]


def find_unfit_for_production(manifests: Sequence[Manifest]) -> list[str]:
    """Why these are no production: a sentence for each reason."""
    found = []
    for item in manifests:
        name = f"{kind_of(item)[1]} {name_of(item)}"
        if kind_of(item) == BROKER:
            broker_class = (item["metadata"].get("annotations") or {}).get(CLASS)
            if broker_class not in DURABLE:
                found.append(
                    f"{name} is of class {broker_class or '(the cluster decides)'}; the in-memory channel loses events "
                    f"and answers a publisher only after the whole chain, so production needs {' or '.join(DURABLE)}: "
                    "add components/kafka or components/rabbitmq to the overlay"
                )
        if kind_of(item)[1] == "InMemoryChannel" or "InMemoryChannel" in str(item.get("data", "")):
            found.append(f"{name} asks for the in-memory channel")
        if kind_of(item)[1] == "ConfigMap":
            settings = item.get("data") or {}
            if settings.get("REST_AUTH") == "open":
                found.append(f"{name} opens REST to everyone; set REST_AUTH to token")
            if "FIRESTORE_EMULATOR_HOST" in settings:
                found.append(f"{name} keeps conversations in an emulator; remove components/firestore-emulator")
    for item in stages_of(manifests):
        annotations = item["spec"]["template"]["metadata"]["annotations"]
        if annotations.get("autoscaling.knative.dev/max-scale", "0") == "0":
            found.append(f"Service {name_of(item)} has no max-scale; one person could start any number of pods")
        if re.search(r":(latest|dev)?$|^[^:]*$", find_container(item)["image"].rpartition("/")[2]):
            found.append(f"Service {name_of(item)} runs {find_container(item)['image']}; name a version: TAG=")
    return found


def _check_manifest(item: Manifest, manifests: Sequence[Manifest]) -> Iterator[str]:
    match kind_of(item):
        case ("serving.knative.dev/v1", "Service"):
            yield from _check_service(item, manifests)
        case ("eventing.knative.dev/v1", "Trigger"):
            yield from _check_trigger(item, manifests)
        case ("eventing.knative.dev/v1", "Broker"):
            delivery = item["spec"].get("delivery") or {}
            yield from webhooks.check_delivery(delivery)
            if "deadLetterSink" not in delivery:
                yield "has no deadLetterSink; events that nobody took would be lost"
            else:
                yield from _check_destination(delivery["deadLetterSink"], item, manifests)
            config = item["spec"].get("config")
            if config and not _is_there(config, config.get("namespace"), manifests):
                yield f"its config {config.get('kind')} {config.get('name')} is not among the manifests"
        case ("sources.knative.dev/v1", "PingSource"):
            yield from _check_destination(item["spec"].get("sink") or {}, item, manifests)
        case ("v1", "ConfigMap"):
            yield from _check_addresses(item, manifests)
        case (_, "Secret"):
            yield "is in the manifests; secrets are made in the cluster, and only referred to here"


def _check_service(item: Manifest, manifests: Sequence[Manifest]) -> Iterator[str]:
    yield from webhooks.check_service(item)
    spec, one = item["spec"]["template"]["spec"], find_container(item)
    concurrency = spec.get("containerConcurrency")
    if type(concurrency) is not int or not 0 < concurrency <= 1000:
        yield f"containerConcurrency is {concurrency!r}; a stage bounds its requests: 1 to 1000"
    if not str(one.get("image", "")).strip():
        yield "has no image"
    namespace = item["metadata"].get("namespace")
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "name": spec.get("serviceAccountName")}
    if not _is_there(account, namespace, manifests):
        yield f"its ServiceAccount {spec.get('serviceAccountName')} is not among the manifests"
    if "periodSeconds" in (one.get("readinessProbe") or {}):
        yield "readinessProbe.periodSeconds makes readiness wait for whole seconds; leave it out"
    for variable in one.get("env", ()):
        if variable["name"] == "METRICS_PORT" and int(variable.get("value", "0")) in SIDECAR_PORTS:
            yield f"METRICS_PORT {variable['value']} is taken by Knative's queue-proxy"
        source = (variable.get("valueFrom") or {}).get("configMapKeyRef")
        if source and not source.get("optional"):
            config = {"apiVersion": "v1", "kind": "ConfigMap", "name": source["name"]}
            keys = [key for held in _find_referred(config, namespace, manifests) for key in held.get("data") or {}]
            if source["key"] not in keys:
                yield f"{variable['name']} comes from ConfigMap {source['name']}, which has no {source['key']}"


def _check_addresses(item: Manifest, manifests: Sequence[Manifest]) -> Iterator[str]:
    """Addresses of settings that lead into another namespace than theirs: an overlay was copied and they were not."""
    namespace = str(item["metadata"].get("namespace"))
    ours = {name_of(other) for other in manifests if kind_of(other)[1] == "Service"}
    brokers = {name_of(other) for other in manifests if kind_of(other) == BROKER}
    for key, value in (item.get("data") or {}).items():
        found = CLUSTER_URL.fullmatch(str(value))
        if found is None:
            continue
        name, place, path = found.groups()
        if name in ours and place != namespace:
            yield f"{key} leads to {name} in the namespace {place}, and all else lies in {namespace}"
        parts = path.strip("/").split("/")
        if len(parts) == 2 and parts[1] in brokers and parts[0] != namespace:
            yield f"{key} leads to the broker {parts[1]} in the namespace {parts[0]}, and all else lies in {namespace}"


def _check_trigger(item: Manifest, manifests: Sequence[Manifest]) -> Iterator[str]:
    spec = item["spec"]
    broker = {"apiVersion": BROKER[0], "kind": BROKER[1], "name": spec.get("broker")}
    if not _is_there(broker, item["metadata"].get("namespace"), manifests):
        yield f"its broker {spec.get('broker')!r} is not among the manifests"
    attributes = (spec.get("filter") or {}).get("attributes") or {}
    if "type" not in attributes:
        yield "filters on no type; it would get its own answers again"
    yield from webhooks.check_filters(attributes)
    yield from webhooks.check_delivery(spec.get("delivery") or {})
    if "deadLetterSink" in (spec.get("delivery") or {}):
        yield from _check_destination(spec["delivery"]["deadLetterSink"], item, manifests)
    if not spec.get("subscriber"):
        yield "has no subscriber"
    else:
        yield from _check_destination(spec["subscriber"], item, manifests)


def _check_destination(destination: Manifest, item: Manifest, manifests: Sequence[Manifest]) -> Iterator[str]:
    yield from webhooks.check_destination(destination)
    reference = destination.get("ref")
    if reference is not None and not _is_there(
        reference, reference.get("namespace") or item["metadata"].get("namespace"), manifests
    ):
        yield f"sends to {reference.get('kind')} {reference.get('name')}, which is not among the manifests"


def _find_referred(reference: Manifest, namespace: str | None, manifests: Sequence[Manifest]) -> Iterator[Manifest]:
    for item in manifests:
        kind = (reference.get("apiVersion"), reference.get("kind"))
        if (kind, reference["name"]) == (kind_of(item), name_of(item)) and item["metadata"].get(
            "namespace"
        ) == namespace:
            yield item


def _is_there(reference: Manifest, namespace: str | None, manifests: Sequence[Manifest]) -> bool:
    return any(True for _ in _find_referred(reference, namespace, manifests))
