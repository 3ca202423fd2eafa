"""Training the joint network: batches, schedule, early stopping and checkpoints that a later run goes on from."""

import copy
import hashlib
import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from functions.nlu.entities import viterbi
from functions.nlu.intent import FALLBACK, REJECTED
from model_artifacts.training.nlu.augmentation import Pools, noise, vary
from model_artifacts.training.nlu.batching import batches, tensors
from model_artifacts.training.nlu.distilling import Teacher
from model_artifacts.training.nlu.learning import learn
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.progress import Progress
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.starting import start_intents
from model_artifacts.training.nlu.tagging import Scheme, Tagged, tag_example

AVERAGED = 4
"""The moving average takes every fourth step."""
LEARNED = 0.7
"""Where only intents are learned, the share of the trained weights in what is kept. The rest is the weights as they
started, which know more of what is not in the examples (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
models")."""
RATE = 3e-4
MANY = 5000
"""From so many examples on, the rate is the highest."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How long and how hard to train. The defaults are for any assistant; nothing here knows a data set."""

    seed: int = 0
    epochs: int | None = None
    """None: 8 where only intents are learned, 10 where entities are."""
    patience: int = 4
    """Epochs without a better validation score before training stops."""
    batch: int = 32
    rate: float | None = None
    """None: 3e-4 for thousands of examples, and less for few, which large steps would learn by heart."""
    layer_factor: float = 0.9
    """Each layer learns this much slower than the one above it: what lies deep is general already."""
    head_factor: float = 4.0
    """The heads learn this much faster than the encoder."""
    push: float = 1.0
    """How far each text's embeddings are pushed to where it is learned worst, for a second look at it."""
    weight_decay: float = 0.01
    warmup: float = 0.06
    enough: int = 4000
    """Authored examples are varied until an epoch has about this many; of more, half are varied in place."""
    copies: int = 10
    """Variations of each authored example an epoch at most."""
    noise: float = 0.03
    """Meaningless texts an epoch, as a share of the rest."""
    outliers: float = 0.08
    """Examples out of scope an epoch, as a share of the rest, where there are any to vary."""
    average: float = 0.1
    """The weights that are kept are a moving average over about this share of all steps."""
    bfloat16: bool | None = None
    """Half precision. None: on a GPU, and on a processor with instructions for it, where a step takes 0.55 of the
    time; without them it takes longer."""


@dataclass(slots=True)
class _State:
    epoch: int = 0
    best: float = -1.0
    best_epoch: int = 0
    weights: dict[str, Any] | None = None


def fit(
    network: Network,
    tokenizer: Tokenizer,
    scheme: Scheme,
    training: Sequence[Example],
    validation: Sequence[Example],
    values: Pools,
    settings: Settings,
    checkpoint: Path | None = None,
    *,
    resume: bool = False,
    teacher: Teacher | None = None,
) -> Network:
    """The network with the weights of its best epoch on `validation`, of its last without `validation`; the same seed
    gives the same network."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device)
    torch.manual_seed(settings.seed)
    epochs = settings.epochs or (10 if scheme.labels else 8)
    per_epoch = math.ceil(len(_epoch(training, values, settings, 0)) / settings.batch)
    steps = epochs * per_epoch
    optimiser = _optimiser(network, settings, settings.rate or usual_rate(training))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps, settings.warmup))
    half = _half_is_fast(device) if settings.bfloat16 is None else settings.bfloat16
    # As it starts: the encoder that knows much of everything, and a head that is fitted to it.
    first = [tag_example(tokenizer, scheme, example) for example in training]
    start_intents(network, first, settings.batch, half=half)
    start = copy.deepcopy(network.state_dict())
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(_decay(steps, settings)))
    state = _State()
    mark = _fingerprint(scheme, training, validation, settings)
    if resume and checkpoint is not None:
        _restore(checkpoint, mark, average, network, optimiser, schedule, state)
    progress = Progress("train", steps, done=state.epoch * per_epoch)
    held = [tag_example(tokenizer, scheme, example) for example in validation]
    note = ""
    while state.epoch < epochs and (not held or state.epoch - state.best_epoch < settings.patience):
        # Seeded each epoch, so that a resumed run goes on exactly as an uninterrupted one.
        torch.manual_seed(settings.seed * 1000 + state.epoch)
        texts = _epoch(training, values, settings, state.epoch)
        samples = [tag_example(tokenizer, scheme, example) for example in texts]
        if teacher is not None:
            samples = [teacher.answer(sample, e.text) for sample, e in zip(samples, texts, strict=True)]
        network.train()
        for number, batch in enumerate(batches(samples, settings.batch, f"{settings.seed} {state.epoch} order")):
            optimiser.zero_grad(set_to_none=True)
            loss = learn(network, batch, settings.push, taught=teacher is not None, half=half)
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            if number % AVERAGED == AVERAGED - 1:
                average.update_parameters(network)
            progress.step(partial(_progress_note, loss, note))
        average.update_parameters(network)
        state.epoch += 1
        if held:
            accuracy, f1 = evaluate(average.module, held, settings.batch, device)
            note = f"validation: intents {accuracy:.3f}, entities {f1:.3f}"
            print(f"epoch {state.epoch}: {note}", flush=True)
            if accuracy + f1 > state.best:
                state.best, state.best_epoch = accuracy + f1, state.epoch
                state.weights = copy.deepcopy(average.module.state_dict())
        if checkpoint is not None:
            _keep(checkpoint, mark, average, network, optimiser, schedule, state)
    learned = state.weights or average.module.state_dict()
    # The entity head starts from nothing, so there is nothing between it and what it learned.
    network.load_state_dict(learned if scheme.labels else _between(start, learned, LEARNED))
    network.cpu().eval()
    return network


def _half_is_fast(device: Any) -> bool:
    known = torch.cpu.get_capabilities()
    return device.type == "cuda" or bool(known.get("avx512_bf16") or known.get("amx_bf16"))


def _between(start: Mapping[str, Any], learned: Mapping[str, Any], share: float) -> dict[str, Any]:
    return {
        name: start[name].lerp(value, share) if value.is_floating_point() else value for name, value in learned.items()
    }


def _progress_note(loss: Any, note: str) -> str:
    return f"loss {float(loss):.3f} {note}"


def usual_rate(training: Sequence[Example]) -> float:
    """The highest learning rate for so many examples; variations do not count."""
    known = sum(example.intent not in REJECTED for example in training)
    return RATE * min(1.0, max(1 / 3, math.sqrt(known / MANY)))


def _decay(steps: int, settings: Settings) -> float:
    return max(0.0, 1.0 - AVERAGED / max(1.0, settings.average * steps))


def evaluate(network: Network, samples: Sequence[Tagged], batch: int, device: Any) -> tuple[float, float]:
    """Intent accuracy and entity span F1 of the float network."""
    network.eval()
    right, gold_count, found_count, common = 0, 0, 0, 0
    transitions, start, end = (value.detach().cpu().numpy().astype(np.float64) for value in network.crf())
    with torch.no_grad():
        for i in range(0, len(samples), batch):
            part = [sample for sample in samples[i : i + batch] if sample.encoded.spans]
            if not part:
                continue
            ids, mask, shares, _, _, intents, _ = tensors(part, device)
            logits, scores = network(ids, mask, shares)
            right += int((logits.argmax(1) == intents).sum())
            for sample, row in zip(part, scores.cpu().numpy().astype(np.float64), strict=True):
                if sample.tags is None:
                    continue
                found = _spans(viterbi(row[: len(sample.tags)], transitions, start, end))
                gold = _spans(sample.tags)
                gold_count, found_count, common = (
                    gold_count + len(gold), found_count + len(found), common + len(gold & found)
                )  # fmt: skip
    total = gold_count + found_count
    return right / max(len(samples), 1), 2 * common / total if total else 1.0


def _spans(tags: Sequence[int]) -> set[tuple[int, int, int]]:
    spans: list[tuple[int, int, int]] = []
    for word, tag in enumerate(tags):
        if tag % 2 == 1:
            spans.append((tag, word, word))
        elif tag and spans and spans[-1][0] == tag - 1 and spans[-1][2] == word - 1:
            spans[-1] = (spans[-1][0], spans[-1][1], word)
    return set(spans)


def _epoch(training: Sequence[Example], values: Pools, settings: Settings, epoch: int) -> list[Example]:
    """This epoch's examples: authored ones as they are and varied, public ones varied, outliers and noise."""
    rng = random.Random(f"{settings.seed} {epoch}")
    authored = [example for example in training if example.authored]
    copies = min(settings.copies, settings.enough // max(len(authored), 1))
    if copies:
        examples = list(authored)
        for _ in range(copies):
            examples += [vary(example, values, rng) for example in authored]
    else:
        examples = [vary(example, values, rng) if rng.random() < 0.5 else example for example in authored]
    examples += [vary(example, values, rng) for example in training if not example.authored]
    outside = [example for example in training if example.intent in REJECTED]
    missing = int(settings.outliers * len(examples)) - sum(example.intent in REJECTED for example in examples)
    if outside:
        examples += [vary(rng.choice(outside), values, rng) for _ in range(min(missing, 10 * len(outside)))]
    meaningless = max(20, int(settings.noise * len(examples)))
    examples += [Example(noise(rng), FALLBACK, place="noise", authored=False, marked=False) for _ in range(meaningless)]
    return examples


def _optimiser(network: Network, settings: Settings, top: float) -> Any:
    groups: dict[tuple[float, bool], list[Any]] = {}
    for name, value in network.named_parameters():
        factor = settings.head_factor
        if match := re.search(r"layer/([0-9]+)/", name):
            factor = settings.layer_factor ** (network.shape.layers - 1 - int(match[1]))
        elif name.startswith("encoder."):
            factor = settings.layer_factor**network.shape.layers
        groups.setdefault((top * factor, value.dim() > 1), []).append(value)
    return torch.optim.AdamW(
        [
            {"params": chosen, "lr": rate, "weight_decay": settings.weight_decay if decays else 0.0}
            for (rate, decays), chosen in sorted(groups.items(), key=lambda item: item[0])
        ],
        fused=True,
    )


def _rate(step: int, steps: int, warmup: float) -> float:
    rise = max(1, int(steps * warmup))
    return (step + 1) / rise if step < rise else max(0.0, (steps - step) / max(1, steps - rise))


def _fingerprint(scheme: Scheme, training: Sequence[Example], validation: Sequence[Example], settings: Settings) -> str:
    content = repr((scheme, [(e.text, e.intent, e.annotations) for e in (*training, *validation)], settings))
    return hashlib.sha256(content.encode()).hexdigest()


def _keep(path: Path, mark: str, average: Any, network: Network, optimiser: Any, schedule: Any, state: _State) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "mark": mark,
        "average": average.state_dict(),
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
        "state": {"epoch": state.epoch, "best": state.best, "best_epoch": state.best_epoch, "weights": state.weights},
    }
    # Written beside and moved over, so that a run stopped here leaves the checkpoint before it.
    torch.save(content, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def _restore(
    path: Path, mark: str, average: Any, network: Network, optimiser: Any, schedule: Any, state: _State
) -> None:
    if not path.exists():
        print(f"there is no checkpoint at {path}; training starts anew")
        return
    content = torch.load(path, weights_only=True)
    if content["mark"] != mark:
        raise SystemExit(f"{path} was made with other examples or settings; train without --resume")
    average.load_state_dict(content["average"])
    network.load_state_dict(content["network"])
    optimiser.load_state_dict(content["optimiser"])
    schedule.load_state_dict(content["schedule"])
    for name, value in content["state"].items():
        setattr(state, name, value)
    print(f"going on after epoch {state.epoch}")
