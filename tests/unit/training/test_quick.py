"""Quick training from the examples to a bundle that the stage reads, and what the parts around it do."""

import json
import random
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from functions.nlu.encoding import encode
from functions.nlu.model import Model, load_model
from functions.nlu.understanding import understand
from model_artifacts.training.nlu.__main__ import main
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.augmentation import Rates, make_noise, make_variations, read_typing
from model_artifacts.training.nlu.calibration import calibrate, compute_auroc
from model_artifacts.training.nlu.compiling import Options, make_lesson, train_into
from model_artifacts.training.nlu.dataset import assemble
from model_artifacts.training.nlu.encoder import prune, read_encoder
from model_artifacts.training.nlu.quick import train_quick
from model_artifacts.training.nlu.reading import Example, InvalidData
from model_artifacts.training.nlu.refreshing import refresh
from model_artifacts.training.nlu.softmax import fit_softmax
from model_artifacts.training.nlu.verify import find_differences
from shared.bundle.manifest import read_bundle
from tests.architecture.code import ROOT
from tests.unit.training.tiny import write_tiny


def _find_likeliest(model: Model, text: str) -> str:
    """The intent with the greatest logit, whatever thresholds say."""
    encoded = encode(model.tokenizer, text)
    return model.specification.intents[int(np.argmax(model.run(encoded, model.find_hits(text, encoded))[0]))]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny assistant, trained in quick mode through the command."""
    assistant = write_tiny(tmp_path_factory.mktemp("assistants") / "tiny")
    main(["--assistant", str(assistant), "--quick", "--seed", "3"])
    return assistant / "bundle"


def test_quick_training_makes_a_bundle_that_understands(bundle: Path) -> None:
    model = load_model(bundle)
    understood = understand(model, "please play some rock music", None)
    assert understood.intent is not None
    assert understood.intent.name == "play_music"
    assert [(e.entity, e.value) for e in understood.entities] == [("genre", "rock")]
    greeted = understand(model, "hello there", None).intent
    assert greeted is not None
    assert greeted.name == "greet"


def test_roles_are_learned(bundle: Path) -> None:
    entities = understand(load_model(bundle), "fly from Berlin to Paris", None).entities
    assert [(e.value, e.role) for e in entities] == [("Berlin", "from"), ("Paris", "to")]


def test_synonyms_give_the_value(bundle: Path) -> None:
    (entity,) = understand(load_model(bundle), "play some blues", None).entities
    assert entity.value == "rhythm and blues"


def test_domain_intents_without_examples_can_be_named_directly(bundle: Path) -> None:
    understood = understand(load_model(bundle), "/external", None)
    assert understood.intent is not None
    assert understood.intent.name == "external"


def test_an_intent_has_only_the_entities_that_it_was_trained_with(bundle: Path) -> None:
    specification = load_model(bundle).specification
    assert specification.intent_entities["play_music"] == {"genre"}
    assert specification.intent_entities["greet"] == frozenset()
    assert specification.tables.entities("Bossa  Nova") == {"genre"}
    assert "red" not in specification.tables


def test_the_manifest_vouches_for_the_files_and_tells_how_it_was_trained(bundle: Path) -> None:
    manifest = read_bundle(bundle).manifest
    assert manifest.assistant == "tiny"
    assert manifest.nlu["mode"] == "quick"
    assert isinstance(manifest.nlu["test"], dict)
    assert manifest.data[0].licence == "Apache-2.0"


def test_golden_predictions_hold_and_a_change_is_found(bundle: Path, tmp_path: Path) -> None:
    count, changed = find_differences(bundle)
    assert count > 5
    assert changed == []


def test_what_is_not_learned_is_brought_up_to_date_without_training(bundle: Path, tmp_path: Path) -> None:
    assistant = write_tiny(tmp_path / "tiny")
    shutil.copytree(bundle, assistant / "bundle")
    with (assistant / "data" / "nlu.yml").open("a") as file:
        file.write("- synonym: heavy\n  examples: |\n    - rock\n")
    refresh(assistant, assistant / "bundle")
    (entity,) = understand(load_model(assistant / "bundle"), "play some rock", None).entities
    assert entity.value == "heavy"
    assert load_model(assistant / "bundle").specification.min_energy == load_model(bundle).specification.min_energy
    assert find_differences(assistant / "bundle")[1] == []
    with (assistant / "data" / "nlu.yml").open("a") as file:
        file.write("- intent: new_one\n  examples: |\n    - quite new\n")
    with pytest.raises(InvalidData, match="does not know new_one"):
        refresh(assistant, assistant / "bundle")


def test_languages_that_are_no_longer_named_are_spoken_no_more(bundle: Path, tmp_path: Path) -> None:
    assistant = write_tiny(tmp_path / "tiny")
    shutil.copytree(bundle, assistant / "bundle")
    config = assistant / "config.yml"
    before = config.read_text() if config.is_file() else ""
    lines = [line for line in before.splitlines(keepends=True) if not line.startswith("language:")]
    for named, spoken in (("languages: [en, de]\n", ("en", "de")), ("language: en\n", ("en",))):
        config.write_text("".join([named, *lines]))
        refresh(assistant, assistant / "bundle")
        assert load_model(assistant / "bundle").specification.languages == spoken


def test_the_same_seed_gives_the_same_bundle(bundle: Path, tmp_path: Path) -> None:
    again = write_tiny(tmp_path / "tiny")
    main(["--assistant", str(again), "--quick", "--seed", "3"])
    assert (again / "bundle" / "manifest.json").read_bytes() == (bundle / "manifest.json").read_bytes()


def test_what_the_manifest_says_of_the_dialogue_stays(tmp_path: Path) -> None:
    assistant = write_tiny(tmp_path / "tiny")
    (assistant / "bundle").mkdir()
    (assistant / "bundle" / "manifest.json").write_text('{"dialogue": {"rules": 3}}')
    main(["--assistant", str(assistant), "--quick"])
    assert json.loads((assistant / "bundle" / "manifest.json").read_bytes())["dialogue"] == {"rules": 3}


def test_quick_training_does_not_import_pytorch() -> None:
    code = (
        "import sys; import model_artifacts.training.nlu.__main__, model_artifacts.training.nlu.quick; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_mistakes_end_training_with_their_places(tmp_path: Path) -> None:
    assistant = write_tiny(tmp_path / "tiny")
    with (assistant / "data" / "nlu.yml").open("a") as file:
        file.write("- intent: broken\n  examples: |\n    - [a](\n")
    with pytest.raises(SystemExit, match=r"nlu\.yml:\d+: "):
        main(["--assistant", str(assistant), "--quick"])


@pytest.mark.parametrize("hurts", [True, False])
def test_public_examples_are_left_out_where_the_own_ones_are_understood_better_without(
    hurts: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assistant = read_assistant(write_tiny(tmp_path / "tiny"))
    dataset = assemble(assistant, None, 0)
    others = {"greet": "fly", "fly": "goodbye", "goodbye": "play_music", "play_music": "greet"}
    public = [
        replace(e, intent=others[e.intent] if hurts else e.intent, authored=False, place="a set")
        for e in (dataset.training if hurts else dataset.validation)
        if e.authored
    ]
    encoder = prune(read_encoder(), 2000, [e.text for e in dataset.training])
    lesson = make_lesson(assistant, replace(dataset, training=(*dataset.training, *public)), encoder)
    train_quick(encoder, lesson, 0)
    assert ("which are left out" in capsys.readouterr().out) == hurts


def test_training_ends_with_scores_and_advice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assistant = write_tiny(tmp_path / "tiny")
    with (assistant / "data" / "nlu.yml").open("a") as file:
        file.write("- intent: deny\n  examples: |\n    - play no jazz\n    - do not fly\n    - bye no\n")
    main(["--assistant", str(assistant), "--quick"])
    said = capsys.readouterr().out
    assert re.search(r"each example by the others, on the encoder as it was: intents \d+ % of 33", said)
    assert re.search(r"held out: intents \d+ %, entities F1 \d+ % of 2", said)
    assert re.search(r"advice: \S+nlu\.yml:\d+: deny has 3 examples and is (taken for \w+|refused): write more", said)


@pytest.mark.parametrize("given", [True, False])
def test_many_examples_set_aside_are_learned_in_the_end_unless_the_assistant_set_them_aside(
    given: bool, tmp_path: Path
) -> None:
    assistant = read_assistant(write_tiny(tmp_path / "tiny"))
    aside = tuple(Example(f"zebra number {number}", "goodbye", marked=False) for number in range(60))
    dataset = replace(assemble(assistant, None, 0), validation=aside, given=given)
    written = train_into(tmp_path / "bundle", assistant, dataset, Options(quick=True))
    assert (_find_likeliest(written.model, "zebra number") == "goodbye") != given


def test_a_bundle_of_quick_training_is_no_teacher(bundle: Path, tmp_path: Path) -> None:
    assistant = write_tiny(tmp_path / "tiny")
    with pytest.raises(SystemExit, match="--teacher: the bundle was trained in quick mode"):
        main(["--assistant", str(assistant), "--teacher", str(bundle)])


def test_an_option_that_quick_training_would_ignore_is_refused(tmp_path: Path) -> None:
    assistant = write_tiny(tmp_path / "tiny")
    with pytest.raises(SystemExit, match="--teacher and --steps mean nothing in quick training"):
        main(["--assistant", str(assistant), "--quick", "--steps", "3", "--teacher", str(tmp_path)])


def test_held_out_texts_are_never_learned(tmp_path: Path) -> None:
    dataset = assemble(read_assistant(write_tiny(tmp_path / "tiny")), None, 0)
    learned = {example.text for example in (*dataset.training, *dataset.validation)}
    assert not learned & {example.text for example in dataset.held_out}
    assert any("held out" in note for note in dataset.notes)


def test_training_and_validation_share_no_text(tmp_path: Path) -> None:
    dataset = assemble(read_assistant(write_tiny(tmp_path / "tiny")), None, 0)
    assert not {e.text for e in dataset.training} & {e.text for e in dataset.validation}


def test_one_text_with_two_intents_is_noted(tmp_path: Path) -> None:
    assistant = write_tiny(tmp_path / "tiny")
    with (assistant / "data" / "nlu.yml").open("a") as file:
        file.write("- intent: other\n  examples: |\n    - hello\n")
    dataset = assemble(read_assistant(assistant), None, 0)
    assert any("'hello' is other here and greet at" in note for note in dataset.notes)
    assert any("intent other has 1 example;" in note for note in dataset.notes)


def test_a_public_set_that_is_not_known_is_refused(tmp_path: Path) -> None:
    assistant = write_tiny(tmp_path / "tiny")
    (assistant / "training.yml").write_text("public: [{set: nothing}]\n")
    with pytest.raises(InvalidData, match="'nothing' is not known"):
        assemble(read_assistant(assistant), tmp_path, 0)


def test_variations_keep_their_annotations_in_place() -> None:
    example = Example("please play film noir for me now", "play", (Annotation(12, 21, "genre"),))
    values = make_variations([example], {"genre": ["science fiction", "x"]})
    rng = random.Random(1)
    rates = Rates(swap=0.5, typo=0.3, punctuation=0.5, shorten=0.5, politeness=0.5, join=0.3, texting=0.0)
    seen = set()
    for _ in range(300):
        varied = values.vary(example, rng, rates)
        (annotation,) = varied.annotations
        covered = varied.text[annotation.start : annotation.end]
        assert covered == covered.strip()
        assert covered
        seen.add(covered)
    assert {"science fiction", "x", "film noir"} <= seen


def test_some_variations_are_typed_with_thumbs_and_keep_what_is_marked() -> None:
    example = Example("could you please find something scary with Sigourney Weaver for tonight", "find",
                      (Annotation(32, 37, "genre"), Annotation(43, 59, "actor")))  # fmt: skip
    values, rng = make_variations([example], {}), random.Random(2)
    rates = Rates(swap=0.0, typo=0.0, punctuation=0.0, shorten=0.0, politeness=0.0, join=0.0, texting=1.0)
    seen = [values.vary(example, rng, rates) for _ in range(200)]
    assert len({varied.text for varied in seen}) > 100
    assert any(varied.text.startswith("cud u p") for varied in seen)
    for varied in seen:
        genre, actor = (varied.text[a.start : a.end] for a in varied.annotations)
        assert (genre[0], genre[-1]) == ("s", "y")
        assert (actor[0], actor[-1], len(actor.split())) == ("S", "r", 2)


def test_noise_is_never_empty() -> None:
    rng = random.Random(0)
    for language, text in (("en", "a table for two"), ("ru", "стол на двоих"), ("zh", "两个人的桌子")):
        typing = read_typing([Example(text, "x")] * 5, language)
        assert all(make_noise(typing, rng).strip() for _ in range(500))


@pytest.mark.parametrize(
    ("language", "text"), [("de", "ich möchte eine Pizza bestellen bitte"), ("ru", "закажи большую пиццу пожалуйста")]
)
def test_variations_of_another_language_have_nothing_english_and_its_own_letters(language: str, text: str) -> None:
    example = Example(text, "order")
    varying, rng = make_variations([example] * 9, {}, language), random.Random(0)
    letters = {c for c in text.lower() if c.isalpha()}
    rates = Rates(politeness=1.0, typo=1.0, texting=1.0)
    said = [varying.vary(example, rng, rates).text for _ in range(300)]
    assert len(set(said)) > 50
    assert {c for line in said for c in line.lower() if c.isalpha()} <= letters


def test_what_may_be_an_answer_is_no_noise() -> None:
    """Digits alone, one face alone, and the script that the assistant speaks."""
    russian = read_typing([Example("закажи большую пиццу пожалуйста", "order")] * 5, "ru")
    rng = random.Random(0)
    for _ in range(3000):
        text = make_noise(russian, rng)
        assert not text.isdigit()
        assert len(text) > 1 or not 0x1F600 <= ord(text) < 0x1F640
    assert "CYRILLIC" not in russian.scripts


def test_the_softmax_head_separates_what_is_separable() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 8)) * 4
    gold = rng.integers(0, 3, 200)
    features = (centres[gold] + rng.normal(size=(200, 8))).astype(np.float32)
    weight, bias = fit_softmax(features, gold, 3, 1e-3)
    assert ((features @ weight + bias).argmax(1) == gold).mean() > 0.97


def test_rows_of_the_softmax_head_may_count_more_than_others() -> None:
    features = np.zeros((100, 2), np.float32)
    gold = np.array([0] * 90 + [1] * 10)
    counts = np.where(gold == 1, 9.0, 1.0).astype(np.float32)
    _, plain = fit_softmax(features, gold, 2, 1e-3)
    _, even = fit_softmax(features, gold, 2, 1e-3, counts=counts / counts.mean())
    assert plain[0] > plain[1] + 1
    assert even[0] == pytest.approx(even[1], abs=0.01)


def test_calibration_softens_what_is_too_sure_and_refuses_what_is_far() -> None:
    rng = np.random.default_rng(0)
    gold = rng.integers(1, 3, 400)
    logits = np.zeros((400, 3), np.float32)
    guessed = np.where(rng.random(400) < 0.7, gold, 3 - gold)
    logits[np.arange(400), guessed] = 9
    calibrated = calibrate(("nlu_fallback", "a", "b"), logits, gold.tolist())
    assert calibrated.temperature > 2
    assert calibrated.min_energy <= 9.1


def test_what_is_not_understood_counts_against_where_that_tells_more() -> None:
    """Out of scope is told by the class's own logit here, and by nothing else."""
    rng = np.random.default_rng(0)
    gold = np.concatenate([rng.integers(1, 3, 200), np.zeros(60, int)])
    logits = rng.normal(size=(260, 3)).astype(np.float32)
    logits[np.arange(200), gold[:200]] += 5
    logits[200:, 1:] += 5
    logits[200:, 0] += 8
    calibrated = calibrate(("nlu_fallback", "a", "b"), logits, gold.tolist())
    assert calibrated.against > 0
    alone = calibrate(("nlu_fallback", "a", "b"), logits[:200], gold[:200].tolist())
    assert alone.against == 0


@pytest.mark.parametrize(("wrong", "refuses"), [(0.2, False), (1.0, False), (20.0, True)])
def test_what_a_wrong_answer_costs_decides_how_much_is_refused(wrong: float, refuses: bool) -> None:
    """Ninety right answers of energy 2 to 6, and ten wrong ones of energy 1 to 5."""
    energies = np.concatenate([np.linspace(2, 6, 90), np.linspace(1, 5, 10)])
    logits = np.stack([np.full(100, -9.0), energies, np.full(100, -9.0)], 1).astype(np.float32)
    gold = [1] * 90 + [2] * 10
    calibrated = calibrate(("nlu_fallback", "a", "b"), logits, gold, {"wrong": wrong, "refused": 1.0})
    assert (calibrated.min_energy > 4) == refuses
    paid = [
        wrong * int((energies[90:] >= c).sum()) + int((energies[:90] < c).sum())
        for c in (-1e3, *np.linspace(0.9, 6.1, 200))
    ]
    least = wrong * int((energies[90:] >= calibrated.min_energy).sum()) + int(
        (energies[:90] < calibrated.min_energy).sum()
    )
    assert least <= min(paid) + 1


def test_costs_that_say_something_else_are_refused(tmp_path: Path) -> None:
    assistant = write_tiny(tmp_path / "tiny")
    for costs in ("{wrong: 3}", "{wrong: 0, refused: 1}", "3", "{wrong: a, refused: 1}"):
        (assistant / "training.yml").write_text(f"costs: {costs}\n")
        with pytest.raises(InvalidData, match=r"training\.yml: costs must say"):
            read_assistant(assistant)


def test_few_examples_calibrate_nothing() -> None:
    calibrated = calibrate(("nlu_fallback", "a"), np.zeros((0, 2), np.float32), [])
    assert (calibrated.temperature, calibrated.against) == (1.0, 0.0)
    assert calibrated.min_energy < -100


def test_the_area_under_the_curve_counts_pairs_in_the_right_order() -> None:
    assert compute_auroc(np.array([3.0, 2.0]), np.array([1.0])) == 1.0
    assert compute_auroc(np.array([3.0, 1.0]), np.array([2.0])) == 0.5
    assert compute_auroc(np.array([1.0]), np.array([1.0])) == 0.5


def test_a_tag_that_no_example_has_is_never_taken(tmp_path: Path) -> None:
    """All values are one word: nothing continues, and no text becomes one long entity."""
    (tmp_path / "data").mkdir()
    names = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn")
    (tmp_path / "data" / "nlu.yml").write_text(
        "nlu:\n- intent: inform\n  examples: |\n"
        + "".join(f"    - my name is [{name}](first_name)\n    - a table for {name} of the third floor please\n"
                  for name in names),
        encoding="utf-8",
    )  # fmt: skip
    main(["--assistant", str(tmp_path), "--quick"])
    model = load_model(tmp_path / "bundle")
    for text in ("Can I change my table to indoors, please?", "my name is Ann and I would like to cancel that"):
        assert all(len(str(entity.value).split()) == 1 for entity in understand(model, text, None).entities), text
