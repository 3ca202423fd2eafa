"""One training run of an assistant's understanding, from its sources to the files and facts of its bundle."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tokenizers import Tokenizer

from model_artifacts.training.nlu.advice import advise, measure_accuracy
from model_artifacts.training.nlu.assistant import Assistant, compute_fingerprint, read_assistant
from model_artifacts.training.nlu.augmentation import make_variations
from model_artifacts.training.nlu.bundling import Trained, Written, write_bundle
from model_artifacts.training.nlu.dataset import Dataset, add_intent_names, assemble
from model_artifacts.training.nlu.encoder import Encoder, keep_layers
from model_artifacts.training.nlu.evaluation import judge, measure, measure_held_out
from model_artifacts.training.nlu.finetuning import apply_learned, read_learned
from model_artifacts.training.nlu.glossing import read_glossaries
from model_artifacts.training.nlu.lesson import Lesson
from model_artifacts.training.nlu.names import find_named_entities, make_fresh_names, measure_names
from model_artifacts.training.nlu.pretrained import cut_vocabulary, find_pretrained, read_pretrained, sources_of
from model_artifacts.training.nlu.reading import InvalidData
from model_artifacts.training.nlu.schedule import Settings
from model_artifacts.training.nlu.tables import make_lookups
from model_artifacts.training.nlu.teaching import Teaching, add_unlabelled
from shared.bundle.manifest import DataSet

STUDENT, PIECES = 3, 9_600
"""Layers and pieces of a network that learns from one of all layers: 10 MB."""
TAUGHT = 1_000
"""Examples from which on it is made where nobody says how many layers: what fewer examples teach it was not measured,
and training takes twice as long."""
FITTING = -1
"""For how many layers: what suits the assistant and the kind of training."""
FILES = ("model.onnx", "model.bin", "tokenizer.json", "nlu.json", "tables.bin", "pieces.bin")
"""What this training writes into a bundle."""


@dataclass(frozen=True, slots=True)
class Options:
    data: Path | None = None
    """The folder of the public sets that training.yml names; None learns from the assistant's own examples alone."""
    encoder: Path | None = None
    """The directory of the pretrained encoder; None takes what the assistant's languages need."""
    vocabulary: int | None = None
    """Pieces that are kept of the encoder's vocabulary; None keeps what the languages need, 0 all."""
    layers: int = 0
    """Layers that are kept of the encoder; 0 keeps all, FITTING is settled by `settle_layers`."""
    finetune: Path | None = None
    """A trained bundle to go on from, instead of the pretrained encoder."""
    teacher: Path | None = None
    """A trained bundle whose answers are learned beside the examples' own."""
    seed: int = 0
    steps: int | None = None
    """Steps of full training; None lets the number of examples say."""
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
    _refuse_without_meaning(options)
    started, cpu = time.monotonic(), time.process_time()
    assistant = read_assistant(source)
    options = settle_layers(options, assistant)
    dataset = assemble(assistant, options.data, options.seed)
    if (options.layers or options.teacher) and not options.quick:
        dataset = add_unlabelled(dataset, assistant, source, options.data, options.seed)
    for note in dataset.notes:
        print(f"note: {note}")
    print(
        f"{assistant.name}: {len(dataset.scheme.intents)} intents, {len(dataset.scheme.labels)} entities, examples: "
        f"{len(dataset.training)} to learn, {len(dataset.validation)} to choose, {len(dataset.held_out)} held out"
    )
    options = replace(options, encoder=find_pretrained(assistant, options.encoder))
    written = train_into(out, assistant, dataset, options)
    model = written.model
    if options.checkpoint is not None and not options.quick:
        options.checkpoint.unlink(missing_ok=True)
    facts: dict[str, Any] = {
        "mode": ("quick" if options.quick else "full") + (", fine-tuned" if options.finetune else ""),
        "encoder": options.encoder.name if options.encoder else "",
        **({"layers": options.layers} if options.layers else {}),
        "languages": list(assistant.languages),
        "seed": options.seed,
        "sources": compute_fingerprint(assistant),
        "intents": len(dataset.scheme.intents),
        "entities": len(dataset.scheme.labels),
        "examples": {"training": len(dataset.training), "validation": len(dataset.validation)},
        "temperature": model.specification.temperature,
        "min_energy": model.specification.min_energy,
        "bytes": sum((out / name).stat().st_size for name in FILES if (out / name).is_file()),
        "validation": measure(written.judged),
        "cross_validation": {"examples": len(written.crossed), "intent_accuracy": measure_accuracy(written.crossed)},
    }
    if written.names:
        facts["names"] = measure_names(written.names)
    facts |= measure_held_out(model, dataset.held_out)
    print("\n".join(describe_scores(facts, written)))
    print(f"trained in {time.monotonic() - started:.0f} s ({time.process_time() - cpu:.0f} CPU-s)")
    sources = sources_of(options.encoder) if options.encoder else ()
    return Compiled((*sources, *dataset.public), facts)


def describe_scores(facts: Mapping[str, Any], written: Written) -> list[str]:
    """The scores of a training run and what its author can do next, a sentence a line."""
    crossed = facts["cross_validation"]
    lines = [f"each example by the others, on the encoder as it was: intents {_percent(crossed['intent_accuracy'])} of "
             f"{crossed['examples']}"] if crossed["examples"] else []  # fmt: skip
    for name, what in (("validation", "examples set aside"), ("test", "held out"), ("names", "names of tables only")):
        score = facts.get(name)
        if score and score["examples"]:
            entities = f", entities F1 {_percent(score['entity_f1'])}" if "entity_f1" in score else ""
            lines.append(f"{what}: intents {_percent(score['intent_accuracy'])}{entities} of {score['examples']}")
    lines += [_describe_language(language, score) for language, score in facts.get("test_in", {}).items()]
    return lines + [f"advice: {sentence}" for sentence in advise(written.crossed)]


def _describe_language(language: str, score: Mapping[str, Any]) -> str:
    outside, entities = score["out_of_scope_examples"], score.get("entity_f1")
    refused = f", out of scope refused {_percent(score['out_of_scope_recall'])}" if outside else ""
    found = f", entities F1 {_percent(entities)}" if entities is not None else ""
    return f"{language}: intents {_percent(score['intent_accuracy'])}{refused}{found} of {score['examples']} held out"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def settle_layers(options: Options, assistant: Assistant) -> Options:
    """The options with a number of layers. Where nobody says one, full training on many examples makes three layers of
    the English encoder that learn from all of it, which lose next to nothing (tests/bench/README.md); any other keeps
    all."""
    if options.layers != FITTING:
        return options
    few = len(assistant.nlu.examples) < TAUGHT
    if few or options.quick or options.finetune or options.encoder or assistant.multilingual:
        return replace(options, layers=0)
    vocabulary = PIECES if options.vocabulary is None else options.vocabulary
    return replace(options, layers=STUDENT, vocabulary=vocabulary)


def _refuse_without_meaning(options: Options) -> None:
    """InvalidData for options that quick training would have to ignore."""
    given = {"--teacher": options.teacher, "--steps": options.steps, "--resume": options.resume or None}
    ignored = [name for name, value in given.items() if value is not None]
    if options.finetune and options.teacher:
        raise InvalidData("--teacher is where its student starts, too; leave --finetune out")
    if options.quick and ignored:
        raise InvalidData(f"{' and '.join(ignored)} mean nothing in quick training; leave them out, or --quick")


def train_into(out: Path, assistant: Assistant, dataset: Dataset, options: Options) -> Written:
    """Train on the data set and write the nlu files into `out`; the assistant gives what is not learned."""
    if options.layers and not (options.quick or options.teacher or options.finetune):
        return _train_student(out, assistant, dataset, options)
    learned = add_intent_names(dataset)
    texts = {example.text for example in (*learned.training, *learned.validation)}
    texts |= {phrase for phrases in assistant.nlu.lookups.values() for phrase in phrases} | set(assistant.nlu.synonyms)
    texts |= {word for glossary in read_glossaries(assistant.languages) for word in glossary.words()}
    started = options.finetune or options.teacher
    if started is None:
        whole = read_pretrained(assistant, options.encoder, options.layers)
    else:
        known = read_learned(started)
        if options.finetune and 0 < options.layers < known.layers:
            raise InvalidData(f"--finetune: the bundle has {known.layers} layers; give it as --teacher to learn fewer")
        if options.teacher and len(known.tensors["intent.weight"]) > len(known.tensors["tags.weight"]):
            raise InvalidData(
                "--teacher: the bundle was trained in quick mode, and has too little to teach; train it in full"
            )
        whole = apply_learned(read_pretrained(assistant, options.encoder, known.layers), known)
    larger = cut_vocabulary(whole, options.vocabulary, texts, assistant)
    encoder = keep_layers(larger, options.layers)
    lesson = make_lesson(assistant, learned, encoder, origin=f"{_content_of(larger)} {dataset.unlabelled}")
    if options.quick:
        # Heads have no weights to choose among: what was set aside is learned in the end, unless it was given so.
        trained = _quick(encoder, replace(lesson, chooses=dataset.given), options)
    else:
        pretrained = find_pretrained(assistant, options.encoder)
        teaching = Teaching(larger, dataset.unlabelled, pretrained, assistant.languages)
        trained = _full(encoder, lesson, options, teaching)
    names = make_fresh_names(lesson.named)
    # Of each two names, one says how much tables count, and the other how well names are understood.
    choosing, judging = ([name for place, name in enumerate(names) if place // 2 % 2 == part] for part in (0, 1))
    written = write_bundle(out, assistant, dataset, trained, lesson.lookups, choosing)
    return replace(written, names=judge(written.model, judging))


def _train_student(out: Path, assistant: Assistant, dataset: Dataset, options: Options) -> Written:
    """Train a network of all layers first, and let the one of fewer layers learn from it what they make of the texts.

    Trained by themselves, a few layers lose some points; as students hardly any (tests/bench/README.md).
    """
    checkpoint = options.checkpoint and options.checkpoint.with_stem(f"{options.checkpoint.stem}-teacher")
    with TemporaryDirectory() as folder:
        teacher = Path(folder)
        print("first the network of all layers, from which the one of fewer learns")
        train_into(teacher, assistant, dataset, replace(options, layers=0, vocabulary=None, checkpoint=checkpoint))
        written = train_into(out, assistant, dataset, replace(options, teacher=teacher))
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return written


def make_lesson(assistant: Assistant, dataset: Dataset, encoder: Encoder, origin: str = "") -> Lesson:
    """What the assistant's examples and tables teach an encoder."""
    tokenizer = Tokenizer.from_str(encoder.tokenizer)
    marked = dataset.scheme.entities()
    plain = frozenset(label.entity for label in dataset.scheme.labels if label.role is None and label.group is None)
    own = [example for example in dataset.training if example.authored]
    tables = {entity: phrases for entity, phrases in assistant.nlu.lookups.items() if entity in plain}
    glossaries = read_glossaries(assistant.languages)
    return Lesson(
        dataset.scheme,
        tokenizer,
        dataset.training,
        make_variations(dataset.training, assistant.nlu.lookups, assistant.language),
        make_lookups(assistant.nlu, marked, tokenizer, glossaries),
        find_named_entities(own, tables),
        dataset.validation,
        chooses=dataset.chooses,
        glossaries=glossaries,
        several=len(assistant.languages) > 1,
        origin=f"{_content_of(encoder)} {origin}",
    )


def _content_of(encoder: Encoder) -> str:
    """A hash of the encoder's weights and shape."""
    content = hashlib.sha256(repr(encoder.shape).encode())
    for name, value in sorted(encoder.weights.items()):
        content.update(name.encode() + value.tobytes())
    return content.hexdigest()


def _full(encoder: Encoder, lesson: Lesson, options: Options, teaching: Teaching) -> Trained:
    # PyTorch is large and slow to import: only full training needs it.
    try:
        from model_artifacts.training.nlu.full import train_full
    except ModuleNotFoundError as exc:
        raise SystemExit(
            f"training needs {exc.name}: pip install -r model_artifacts/training/requirements.txt, or give --quick"
        ) from exc
    if options.teacher is not None:
        lesson = replace(lesson, teacher=teaching.make_teacher(read_learned(options.teacher), lesson))
    # What the languages have in common lies below; examples in one of them would pull it towards that one.
    frozen = 2 * encoder.shape.layers // 3 if lesson.several else None
    settings = Settings(seed=options.seed, steps=options.steps, bfloat16=options.bfloat16, frozen=frozen)
    trained: Trained = train_full(
        encoder, lesson, settings, options.checkpoint, resume=options.resume, finetune=options.finetune
    )
    return trained


def _quick(encoder: Encoder, lesson: Lesson, options: Options) -> Trained:
    from model_artifacts.training.nlu.quick import train_quick

    learned = None if options.finetune is None else read_learned(options.finetune)
    return train_quick(encoder, lesson, options.seed, learned)
