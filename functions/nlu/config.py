"""The settings of the nlu stage."""

from dataclasses import dataclass

from shared.config import setting


@dataclass(frozen=True, slots=True)
class Config:
    bundle: str = setting(
        "BUNDLE", "model_artifacts/assistants/default/bundle", doc="The compiled assistant: the directory of a bundle."
    )
    hashes: bool = setting(
        "BUNDLE_HASHES",
        True,
        doc="Check the bundle's hashes at each start. An image says no: its build checked them, and it is read-only.",
    )
    onnx_package: bool = setting(
        "ONNX_PACKAGE",
        False,
        doc="Run the model by onnxruntime's package instead of its library: 55 ms of CPU more at each start.",
    )
    tokenizers_package: bool = setting(
        "TOKENIZERS_PACKAGE",
        False,
        doc="Read texts by the package tokenizers instead of our own reader: 8 ms of CPU more at each start, 60 with "
        "several languages.",
    )
    component_seconds: float = setting(
        "COMPONENT_TIMEOUT",
        1.0,
        doc="Seconds that one component of the assistant's own may take for a message; what it would have found is "
        "left out then.",
    )
    shadow_broker: str = setting(
        "SHADOW_BROKER_URL",
        "",
        doc="Makes this stage a shadow model: it takes messages that were understood, reads them again with its own "
        "bundle, answers nobody, and tells this broker how both agree (`knative/components/shadow-model`).",
    )
