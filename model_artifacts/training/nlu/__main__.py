"""`python -m model_artifacts.training.nlu`: trains the understanding of an assistant into its bundle."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from model_artifacts.training.nlu.compiling import FITTING, Options, compile_nlu
from model_artifacts.training.nlu.reading import InvalidData
from shared.bundle.manifest import NAME, write_manifest


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m model_artifacts.training.nlu", description=__doc__)
    parser.add_argument("--assistant", type=Path, required=True, help="directory with domain.yml and data/")
    parser.add_argument("--out", type=Path, help="directory of the bundle (ASSISTANT/bundle)")
    parser.add_argument("--data", type=Path, help="folder of the public sets that training.yml names")
    parser.add_argument("--encoder", type=Path, help="directory of the pretrained encoder")
    parser.add_argument("--vocabulary", type=int, help="pieces kept of the encoder's; 0 keeps all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, help="steps of training; the number of examples says it otherwise")
    parser.add_argument("--quick", action="store_true", help="frozen encoder, no PyTorch: seconds instead of minutes")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument(
        "--layers",
        type=int,
        default=FITTING,
        help="layers kept of the encoder; 0: all (by itself: 3 that learn from all)",
    )
    parser.add_argument("--teacher", type=Path, help="a trained bundle whose answers are learned too")
    parser.add_argument(
        "--finetune", type=Path, nargs="?", const=True, help="go on from this bundle, or from the assistant's own"
    )
    parser.add_argument(
        "--bf16", action=argparse.BooleanOptionalAction, help="half precision (where the processor is faster with it)"
    )
    given = parser.parse_args(arguments)
    out = given.out or given.assistant / "bundle"
    options = Options(
        data=given.data,
        encoder=given.encoder,
        vocabulary=given.vocabulary,
        layers=given.layers,
        teacher=given.teacher,
        finetune=given.assistant / "bundle" if given.finetune is True else given.finetune,
        seed=given.seed,
        steps=given.steps,
        quick=given.quick,
        resume=given.resume,
        bfloat16=given.bf16,
        checkpoint=Path(".parley") / "training" / f"{given.assistant.resolve().name}-{given.seed}.pt",
    )
    try:
        compiled = compile_nlu(given.assistant, out, options)
    except InvalidData as exc:
        raise SystemExit(str(exc)) from exc
    write_manifest(
        out, given.assistant.resolve().name, data=compiled.data, nlu=compiled.nlu, dialogue=_dialogue(out / NAME)
    )  # fmt: skip
    print(json.dumps(compiled.nlu, indent=1))
    print(f"wrote {out}")


def _dialogue(manifest: Path) -> dict[str, Any]:
    """What the manifest that is there says of the dialogue, which stays as it is."""
    try:
        return dict(json.loads(manifest.read_bytes()).get("dialogue") or {})
    except (OSError, ValueError):
        return {}


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main(sys.argv[1:])
