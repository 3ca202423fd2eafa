"""Outgoing HTTP (README.md beside this file says why it is our own)."""

from shared.outbound.client import MAX_ANSWER_BYTES, Answered, Outbound, TooMuch, Trace

__all__ = ["MAX_ANSWER_BYTES", "Answered", "Outbound", "TooMuch", "Trace"]
