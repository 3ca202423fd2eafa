"""The session that a stage runs its model in (README.md beside this file says why it is our own)."""

from functions.nlu.onnx_runtime.session import UNDERSTANDING, Session, open_model, open_package

__all__ = ["UNDERSTANDING", "Session", "open_model", "open_package"]
