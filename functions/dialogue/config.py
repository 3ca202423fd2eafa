"""The settings of the dialogue stage."""

from dataclasses import dataclass

from functions.dialogue.state import FORM, WRITABLE
from shared.config import Misconfigured, setting


@dataclass(frozen=True, slots=True)
class Config:
    bundle: str = setting(
        "BUNDLE", "model_artifacts/assistants/default/bundle", doc="The compiled assistant: the directory of a bundle."
    )
    store_url: str = setting(
        "STORE_URL",
        "sqlite:.parley/parley.db",
        doc="Where conversations are kept: memory:, sqlite:PATH or firestore[+grpc]:PROJECT[/DATABASE].",
    )
    broker_url: str = setting(
        "BROKER_URL", "", doc="The broker's ingress, which is told of due reminders; empty: none is ever told."
    )
    publish_timeout: float = setting("PUBLISH_TIMEOUT", 5.0, doc="Seconds to wait for the broker.")
    action_seconds: float = setting(
        "ACTION_DEADLINE", 20.0, doc="Seconds that a turn waits for an action before it goes on without it."
    )
    nlg_endpoint: str = setting(
        "NLG_ENDPOINT",
        "",
        doc="A server that says the responses, by Rasa's NLG protocol, e.g. http://localhost:5056/nlg: `dialogue` asks "
        "for each response, `actions` calls the server. Where it fails, the domain's own response is said.",
    )
    state_format: int = setting(
        "STATE_FORMAT",
        FORM,
        doc="The form in which conversations are stored. Set the one before while you may go back to an older Parley.",
    )
    keep_days: float = setting(
        "CONVERSATION_DAYS", 30.0, doc="For how many days after its last message a conversation is kept."
    )

    def __post_init__(self) -> None:
        if self.state_format not in WRITABLE:
            known = " or ".join(map(str, WRITABLE))
            raise Misconfigured(f"parley: STATE_FORMAT must be {known}, not {self.state_format}")
