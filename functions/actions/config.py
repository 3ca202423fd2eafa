"""The settings of the actions stage."""

from dataclasses import dataclass

from shared.config import setting


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
        "e.g. http://localhost:5055/webhook.",
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
