"""`python -m tests.bench.precision --data DIR`: the same network as it was trained, in floats, and as its int8 bundle.

Both read each text of the set's test part through the stage's own code, so that only the numbers' precision differs.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from functions.nlu.model import load_model
from model_artifacts.evaluation.cases import examine
from model_artifacts.evaluation.scores import entity_f1
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.bundling import Trained, write_bundle
from model_artifacts.training.nlu.compiling import VOCABULARY, make_lesson
from model_artifacts.training.nlu.dataset import assemble, named
from model_artifacts.training.nlu.encoder import prune, read_encoder
from model_artifacts.training.nlu.full import train_full
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.reading import read_files
from model_artifacts.training.nlu.schedule import Settings
from model_artifacts.training.nlu.tagging import Scheme
from tests.bench.nlu_sets import SETS, write_set
from tests.bench.table import Table


@dataclass(frozen=True, slots=True)
class Floats:
    """A session of the network that PyTorch runs."""

    network: Network

    def run(self, ids: Sequence[int]) -> tuple[list[float], list[list[float]]]:
        pieces = torch.tensor([ids])
        # Each piece counts as a word, as in the graph.
        with torch.no_grad():
            logits, scores = self.network(pieces, torch.ones_like(pieces, dtype=torch.bool), torch.eye(len(ids))[None])
        return logits[0].tolist(), scores[0].tolist()


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public sets")
    parser.add_argument("--out", type=Path, default=Path(".parley") / "precision")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["banking77", "restaurant8k"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int)
    given = parser.parse_args(arguments)
    shown = Table("Precision", ("set", "measure", "floats", "int8"))
    for name in given.sets:
        source = write_set(name, given.data, given.out / name)
        assistant = read_assistant(source)
        dataset = named(assemble(assistant, None, given.seed))
        encoder = prune(read_encoder(), VOCABULARY, {example.text for example in dataset.training})
        lesson = make_lesson(assistant, dataset, encoder)
        settings = Settings(seed=given.seed, steps=given.steps, bfloat16=False)
        trained = train_full(encoder, lesson, settings, None, resume=False)
        model = write_bundle(given.out / f"{name}-bundle", assistant, dataset, trained).model
        floats = replace(model, session=Floats(restored(trained, dataset.scheme)))
        test = read_files([source / "held_out" / "nlu.yml"]).examples
        both = [examine(each, test) for each in (floats, load_model(given.out / f"{name}-bundle"))]
        inside = [[case for case in cases if not case.outside] for cases in both]
        shares = [sum(case.likely == case.expected for case in cases) / len(cases) for cases in inside]
        shown.add(name, "intent", *(f"{100 * share:.2f}" for share in shares))
        if dataset.scheme.labels:
            shown.add(name, "span F1", *(f"{100 * (entity_f1(cases) or 0.0):.2f}" for cases in both))
        print(shown, flush=True)


def restored(trained: Trained, scheme: Scheme) -> Network:
    """The network with the weights that training handed over."""
    network = Network(replace(trained.encoder, weights=trained.weights), scheme)
    network.start_tags(trained.heads.tag_weight, trained.heads.tag_bias, trained.heads.mix, trained.crf)
    with torch.no_grad():
        network.intent.weight.copy_(torch.from_numpy(np.ascontiguousarray(trained.heads.intent_weight.T)))
        network.intent.bias.copy_(torch.from_numpy(trained.heads.intent_bias))
    network.eval()
    return network


if __name__ == "__main__":
    main(sys.argv[1:])
