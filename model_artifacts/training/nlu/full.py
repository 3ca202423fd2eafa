"""Full training: the whole network, fine-tuned in PyTorch."""

from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer

from model_artifacts.training.nlu.augmentation import Pools
from model_artifacts.training.nlu.bundling import Trained
from model_artifacts.training.nlu.dataset import Dataset
from model_artifacts.training.nlu.encoder import Encoder
from model_artifacts.training.nlu.fitting import Settings, fit
from model_artifacts.training.nlu.network import Network


def train_full(
    encoder: Encoder,
    dataset: Dataset,
    values: Pools,
    seed: int,
    epochs: int | None,
    checkpoint: Path | None,
    *,
    resume: bool,
    bfloat16: bool,
) -> Trained:
    """Fine-tune the encoder with its heads on the data set."""
    settings = replace(Settings(), seed=seed, bfloat16=bfloat16, epochs=epochs)
    torch.manual_seed(seed)
    network = Network(encoder, dataset.scheme)
    tokenizer = Tokenizer.from_str(encoder.tokenizer)
    fit(
        network, tokenizer, dataset.scheme, dataset.training, dataset.validation, values, settings, checkpoint,
        resume=resume,
    )  # fmt: skip
    weights, heads, crf = network.export()
    return Trained(encoder, weights, heads, crf)
