"""The dashboards: for who keeps it running, for who writes conversations, and for who trains models."""

from typing import Any

from monitoring.generate.cluster import cluster
from monitoring.generate.conversations import conversations
from monitoring.generate.models import models
from monitoring.generate.overview import overview
from monitoring.generate.runbook import runbook
from monitoring.generate.service import service


def all_dashboards() -> dict[str, dict[str, Any]]:
    """Each dashboard by the name of its file."""
    return {
        "overview": overview(),
        "service": service(),
        "conversations": conversations(),
        "models": models(),
        "cluster": cluster(),
        "runbook": runbook(),
    }
