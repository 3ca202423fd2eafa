"""The settings that every stage has."""

from dataclasses import dataclass

from shared.config import setting

LEVELS = ("debug", "info", "warning", "error")
MIN_SECRET = 32
EXCEPTIONS = ("places", "full")


@dataclass(frozen=True, slots=True)
class Settings:
    log_level: str = setting(
        "LOG_LEVEL", "info", doc="From which level on log lines are written: debug, info, warning, error."
    )
    log_exceptions: str = setting(
        "LOG_EXCEPTIONS",
        "places",
        doc="What is written of a bug: `places` (file, line, function and type, never a value), or `full` (message and "
        "traceback, which may quote people): `task up` and `task run` set that, for a developer's desk.",
    )
    installation_secret: tuple[str, ...] = setting(
        "INSTALLATION_SECRET",
        (),
        doc="Of this installation, the same for all stages, 32 characters or more; `task up` makes one, in a cluster "
        "it is a Secret. Signs web chat conversations, and keys the ids of conversations in logs, traces and exports. "
        "To change it put a new one in front, separated by a comma. Without one in a single container, web chats and "
        "ids are its process's own.",
        secret=True,
    )
    revision: str = setting("K_REVISION", "", doc="The revision of the stage's Knative Service; Knative sets it.")
    configuration: str = setting("K_CONFIGURATION", "", doc="The name of that Service; Knative sets it.")
    hostname: str = setting("HOSTNAME", "", doc="The pod, as spans name it; Kubernetes sets it.")
    namespace: str = setting("NAMESPACE", "", doc="The namespace of the pod, as spans name it; the manifests set it.")
    environment: str = setting(
        "DEPLOYMENT_ENVIRONMENT", "", doc="What spans say of where they are from: prod, staging, dev ..."
    )
    version: str = setting("SERVICE_VERSION", "", doc="The version that spans say of the stage; an image's tag.")
    otlp_endpoint: str = setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "",
        doc="Where spans are sent by OTLP/HTTP in JSON, e.g. `http://collector:4318`; empty: nowhere.",
    )
    otlp_traces_endpoint: str = setting(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "", doc="The same with its whole path; comes before the other."
    )
    otlp_headers: str = setting(
        "OTEL_EXPORTER_OTLP_HEADERS", "", doc="`name=value,...` that go along, percent-encoded.", secret=True
    )
    otlp_timeout: float = setting(
        "OTEL_EXPORTER_OTLP_TIMEOUT", 5000.0, doc="Milliseconds that an export may take; nobody waits for it."
    )
    sampled: float = setting(
        "OTEL_TRACES_SAMPLER_ARG", 1.0, doc="The share of traces that is recorded; all stages choose the same ones."
    )
    service_name: str = setting("OTEL_SERVICE_NAME", "", doc="The service's name in spans; empty: `parley-STAGE`.")
    resource: str = setting("OTEL_RESOURCE_ATTRIBUTES", "", doc="`name=value,...` that every span says of its process.")
