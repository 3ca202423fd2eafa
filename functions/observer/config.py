"""The settings of the observer stage."""

from dataclasses import dataclass

from shared.config import Misconfigured, setting


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
    metrics_file: str = setting(
        "METRICS_FILE",
        "",
        doc="A file that keeps what was counted over a restart; empty: counters begin at 0 (Prometheus knows that).",
    )
    probe_url: str = setting(
        "PROBE_URL",
        "",
        doc="The assistant as people reach it, e.g. https://bot.example.com: the observer says a word there now and "
        "then, by REST and in a web chat. Empty: no probes.",
    )
    probe_token: str = setting(
        "PROBE_TOKEN", "", doc="The gateway's PROBE_TOKEN: then probes count nowhere.", secret=True
    )
    probe_seconds: float = setting(
        "PROBE_SECONDS", 60.0, doc="How often; each probe wakes the stages that it goes through. 0: never."
    )
    probe_channels: tuple[str, ...] = setting(
        "PROBE_CHANNELS", ("rest", "webchat"), doc="By which ways: rest, webchat."
    )
    probe_text: str = setting("PROBE_TEXT", "hello", doc="What a probe says; any answer will do.")
    zero_seconds: float = setting(
        "METRICS_ZERO_SECONDS",
        40.0,
        doc="How long a new series is shown as 0, so that Prometheus sees its first count: two scrapes of yours.",
    )


def check_probe(config: Config) -> None:
    """Raise Misconfigured where probes are asked for and cannot be made."""
    if not config.probe_url:
        return
    mistakes = []
    if not config.probe_url.startswith(("http://", "https://")):
        mistakes.append(f"PROBE_URL must be an address such as https://bot.example.com, not {config.probe_url!r}")
    if unknown := [name for name in config.probe_channels if name not in ("rest", "webchat")]:
        mistakes.append(f"PROBE_CHANNELS: {', '.join(unknown)} cannot be probed; rest and webchat can")
    if mistakes:
        raise Misconfigured("\n".join(f"parley: {mistake}" for mistake in mistakes))
