"""Writing the compiled dialogue into a bundle, whole or not at all."""

import os
from pathlib import Path

from model_artifacts.training.dialogue.compilation import Compiled, dumped
from shared.bundle.manifest import NAME, Manifest, read_bundle, write_manifest

FILE = "dialogue.json"


def write_dialogue(compiled: Compiled, out: Path) -> Manifest:
    """Put dialogue.json into the bundle at `out` (made where it is not there), and vouch for it in the manifest."""
    out.mkdir(parents=True, exist_ok=True)
    before = read_bundle(out, needs=()).manifest if (out / NAME).is_file() else None
    part = out / f".{FILE}.part"
    part.write_text(dumped(compiled.data), encoding="utf-8")
    os.replace(part, out / FILE)
    return write_manifest(
        out,
        str(compiled.data["assistant"]),
        data=before.data if before is not None else (),
        nlu=before.nlu if before is not None else None,
        dialogue=facts(compiled),
    )


def facts(compiled: Compiled) -> dict[str, object]:
    """What the manifest says of the dialogue."""
    return {
        "rules": sum(story.is_rule for story in compiled.stories),
        "stories": sum(not story.is_rule for story in compiled.stories),
        "intents": len(compiled.data["domain"]["intents"]),
        "actions": len(compiled.data["domain"]["actions"]),
        "forms": len(compiled.data["domain"]["forms"]),
        "notes": [str(problem) for problem in compiled.problems],
    }
