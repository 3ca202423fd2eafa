"""The documents of an assistant that is being edited, as a part of its next bundle."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.nlu.knowledge import FILES
from model_artifacts.training.knowledge.bundling import compile_for_bundle
from model_artifacts.training.knowledge.mapping import add_layers
from model_artifacts.training.knowledge.sources import FOLDER, has_knowledge
from model_artifacts.training.live.relearning import link_file

Files = frozenset[tuple[str, int, int]]
"""Path, size and time of the last change of each file, in bytes and nanoseconds."""


def list_files(source: Path) -> Files:
    """What lies in the folder of documents; empty where there is none."""
    found = (path for path in (source / FOLDER).rglob("*") if path.is_file())
    return frozenset((str(path), (facts := path.stat()).st_size, facts.st_mtime_ns) for path in found)


def keep_documents(live: Path, making: Path) -> None:
    """The documents of the bundle `live` beside a network with the same encoder."""
    kept = [name for name in FILES if (live / name).exists()]
    for name in kept:
        link_file(live / name, making / name)
    if kept and FILES[2] not in kept:
        # A network that was fitted anew to other examples gives them what they are asked with.
        add_layers(making)


def compile_documents(source: Path, making: Path, nlu: Mapping[str, Any]) -> list[str]:
    """The documents as they are now, and what is to be said of them. Raises NotInstalled."""
    lines: list[str] = []
    graph = making / "model.onnx"
    if has_knowledge(source) and graph.is_file():
        # Compiling writes to the file, which the running bundle may share.
        shutil.copyfile(graph, copy := graph.with_suffix(".copy"))
        os.replace(copy, graph)
    compile_for_bundle(source, making, nlu, lines.append)
    return lines
