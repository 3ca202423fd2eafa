"""Puts another bundle into images that are built already: a layer on top, the code below stays as it was tested.

`task bundle:images BUNDLE_DIR=... REGISTRY=... TAG=1.0.0` makes TAG-BUNDLEID of each image that reads a bundle.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from knative.images.build import find_builder, name_image
from knative.local.assistants import find_assistant
from knative.local.stages import STAGES
from shared.bundle.manifest import read_bundle
from shared.errors import Failure

READERS = ("nlu", "dialogue", "actions", "speech")
MODEL = ("model.onnx", "model.bin", "tokenizer.json", "tables.bin", "pieces.bin")
"""Read by nlu alone, and by far the largest part."""
SPOKEN = ("speech.lm", "speech.classes")
"""By which nlu chooses among what may have been said."""


def write_recipe(image: str) -> str:
    """The Dockerfile of the layer."""
    return f"FROM {image}\nCOPY --chown=0:0 bundle /app/assistant/bundle\n"


def files_for(stage: str, names: Sequence[str]) -> list[str]:
    """The files of a bundle that a stage's image holds, as knative/images/assistant.sh leaves them."""
    return [
        one
        for one in names
        if (stage == "nlu" or one not in MODEL)
        and (stage == "speech" or not one.startswith("speech.") or (stage == "nlu" and one in SPOKEN))
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task bundle:images", description=__doc__.partition("\n")[0])
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--bundle", type=Path, help="its directory; the one beside the sources otherwise")
    parser.add_argument("--registry", default="")
    parser.add_argument("--tag", required=True, help="of the images whose code stays")
    parser.add_argument("--push", action="store_true")
    options = parser.parse_args(arguments)
    try:
        assistant = find_assistant(options.assistant)
        bundle = read_bundle(options.bundle or assistant / "bundle")
    except (Failure, FileNotFoundError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    tool, tag = find_builder(), f"{options.tag}-{bundle.id}"
    for stage in STAGES:
        before, after = (name_image(stage, options.registry, one, assistant) for one in (options.tag, tag))
        if stage not in READERS:
            # One tag names all images of a deployment.
            if failed := subprocess.run([tool, "tag", before, after]).returncode:
                return failed
            if options.push and (failed := subprocess.run([tool, "push", after]).returncode):
                return failed
            continue
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "bundle").mkdir()
            for file in files_for(stage, [*bundle.manifest.files, "manifest.json"]):
                shutil.copyfile(bundle.path / file, Path(folder) / "bundle" / file)
            (Path(folder) / "Dockerfile").write_text(write_recipe(before), encoding="utf-8")
            if failed := subprocess.run([tool, "build", "--tag", after, folder]).returncode:
                return failed
        if options.push and (failed := subprocess.run([tool, "push", after]).returncode):
            return failed
        print(after, flush=True)
    print(f"roll it out: task deploy ENV=prod REGISTRY={options.registry or '...'} TAG={tag}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
