"""Full training in PyTorch on a very small encoder: it learns, resumes, and the graph says what the network says."""

import copy
from dataclasses import replace
from itertools import islice
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
from functions.nlu.model import load_model, open_session
from functions.nlu.understanding import understand
from model_artifacts.training.nlu import fitting
from model_artifacts.training.nlu.__main__ import main
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.augmentation import is_held_out, make_variations
from model_artifacts.training.nlu.batching import make_tensors
from model_artifacts.training.nlu.bundling import Trained, write_bundle
from model_artifacts.training.nlu.compiling import FITTING, Options, settle_layers
from model_artifacts.training.nlu.dataset import Dataset, assemble
from model_artifacts.training.nlu.distilling import TOGETHER, Teacher, Unlabelled
from model_artifacts.training.nlu.encoder import Encoder, Shape, keep_layers, prune, read_encoder
from model_artifacts.training.nlu.finetuning import Learned, apply_learned, make_entity_head, read_learned
from model_artifacts.training.nlu.fitting import fit
from model_artifacts.training.nlu.graph import build, save
from model_artifacts.training.nlu.judging import evaluate
from model_artifacts.training.nlu.learning import learn
from model_artifacts.training.nlu.lesson import Lesson
from model_artifacts.training.nlu.names import find_named_entities
from model_artifacts.training.nlu.network import Network
from model_artifacts.training.nlu.reading import Example, InvalidData, NluData
from model_artifacts.training.nlu.schedule import RATE, Settings, round_of_texts, usual_rate, usual_steps
from model_artifacts.training.nlu.tables import NO_LOOKUPS, Lookups, make_lookups
from model_artifacts.training.nlu.tagging import Scheme, Tagged, tag_example
from tests.unit.training.tiny import write_tiny

# Tests run beside each other: threads would wait for each other's cores.
torch.set_num_threads(1)
SETTINGS = Settings(seed=5, steps=100, rate=3e-3, batch=16, adversarial=1.0)


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


def lesson_of(encoder: Encoder, dataset: Dataset, **changes: Any) -> Lesson:
    tokenizer = Tokenizer.from_str(encoder.tokenizer)
    lesson = Lesson(
        dataset.scheme, tokenizer, dataset.training, make_variations(dataset.training, {}), validation=dataset.training
    )
    return replace(lesson, **changes)


def train(
    encoder: Encoder, dataset: Dataset, checkpoint: Path | None = None, *, resume: bool = False,
    steps: int = 100, **changes: Any
) -> Network:  # fmt: skip
    torch.manual_seed(1)
    lesson = lesson_of(encoder, dataset, **changes)
    network = Network(encoder, dataset.scheme, len(lesson.lookups.rows))
    fit(network, lesson, replace(SETTINGS, steps=steps), checkpoint, resume=resume)
    return network


def same(one: Network, other: Network) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.fixture(scope="module")
def trained(encoder: Encoder, dataset: Dataset) -> Network:
    return train(encoder, dataset)


@pytest.fixture(scope="module")
def learned(trained: Network, encoder: Encoder, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Learned:
    """The trained network as a bundle, to learn from."""
    path = tmp_path_factory.mktemp("teacher")
    weights, heads, crf = trained.export()
    assistant = read_assistant(write_tiny(path / "tiny"))
    write_bundle(path, assistant, dataset, Trained(encoder, weights, heads, crf))
    return read_learned(path)


def tagged(encoder: Encoder, dataset: Dataset) -> list[Tagged]:
    tokenizer = Tokenizer.from_str(encoder.tokenizer)
    return [tag_example(tokenizer, dataset.scheme, example) for example in dataset.training]


def test_a_small_network_learns_its_examples(trained: Network, encoder: Encoder, dataset: Dataset) -> None:
    judged = evaluate(trained, tagged(encoder, dataset), 16, torch.device("cpu"))
    assert judged.accuracy > 0.9
    assert judged.f1 > 0.7


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
    assert evaluate(kept, tagged(encoder, intents), 16, torch.device("cpu")).accuracy > 0.9


def test_a_teacher_reads_as_its_bundle_does(
    learned: Learned, trained: Network, encoder: Encoder, dataset: Dataset
) -> None:
    teacher = Teacher(apply_learned(encoder, learned), learned, dataset.scheme, {})
    batch = make_tensors(tagged(encoder, dataset), torch.device("cpu"))
    with torch.no_grad():
        ours, theirs = teacher.network(batch), trained(batch)
    for one, other in zip(ours, theirs, strict=True):
        assert float((one - other).abs().max()) < 0.1 * float(other.abs().max()) + 0.1


def test_a_student_of_fewer_layers_learns_from_a_teacher_what_no_example_says(
    learned: Learned, encoder: Encoder, dataset: Dataset
) -> None:
    """Texts without marks: only the teacher knows the entities, and what it makes of a text comes nearer."""
    torch.manual_seed(2)
    bare = [replace(example, marked=False) for example in dataset.training]
    larger = apply_learned(encoder, learned)
    teacher = Teacher(larger, learned, dataset.scheme, {})
    network = Network(keep_layers(larger, 1), dataset.scheme)
    samples, device = tagged(encoder, dataset), torch.device("cpu")
    batch = make_tensors(samples, device)

    def distance() -> float:
        with torch.no_grad():
            layers, text = network.eval().read(network.embed(batch), batch)
            scores = network.tag_scores(network.pool_words(layers, batch), batch)
            read = (layers, text, network.intents(text, batch), scores)
            return float(teacher.measure_distance(network, read, batch))

    teacher.give_heads(network)
    before = distance()
    lesson = lesson_of(encoder, replace(dataset, training=tuple(bare)), validation=(), teacher=teacher)
    fit(network, lesson, replace(SETTINGS, steps=120, adversarial=0.0))
    judged = evaluate(network, samples, 16, device)
    assert distance() < 0.5 * before
    assert judged.accuracy > 0.9
    assert judged.f1 > 0.6


def test_a_student_learns_from_texts_without_a_label_what_the_teacher_and_the_first_encoder_make_of_them(
    learned: Learned, encoder: Encoder, dataset: Dataset
) -> None:
    torch.manual_seed(3)
    larger = apply_learned(encoder, learned)
    samples, device = tagged(encoder, dataset), torch.device("cpu")
    vectors = np.random.default_rng(3).normal(size=(len(samples), encoder.shape.hidden)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    teacher = Teacher(larger, learned, dataset.scheme, {}, Unlabelled(samples, vectors))
    network = Network(keep_layers(larger, 1), dataset.scheme)
    network.start_meaning()
    teacher.give_heads(network)
    batch = make_tensors(samples, device)

    def measure() -> tuple[float, float]:
        with torch.no_grad():
            layers, text = network.eval().read(network.embed(batch), batch)
            scores = network.tag_scores(network.pool_words(layers, batch), batch)
            apart = teacher.measure_distance(network, (layers, text, network.intents(text, batch), scores), batch)
            meant = network.map_meaning(layers, batch)
            agreed = torch.nn.functional.cosine_similarity(meant, torch.from_numpy(vectors), dim=1).mean()
        return float(apart), float(agreed)

    (apart, agreed), optimiser = measure(), torch.optim.AdamW(network.parameters(), 3e-3)
    texts = teacher.unlabelled.batches(0, 0)
    for _ in range(60):
        optimiser.zero_grad()
        teacher.learn_unlabelled(network, *next(texts), half=False)
        optimiser.step()
    nearer, agrees = measure()
    assert nearer < 0.5 * apart
    assert agrees > agreed + 0.3


def test_texts_without_a_label_come_in_the_same_batches_after_a_stop(encoder: Encoder, dataset: Dataset) -> None:
    samples = tagged(encoder, dataset)
    texts = Unlabelled(samples, np.arange(len(samples), dtype=np.float32)[:, None])

    def rows(seed: int, done: int, count: int) -> list[list[float]]:
        return [vectors[:, 0].tolist() for _, vectors in islice(texts.batches(seed, done), count)]

    whole = rows(0, 0, 12)
    assert rows(0, 5, 7) == whole[5:]
    assert rows(1, 0, 12) != whole
    one_round = -(-len(samples) // TOGETHER)
    assert sorted(row for part in whole[:one_round] for row in part) == list(range(len(samples)))
    assert list(Unlabelled().batches(0, 0)) == []


def test_how_pieces_relate_does_not_depend_on_what_fills_up_a_batch(encoder: Encoder, dataset: Dataset) -> None:
    network, samples = Network(encoder, dataset.scheme).eval(), tagged(encoder, dataset)
    short, long = min(samples, key=lambda s: len(s.encoded.ids)), max(samples, key=lambda s: len(s.encoded.ids))

    def relate(some: list[Tagged]) -> Any:
        batch = make_tensors(some, torch.device("cpu"))
        with torch.no_grad():
            layers, _ = network.read(network.embed(batch), batch)
            return network.relate_pieces(layers, batch).exp()[:, 0, :, : len(short.encoded.ids)]

    alone, beside = relate([short]), relate([short, long])
    assert torch.allclose(alone.sum(-1), torch.ones(()), atol=1e-5)
    assert torch.allclose(alone, beside[..., : len(short.encoded.ids)], atol=1e-5)


def test_a_network_starts_from_what_a_bundle_learned(
    trained: Network, encoder: Encoder, dataset: Dataset, tmp_path: Path
) -> None:
    """Before any step, a network that starts from the bundle finds the entities that the trained one finds."""
    weights, heads, crf = trained.export()
    assistant = read_assistant(write_tiny(tmp_path / "tiny"))
    write_bundle(tmp_path, assistant, dataset, Trained(encoder, weights, heads, crf))
    learned = read_learned(tmp_path)
    network = Network(apply_learned(encoder, learned), dataset.scheme)
    network.start_tags(*make_entity_head(learned, dataset.scheme))
    samples = tagged(encoder, dataset)
    before = evaluate(trained, samples, 16, torch.device("cpu"))
    after = evaluate(network, samples, 16, torch.device("cpu"))
    assert after.f1 == pytest.approx(before.f1, abs=0.05)


def test_few_layers_learn_from_a_network_of_all_layers_that_is_trained_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assistant, out = write_tiny(tmp_path / "tiny"), tmp_path / "bundle"
    main(["--assistant", str(assistant), "--layers", "2", "--steps", "3", "--out", str(out)])
    assert "first the network of all layers" in capsys.readouterr().out
    assert read_learned(out).layers == 2
    assert understand(load_model(out), "play some rock music", None).intent is not None


def test_full_training_on_many_english_examples_makes_a_student_where_nobody_says_how_many_layers(
    tmp_path: Path,
) -> None:
    tiny = read_assistant(write_tiny(tmp_path / "tiny"))
    english = replace(tiny, nlu=replace(tiny.nlu, examples=tiny.nlu.examples * 40))
    free = Options(layers=FITTING)
    settled = settle_layers(free, english)
    assert (settled.layers, settled.vocabulary) == (3, 9600)
    assert settle_layers(replace(free, vocabulary=12000), english).vocabulary == 12000
    assert settle_layers(replace(free, layers=0), english).layers == 0
    others = [replace(free, quick=True), replace(free, finetune=tmp_path), replace(free, encoder=tmp_path)]
    assert [settle_layers(other, english).layers for other in others] == [0, 0, 0]
    assert settle_layers(free, replace(english, multilingual=True)).layers == 0
    assert settle_layers(free, tiny).layers == 0


def test_a_teacher_of_other_intents_is_refused(learned: Learned, encoder: Encoder, dataset: Dataset) -> None:
    with pytest.raises(InvalidData, match="other intents or entities"):
        Teacher(encoder, learned, replace(dataset.scheme, intents=("a", "b")), {})


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


def test_an_adversarial_step_teaches_what_lies_where_a_text_is_learned_worst(
    trained: Network, encoder: Encoder, dataset: Dataset
) -> None:
    """The gradients of the moved texts come on top: the same again for a very small move, steeper ones further off."""
    samples = [sample for sample in tagged(encoder, dataset) if sample.encoded.spans][:8]

    def slope(adversarial: float) -> tuple[float, Any]:
        network = copy.deepcopy(trained)
        network.dropout = 0.0
        network.zero_grad()
        loss = learn(network, samples, adversarial, half=False)
        # What lies below the first layer that learns has only the gradient of the text as it is.
        gradients = [value.grad.flatten() for name, value in network.named_parameters()
                     if value.grad is not None and "embeddings" not in name]  # fmt: skip
        return float(loss), torch.cat(gradients)

    plain, once = slope(0.0)
    same_loss, both = slope(1e-6)
    assert same_loss == pytest.approx(plain)
    assert torch.allclose(both, 2 * once, rtol=0.01, atol=1e-3)
    _, moved = slope(1.0)
    assert float((moved - once).norm()) > 1.2 * float(once.norm())


def test_steps_texts_and_rate_grow_with_the_examples_without_a_jump(dataset: Dataset) -> None:
    """One example more never changes the amount of training by more than itself is worth."""
    before = (0, 0.0, 0)
    for count in (*range(50, 600, 37), *range(571, 575), *range(1330, 1337), *range(3995, 4005), 5000, 8000):
        many = [Example(f"text {number}", "greet") for number in range(count)]
        texts = len(round_of_texts(many, make_variations(many, {}), (), Settings(), 0))
        now = (usual_steps(count), usual_rate(many), texts)
        assert all(one <= other for one, other in zip(before, now, strict=True)), count
        if count < 4100:
            assert abs(texts / (1 + Settings().noise) - min(11 * count, max(4000, count))) < 30
        before = now
    assert usual_rate(many) == RATE
    assert usual_rate(many[:100]) == pytest.approx(RATE / 3)


def test_a_checkpoint_is_of_everything_that_the_weights_come_from(
    encoder: Encoder, dataset: Dataset, tmp_path: Path
) -> None:
    assistant = read_assistant(write_tiny(tmp_path / "tiny"))
    lesson = lesson_of(encoder, dataset)
    lookups = make_lookups(assistant.nlu, dataset.scheme.entities(), lesson.tokenizer)
    others = [
        replace(lesson, origin="another encoder"),
        replace(lesson, chooses=False),
        replace(lesson, validation=lesson.validation[1:]),
        replace(lesson, lookups=lookups),
        replace(lesson, named=find_named_entities(dataset.training, assistant.nlu.lookups)),
        replace(lesson, variations=make_variations(dataset.training, {"genre": ["film noir"]})),
        replace(lesson, variations=make_variations(dataset.training, {}, "de")),
    ]
    marks = {fitting._fingerprint(other, SETTINGS) for other in (lesson, *others)}
    marks.add(fitting._fingerprint(lesson, replace(SETTINGS, steps=61)))
    assert len(marks) == len(others) + 2
    assert fitting._fingerprint(lesson_of(encoder, dataset), SETTINGS) in marks


def test_a_checkpoint_of_another_run_is_refused(encoder: Encoder, dataset: Dataset, tmp_path: Path) -> None:
    torch.save({"mark": "another"}, tmp_path / "run.pt")
    with pytest.raises(SystemExit, match="another encoder or teacher"):
        train(encoder, dataset, tmp_path / "run.pt", resume=True)


def test_what_is_set_aside_to_judge_few_examples_is_learned_in_the_end(encoder: Encoder, dataset: Dataset) -> None:
    """No example that somebody wrote is lost, and what is judged has not seen it."""
    strange = (Example("zebra umbrella", "goodbye"), Example("umbrella zebra", "goodbye"))
    lesson = lesson_of(encoder, dataset, validation=strange, chooses=False)
    torch.manual_seed(1)
    network = Network(encoder, dataset.scheme)
    before = fit(network, lesson, replace(SETTINGS, steps=120)).before
    assert before is not None
    samples = lesson.samples(strange)
    device = torch.device("cpu")
    assert evaluate(network, samples, 16, device).loss < evaluate(before, samples, 16, device).loss


@pytest.fixture(scope="module")
def with_tables(encoder: Encoder, dataset: Dataset) -> tuple[Network, Lookups]:
    """Cities in a table that no example has, and a network that learned what a hit is worth."""
    words = [f"{one}{other}" for one in STARTS for other in ENDS]
    tokenizer = Tokenizer.from_str(encoder.tokenizer)
    tables = {"genre": words}
    lookups = make_lookups(NluData(lookups=tables), dataset.scheme.entities(), tokenizer)
    values, named = make_variations(dataset.training, tables), find_named_entities(dataset.training, tables)
    network = train(encoder, dataset, steps=300, lookups=lookups, variations=values, named=named)
    return network, lookups


STARTS = ("zor", "pla", "mek", "tun", "vil", "gar", "pos", "lin")
ENDS = ("dia", "vic", "ra", "bolt", "nep", "sul", "gom", "tas")


def test_a_name_that_only_the_table_has_is_understood_by_it(
    with_tables: tuple[Network, Lookups], encoder: Encoder, dataset: Dataset
) -> None:
    """The same names without their table are strange words."""
    network, lookups = with_tables
    names = [f"{one}{other}" for one in STARTS for other in ENDS]
    fresh = [Example(f"{name} please", "play_music", (Annotation(0, len(name), "genre"),))
             for name in names if is_held_out(name)]  # fmt: skip
    assert len(fresh) > 5
    device = torch.device("cpu")
    with_hits, without = (
        evaluate(network, lesson_of(encoder, dataset, lookups=known).samples(fresh), 16, device)
        for known in (lookups, NO_LOOKUPS)
    )
    assert with_hits.f1 > 0.6 > without.f1, (with_hits, without)
    assert with_hits.loss < without.loss


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
        with torch.no_grad():
            expected, scores = trained(make_tensors([Tagged(encoded, 0, None)], torch.device("cpu")))
        words = np.stack([emissions[0][a:b].mean(0) for a, b in zip(encoded.heads, encoded.tails, strict=True)])
        assert np.abs(logits[0] - expected[0].numpy()).max() < 0.15 * float(expected.abs().max()) + 0.2
        assert np.abs(words - scores[0].numpy()).max() < 0.15 * float(scores.abs().max()) + 0.2
        agreed += int(logits[0].argmax() == int(expected[0].argmax()))
    assert agreed >= 0.97 * len(dataset.training)
