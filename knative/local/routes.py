"""Routes read from real Broker and Trigger manifests: which events of which broker go where, and how insistently."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import yaml

from knative.local.filters import Filter, compile_filter

DURATION = re.compile(r"P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?")
ORDER = "kafka.eventing.knative.dev/delivery.order"
"""The annotation with which Knative's broker for Kafka delivers in order; other brokers ignore it."""
DELIVERY = {"retry", "backoffPolicy", "backoffDelay", "timeout", "deadLetterSink"}


@dataclass(frozen=True, slots=True)
class Policy:
    """A delivery spec. Without policy or delay, retries follow at once, as in eventing pkg/kncloudevents/retries.go."""

    retry: int = 0
    backoff: str | None = None
    delay: float = 0.0
    timeout: float = 60.0
    """Knative sets none by default; a wait without an end helps nobody on one machine."""
    sink: str | None = None


DEFAULT_POLICY = Policy(retry=10, backoff="exponential", delay=0.2)
"""As eventing config/core/configmaps/default-broker.yaml: about 205 s in all."""


@dataclass(frozen=True, slots=True)
class Trigger:
    name: str
    broker: str
    accepts: Filter
    subscriber: str
    """The URL that events are sent to."""
    policy: Policy
    ordered: bool = False
    """Whether events with the same partitionkey are delivered one after the other, as they were accepted."""


@dataclass(frozen=True, slots=True)
class Routes:
    brokers: frozenset[str]
    triggers: Mapping[str, Trigger]

    def find_triggers(self, broker: str, attributes: Mapping[str, str]) -> list[str]:
        """The names of the broker's Triggers that want an event with these attributes."""
        return [name for name, item in self.triggers.items() if item.broker == broker and item.accepts(attributes)]


def load(path: Path, services: Mapping[str, str], also: Sequence[Path] = ()) -> Routes:
    """Every Broker and Trigger at `path`, and at those beside it, or ValueError with all mistakes.

    `services` says where Services listen.
    """
    everything = [item for place in (path, *also) for item in read_manifests(place)]
    found = [item for item in everything if str(item.get("apiVersion")) == "eventing.knative.dev/v1"]
    policies: dict[str, Policy] = {}
    triggers: dict[str, Trigger] = {}
    mistakes = []
    for item in sorted(found, key=lambda item: str(item.get("kind"))):  # Brokers before the Triggers that name them.
        kind, name, spec = item.get("kind"), str((item.get("metadata") or {}).get("name")), item.get("spec") or {}
        try:
            if name in (policies if kind == "Broker" else triggers):
                raise ValueError("is defined twice")
            if kind == "Broker":
                policies[name] = (
                    DEFAULT_POLICY  # So that its own mistake is told once, and not by each of its Triggers.
                )
                policies[name] = _read_policy(spec.get("delivery"), services, DEFAULT_POLICY)
            elif kind == "Trigger":
                annotations = (item.get("metadata") or {}).get("annotations") or {}
                triggers[name] = _read_trigger(name, spec, services, policies, annotations.get(ORDER) == "ordered")
        except ValueError as exc:
            mistakes.append(f"{kind} {name}: {exc}")
    if not policies and not mistakes:
        mistakes.append(f"{path} defines no Broker")
    if mistakes:
        raise ValueError("\n".join(mistakes))
    return Routes(frozenset(policies), triggers)


def read_manifests(path: Path) -> Iterator[dict[str, Any]]:
    """The manifests of a YAML file, of a kustomization with its resources, or of a directory; ValueError if none."""
    if path.is_dir():
        names = ("kustomization.yaml", "kustomization.yml", "Kustomization")
        index = next((path / name for name in names if (path / name).is_file()), None)
        listed = sorted(path.glob("*.yaml")) if index is None else (_read(index)[0] or {}).get("resources") or []
        for item in listed:
            yield from read_manifests(path / item)
    elif path.is_file():
        yield from (item for item in _read(path) if isinstance(item, dict))
    else:
        raise ValueError(f"there are no manifests at {path}; name a YAML file or a directory of them")


def _read(path: Path) -> list[Any]:
    try:
        return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as exc:
        raise ValueError(f"{path} is not YAML: {exc}") from exc


def _read_trigger(
    name: str, spec: Mapping[str, Any], services: Mapping[str, str], policies: Mapping[str, Policy], ordered: bool
) -> Trigger:
    broker = spec.get("broker", "default")
    if broker not in policies:
        raise ValueError(f"no manifest defines its broker {broker!r}")
    # A Trigger's delivery replaces the Broker's, but for the dead letter sink: one that names none has the Broker's,
    # which is that of the Broker's channel (seen with the MT broker of eventing 8cf4c4b; Kafka's inherits it, too).
    policy = _read_policy(spec.get("delivery"), services, policies[broker])
    return Trigger(name, broker, compile_filter(spec), _read_address(spec.get("subscriber"), services), policy, ordered)


def _read_policy(spec: Mapping[str, Any] | None, services: Mapping[str, str], default: Policy) -> Policy:
    if spec is None:
        return default
    if unknown := set(spec) - DELIVERY:
        raise ValueError(f"delivery.{', '.join(sorted(unknown))} is not supported by the local broker")
    if (kind := spec.get("backoffPolicy")) not in (None, "linear", "exponential"):
        raise ValueError(f"delivery.backoffPolicy must be linear or exponential, not {kind!r}")
    if type(retry := spec.get("retry", 0)) is not int or retry < 0:
        raise ValueError("delivery.retry must be a whole number from 0")
    delay, timeout = (_read_seconds(key, spec[key]) if key in spec else 0.0 for key in ("backoffDelay", "timeout"))
    sink = _read_address(spec["deadLetterSink"], services) if "deadLetterSink" in spec else default.sink
    return Policy(retry, kind, delay, timeout or Policy().timeout, sink)


def _read_seconds(key: str, text: Any) -> float:
    match = DURATION.fullmatch(str(text))
    if match is None or not any(match.groups()):
        raise ValueError(f"delivery.{key} must be an ISO 8601 duration such as PT0.5S, not {text!r}")
    return sum(float(part or 0) * unit for part, unit in zip(match.groups(), (86400, 3600, 60, 1), strict=True))


def _read_address(destination: Any, services: Mapping[str, str]) -> str:
    """A destination's URL; a relative uri is resolved against its ref, as Knative does."""
    ref, uri = (destination or {}).get("ref"), str((destination or {}).get("uri") or "")
    if ref is None:
        if not urlsplit(uri).netloc:
            raise ValueError("a destination needs a ref, or a uri with scheme and host")
        return uri
    if ref.get("kind") != "Service":
        raise ValueError(f"the local broker delivers to kind Service, not to {ref.get('kind')}")
    if (name := ref.get("name")) not in services:
        raise ValueError(f"nobody said where Service {name} listens; pass --service {name}=URL")
    return urljoin(services[name], uri)
