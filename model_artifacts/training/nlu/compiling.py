"""One training run of an assistant's understanding, from its sources to the files and facts of its bundle."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.nlu.model import Model
from model_artifacts.training.nlu.assistant import Assistant, read_assistant
from model_artifacts.training.nlu.augmentation import pools
from model_artifacts.training.nlu.bundling import Trained, write_bundle
from model_artifacts.training.nlu.dataset import Dataset, assemble, named
from model_artifacts.training.nlu.encoder import DEFAULT, Encoder, prune, read_encoder, shortened
from model_artifacts.training.nlu.evaluation import judge, measure
from model_artifacts.training.nlu.finetuning import read_learned, taught
from shared.bundle.manifest import DataSet

VOCABULARY = 12000
FILES = ("model.onnx", "model.bin", "tokenizer.json", "nlu.json", "tables.bin", "golden.jsonl")
"""What this training writes into a bundle."""


@dataclass(frozen=True, slots=True)
class Options:
    data: Path | None = None
    """The folder of the public sets that training.yml names; None learns from the assistant's own examples alone."""
    encoder: Path = DEFAULT
    vocabulary: int = VOCABULARY
    """Pieces that are kept of the encoder's vocabulary; 0 keeps all."""
    layers: int = 0
    """Layers that are kept of the encoder; 0 keeps all."""
    finetune: Path | None = None
    """A trained bundle to go on from, instead of the pretrained encoder."""
    teacher: Path | None = None
    """A trained bundle whose answers are learned beside the examples' own."""
    seed: int = 0
    epochs: int | None = None
    quick: bool = False
    resume: bool = False
    checkpoint: Path | None = None
    bfloat16: bool | None = None
    """Train in half precision; None does where it is faster."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the manifest says of this part of the bundle."""

    data: tuple[DataSet, ...]
    nlu: Mapping[str, Any]


def compile_nlu(source: Path, out: Path, options: Options) -> Compiled:
    """Train the assistant in `source` and write its model into the bundle directory `out`; the manifest is not written.

    Raises InvalidData, listing every mistake with file and line.
    """
    started, cpu = time.monotonic(), time.process_time()
    assistant = read_assistant(source)
    dataset = assemble(assistant, options.data, options.seed)
    for note in dataset.notes:
        print(f"note: {note}")
    print(
        f"{assistant.name}: {len(dataset.scheme.intents)} intents, {len(dataset.scheme.labels)} entities, examples: "
        f"{len(dataset.training)} to learn, {len(dataset.validation)} to choose, {len(dataset.held_out)} held out"
    )
    model = train_into(out, assistant, dataset, options)
    if options.checkpoint is not None and not options.quick:
        options.checkpoint.unlink(missing_ok=True)
    facts: dict[str, Any] = {
        "mode": ("quick" if options.quick else "full") + (", fine-tuned" if options.finetune else ""),
        "encoder": options.encoder.name,
        **({"layers": options.layers} if options.layers else {}),
        "seed": options.seed,
        "intents": len(dataset.scheme.intents),
        "entities": len(dataset.scheme.labels),
        "examples": {"training": len(dataset.training), "validation": len(dataset.validation)},
        "temperature": model.specification.temperature,
        "min_energy": model.specification.min_energy,
        "bytes": sum((out / name).stat().st_size for name in FILES if name != "golden.jsonl"),
        "validation": measure(judge(model, dataset.validation)),
    }
    if dataset.held_out:
        facts["test"] = measure(judge(model, dataset.held_out))
    print(f"trained in {time.monotonic() - started:.0f} s ({time.process_time() - cpu:.0f} CPU-s)")
    encoder_source = DataSet(
        "all-MiniLM-L6-v2 (encoder)", "Apache-2.0", "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2"
    )
    sources = (encoder_source,) if options.encoder == DEFAULT else ()
    return Compiled((*sources, *dataset.public), facts)


def train_into(out: Path, assistant: Assistant, dataset: Dataset, options: Options) -> Model:
    """Train on the data set and write the nlu files into `out`; the assistant gives what is not learned."""
    learned = named(dataset)
    texts = {example.text for example in learned.training}
    texts |= {phrase for phrases in assistant.nlu.lookups.values() for phrase in phrases} | set(assistant.nlu.synonyms)
    whole = shortened(read_encoder(options.encoder), options.layers)
    if options.finetune is not None:
        whole = taught(whole, read_learned(options.finetune))
    encoder = prune(whole, options.vocabulary, texts)
    train = _quick if options.quick else _full
    return write_bundle(out, assistant, dataset, train(encoder, assistant, learned, options))


def _full(encoder: Encoder, assistant: Assistant, dataset: Dataset, options: Options) -> Trained:
    # PyTorch is large and slow to import: only full training needs it.
    try:
        from model_artifacts.training.nlu.full import train_full
    except ModuleNotFoundError as exc:
        raise SystemExit(
            f"training needs {exc.name}: pip install -r model_artifacts/training/requirements.txt, or give --quick"
        ) from exc
    values = pools(dataset.training, assistant.nlu.lookups)
    trained: Trained = train_full(
        encoder,
        dataset,
        values,
        options.seed,
        options.epochs,
        options.checkpoint,
        resume=options.resume,
        bfloat16=options.bfloat16,
        finetune=options.finetune,
        teacher=options.teacher,
    )
    return trained


def _quick(encoder: Encoder, assistant: Assistant, dataset: Dataset, options: Options) -> Trained:
    from model_artifacts.training.nlu.quick import train_quick

    learned = None if options.finetune is None else read_learned(options.finetune)
    return train_quick(encoder, dataset, pools(dataset.training, assistant.nlu.lookups), options.seed, learned)
