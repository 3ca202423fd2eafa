"""Rasa's HTTP API on the gateway; imported when somebody first calls it, for nothing waits for it."""

RASA = "3.6.21"
"""The Rasa whose API this is."""
PATHS = ("version", "status", "domain", "model", "conversations")
"""With which the API's paths begin."""
