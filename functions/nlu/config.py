"""The settings of the nlu stage."""

from dataclasses import dataclass

from shared.config import setting


@dataclass(frozen=True, slots=True)
class Config:
    bundle: str = setting(
        "BUNDLE", "model_artifacts/assistants/default/bundle", doc="The compiled assistant: the directory of a bundle."
    )
