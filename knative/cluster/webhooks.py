"""What Knative's admission webhooks refuse though its schemas allow it, where feature flags are as they are installed.

Sources: knative/serving pkg/apis/serving/{fieldmask,k8s_validation}.go, pkg/apis/autoscaling/annotation_validation.go;
knative/eventing pkg/apis/eventing/v1/*_validation.go, pkg/apis/duck/v1/delivery_types.go.
"""

import re
from collections.abc import Iterator
from typing import Any

from knative.cluster.rendering import Manifest

POD = {
    *("containers", "containerConcurrency", "timeoutSeconds", "responseStartTimeoutSeconds", "idleTimeoutSeconds"),
    *("serviceAccountName", "volumes", "imagePullSecrets", "enableServiceLinks", "automountServiceAccountToken"),
}
"""Fields of a revision that need no feature flag (kubernetes.podspec-... in the ConfigMap config-features)."""
CONTAINER = {
    *("name", "image", "imagePullPolicy", "args", "command", "env", "envFrom", "workingDir", "ports", "resources"),
    *("livenessProbe", "readinessProbe", "startupProbe", "securityContext", "volumeMounts"),
    *("terminationMessagePath", "terminationMessagePolicy"),
}
SECURITY = {
    *("capabilities", "readOnlyRootFilesystem", "runAsUser", "runAsGroup", "runAsNonRoot"),
    *("allowPrivilegeEscalation", "seccompProfile"),
}
RESERVED = {"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"}
VOLUMES = {"secret", "configMap", "projected", "emptyDir"}
RESERVED_PATHS = {"/", "/dev", "/dev/log"}
PROXY_PORTS = {8008, 8012, 8013, 8022, 8112, 9090, 9091}
LONGEST = 600
"""max-revision-timeout-seconds of config-defaults."""
AUTOSCALING = "autoscaling.knative.dev/"
WHOLE = re.compile(r"\d+")
GO_DURATION = re.compile(r"(\d+(\.\d+)?(ms|s|m|h))+")
ISO_DURATION = re.compile(r"P(?=.)(\d+(\.\d+)?D)?(T(?=.)(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?")
ATTRIBUTE = re.compile(r"[a-z][a-z0-9]*")


def check_service(item: Manifest) -> Iterator[str]:
    """Of a Knative Service."""
    template = item["spec"]["template"]
    spec = template["spec"]
    yield from (f"{name} needs a feature flag of the cluster" for name in sorted(set(spec) - POD))
    if spec.get("automountServiceAccountToken", False) is not False:
        yield "automountServiceAccountToken may only be false"
    if not 0 <= spec.get("timeoutSeconds", 300) <= LONGEST:
        yield f"timeoutSeconds is {spec['timeoutSeconds']}; clusters allow {LONGEST}"
    for key in item["metadata"].get("annotations") or {}:
        if key.startswith(AUTOSCALING):
            yield f"{key} belongs to spec.template.metadata"
    yield from _check_scaling((template.get("metadata") or {}).get("annotations") or {})
    for one in spec["containers"]:
        yield from _check_container(one, {volume["name"]: volume for volume in spec.get("volumes", ())})


def _check_scaling(annotations: dict[str, Any]) -> Iterator[str]:
    for key, value in annotations.items():
        if not isinstance(value, str):
            yield f"annotation {key} is {value!r}; it must be text in quotes"
            return
    numbers = {}
    for name in ("min-scale", "max-scale", "initial-scale", "activation-scale"):
        if (value := annotations.get(AUTOSCALING + name)) is not None:
            if not WHOLE.fullmatch(value):
                yield f"{name} is {value!r}; it must be a whole number from 0"
            else:
                numbers[name] = int(value)
    if 0 < numbers.get("max-scale", 0) < numbers.get("min-scale", 0):
        yield f"max-scale {numbers['max-scale']} is less than min-scale {numbers['min-scale']}"
    if numbers.get("initial-scale") == 0:
        yield "initial-scale 0 is allowed only where the cluster says so"
    for name in ("scale-to-zero-pod-retention-period", "scale-down-delay", "window"):
        value = annotations.get(AUTOSCALING + name)
        if value is not None and not GO_DURATION.fullmatch(value):
            yield f"{name} is {value!r}; it must be a duration such as 2m or 90s"
    share = annotations.get(AUTOSCALING + "target-utilization-percentage")
    if share is not None and not (WHOLE.fullmatch(share) and 1 <= int(share) <= 100):
        yield f"target-utilization-percentage is {share!r}; it must be 1 to 100"


def _check_container(one: Manifest, volumes: dict[str, Any]) -> Iterator[str]:
    yield from (f"a container's {name} is not allowed" for name in sorted(set(one) - CONTAINER))
    security = one.get("securityContext") or {}
    yield from (f"securityContext.{name} is not allowed" for name in sorted(set(security) - SECURITY))
    if (security.get("capabilities") or {}).get("add"):
        yield "capabilities.add needs a feature flag of the cluster"
    for variable in one.get("env", ()):
        if variable["name"] in RESERVED:
            yield f"{variable['name']} is set by Knative and reserved"
        if set(variable.get("valueFrom") or {}) - {"configMapKeyRef", "secretKeyRef"}:
            yield f"{variable['name']} comes from a field, which needs a feature flag of the cluster"
    ports = one.get("ports", ())
    if len(ports) > 1:
        yield "has more than one port"
    for port in ports:
        if port.get("name", "") not in ("", "http1", "h2c"):
            yield f"its port is named {port['name']}; http1 or h2c are allowed"
        if port["containerPort"] in PROXY_PORTS:
            yield f"its port {port['containerPort']} is taken by Knative's queue-proxy"
    yield from _probe(one.get("readinessProbe") or {})
    yield from _check_mounts(one.get("volumeMounts", ()), volumes)


def _probe(probe: Manifest) -> Iterator[str]:
    if not probe.get("periodSeconds"):
        for name in ("failureThreshold", "timeoutSeconds"):
            if name in probe:
                yield f"readinessProbe.{name} is not allowed without periodSeconds"


def _check_mounts(mounts: Any, volumes: dict[str, Any]) -> Iterator[str]:
    for name, volume in volumes.items():
        for kind in sorted(set(volume) - {"name"} - VOLUMES):
            yield f"volume {name} is of the kind {kind}, which needs a feature flag of the cluster"
    for mount in mounts:
        name, path = mount["name"], str(mount.get("mountPath", ""))
        if name not in volumes:
            yield f"mounts {name}, which is none of its volumes"
        elif "emptyDir" not in volumes[name] and mount.get("readOnly") is not True:
            yield f"mount {name} must be readOnly"
        if path.rstrip("/") in RESERVED_PATHS - {"/"} or path == "/" or not path.startswith("/"):
            yield f"mount {name} is at {path!r}, which is reserved or no absolute path"
    if unused := set(volumes) - {mount["name"] for mount in mounts}:
        yield f"volumes {', '.join(sorted(unused))} are mounted nowhere"


def check_filters(attributes: Manifest) -> Iterator[str]:
    """Of a Trigger's filter."""
    for name, value in attributes.items():
        if not ATTRIBUTE.fullmatch(str(name)):
            yield f"filter attribute {name!r} is no CloudEvents attribute: a lower-case letter, then letters and digits"
        if not isinstance(value, str) or not value:
            yield f"filter attribute {name} is {value!r}; it must be text in quotes"


def check_delivery(spec: Manifest) -> Iterator[str]:
    """Of a delivery specification."""
    if type(retry := spec.get("retry", 0)) is not int or retry < 0:
        yield f"delivery.retry is {retry!r}; it must be a whole number from 0"
    if spec.get("backoffPolicy", "linear") not in ("linear", "exponential"):
        yield f"delivery.backoffPolicy is {spec['backoffPolicy']!r}; it must be linear or exponential"
    for name in ("backoffDelay", "timeout"):
        if name in spec and not ISO_DURATION.fullmatch(str(spec[name])):
            yield f"delivery.{name} is {spec[name]!r}; it must be an ISO 8601 duration such as PT0.5S"


def check_destination(place: Manifest) -> Iterator[str]:
    """Of a subscriber, a sink or a dead letter sink."""
    uri = str(place.get("uri") or "")
    if place.get("ref") and "//" in uri:
        yield f"has a ref and the absolute address {uri}; beside a ref only a path is allowed"
    if not place.get("ref") and not uri.startswith(("http://", "https://")):
        yield "sends to nothing: a destination needs a ref, or an absolute address"
    for name in ("kind", "name", "apiVersion"):
        if place.get("ref") and not place["ref"].get(name):
            yield f"its ref has no {name}"
