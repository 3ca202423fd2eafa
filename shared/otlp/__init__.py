"""Spans and their export by OTLP/HTTP, imported only where an exporter's address is set (README.md says why)."""

from typing import Any
from urllib.parse import unquote, urlsplit

from shared.config import Misconfigured
from shared.otlp.exporter import Exporter
from shared.otlp.spans import Span, Tracer
from shared.settings import Settings

__all__ = ["Exporter", "Span", "Tracer", "read_namespace", "resource_of", "tracer_of"]


def tracer_of(stage: str, settings: Settings) -> Tracer:
    """The tracer that OpenTelemetry's settings ask for, or Misconfigured with the mistake."""
    url = settings.otlp_traces_endpoint or f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise Misconfigured(f"parley: OTEL_EXPORTER_OTLP_ENDPOINT must be http://HOST:PORT, not {url!r}")
    if not 0.0 <= settings.sampled <= 1.0 or not settings.otlp_timeout > 0.0:
        raise Misconfigured(
            "parley: OTEL_TRACES_SAMPLER_ARG must be a share from 0 to 1, OTEL_EXPORTER_OTLP_TIMEOUT milliseconds"
        )
    headers, timeout = _read_pairs(settings.otlp_headers), settings.otlp_timeout / 1000
    exporter = Exporter(url, resource_of(stage, settings), headers=headers, timeout=timeout)
    return Tracer(exporter, settings.sampled, lambda: exporter.dropped)


def resource_of(stage: str, settings: Settings) -> dict[str, Any]:
    """What sends the spans: the stage, its version, revision and pod, and where that is."""
    namespace = settings.namespace or read_namespace()
    named = {
        "service.name": settings.service_name or f"parley-{stage.replace('_', '-')}",
        "service.namespace": namespace or "parley",
        "service.instance.id": settings.hostname,
        "service.version": settings.version,
        "deployment.environment.name": settings.environment,
        "k8s.namespace.name": namespace,
        "k8s.pod.name": settings.hostname if namespace else "",
        "faas.version": settings.revision,
    }
    return {key: value for key, value in named.items() if value} | _read_pairs(settings.resource)


def read_namespace(path: str = "/etc/resolv.conf") -> str:
    """The pod's namespace, which Kubernetes puts first among the domains in which names are looked for; else empty."""
    try:
        with open(path, encoding="utf-8") as file:
            domains = [line.split()[1:] for line in file if line.startswith("search ")]
    except (OSError, UnicodeDecodeError):
        return ""
    first = domains[-1][0] if domains and domains[-1] else ""
    return first.partition(".svc.")[0] if ".svc." in first else ""


def _read_pairs(text: str) -> dict[str, str]:
    """`key=value,key=value`, percent-encoded, as OpenTelemetry's variables have it."""
    pairs = (item.partition("=") for item in text.split(",") if "=" in item)
    return {key.strip(): unquote(value.strip()) for key, _, value in pairs}
