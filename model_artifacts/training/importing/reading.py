"""Reading a project's YAML where a broken file asks for nothing: the compiler names what is broken."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from model_artifacts.training.importing.copying import LOADER


def load_yaml(path: Path) -> Mapping[str, Any]:
    """The object in a YAML file; empty where there is none."""
    try:
        loaded = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=LOADER)  # noqa: S506 - a safe loader
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError):
        return {}
    return loaded if isinstance(loaded, dict) else {}
