"""A candidate beside the default assistant's bundle: the same model, with other thresholds, so another bundle."""

import json
import shutil
from pathlib import Path

from knative.local.stages import ASSISTANTS
from shared.bundle.manifest import write_manifest


def candidate(folder: Path, *, confidence: float | None = None) -> Path:
    """A bundle in the folder; with a confidence near 1 it understands hardly anything."""
    path = folder / "candidate"
    shutil.copytree(ASSISTANTS / "default" / "bundle", path)
    file = path / "nlu.json"
    specification = json.loads(file.read_bytes())
    specification["thresholds"]["confidence"] = confidence or specification["thresholds"]["confidence"] + 1e-6
    file.write_text(json.dumps(specification))
    write_manifest(path, "default")
    return path
