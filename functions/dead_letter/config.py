"""The settings of the dead_letter stage."""

from dataclasses import dataclass

from shared.config import setting


@dataclass(frozen=True, slots=True)
class Config:
    store_url: str = setting(
        "STORE_URL",
        "sqlite:.parley/parley.db",
        doc="Where dead letters are kept: memory:, sqlite:PATH or firestore[+grpc]:PROJECT[/DATABASE].",
    )
    broker_url: str = setting(
        "BROKER_URL", "", doc="The broker's ingress, which is told of each dead letter; empty: nobody is told."
    )
    keep_days: int = setting("DEAD_LETTER_DAYS", 30, doc="For how many days a dead letter is kept.")
    publish_timeout: float = setting("PUBLISH_TIMEOUT", 5.0, doc="Seconds to wait for the broker.")
