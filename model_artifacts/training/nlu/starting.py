"""The intent head's first weights: logistic regression on the encoder as it is.

A head that starts from nothing pulls the encoder about before it knows anything; one that is fitted first leaves it
what it knows (Kumar et al. 2022, "Fine-tuning can distort pretrained features").
"""

from collections.abc import Sequence

import numpy as np
import torch

from model_artifacts.training.nlu.batching import tensors
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.softmax import fit_softmax
from model_artifacts.training.nlu.tagging import Tagged

DECAY = 1e-2
ROUNDS = 100


def start_intents(network: Network, samples: Sequence[Tagged], batch: int, *, half: bool) -> None:
    """Give the network's intent head the weights that tell the samples' intents apart."""
    # In order of length, so that little is padded.
    ordered = sorted((s for s in samples if s.encoded.spans), key=lambda sample: len(sample.encoded.ids))
    device, features = network.intent.weight.device, []
    network.eval()
    with torch.no_grad():
        for i in range(0, len(ordered), 4 * batch):
            ids, mask, shares, *_ = tensors(ordered[i : i + 4 * batch], device)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
                text, _ = network.read(network.embed(ids), mask, shares)
            features.append(text.float().cpu().numpy())
    gold = np.array([sample.intent for sample in ordered])
    weight, bias = fit_softmax(np.concatenate(features), gold, network.intent.out_features, DECAY, ROUNDS)
    with torch.no_grad():
        network.intent.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight.T)))
        network.intent.bias.copy_(torch.from_numpy(bias))
