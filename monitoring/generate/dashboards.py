"""The three dashboards: service for who keeps it running, conversations for who writes it, models for who trains it."""

from typing import Any

from monitoring.generate.conversations import conversations
from monitoring.generate.models import models
from monitoring.generate.service import service


def all_dashboards() -> dict[str, dict[str, Any]]:
    """Each dashboard by the name of its file."""
    return {"service": service(), "conversations": conversations(), "models": models()}
