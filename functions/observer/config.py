"""The settings of the observer stage."""

from dataclasses import dataclass

from shared.config import setting


@dataclass(frozen=True, slots=True)
class Config:
    metrics_port: int = setting(
        "METRICS_PORT",
        9090,
        doc="The port of its own on which the observer serves /metrics; the traffic port would keep the pod awake.",
    )
    metrics_host: str = setting("METRICS_HOST", "0.0.0.0", doc="The address on which /metrics is served.")  # noqa: S104
