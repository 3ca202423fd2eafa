"""Full training: the whole network, fine-tuned in PyTorch."""

from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer

from functions.nlu.model import load_model
from model_artifacts.training.nlu.augmentation import Pools
from model_artifacts.training.nlu.bundling import Trained
from model_artifacts.training.nlu.dataset import Dataset
from model_artifacts.training.nlu.distilling import Teacher
from model_artifacts.training.nlu.encoder import Encoder
from model_artifacts.training.nlu.finetuning import entity_head, read_learned
from model_artifacts.training.nlu.fitting import Settings, fit
from model_artifacts.training.nlu.network import Network

AGAIN = Settings(epochs=3, rate=1e-4)
"""For what has learned most of it already."""


def train_full(
    encoder: Encoder,
    dataset: Dataset,
    values: Pools,
    seed: int,
    epochs: int | None,
    checkpoint: Path | None,
    *,
    resume: bool,
    bfloat16: bool | None,
    finetune: Path | None = None,
    teacher: Path | None = None,
) -> Trained:
    """Fine-tune the encoder with its heads on the data set; `finetune` is the bundle that it was taken from, if any."""
    settings = replace(Settings() if finetune is None else AGAIN, seed=seed, bfloat16=bfloat16)
    settings = settings if epochs is None else replace(settings, epochs=epochs)
    torch.manual_seed(seed)
    network = Network(encoder, dataset.scheme)
    if finetune is not None:
        network.start_tags(*entity_head(read_learned(finetune), dataset.scheme))
    tokenizer = Tokenizer.from_str(encoder.tokenizer)
    fit(
        network, tokenizer, dataset.scheme, dataset.training, dataset.validation, values, settings, checkpoint,
        resume=resume, teacher=None if teacher is None else Teacher(load_model(teacher), dataset.scheme),
    )  # fmt: skip
    weights, heads, crf = network.export()
    return Trained(encoder, weights, heads, crf)
