"""Training the joint network: a budget of steps, choice by loss, and checkpoints that a later run goes on from."""

import copy
import hashlib
import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from model_artifacts.training.nlu.advice import Crossed, cross_validate_intents
from model_artifacts.training.nlu.batching import make_batches
from model_artifacts.training.nlu.formulas import is_formula
from model_artifacts.training.nlu.glossing import gloss_examples
from model_artifacts.training.nlu.judging import evaluate
from model_artifacts.training.nlu.learning import learn
from model_artifacts.training.nlu.lesson import Lesson
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.progress import Progress
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.schedule import (
    Settings,
    rate_at,
    round_of_texts,
    usual_frozen,
    usual_rate,
    usual_steps,
)  # fmt: skip
from model_artifacts.training.nlu.starting import start_intents
from model_artifacts.training.nlu.tagging import Tagged

AVERAGED = 4
"""The moving average takes every fourth step."""
LEARNED = 0.7
"""Where only intents are learned, the share of the trained weights in what is kept. The rest is the weights as they
started, which know more of what is not in the examples (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
models")."""
ADVERSARIAL_EVERY = 2
NAMES = 40
"""Names of each lookup table that the intent head starts with."""
GLOSSED = 300
"""Examples at most in each other language, that the heads start from."""
LOOKS = 10
"""So often in a run the weights are kept, judged, and chosen among."""
FIRST_LOOK = 1 / 3
"""Nothing is chosen before this share of the run."""
REFIT = 0.75
"""Where too few examples are set aside to choose on, these are learned too from this share of the run on."""


@dataclass(slots=True)
class _State:
    step: int = 0
    loss: float = math.inf
    """The least so far on the examples to choose on."""
    chosen: dict[str, Any] | None = None
    """The weights with that loss, or, where nothing is chosen, those that saw nothing of `validation`."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a run finds beside the weights of its network."""

    before: Network | None
    """A network that has seen nothing of the lesson's validation examples, where the first one has."""
    crossed: Sequence[Crossed]


def fit(
    network: Network, lesson: Lesson, settings: Settings, checkpoint: Path | None = None, *, resume: bool = False
) -> Fitted:
    """Train the network in place; the same seed gives the same network."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device)
    torch.manual_seed(settings.seed)
    settings = _settled(settings, lesson.training, network.shape.layers, device)
    network.freeze(settings.frozen or 0)
    steps, half = settings.steps or 0, bool(settings.bfloat16)
    optimiser = _optimiser(network, settings)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate_at(step, steps, settings.warmup))
    # As it starts: the encoder that knows much of everything, and a head that is fitted to it.
    rng = random.Random(f"{settings.seed} start")
    names = [names.draw(rng, lesson.variations) for names in lesson.named for _ in range(NAMES)]
    authored = [example for example in lesson.training if example.authored]
    names += gloss_examples(authored, lesson.glossaries, lesson.variations, GLOSSED, rng)
    places, seen = start_intents(network, lesson.samples([*lesson.training, *names]), settings.batch, half=half)
    own = {place for place, example in enumerate(lesson.training) if not is_formula(example)}
    known = [number for number, place in enumerate(places) if place in own]
    crossed = cross_validate_intents(
        [lesson.training[places[number]] for number in known], seen[known], lesson.scheme.intents, network.shape.hidden
    )  # fmt: skip
    if lesson.teacher is not None:
        lesson.teacher.network.to(device)
        lesson.teacher.give_heads(network)
    start = copy.deepcopy(network.state_dict())
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(_decay(steps, settings)))
    state = _State()
    run = _Run(network, average, optimiser, schedule, state)
    mark = _fingerprint(lesson, settings)
    if resume and checkpoint is not None:
        _restore(checkpoint, mark, run)
    progress = Progress("train", steps, done=state.step)
    held = [sample for sample in lesson.samples(lesson.validation) if sample.encoded.spans]
    look = max(1, steps // LOOKS)
    note = ""
    unlabelled = lesson.teacher.unlabelled.batches(settings.seed, state.step) if lesson.teacher else iter(())
    for batch in _batches(lesson, settings, state.step) if state.step < steps else ():
        # Seeded each step, so that a resumed run goes on exactly as an uninterrupted one.
        torch.manual_seed(settings.seed * 1_000_003 + state.step)
        network.train()
        optimiser.zero_grad(set_to_none=True)
        adversarial = settings.adversarial * (state.step % ADVERSARIAL_EVERY == 0)
        loss = learn(network, batch, adversarial, teacher=lesson.teacher, half=half)
        if lesson.teacher is not None and (more := next(unlabelled, None)) is not None:
            lesson.teacher.learn_unlabelled(network, *more, half=half)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        state.step += 1
        if state.step % AVERAGED == 0 or state.step == steps:
            average.update_parameters(network)
        progress.step(partial(_progress_note, loss, note))
        if state.step % look == 0 or state.step == steps:
            if held and lesson.chooses and state.step >= FIRST_LOOK * steps:
                note = _choose(run, held, settings.batch, device)
            if checkpoint is not None:
                _keep(checkpoint, mark, run)
        if held and not lesson.chooses and state.step == _refit_at(steps):
            state.chosen = copy.deepcopy(average.module.state_dict())
        if state.step == steps:
            break
    last = average.module.state_dict()
    before = None
    if held and not lesson.chooses and state.chosen is not None:
        before = copy.deepcopy(network)
        _settle(before, start, state.chosen, lesson)
    _settle(network, start, state.chosen or last if lesson.chooses else last, lesson)
    return Fitted(before, crossed)


@dataclass(frozen=True, slots=True)
class _Run:
    network: Network
    average: Any
    optimiser: Any
    schedule: Any
    state: _State


def _settled(settings: Settings, training: Sequence[Example], layers: int, device: Any) -> Settings:
    """The settings with what was left to the number of examples and to the processor."""
    examples = sum(example.place != "noise" for example in training)
    return replace(
        settings,
        steps=settings.steps or usual_steps(examples),
        rate=settings.rate or usual_rate(training),
        frozen=usual_frozen(training, layers) if settings.frozen is None else settings.frozen,
        bfloat16=_half_is_fast(device) if settings.bfloat16 is None else settings.bfloat16,
    )


def _half_is_fast(device: Any) -> bool:
    known = torch.cpu.get_capabilities()
    return device.type == "cuda" or bool(known.get("avx512_bf16") or known.get("amx_bf16"))


def _refit_at(steps: int) -> int:
    return max(1, round(REFIT * steps))


def _batches(lesson: Lesson, settings: Settings, done: int) -> Iterator[list[Tagged]]:
    """Batches without end, those left out that an earlier run has learned."""
    steps, number, step = settings.steps or 0, 0, 0
    while True:
        refits = not lesson.chooses and step >= _refit_at(steps)
        training = (*lesson.training, *lesson.validation) if refits else lesson.training
        texts = round_of_texts(training, lesson.variations, lesson.named, settings, number, lesson.glossaries)
        order = f"{settings.seed} {number} order"
        samples = lesson.samples(texts, random.Random(f"{settings.seed} {number} hits"))
        for batch in make_batches(samples, settings.batch, order):
            if not refits and not lesson.chooses and step >= _refit_at(steps):
                # The rest of the round is left, so that there is time to learn what was set aside.
                break
            step += 1
            if step > done:
                yield batch
        number += 1


def _choose(run: _Run, held: Sequence[Tagged], batch: int, device: Any) -> str:
    """Keep the average's weights where no others had a smaller loss; the later ones of two that are equal."""
    judged = evaluate(run.average.module, held, batch, device)
    if judged.loss <= run.state.loss:
        run.state.loss = judged.loss
        run.state.chosen = copy.deepcopy(run.average.module.state_dict())
    note = f"validation: intents {judged.accuracy:.3f}, entities {judged.f1:.3f}, loss {judged.loss:.3f}"
    print(f"step {run.state.step}: {note}", flush=True)
    return note


def _settle(network: Network, start: Mapping[str, Any], learned: Mapping[str, Any], lesson: Lesson) -> None:
    # The entity head starts from nothing, and a student from layers that were not made to follow each other, so there
    # is nothing between these and what was learned.
    whole = lesson.scheme.labels or lesson.teacher
    network.load_state_dict(learned if whole else _between(start, learned, LEARNED))
    network.cpu().eval()


def _between(start: Mapping[str, Any], learned: Mapping[str, Any], share: float) -> dict[str, Any]:
    return {
        name: start[name].lerp(value, share) if value.is_floating_point() else value for name, value in learned.items()
    }


def _progress_note(loss: Any, note: str) -> str:
    return f"loss {float(loss):.3f} {note}"


def _decay(steps: int, settings: Settings) -> float:
    return max(0.0, 1.0 - AVERAGED / max(1.0, settings.average * steps))


def _optimiser(network: Network, settings: Settings) -> Any:
    groups: dict[tuple[float, bool], list[Any]] = {}
    for name, value in network.named_parameters():
        if not value.requires_grad:
            continue
        factor = settings.head_factor
        if match := re.search(r"layer/([0-9]+)/", name):
            factor = settings.layer_factor ** (network.shape.layers - 1 - int(match[1]))
        elif name.startswith("encoder."):
            factor = settings.layer_factor**network.shape.layers
        elif name.startswith("hit_"):
            factor = settings.hit_factor
        decays = value.dim() > 1 and not name.startswith("hit_")
        groups.setdefault(((settings.rate or 0.0) * factor, decays), []).append(value)
    return torch.optim.AdamW(
        [
            {"params": chosen, "lr": rate, "weight_decay": settings.weight_decay if decayed else 0.0}
            for (rate, decayed), chosen in sorted(groups.items(), key=lambda item: item[0])
        ],
        fused=True,
    )


def _fingerprint(lesson: Lesson, settings: Settings) -> str:
    """A hash of all that the weights come from: where any of it differs, a checkpoint is of another run."""
    examples = [(e.text, e.intent, e.annotations, e.marked) for e in (*lesson.training, *lesson.validation)]
    parts = (
        lesson.scheme, examples, lesson.chooses, lesson.origin, settings, dict(lesson.variations.values),
        lesson.variations.typing, tuple(lesson.named), lesson.lookups.regexes, lesson.tokenizer.to_str(),
        lesson.glossaries,
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode() + lesson.lookups.tables.to_bytes()).hexdigest()


def _keep(path: Path, mark: str, run: _Run) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "mark": mark,
        "average": run.average.state_dict(),
        "network": run.network.state_dict(),
        "optimiser": run.optimiser.state_dict(),
        "schedule": run.schedule.state_dict(),
        "state": {"step": run.state.step, "loss": run.state.loss, "chosen": run.state.chosen},
    }
    # Written beside and moved over, so that a run stopped here leaves the checkpoint before it.
    torch.save(content, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def _restore(path: Path, mark: str, run: _Run) -> None:
    if not path.exists():
        print(f"there is no checkpoint at {path}; training starts anew")
        return
    content = torch.load(path, weights_only=True)
    if content["mark"] != mark:
        raise SystemExit(
            f"{path} was made with other examples, tables, settings, or another encoder or teacher; "
            "train without --resume"
        )
    run.average.load_state_dict(content["average"])
    run.network.load_state_dict(content["network"])
    run.optimiser.load_state_dict(content["optimiser"])
    run.schedule.load_state_dict(content["schedule"])
    for name, value in content["state"].items():
        setattr(run.state, name, value)
    print(f"going on after step {run.state.step}")
