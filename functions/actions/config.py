"""The settings of the actions stage."""

from dataclasses import dataclass

from shared.config import Misconfigured, setting


@dataclass(frozen=True, slots=True)
class Config:
    bundle: str = setting(
        "BUNDLE", "model_artifacts/assistants/default/bundle", doc="The compiled assistant: the directory of a bundle."
    )
    functions: str = setting(
        "ASSISTANT_ACTIONS",
        "model_artifacts/assistants/default/actions",
        doc="The assistant's own functions: the directory of a Python package that lists them in ACTIONS, or that "
        "holds actions written for rasa_sdk.",
    )
    endpoint: str = setting(
        "ACTION_ENDPOINT",
        "",
        doc="A Rasa SDK action server for the actions that the assistant has no function for, "
        "e.g. http://localhost:5055/webhook. With it no class of rasa_sdk is loaded here.",
    )
    nlg_endpoint: str = setting(
        "NLG_ENDPOINT",
        "",
        doc="A server that says the responses, by Rasa's NLG protocol, e.g. http://localhost:5056/nlg: `dialogue` asks "
        "for each response, `actions` calls the server. Where it fails, the domain's own response is said.",
    )
    nlg_timeout: float = setting("NLG_TIMEOUT", 3.0, doc="Seconds to wait for the server that says a response.")
    must_load: bool = setting(
        "ACTIONS_MUST_LOAD",
        False,
        doc="Do not start where code of the assistant cannot be loaded, so that a rollout stops and the revision "
        "before goes on. Without it the stage starts, logs an error, and the assistant apologises where such an action "
        "is asked for.",
    )
    timeout: float = setting(
        "ACTION_TIMEOUT", 10.0, doc="Seconds that one action may take; the event's own deadline may be sooner."
    )
    max_threads: int = setting(
        "ACTION_THREADS",
        64,
        doc="Functions that may run at once in one process, those that hang included; an event more gets 503, and "
        "comes again.",
    )

    def __post_init__(self) -> None:
        if self.nlg_endpoint and not is_http(self.nlg_endpoint):
            # The address itself may hold a token, and is not repeated.
            raise Misconfigured("parley: NLG_ENDPOINT is no address of a server; write it as http://localhost:5056/nlg")


def is_http(url: str) -> bool:
    """Whether `url` names a server over HTTP."""
    # Imported here, because a stage without such a server pays for none of it.
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
