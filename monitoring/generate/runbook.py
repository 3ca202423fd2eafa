"""The dashboard *runbook*: monitoring/runbook.md, a panel for each alert, to which the alert's link leads."""

import re
from pathlib import Path
from typing import Any

from monitoring.generate.panels import Panel, Row, build_dashboard

PAGE = Path(__file__).resolve().parents[1] / "runbook.md"


def build_runbook() -> dict[str, Any]:
    text = PAGE.read_text(encoding="utf-8")
    intro, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    panels = [_build_panel("Objectives", intro.partition("\n")[2], 24)]
    panels += [_build_panel(title, text, 12) for title, _, text in (part.partition("\n") for part in parts)]
    return build_dashboard(
        "parley-runbook", "Parley: runbook", "What to do when an alert fires.", (), (Row("", tuple(panels)),)
    )


def _build_panel(title: str, text: str, width: int) -> Panel:
    return Panel(
        title.strip(), "text", (), f"The runbook's words on {title.strip()}.", text=text.strip(), width=width, height=6
    )
