"""The dashboards: for who keeps it running, for who writes conversations, and for who trains models."""

from typing import Any

from monitoring.generate.cluster import build_cluster
from monitoring.generate.conversations import build_conversations
from monitoring.generate.models import build_models
from monitoring.generate.overview import build_overview
from monitoring.generate.runbook import build_runbook
from monitoring.generate.service import build_service


def build_dashboards() -> dict[str, dict[str, Any]]:
    """Each dashboard by the name of its file."""
    return {
        "overview": build_overview(),
        "service": build_service(),
        "conversations": build_conversations(),
        "models": build_models(),
        "cluster": build_cluster(),
        "runbook": build_runbook(),
    }
