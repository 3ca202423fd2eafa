"""Writing the compiled dialogue into a bundle, whole or not at all."""

import os
from pathlib import Path

from model_artifacts.training.dialogue.compilation import POLICY, Compiled, dump_dialogue
from shared.bundle.manifest import NAME, Manifest, read_bundle, write_manifest

FILE = "dialogue.json"
FORMER_POLICY = "policy.onnx"
"""What bundles of an earlier Parley have in the place of policy.json."""


def write_dialogue(compiled: Compiled, out: Path) -> Manifest:
    """Put the dialogue's files into the bundle at `out` (made where it is not there), and vouch for them."""
    out.mkdir(parents=True, exist_ok=True)
    before = read_bundle(out, needs=()).manifest if (out / NAME).is_file() else None
    dialogue = write_files(compiled, out)
    return write_manifest(
        out,
        str(compiled.data["assistant"]),
        data=before.data if before is not None else (),
        nlu=before.nlu if before is not None else None,
        dialogue=dialogue,
    )


def write_files(compiled: Compiled, out: Path) -> dict[str, object]:
    """Write dialogue.json and, where there is one to learn, the policy; what the manifest is to say of them."""
    learned: dict[str, object] = {}
    for name in (POLICY, FORMER_POLICY):
        (out / name).unlink(missing_ok=True)
    if "learned" in compiled.data:
        # numpy is imported only where something is learned.
        from model_artifacts.training.dialogue.exporting import write_policy
        from model_artifacts.training.dialogue.learning import learn

        policy = learn(compiled.paths, compiled.data["learned"]["max_history"])
        _replace(out / POLICY, write_policy(policy))
        learned = {"learned": dict(policy.facts)}
    _replace(out / FILE, dump_dialogue(compiled.data).encode())
    return {**_collect_facts(compiled), **learned}


def _replace(file: Path, content: bytes) -> None:
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(content)
    os.replace(part, file)


def _collect_facts(compiled: Compiled) -> dict[str, object]:
    return {
        "rules": sum(story.is_rule for story in compiled.stories),
        "stories": sum(not story.is_rule for story in compiled.stories),
        "intents": len(compiled.data["domain"]["intents"]),
        "actions": len(compiled.data["domain"]["actions"]),
        "forms": len(compiled.data["domain"]["forms"]),
        "notes": [str(problem) for problem in compiled.problems],
    }
