"""Full training: the whole network, fine-tuned in PyTorch."""

import os
from dataclasses import replace
from pathlib import Path

import torch

from model_artifacts.training.nlu.bundling import Trained
from model_artifacts.training.nlu.encoder import Encoder
from model_artifacts.training.nlu.finetuning import make_entity_head, make_hit_features, read_learned
from model_artifacts.training.nlu.fitting import fit
from model_artifacts.training.nlu.lesson import Lesson
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.schedule import Settings, usual_steps

AGAIN = Settings(rate=1e-4)
"""For what has learned most of it already, in a third of the steps."""
STUDENT = Settings(rate=6e-4, layer_factor=1.0, frozen=0, adversarial=0.0, names=0.06)
"""For a few of a teacher's layers, which have all to learn what several did; in twice the steps."""


def train_full(
    encoder: Encoder,
    lesson: Lesson,
    settings: Settings,
    checkpoint: Path | None,
    *,
    resume: bool,
    finetune: Path | None = None,
) -> Trained:
    """Fine-tune the encoder with its heads; `finetune` is the bundle that it was taken from, if any."""
    if finetune is not None:
        third = usual_steps(len(lesson.training)) // 3
        settings = replace(AGAIN, seed=settings.seed, steps=settings.steps or third, bfloat16=settings.bfloat16)
    elif lesson.teacher is not None:
        twice = 2 * usual_steps(len(lesson.training))
        settings = replace(STUDENT, seed=settings.seed, steps=settings.steps or twice, bfloat16=settings.bfloat16)
    # More would be quicker on an idle machine, several times slower on a busy one, and would add up in another order.
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or 1))
    torch.manual_seed(settings.seed)
    network = Network(encoder, lesson.scheme, len(lesson.lookups.rows))
    if lesson.teacher is not None:
        network.start_meaning()
    if finetune is not None:
        learned = read_learned(finetune)
        network.start_tags(*make_entity_head(learned, lesson.scheme))
        network.start_hits(*make_hit_features(learned, lesson.scheme, lesson.lookups.rows))
    fitted = fit(network, lesson, settings, checkpoint, resume=resume)
    judged = None if fitted.before is None else Trained(encoder, *fitted.before.export())
    return Trained(encoder, *network.export(), judged, fitted.crossed)
