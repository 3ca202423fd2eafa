"""Training the joint network: batches, schedule, early stopping and checkpoints that a later run goes on from."""

import copy
import hashlib
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn import functional as F

from functions.nlu.entities import viterbi
from functions.nlu.intent import FALLBACK
from model_artifacts.training.nlu.augmentation import Pools, noise, vary
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.progress import Progress
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.tagging import Scheme, Tagged, tag_example

POOL = 50
"""Batches are cut from this many at a time, sorted by length, so that little is padded."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How long and how hard to train. The defaults are for any assistant; nothing here knows a data set."""

    seed: int = 0
    epochs: int = 10
    patience: int = 3
    """Epochs without a better validation score before training stops."""
    batch: int = 32
    rate: float = 2e-4
    head_factor: float = 5.0
    """The heads start from nothing, so they learn this much faster than the encoder."""
    weight_decay: float = 0.01
    warmup: float = 0.06
    copies: int = 2
    """Variations of each authored example an epoch; with fewer than 400 examples, more."""
    noise: float = 0.05
    """Meaningless texts an epoch, as a share of the rest."""
    bfloat16: bool = False
    """Half precision on the CPU: measured 2.5 times faster on one processor (facts/models 3) and 1.7 times slower on
    another, so it is asked for; a GPU always uses it."""


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
) -> Network:
    """The network with the weights of its best epoch on `validation`; the same seed gives the same network."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device)
    torch.manual_seed(settings.seed)
    per_epoch = len(_epoch(training, values, settings, 0))
    steps = settings.epochs * math.ceil(per_epoch / settings.batch)
    optimiser = _optimiser(network, settings)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, steps, settings.warmup))
    state = _State()
    mark = _fingerprint(scheme, training, validation, settings)
    if resume and checkpoint is not None:
        _restore(checkpoint, mark, network, optimiser, schedule, state)
    progress = Progress("train", steps, done=state.epoch * math.ceil(per_epoch / settings.batch))
    held = [tag_example(tokenizer, scheme, example) for example in validation]
    note = ""
    while state.epoch < settings.epochs and state.epoch - state.best_epoch < settings.patience:
        # Seeded each epoch, so that a resumed run goes on exactly as an uninterrupted one.
        torch.manual_seed(settings.seed * 1000 + state.epoch)
        samples = [tag_example(tokenizer, scheme, e) for e in _epoch(training, values, settings, state.epoch)]
        network.train()
        for batch in _batches(samples, settings, state.epoch):
            loss = _loss(network, batch, device, bfloat16=settings.bfloat16 or device.type == "cuda")
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            progress.step(f"loss {float(loss.detach()):.3f} {note}")
        state.epoch += 1
        accuracy, f1 = evaluate(network, held, settings.batch, device)
        note = f"validation: intents {accuracy:.3f}, entities {f1:.3f}"
        print(f"epoch {state.epoch}: {note}", flush=True)
        if accuracy + f1 > state.best:
            state.best, state.best_epoch = accuracy + f1, state.epoch
            state.weights = copy.deepcopy(network.state_dict())
        if checkpoint is not None:
            _keep(checkpoint, mark, network, optimiser, schedule, state)
    if state.weights is not None:
        network.load_state_dict(state.weights)
    network.cpu().eval()
    return network


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
            ids, mask, heads, _, _, intents, _ = _tensors(part, device)
            logits, scores = network(ids, mask, heads)
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
    """This epoch's examples: authored ones as they are and varied, public ones varied, and noise."""
    rng = random.Random(f"{settings.seed} {epoch}")
    authored = [example for example in training if example.authored]
    copies = max(settings.copies, min(10, 1200 // max(len(authored), 1)))
    examples = list(authored)
    for _ in range(copies):
        examples += [vary(example, values, rng) for example in authored]
    examples += [vary(example, values, rng) for example in training if not example.authored]
    meaningless = max(20, int(settings.noise * len(examples)))
    examples += [Example(noise(rng), FALLBACK, place="noise", authored=False, marked=False) for _ in range(meaningless)]
    return examples


def _batches(samples: Sequence[Tagged], settings: Settings, epoch: int) -> Iterator[list[Tagged]]:
    rng = random.Random(f"{settings.seed} {epoch} order")
    order = [sample for sample in samples if sample.encoded.spans]
    rng.shuffle(order)
    for i in range(0, len(order), POOL * settings.batch):
        pool = sorted(order[i : i + POOL * settings.batch], key=lambda sample: len(sample.encoded.ids))
        batches = [pool[j : j + settings.batch] for j in range(0, len(pool), settings.batch)]
        rng.shuffle(batches)
        yield from batches


def _tensors(batch: Sequence[Tagged], device: Any) -> tuple[Any, ...]:
    pieces = max(len(sample.encoded.ids) for sample in batch)
    words = max(len(sample.encoded.heads) for sample in batch)
    ids, mask = np.zeros((len(batch), pieces), np.int64), np.zeros((len(batch), pieces), np.bool_)
    heads, tags = np.zeros((len(batch), words), np.int64), np.zeros((len(batch), words), np.int64)
    word_mask, tagged = np.zeros((len(batch), words), np.bool_), np.zeros(len(batch), np.bool_)
    for row, sample in enumerate(batch):
        ids[row, : len(sample.encoded.ids)] = sample.encoded.ids
        mask[row, : len(sample.encoded.ids)] = True
        heads[row, : len(sample.encoded.heads)] = sample.encoded.heads
        word_mask[row, : len(sample.encoded.heads)] = True
        if sample.tags is not None:
            tags[row, : len(sample.tags)] = sample.tags
            tagged[row] = True
    intents = np.array([sample.intent for sample in batch])
    return tuple(torch.from_numpy(a).to(device) for a in (ids, mask, heads, tags, word_mask, intents, tagged))


def _loss(network: Network, batch: Sequence[Tagged], device: Any, *, bfloat16: bool) -> Any:
    ids, mask, heads, tags, words, intents, tagged = _tensors(batch, device)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bfloat16):
        logits, scores = network(ids, mask, heads)
    loss = F.cross_entropy(logits, intents)
    if bool(tagged.any()):
        loss = loss + 0.5 * network.tag_loss(scores[tagged], tags[tagged], words[tagged]).mean()
    return loss


def _optimiser(network: Network, settings: Settings) -> Any:
    groups = []
    for is_head in (False, True):
        for decays in (False, True):
            chosen = [
                value
                for name, value in network.named_parameters()
                if name.startswith("encoder.") != is_head and (value.dim() > 1) == decays
            ]
            rate = settings.rate * (settings.head_factor if is_head else 1.0)
            groups.append({"params": chosen, "lr": rate, "weight_decay": settings.weight_decay if decays else 0.0})
    return torch.optim.AdamW(groups, fused=True)


def _rate(step: int, steps: int, warmup: float) -> float:
    rise = max(1, int(steps * warmup))
    return (step + 1) / rise if step < rise else max(0.0, (steps - step) / max(1, steps - rise))


def _fingerprint(scheme: Scheme, training: Sequence[Example], validation: Sequence[Example], settings: Settings) -> str:
    content = repr((scheme, [(e.text, e.intent, e.annotations) for e in (*training, *validation)], settings))
    return hashlib.sha256(content.encode()).hexdigest()


def _keep(path: Path, mark: str, network: Network, optimiser: Any, schedule: Any, state: _State) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "mark": mark,
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
        "state": {"epoch": state.epoch, "best": state.best, "best_epoch": state.best_epoch, "weights": state.weights},
    }
    # Written beside and moved over, so that a run stopped here leaves the checkpoint before it.
    torch.save(content, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def _restore(path: Path, mark: str, network: Network, optimiser: Any, schedule: Any, state: _State) -> None:
    if not path.exists():
        print(f"there is no checkpoint at {path}; training starts anew")
        return
    content = torch.load(path, weights_only=True)
    if content["mark"] != mark:
        raise SystemExit(f"{path} was made with other examples or settings; train without --resume")
    network.load_state_dict(content["network"])
    optimiser.load_state_dict(content["optimiser"])
    schedule.load_state_dict(content["schedule"])
    for name, value in content["state"].items():
        setattr(state, name, value)
    print(f"going on after epoch {state.epoch}")
