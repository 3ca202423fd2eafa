"""The settings of the one process that runs five stages; each of the five has its own besides."""

from dataclasses import dataclass

from shared.config import setting


@dataclass(frozen=True, slots=True)
class Config:
    stages_token: str = setting(
        "STAGES_TOKEN",
        "",
        doc="What the broker shows to bring events to /stages/...: `?token=`, or `Authorization: Bearer`; 32 "
        "characters or more. Empty: nobody brings events, and only REST is answered.",
        secret=True,
    )
    webhooks_at_once: int = setting(
        "WEBHOOKS_AT_ONCE",
        8,
        doc="Webhooks that may wait for the broker at once, others get 503; with REST_AT_ONCE and LONG_POLLS below "
        "THREADS, or the broker finds no thread to bring their events to.",
    )
