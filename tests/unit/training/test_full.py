"""Full training in PyTorch on a very small encoder: it learns, resumes, and the graph says what the network says."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

# ruff: noqa: E402 - the module is skipped before it imports what needs PyTorch
torch = pytest.importorskip(
    "torch", reason="PyTorch is not installed: pip install -r model_artifacts/training/requirements.txt"
)

from tokenizers import Tokenizer

from functions.nlu.encoding import encode
from functions.nlu.entities import viterbi
from functions.nlu.model import open_session
from model_artifacts.training.nlu import fitting
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.augmentation import pools
from model_artifacts.training.nlu.batching import tensors
from model_artifacts.training.nlu.bundling import Trained, write_bundle
from model_artifacts.training.nlu.dataset import Dataset, assemble
from model_artifacts.training.nlu.distilling import Teacher
from model_artifacts.training.nlu.encoder import Encoder, Shape, prune, read_encoder
from model_artifacts.training.nlu.finetuning import entity_head, read_learned, taught
from model_artifacts.training.nlu.fitting import Settings, fit
from model_artifacts.training.nlu.graph import build, save
from model_artifacts.training.nlu.learning import learn
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.reading import InvalidData
from model_artifacts.training.nlu.tagging import Scheme, Tagged, tag_example
from tests.unit.training.tiny import write_tiny

SETTINGS = Settings(seed=5, epochs=3, rate=3e-3, batch=16)


def small(encoder: Encoder) -> Encoder:
    """An untrained encoder of two layers of 48 with the vocabulary of `encoder`."""
    rng = np.random.default_rng(0)
    shape = Shape(layers=2, hidden=48, heads=4, inner=96, epsilon=1e-12)
    weights = {}
    for name, value in encoder.weights.items():
        if "layer." in name and int(name.split("layer.")[1].split(".")[0]) >= shape.layers:
            continue
        size = [shape.hidden if n == 384 else shape.inner if n == 1536 else n for n in value.shape]
        plain = np.ones(size) if name.endswith("LayerNorm.weight") else rng.normal(size=size) * 0.1
        weights[name] = plain.astype(np.float32)
    return Encoder("small", shape, weights, encoder.tokenizer)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return assemble(read_assistant(write_tiny(tmp_path_factory.mktemp("assistants") / "tiny")), None, 0)


@pytest.fixture(scope="module")
def encoder(dataset: Dataset) -> Encoder:
    return small(prune(read_encoder(), 600, [example.text for example in dataset.training]))


def train(encoder: Encoder, dataset: Dataset, checkpoint: Path | None = None, *, resume: bool = False) -> Network:
    torch.manual_seed(1)
    network = Network(encoder, dataset.scheme)
    tokenizer = Tokenizer.from_str(encoder.tokenizer)
    values = pools(dataset.training, {})
    return fit(
        network, tokenizer, dataset.scheme, dataset.training, dataset.training, values, SETTINGS, checkpoint,
        resume=resume,
    )  # fmt: skip


def same(one: Network, other: Network) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.fixture(scope="module")
def trained(encoder: Encoder, dataset: Dataset) -> Network:
    return train(encoder, dataset)


@pytest.fixture(scope="module")
def teacher(trained: Network, encoder: Encoder, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Teacher:
    """The trained network as a bundle's model, to learn from."""
    path = tmp_path_factory.mktemp("teacher")
    weights, heads, crf = trained.export()
    assistant = read_assistant(write_tiny(path / "tiny"))
    return Teacher(write_bundle(path, assistant, dataset, Trained(encoder, weights, heads, crf)), dataset.scheme)


def tagged(encoder: Encoder, dataset: Dataset) -> list[Tagged]:
    tokenizer = Tokenizer.from_str(encoder.tokenizer)
    return [tag_example(tokenizer, dataset.scheme, example) for example in dataset.training]


def test_a_small_network_learns_its_examples(trained: Network, encoder: Encoder, dataset: Dataset) -> None:
    accuracy, f1 = fitting.evaluate(trained, tagged(encoder, dataset), 16, torch.device("cpu"))
    assert accuracy > 0.9
    assert f1 > 0.7


def test_where_there_are_no_entities_the_weights_go_a_part_of_the_way_that_training_went(
    encoder: Encoder, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = Scheme(dataset.scheme.intents, ())
    bare = tuple(replace(example, annotations=()) for example in dataset.training)
    intents = replace(dataset, scheme=scheme, training=bare)
    kept = train(encoder, intents)
    monkeypatch.setattr(fitting, "LEARNED", 1.0)
    whole = train(encoder, intents)
    for name, value in Network(encoder, scheme).encoder.items():
        assert torch.allclose(kept.encoder[name], value.lerp(whole.encoder[name], 0.7), atol=1e-6)
    accuracy, _ = fitting.evaluate(kept, tagged(encoder, intents), 16, torch.device("cpu"))
    assert accuracy > 0.9


def test_a_network_learns_from_a_teacher_what_no_example_says(
    teacher: Teacher, trained: Network, encoder: Encoder, dataset: Dataset
) -> None:
    """Texts without marks: only the teacher knows the entities."""
    torch.manual_seed(2)
    bare = [replace(example, marked=False) for example in dataset.training]
    network = fit(
        Network(encoder, dataset.scheme), Tokenizer.from_str(encoder.tokenizer), dataset.scheme, bare, (),
        pools(bare, {}), replace(SETTINGS, epochs=6), teacher=teacher,
    )  # fmt: skip
    accuracy, f1 = fitting.evaluate(network, tagged(encoder, dataset), 16, torch.device("cpu"))
    assert accuracy > 0.9
    assert f1 > 0.6


def test_a_network_starts_from_what_a_bundle_learned(
    trained: Network, encoder: Encoder, dataset: Dataset, tmp_path: Path
) -> None:
    """Before any step, a network that starts from the bundle finds the entities that the trained one finds."""
    weights, heads, crf = trained.export()
    assistant = read_assistant(write_tiny(tmp_path / "tiny"))
    write_bundle(tmp_path, assistant, dataset, Trained(encoder, weights, heads, crf))
    learned = read_learned(tmp_path)
    network = Network(taught(encoder, learned), dataset.scheme)
    network.start_tags(*entity_head(learned, dataset.scheme))
    samples = tagged(encoder, dataset)
    _, before = fitting.evaluate(trained, samples, 16, torch.device("cpu"))
    _, after = fitting.evaluate(network, samples, 16, torch.device("cpu"))
    assert after == pytest.approx(before, abs=0.05)


def test_a_teacher_of_other_intents_is_refused(teacher: Teacher, dataset: Dataset) -> None:
    with pytest.raises(InvalidData, match="other intents or entities"):
        Teacher(teacher.model, replace(dataset.scheme, intents=("a", "b")))


def test_a_stopped_run_goes_on_to_the_same_network(
    trained: Network, encoder: Encoder, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = tmp_path / "run.pt"
    keep = fitting._keep

    def keep_and_stop(*arguments: object) -> None:
        keep(*arguments)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(fitting, "_keep", keep_and_stop)
        with pytest.raises(KeyboardInterrupt):
            train(encoder, dataset, checkpoint)
    assert same(train(encoder, dataset, checkpoint, resume=True), trained)


def test_a_push_teaches_what_lies_where_a_text_is_learned_worst(
    trained: Network, encoder: Encoder, dataset: Dataset
) -> None:
    """The gradients of the pushed texts come on top: the same again for a very small push, steeper ones further off."""
    samples = [sample for sample in tagged(encoder, dataset) if sample.encoded.spans][:8]

    def slope(push: float) -> tuple[float, Any]:
        network = copy.deepcopy(trained)
        network.dropout = 0.0
        network.zero_grad()
        loss = learn(network, samples, push, taught=False, half=False)
        gradients = [value.grad.flatten() for value in network.parameters() if value.grad is not None]
        return float(loss), torch.cat(gradients)

    plain, once = slope(0.0)
    same_loss, both = slope(1e-6)
    assert same_loss == pytest.approx(plain)
    assert torch.allclose(both, 2 * once, rtol=0.01, atol=1e-3)
    _, pushed = slope(1.0)
    assert float((pushed - once).norm()) > 1.2 * float(once.norm())


def test_few_examples_are_learned_in_smaller_steps(dataset: Dataset) -> None:
    few, many = list(dataset.training), list(dataset.training) * 400
    assert fitting.usual_rate(few) == pytest.approx(fitting.RATE / 3)
    assert fitting.usual_rate(many) == fitting.RATE


def test_a_checkpoint_of_other_examples_is_refused(encoder: Encoder, dataset: Dataset, tmp_path: Path) -> None:
    torch.save({"mark": "another"}, tmp_path / "run.pt")
    with pytest.raises(SystemExit, match="other examples or settings"):
        train(encoder, dataset, tmp_path / "run.pt", resume=True)


def test_the_crf_loss_is_the_negative_log_likelihood(encoder: Encoder, dataset: Dataset) -> None:
    """Over all paths of two words the likelihoods sum to one, and the likeliest is the one that is decoded."""
    torch.manual_seed(0)
    network = Network(encoder, dataset.scheme).eval()
    tags = dataset.scheme.tags
    scores = torch.randn(1, 2, tags).expand(tags * tags, -1, -1)
    paths = torch.cartesian_prod(torch.arange(tags), torch.arange(tags))
    losses = network.tag_loss(scores, paths, torch.ones(tags * tags, 2, dtype=torch.bool)).detach()
    assert float(torch.exp(-losses).sum()) == pytest.approx(1.0, abs=1e-4)
    transitions, start, end = (value.detach().numpy().astype(np.float64) for value in network.crf())
    best = paths[int(losses.argmin())].tolist()
    assert viterbi(scores[0].numpy().astype(np.float64), transitions, start, end) == best


def test_the_int8_graph_says_what_the_network_says(
    trained: Network, encoder: Encoder, dataset: Dataset, tmp_path: Path
) -> None:
    weights, heads, _ = trained.export()
    save(build(encoder.shape, weights, heads), tmp_path)
    session = open_session(tmp_path / "model.onnx")
    tokenizer = Tokenizer.from_str(encoder.tokenizer)
    agreed = 0
    for example in dataset.training:
        encoded = encode(tokenizer, example.text)
        logits, emissions = session.run(None, {"input_ids": np.array([encoded.ids], np.int64)})
        ids, mask, shares, *_ = tensors([Tagged(encoded, 0, None)], torch.device("cpu"))
        with torch.no_grad():
            expected, scores = trained(ids, mask, shares)
        words = np.stack([emissions[0][a:b].mean(0) for a, b in zip(encoded.heads, encoded.tails, strict=True)])
        assert np.abs(logits[0] - expected[0].numpy()).max() < 0.15 * float(expected.abs().max()) + 0.2
        assert np.abs(words - scores[0].numpy()).max() < 0.15 * float(scores.abs().max()) + 0.2
        agreed += int(logits[0].argmax() == int(expected[0].argmax()))
    assert agreed >= 0.97 * len(dataset.training)
