"""`task train`: compiles an assistant into its bundle: dialogue, catalogue, understanding, and their manifest."""

import argparse
import importlib.util
import json
import os
import runpy
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from model_artifacts.training.dialogue.compilation import compile_project
from model_artifacts.training.dialogue.problems import Uncompilable
from model_artifacts.training.dialogue.validation import validate
from model_artifacts.training.dialogue.writing import FILE as DIALOGUE
from model_artifacts.training.dialogue.writing import write_files
from model_artifacts.training.languages import base_of
from shared.bundle.manifest import DataSet, read_bundle, write_manifest
from shared.errors import Unavailable

NLU_FILES = ("model.onnx", "model.bin", "tokenizer.json", "nlu.json", "golden.jsonl")


class Stopped(SystemExit):
    """The assistant does not compile; nothing of its bundle was changed."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="task train", description=__doc__)
    parser.add_argument("--assistant", type=Path, required=True, help="directory with domain.yml, data/ and config.yml")
    parser.add_argument(
        "--dialogue-only",
        action="store_true",
        help="keep the trained network",
    )
    parser.add_argument("--quick", action="store_true", help="frozen encoder, no PyTorch: seconds instead of minutes")
    parser.add_argument("--data", type=Path, help="folder of the public data sets that training.yml names")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, help="steps of training; the number of examples says it otherwise")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--vocabulary", type=int, help="pieces kept of the encoder's vocabulary; 0 keeps all")
    parser.add_argument("--encoder", type=Path, help="directory of the pretrained encoder (model_artifacts/README.md)")
    parser.add_argument(
        "--layers", type=int, help="layers kept of the encoder; 0: all (by itself: 3 that learn from all)"
    )
    parser.add_argument("--teacher", type=Path, help="a trained bundle whose answers are learned too")
    parser.add_argument(
        "--finetune", type=Path, nargs="?", const=True, help="go on from this bundle, or from the assistant's own"
    )
    options = parser.parse_args(arguments)
    source: Path = options.assistant.resolve()
    if not source.is_dir():
        raise Stopped(f"there is no assistant at {options.assistant}")
    bundle = source / "bundle"
    making = source / "bundle.new"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir()
    try:
        dialogue = _dialogue(source, making)
        _catalogue(source, making)
        _detector(making, bundle)
        data, nlu = (_keep_models if options.dialogue_only else _nlu(options))(source, making, bundle)
        _speech(source, making)
        _knowledge(source, making, nlu)
        manifest = write_manifest(making, source.name, data=data, nlu=nlu, dialogue=dialogue)
        _swap(making, bundle)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    print(
        f"{source.name}: bundle {manifest.bundle}, {sum(file.bytes for file in manifest.files.values()) / 1e6:.1f} MB"
    )


def _dialogue(source: Path, out: Path) -> Mapping[str, Any]:
    try:
        compiled = compile_project(source)
        problems = (*compiled.problems, *validate(compiled))
    except Uncompilable as exc:
        raise Stopped("\n".join([*map(str, exc.problems), f"{source.name}: nothing was compiled"])) from exc
    for problem in problems:
        print(problem)
    return write_files(compiled, out)


def _catalogue(source: Path, out: Path) -> None:
    """An assistant's own data, where it has `catalogue/build.py` with NAME and `build_catalogue(source, out)`."""
    builder = source / "catalogue" / "build.py"
    if not builder.is_file():
        return
    builder_names = runpy.run_path(str(builder))
    try:
        builder_names["build_catalogue"](builder.parent, out / builder_names["NAME"])
    except builder_names["Faulty"] as exc:
        raise Stopped(str(exc)) from exc


def _knowledge(source: Path, out: Path, nlu: Mapping[str, Any]) -> None:
    """The documents that questions are answered from, where the assistant has a folder of them."""
    from model_artifacts.training.knowledge.bundling import NotInstalled, compile_for_bundle

    try:
        compile_for_bundle(source, out, nlu)
    except NotInstalled as exc:
        raise Stopped(str(exc)) from exc


def _detector(out: Path, bundle: Path) -> None:
    """What tells the languages of an assistant of several apart; the one that is there, where they are the same."""
    named = json.loads((out / DIALOGUE).read_bytes())["domain"].get("languages") or ()
    languages = tuple(map(base_of, named))
    if not languages:
        return
    from functions.nlu.languages import FILE, languages_of
    from model_artifacts.training.nlu.detecting import write_detector

    if languages_of(bundle) == languages:
        shutil.copyfile(bundle / FILE, out / FILE)
        return
    try:
        write_detector(out, languages)
    except ModuleNotFoundError as exc:
        print(f"languages are told apart by words alone: {exc.name} is not installed (task setup:train)")
    except ValueError as exc:
        print(f"languages are told apart by words alone: {exc}")


def _speech(source: Path, out: Path) -> None:
    """What the embedded recogniser can hear, from examples, lookups and buttons; nothing where it is not installed."""
    if importlib.util.find_spec("pocketsphinx") is None:
        print("the bundle cannot be spoken to: that needs `task setup:speech`")
        return
    # Imported late: a test of compiling the dialogue needs no recogniser.
    from model_artifacts.training.speech.compiling import compile_speech

    domain = json.loads((out / DIALOGUE).read_bytes())["domain"]
    languages = tuple(map(base_of, domain.get("languages") or ()))
    compile_speech(source, out, domain.get("responses") or {}, languages=languages)


Nlu = Callable[[Path, Path, Path], tuple[Sequence[DataSet], Mapping[str, Any]]]


def _nlu(options: argparse.Namespace) -> Nlu:
    # Imported late: --dialogue-only works without what training needs.
    from model_artifacts.training.nlu.compiling import FITTING, Options, compile_nlu
    from model_artifacts.training.nlu.reading import InvalidData

    def compiled(source: Path, out: Path, _: Path) -> tuple[Sequence[DataSet], Mapping[str, Any]]:
        checkpoint = Path(".parley") / "training" / f"{source.name}-{options.seed}.pt"
        chosen = Options(
            data=options.data,
            seed=options.seed,
            steps=options.steps,
            quick=options.quick,
            vocabulary=options.vocabulary,
            encoder=options.encoder,
            layers=FITTING if options.layers is None else options.layers,
            teacher=options.teacher,
            finetune=source / "bundle" if options.finetune is True else options.finetune,
            resume=options.resume,
            checkpoint=checkpoint,
        )
        try:
            made = compile_nlu(source, out, chosen)
        except InvalidData as exc:
            raise Stopped(str(exc)) from exc
        return made.data, made.nlu

    return compiled


def _keep_models(source: Path, out: Path, bundle: Path) -> tuple[Sequence[DataSet], Mapping[str, Any]]:
    """The models of the bundle that is there, after they were checked; what is not learned comes from the sources."""
    from model_artifacts.training.nlu.reading import InvalidData
    from model_artifacts.training.nlu.refreshing import refresh

    try:
        before = read_bundle(bundle, needs=NLU_FILES).manifest
        for name in NLU_FILES:
            shutil.copyfile(bundle / name, out / name)
        write_manifest(out, source.name, data=before.data, nlu=before.nlu, dialogue=before.dialogue)
        refresh(source, out)
    except (InvalidData, Unavailable) as exc:
        raise Stopped(str(exc)) from exc
    return before.data, read_bundle(out, needs=()).manifest.nlu


def _swap(making: Path, bundle: Path) -> None:
    """Put the new bundle in the place of the old one, which goes only once the new one is complete."""
    old = bundle.with_name("bundle.old")
    shutil.rmtree(old, ignore_errors=True)
    if bundle.exists():
        os.replace(bundle, old)
    os.replace(making, bundle)
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main(sys.argv[1:])
