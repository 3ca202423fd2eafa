"""What the layers of nlu's network make of a text, kept from understanding it for whoever asks the documents."""

from functions.nlu.model import Model
from functions.nlu.onnx_runtime.session import LibrarySession, PackageSession

LAYERS = "layers"
"""The output of nlu's own model that a question's vector is made of, and the input of the search then."""


def keep_layers(model: Model) -> LibrarySession | PackageSession | None:
    """The session of the model, which from now on keeps that output of its latest run; None where it cannot."""
    if not isinstance(model.session, LibrarySession | PackageSession):
        return None
    model.session.keep(LAYERS)
    return model.session
