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
        "e.g. http://localhost:5055/webhook. With it no class of rasa_sdk is loaded here.",
    )
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
