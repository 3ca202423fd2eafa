"""`task eval`: how well an assistant understands, as report.json, a page with figures, and the figures alone."""

import argparse
import json
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from functions.nlu.intent import REJECTED
from functions.nlu.model import FILES, Model, load_model
from model_artifacts.evaluation.cases import Case, examine
from model_artifacts.evaluation.comparison import compare, compare_part, list_disagreements
from model_artifacts.evaluation.documents import describe, judge_documents
from model_artifacts.evaluation.folds import Point, cross_validate, measure_learning_curve
from model_artifacts.evaluation.scores import measure_costs, score, score_slice
from model_artifacts.evaluation.slices import divide_names, list_known_values, list_slices, make_harder_tests
from model_artifacts.training.knowledge.curve import read_curve
from model_artifacts.training.nlu.assistant import is_spoken, read_assistant
from model_artifacts.training.nlu.compiling import Options
from model_artifacts.training.nlu.reading import Example, InvalidData, read_files
from shared.errors import Unavailable


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="task eval", description=__doc__)
    parser.add_argument("--assistant", type=Path, required=True, help="directory with domain.yml and data/")
    parser.add_argument("--test", type=Path, nargs="+", help="NLU files to judge on (tests/*nlu*.yml of the assistant)")
    parser.add_argument("--out", type=Path, required=True, help="directory for report.json, report.html and figures")
    parser.add_argument("--bundle", type=Path, help="directory of the bundle (ASSISTANT/bundle)")
    parser.add_argument("--against", type=Path, help="another bundle, compared on the same examples")
    parser.add_argument("--folds", type=int, default=0, help="cross-validate in so many parts, instead of a test")
    parser.add_argument("--curve", action="store_true", help="also train on growing parts of the examples")
    parser.add_argument("--full", action="store_true", help="train folds and curve in full; otherwise in quick mode")
    parser.add_argument("--data", type=Path, help="folder of the public sets, for folds and curve")
    given = parser.parse_args(arguments)
    try:
        report = evaluate(given)
    except (InvalidData, Unavailable) as exc:
        raise SystemExit(str(exc)) from exc
    print(f"{given.out / 'report.html'}: {_write_line(report)}")
    for name, row in report["slices"].items():
        if name.startswith("in "):
            print(f"  {name}: {_write_line(row)}")
    if "documents" in report:
        row = report["documents"]
        print(
            f"  questions made of the documents: right passage first {100 * row['right_first']:.1f} %, "
            f"others refused {100 * row['refused_at_5_percent']:.1f} % where 5 % of the answerable are"
        )
    if "questions" in report:
        print(f"  {describe(report['questions'])}")
    if "costs" in report:
        row = report["costs"]
        print(
            f"  100 such messages cost {row['per_100']:.1f} (wrong {row['wrong']:g}, refused {row['refused']:g}); "
            f"{row['cheapest_per_100']:.1f} from an energy of {row['cheapest_energy']:.2f} on"
        )
    for sentence in report["advice"]:
        print(f"  {sentence}")
    if "comparison" in report:
        for name, row in report["comparison"]["scores"].items():
            print(f"  {name}: {_describe_difference(row)}")
        for name, row in report["comparison"]["differences"].items():
            if row["sure"]:
                print(f"  {name}, all right: {_describe_difference(row)}")


def evaluate(given: argparse.Namespace) -> dict[str, Any]:
    """The report, which is also written to the directory `given.out`."""
    if given.folds == 1 or given.folds < 0:
        raise InvalidData("--folds: give 2 or more, 5 as a rule")
    if given.folds and given.against:
        raise InvalidData("--against: bundles are compared on a test; leave --folds out")
    assistant = read_assistant(given.assistant)
    options = Options(quick=not given.full, data=given.data)
    model: Model | None = None
    path = given.bundle or given.assistant / "bundle"
    report: dict[str, Any] = {"assistant": assistant.name}
    if given.folds:
        cases = cross_validate(assistant, given.folds, options)
        report |= {
            "test": ["its own examples"],
            "folds": given.folds,
            "model": {"name": "full training" if given.full else "quick training", "megabytes": 0, "min_energy": 0.0},
        }
    else:
        examples, names = _read_examples(given, assistant.languages)
        model = load_model(path)
        cases = examine(model, examples)
        report |= {"test": names, "model": _collect_facts(path, model)}
    known = list_known_values(assistant)
    report |= score(cases)
    if assistant.costs:
        report["costs"] = measure_costs(cases, assistant.costs)
    examples = [case.judged.example for case in cases]
    harder = make_harder_tests(assistant, examples) if model else {}
    parts = _divide(cases, known, model, harder)
    report["slices"] = {name: score_slice(part) for name, part in parts.items()}
    if given.against:
        other = load_model(given.against)
        theirs = examine(other, examples)
        their_parts = _divide(theirs, known, other, harder)
        report["comparison"] = {
            "other": given.against.name if given.against.name != "bundle" else str(given.against),
            "scores": compare(cases, theirs),
            "slices": {name: score_slice(part) for name, part in their_parts.items()},
            "differences": {name: compare_part(part, their_parts[name]) for name, part in parts.items()},
            "apart": [
                {"text": one.text, "expected": one.expected, "this": one.judged.intent, "other": other.judged.intent,
                 "better": "this" if one.whole else "other"} for one, other in list_disagreements(cases, theirs)
            ],
        }  # fmt: skip
    if not given.folds and (documents := read_curve(path)):
        report["documents"] = documents
        if model is not None and (questions := judge_documents(given.assistant, path, model)):
            report["questions"] = questions
    curve: list[Point] = []
    if given.curve:
        curve = measure_learning_curve(assistant, [case.judged.example for case in cases], options)
        report["learning_curve"] = [asdict(point) for point in curve]
    _write(given.out, report, cases, curve)
    return report


def _divide(
    cases: Sequence[Case], known: Collection[str], model: Model | None, harder: Mapping[str, Sequence[Example]]
) -> dict[str, list[Case]]:
    """The parts of a test as a model understands them, and its harder forms."""
    understood = {name: examine(model, texts) for name, texts in harder.items() if model}
    return list_slices(cases, known) | understood | divide_names(understood)


def _read_examples(given: argparse.Namespace, languages: Sequence[str]) -> tuple[list[Example], list[str]]:
    files = given.test or sorted(
        file
        for file in (given.assistant / "tests").rglob("*nlu*.y*ml")
        if file.stem != "validation_nlu" and is_spoken(file, languages)
    )
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise InvalidData(f"{missing[0]}: there is no such file")
    examples = read_files(files).examples
    if not examples:
        raise InvalidData(
            f"{given.assistant}: there are no held-out examples; write some in tests/test_nlu.yml, name a file with "
            "TEST=nlu.yml, or cross-validate with `-- --folds 5`"
        )
    return examples, [file.name for file in files]


def _collect_facts(path: Path, model: Model) -> dict[str, Any]:
    try:
        manifest = json.loads((path / "manifest.json").read_bytes())
    except (OSError, ValueError):
        manifest = {}
    return {
        "name": f"bundle {manifest.get('bundle', path.name)}",
        "megabytes": round(sum((path / name).stat().st_size for name in FILES) / 1e6, 1),
        "min_energy": model.specification.min_energy,
        "against": model.specification.against,
        "temperature": model.specification.temperature,
        "intents": len([name for name in model.specification.intents if name not in REJECTED]),
    }


def _write(out: Path, report: dict[str, Any], cases: Sequence[Case], curve: Sequence[Point]) -> None:
    # Drawing takes half a second to import; errors in what was asked for should come before that.
    try:
        from model_artifacts.evaluation.figures import draw_figures
        from model_artifacts.evaluation.page import render_page
    except ModuleNotFoundError as exc:
        raise SystemExit(
            f"the report needs {exc.name}: pip install -r model_artifacts/evaluation/requirements.txt"
        ) from exc
    out.mkdir(parents=True, exist_ok=True)
    images = draw_figures(cases, report, curve)
    for name, image in images.items():
        (out / f"{name}.png").write_bytes(image)
    (out / "report.html").write_text(render_page(report, images, cases), encoding="utf-8")
    (out / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _describe_difference(row: Mapping[str, Any]) -> str:
    sure = ("better" if row["difference"] > 0 else "worse") if row["sure"] else "may be chance"
    low, high = row["interval"]
    return f"{row['difference']:+.4f} ({low:+.4f} to {high:+.4f}, {sure})"


def _write_line(report: dict[str, Any]) -> str:
    parts = [f"{report['examples']} examples", f"intents {100 * report['intent_accuracy']:.1f} %"]
    if report.get("entity_f1") is not None:
        parts.append(f"entities F1 {100 * report['entity_f1']:.1f} %")
    if report.get("out_of_scope_examples", 1) and report["out_of_scope_recall"] is not None:
        parts.append(f"out of scope refused {100 * report['out_of_scope_recall']:.1f} %")
    return ", ".join(parts)


if __name__ == "__main__":
    main(sys.argv[1:])
