"""Spans and their export by OTLP/HTTP, imported only where an exporter's address is set (README.md says why)."""

from typing import Any
from urllib.parse import unquote, urlsplit

from shared.config import Misconfigured
from shared.otlp.exporter import Exporter
from shared.otlp.spans import Span, Tracer
from shared.settings import Settings

__all__ = ["Exporter", "Span", "Tracer", "resource_of", "tracer_of"]


def tracer_of(stage: str, settings: Settings) -> Tracer:
    """The tracer that OpenTelemetry's settings ask for, or Misconfigured with the mistake."""
    url = settings.otlp_traces_endpoint or f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise Misconfigured(f"parley: OTEL_EXPORTER_OTLP_ENDPOINT must be http://HOST:PORT, not {url!r}")
    if not 0.0 <= settings.sampled <= 1.0 or not settings.otlp_timeout > 0.0:
        raise Misconfigured(
            "parley: OTEL_TRACES_SAMPLER_ARG must be a share from 0 to 1, OTEL_EXPORTER_OTLP_TIMEOUT milliseconds"
        )
    headers, timeout = _pairs(settings.otlp_headers), settings.otlp_timeout / 1000
    return Tracer(Exporter(url, resource_of(stage, settings), headers=headers, timeout=timeout), settings.sampled)


def resource_of(stage: str, settings: Settings) -> dict[str, Any]:
    """What sends the spans: the stage, its revision and its pod."""
    named = {
        "service.name": settings.service_name or f"parley-{stage.replace('_', '-')}",
        "service.namespace": "parley",
        "service.instance.id": settings.hostname,
        "faas.version": settings.revision,
    }
    return {key: value for key, value in named.items() if value} | _pairs(settings.resource)


def _pairs(text: str) -> dict[str, str]:
    """`key=value,key=value`, percent-encoded, as OpenTelemetry's variables have it."""
    pairs = (item.partition("=") for item in text.split(",") if "=" in item)
    return {key.strip(): unquote(value.strip()) for key, _, value in pairs}
