"""What a report says of cases whose answers are known, and the command from a test file to the page."""

import json
from pathlib import Path

import pytest

from functions.nlu.understanding import Understanding
from model_artifacts.evaluation.__main__ import main
from model_artifacts.evaluation.cases import Case
from model_artifacts.evaluation.comparison import compare, compare_part, list_disagreements
from model_artifacts.evaluation.scores import (
    count_confusions,
    estimate_interval,
    measure_calibration_error,
    measure_costs,
    measure_trade_off,
    score,
    score_intents,
    score_slice,
)
from model_artifacts.evaluation.slices import FRESH_NAMES, divide_names, list_slices, make_harder_tests
from model_artifacts.training.nlu.__main__ import main as train
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.evaluation import Judged
from model_artifacts.training.nlu.reading import Example, NluData
from shared.events.catalogue import Entity, Intent
from tests.unit.training.tiny import write_tiny

PNG = b"\x89PNG"


def case(expected: str, got: str, confidence: float = 0.9, energy: float = 5.0, **spans: bool) -> Case:
    """An example of "play jazz" whose genre is expected (`gold`) and found, as said."""
    annotations = (Annotation(5, 9, "genre"),) if spans.get("gold") else ()
    entities = (Entity(entity="genre", value="jazz", start=5, end=9),) if spans.get("found") else ()
    intent = Intent(got, confidence)
    understood = Understanding(intent, (intent,), entities)
    likely = got if got != "nlu_fallback" else expected
    return Case(Judged(Example("play jazz", expected, annotations), understood), likely, confidence, energy, 4, 1.0)


def test_each_score_is_the_share_that_it_says() -> None:
    report = score(
        [
            case("play", "play", gold=True, found=True),
            case("play", "play", gold=True),
            case("play", "stop", found=True),
            case("stop", "stop"),
            case("out_of_scope", "nlu_fallback", energy=1.0),
            case("out_of_scope", "play", energy=6.0),
        ]
    )
    assert report["intent_accuracy"] == pytest.approx(4 / 6, abs=1e-4)
    assert report["out_of_scope_recall"] == 0.5
    assert report["out_of_scope_auroc"] == 0.5
    assert report["entity_f1"] == pytest.approx(0.5)
    assert report["entities"]["genre"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert report["sentence_accuracy"] == pytest.approx(3 / 6)
    assert report["intents"]["stop"]["precision"] == 0.5
    low, high = report["intervals"]["intent_accuracy"]
    assert low < report["intent_accuracy"] < high


def test_what_is_out_of_scope_counts_as_right_by_either_name() -> None:
    report = score([case("out_of_scope", "nlu_fallback"), case("nlu_fallback", "out_of_scope"), case("play", "play")])
    assert report["intents"]["out_of_scope"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}
    assert report["intent_macro_f1"] == 1.0


def flight(*found: Entity) -> Case:
    """From Paris to Rome, which is what "big apple" is called here, as `found`."""
    text = "fly from Paris to the big apple"
    gold = (Annotation(9, 14, "city", role="from"), Annotation(18, 31, "city", "New York", role="to"))
    intent = Intent("fly", 0.9)
    judged = Judged(Example(text, "fly", gold, "nlu.yml:7"), Understanding(intent, (intent,), found))
    return Case(judged, "fly", 0.9, 5.0, 8, 1.0)


def test_roles_groups_and_given_values_count() -> None:
    def city(start: int, end: int, role: str, value: str) -> Entity:
        return Entity("city", value, start, end, role=role)

    right = flight(city(9, 14, "from", "Paris"), city(18, 31, "to", "New York"))
    swapped = flight(city(9, 14, "to", "Paris"), city(18, 31, "from", "New York"))
    other_value = flight(city(9, 14, "from", "Paris"), city(18, 31, "to", "Big Apple"))
    assert [item.whole for item in (right, swapped, other_value)] == [True, False, False]
    assert score([right])["entity_f1"] == score([other_value])["entity_f1"] == 1.0
    assert score([swapped])["entity_f1"] == score([swapped])["sentence_accuracy"] == 0.0
    assert score([right, other_value])["value_accuracy"] == 0.5


def test_a_report_says_what_the_answers_cost_and_which_threshold_is_cheapest() -> None:
    """Ten wrong answers of low energy, and ninety right ones, of which five have less."""
    cases = [case("play", "stop", energy=2.0)] * 10 + [case("play", "play", energy=1.0)] * 5
    cases += [case("play", "play", energy=5.0)] * 85
    dear, cheap = (measure_costs(cases, {"wrong": wrong, "refused": 1.0}) for wrong in (3.0, 0.1))
    assert (dear["per_100"], dear["cheapest_per_100"], dear["cheapest_energy"]) == (30.0, 5.0, 5.0)
    assert (cheap["per_100"], cheap["cheapest_per_100"]) == (1.0, 1.0)
    refused = [case("out_of_scope", "nlu_fallback", energy=1.0), case("play", "nlu_fallback", energy=1.0)]
    assert measure_costs(refused, {"wrong": 3.0, "refused": 1.0})["per_100"] == 50.0


def test_a_mistake_with_entities_is_an_example_that_would_help() -> None:
    swapped = flight(Entity("city", "Paris", 9, 14, role="to"), Entity("city", "New York", 18, 31, role="from"))
    value = flight(Entity("city", "Paris", 9, 14, role="from"), Entity("city", "Big Apple", 18, 31, role="to"))
    more = case("play", "play", found=True)
    told = [sentence.split("' ", 1)[1] for sentence in score([swapped, value, more, more])["advice"]]
    assert told == [
        "is read with genre: jazz: write one like it for play",
        "is not read with city (from): Paris: write one like it for fly",
        "is read with another value: write one like it for fly",
        "is read with genre: jazz: write one like it for play",
    ]


def test_the_report_says_which_examples_would_help_most() -> None:
    cases = [case("play", "stop", 0.6), case("play", "stop", 0.9), case("stop", "nlu_fallback"), case("play", "play")]
    told = score(cases)["advice"]
    assert [sentence.split(": ", 1)[1] for sentence in told] == [
        "'play jazz' is taken for stop: write one like it for play",
        "'play jazz' is refused: write one like it for stop",
        "'play jazz' is taken for stop: write one like it for play",
    ]


def test_parts_and_harder_forms_of_a_test_keep_its_marks() -> None:
    assert set(list_slices([case("play", "play", gold=True)], {"jazz"})) == {"short texts", "with known values"}
    assert "with unseen values" in list_slices([case("play", "play", gold=True)], {"rock"})
    example = Example("Thank you, play Ænima and ß-rock!", "play", (Annotation(16, 21, "album"),))
    assistant = Assistant("tiny", NluData([example]), (), (), frozenset(), frozenset())
    harder = make_harder_tests(assistant, [example] * 20)
    assert set(harder) == {"typing errors", "capitals", "small letters", "a face at the end", "misheard"}
    for kind, examples in harder.items():
        for changed in examples:
            (a,) = changed.annotations
            assert kind == "typing errors" or changed.text[a.start : a.end].lower() == "ænima", changed
    assert harder["capitals"][0].text == "THANK YOU, PLAY ÆNIMA AND ß-ROCK!"
    assert harder["small letters"][0].text == "thank you, play ænima and ß-rock!"
    assert "dank you play" in harder["misheard"][0].text.lower()


def test_names_of_tables_are_judged_alone_in_phrases_and_by_table() -> None:
    def name(text: str, start: int, entity: str, *, right: bool) -> Case:
        intent = Intent("play" if right else "stop", 0.9)
        span = (Annotation(start, len(text), entity),)
        found = (Entity(entity, text[start:], start, len(text)),)
        return Case(
            Judged(Example(text, "play", span), Understanding(intent, (intent,), found)), "play", 0.9, 5.0, 4, 1
        )

    names = [name("Ænima", 0, "album", right=True), name("play Ænima", 5, "album", right=False),
             name("Tool", 0, "artist", right=True)]  # fmt: skip
    parts = {
        part: score_slice(cases)["sentence_accuracy"] for part, cases in divide_names({FRESH_NAMES: names}).items()
    }
    assert parts == {"... alone": 1.0, "... in a phrase": 0.0, "... of album": 0.5, "... of artist": 1.0}


def test_a_part_is_better_only_where_chance_does_not_explain_it() -> None:
    right, wrong = case("play", "play"), case("play", "stop")
    assert compare_part([right] * 100, [right] * 70 + [wrong] * 30)["sure"]
    chance = compare_part([right, wrong], [wrong, wrong])
    assert (chance["difference"], chance["sure"]) == (0.5, False)


def test_the_commonest_confusion_comes_first() -> None:
    cases = [case("play", "stop"), case("stop", "play"), case("play", "stop")]
    assert count_confusions(cases) == [(("play", "stop"), 2), (("stop", "play"), 1)]


def test_honest_confidences_have_no_calibration_error() -> None:
    cases = [case("play", "play", 0.75)] * 3 + [case("play", "stop", 0.75)]
    assert measure_calibration_error(cases) == 0.0
    assert measure_calibration_error([case("play", "stop", 0.9)]) == pytest.approx(0.9)


def test_the_threshold_trades_accuracy_for_recall() -> None:
    points = measure_trade_off(
        [case("play", "play", energy=float(n)) for n in range(5, 10)] + [case("out_of_scope", "play", energy=1.0)]
    )
    assert (1.0, 1.0) in [(inside, outside) for _, inside, outside in points]
    assert [outside for _, _, outside in points] == sorted(outside for _, _, outside in points)


def test_more_cases_make_a_narrower_interval() -> None:
    some = [case("play", "play")] * 8 + [case("play", "stop")] * 2
    narrow, wide = estimate_interval(some * 20, score_intents, 0), estimate_interval(some, score_intents, 0)
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


def test_a_difference_is_sure_only_where_chance_does_not_explain_it() -> None:
    right, wrong = case("play", "play"), case("play", "stop")
    sure = compare([right] * 100, [right] * 70 + [wrong] * 30)["intent_accuracy"]
    assert sure["sure"]
    assert sure["difference"] == pytest.approx(0.3)
    chance = compare([right] * 9 + [wrong], [right] * 8 + [wrong] * 2)["intent_accuracy"]
    assert not chance["sure"]
    assert len(list_disagreements([right, wrong], [wrong, wrong])) == 1


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assistant = write_tiny(tmp_path_factory.mktemp("assistants") / "tiny")
    train(["--assistant", str(assistant), "--quick"])
    return assistant


def test_the_command_writes_report_page_and_figures(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hard_nlu.yml").write_text(
        "nlu:\n- intent: play_music\n  examples: |\n    - play [jazz](genre) <script>alert(1)</script>\n"
        "- intent: nlu_fallback\n  examples: |\n    - qwrt zxcv\n"
    )
    tests = [str(tiny / "tests" / "test_nlu.yml"), str(tmp_path / "hard_nlu.yml")]
    main([
        "--assistant", str(tiny), "--test", *tests, "--out", str(tmp_path / "out"), "--against", str(tiny / "bundle")
    ])  # fmt: skip
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["examples"] == 4
    assert report["comparison"]["scores"]["intent_accuracy"]["difference"] == 0
    assert report["comparison"]["slices"] == report["slices"]
    assert {row["difference"] for row in report["comparison"]["differences"].values()} == {0}
    assert {"typing errors", "capitals", "misheard", "short texts"} <= set(report["slices"])
    assert {"confidence.png", "entities.png", "latency.png", "parts.png", "reliability.png", "threshold.png"} <= {
        file.name for file in (tmp_path / "out").iterdir()
    }
    assert (tmp_path / "out" / "entities.png").read_bytes().startswith(PNG)
    html = (tmp_path / "out" / "report.html").read_text()
    assert "tiny: understanding" in html
    assert "<script>" not in html
    assert "may be chance" in capsys.readouterr().out


def test_cross_validation_judges_every_example_once_and_the_curve_rises(tiny: Path, tmp_path: Path) -> None:
    main(["--assistant", str(tiny), "--out", str(tmp_path), "--folds", "2"])
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["folds"] == 2
    assert report["examples"] == 34
    assert report["intent_accuracy"] > 0.7


def test_the_curve_has_a_point_for_each_share_of_the_examples(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model_artifacts.evaluation.folds.SHARES", (0.3, 1.0))
    main(["--assistant", str(tiny), "--out", str(tmp_path), "--curve"])
    report = json.loads((tmp_path / "report.json").read_text())
    assert [point["examples"] for point in report["learning_curve"]] == [8, 30]
    assert (tmp_path / "learning_curve.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--folds", "1"], "give 2 or more"),
        (["--folds", "3", "--against", "x"], "leave --folds out"),
        (["--test", "nowhere.yml"], "nowhere.yml: there is no such file"),
        (["--bundle", "nowhere"], "cannot be loaded"),
    ],
)
def test_what_cannot_be_evaluated_is_said(tiny: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    with pytest.raises(SystemExit, match=said):
        main(["--assistant", str(tiny), "--out", str(tmp_path), *arguments])
