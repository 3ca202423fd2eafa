"""The settings of the review page."""

from dataclasses import dataclass

from shared.config import setting


@dataclass(frozen=True, slots=True)
class Config:
    auth: str = setting(
        "REVIEW_AUTH",
        "loopback",
        doc="Who may read and correct: loopback (on this machine, who has the address that is printed at the start) or "
        "token (REVIEW_TOKEN). It is never open.",
    )
    token: str = setting("REVIEW_TOKEN", "", doc="What authors sign in with where REVIEW_AUTH=token.", secret=True)
    store_url: str = setting("STORE_URL", "sqlite:.parley/parley.db", doc="Where conversations are kept.")
    bundle: str = setting(
        "BUNDLE",
        "model_artifacts/assistants/default/bundle",
        doc="The assistant's bundle: it says which intents and entities there are.",
    )
    personal: tuple[str, ...] = setting(
        "PERSONAL_SLOTS",
        ("address", "street", "phone", "email", "name", "surname", "birthday", "iban"),
        doc="Slots and entities with personal data, which are hidden; also as the last part of a name.",
    )
    keep_days: int = setting("REVIEW_DAYS", 180, doc="For how many days what authors say of a turn is kept.")
