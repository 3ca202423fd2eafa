"""The intent head's first weights: logistic regression on the encoder as it is.

A head that starts from nothing pulls the encoder about before it knows anything; one that is fitted first leaves it
what it knows (Kumar et al. 2022, "Fine-tuning can distort pretrained features").
"""

from collections.abc import Sequence

import numpy as np
import torch

from model_artifacts.training.nlu.batching import make_tensors
from model_artifacts.training.nlu.encoder import Floats
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.softmax import fit_softmax
from model_artifacts.training.nlu.tagging import Tagged

DECAY = 1e-2
ROUNDS = 100


def start_intents(network: Network, samples: Sequence[Tagged], batch: int, *, half: bool) -> tuple[list[int], Floats]:
    """Give the network's intent head, and the hits of tables, the weights that tell the samples' intents apart.

    Returns what it saw: the places of the samples that have words, and the encoder's vector of each.
    """
    # In order of length, so that little is padded.
    places = sorted((i for i, s in enumerate(samples) if s.encoded.spans), key=lambda i: len(samples[i].encoded.ids))
    ordered = [samples[place] for place in places]
    device, features, hits = network.intent.weight.device, [], []
    network.eval()
    with torch.no_grad():
        for i in range(0, len(ordered), 4 * batch):
            given = make_tensors(ordered[i : i + 4 * batch], device, network.features)
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
                _, text = network.read(network.embed(given), given)
            features.append(text.float().cpu().numpy())
            hits.append(given.weights.cpu().numpy())
    gold = np.array([sample.intent for sample in ordered])
    seen = np.concatenate(features)
    both = np.concatenate([seen, np.concatenate(hits)], 1)
    weight, bias = fit_softmax(both, gold, network.intent.out_features, DECAY, ROUNDS)
    with torch.no_grad():
        network.intent.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight[: seen.shape[1]].T)))
        network.hit_intents.copy_(torch.from_numpy(weight[seen.shape[1] :]))
        network.intent.bias.copy_(torch.from_numpy(bias))
    return places, seen
