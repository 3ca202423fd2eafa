"""The settings of the delivery stage."""

from dataclasses import dataclass

from shared.config import setting


@dataclass(frozen=True, slots=True)
class Config:
    store_url: str = setting(
        "STORE_URL",
        "sqlite:.parley/parley.db",
        doc="Where deliveries and outboxes are kept: memory:, sqlite:PATH or firestore[+grpc]:PROJECT[/DATABASE].",
    )
    send_timeout: float = setting("SEND_TIMEOUT", 10.0, doc="Seconds to wait for a platform's answer.")
    lease: float = setting(
        "DELIVERY_LEASE", 30.0, doc="Seconds in which one delivery must be done before another may take it over."
    )
    platform_places: int = setting(
        "PLATFORM_PLACES",
        6,
        doc="Deliveries to one platform at once in one process, so that a slow one does not hold up the others.",
    )
    keep_days: int = setting("OUTBOX_DAYS", 7, doc="For how many days web chat messages and deliveries are remembered.")
    long_polls: int = setting(
        "LONG_POLLS", 8, doc="How many requests for messages may wait at once in one process; keep it below THREADS."
    )
    handoff_url: str = setting(
        "HANDOFF_URL",
        "",
        doc="Where operators are notified of conversations in a person's hands: a webhook.",
        secret=True,
    )
    handoff_secret: str = setting(
        "HANDOFF_SECRET", "", doc="Signs the calls to HANDOFF_URL (X-Parley-Signature).", secret=True
    )
    handoff_to: str = setting(
        "HANDOFF_TO",
        "",
        doc="The operators' chat on a platform, e.g. slack:C0123ABCD, as on the gateway.",
    )
    public_url: str = setting(
        "PUBLIC_URL", "", doc="The gateway's address as operators reach it, for the notifications to HANDOFF_URL."
    )
