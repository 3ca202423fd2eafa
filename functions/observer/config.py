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
    positive_intents: tuple[str, ...] = setting(
        "POSITIVE_INTENTS",
        ("thank", "thanks", "thank_you", "praise", "mood_great", "feedback_positive"),
        doc="Intents by which a person says that it was well, for the metric of satisfaction.",
    )
    negative_intents: tuple[str, ...] = setting(
        "NEGATIVE_INTENTS",
        ("complain", "complaint", "insult", "mood_unhappy", "feedback_negative", "human_handoff"),
        doc="Intents by which a person says that it was not.",
    )
    metrics_host: str = setting("METRICS_HOST", "0.0.0.0", doc="The address on which /metrics is served.")  # noqa: S104
    zero_seconds: float = setting(
        "METRICS_ZERO_SECONDS",
        40.0,
        doc="How long a new series is shown as 0, so that Prometheus sees its first count: two scrapes of yours.",
    )
