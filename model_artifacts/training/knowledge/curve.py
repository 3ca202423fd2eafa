"""What the gate of a bundle lets through, as it was measured when the documents were compiled."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

CURVE = "curve"
"""The fact in knowledge.sqlite (gate.measure_gate)."""


def read_curve(bundle: Path) -> dict[str, Any]:
    """What gate.measure_gate found; empty for a bundle without documents, or of before it was kept."""
    file = bundle / "knowledge.sqlite"
    if not file.is_file():
        return {}
    with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as db:
        row = db.execute("SELECT value FROM facts WHERE name = ?", (CURVE,)).fetchone()
    found: dict[str, Any] = json.loads(row[0]) if row is not None else {}
    return found
