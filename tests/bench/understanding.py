"""`python -m tests.bench.understanding --data DIR`: trains the public sets as `task train` does, and reports each test
part once, from the int8 bundle on the CPU.

Every set goes through the same command with the same defaults; what is chosen, epochs and thresholds, is chosen on
validation examples. A bundle that is there already is judged, not trained again.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from functions.dialogue.answering import choose_alternative
from functions.dialogue.incoming import in_rasas_form
from functions.nlu.model import FILES, load_model
from model_artifacts.evaluation.cases import Case, examine
from model_artifacts.evaluation.scores import score_entity_f1, score_out_of_scope_auroc
from model_artifacts.training.nlu.reading import read_files
from tests.bench.nlu_sets import ASKED, SETS, write_set
from tests.bench.table import Table


@dataclass(frozen=True, slots=True)
class Result:
    name: str
    mode: str
    seed: int
    intent: float
    """The best intent in scope is right; what is published counts so, without refusing."""
    accepted: float
    """The same with the chosen threshold, what is refused being wrong."""
    refused_outside: float | None
    auroc: float | None
    span_f1: float | None
    span_f1_asked: float | None
    """The same where words that may be what was asked for before are that, as in a form."""
    sentence: float | None
    megabytes: float
    milliseconds: float
    """CPU, median over the test part."""
    train_cpu_seconds: float | None


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public sets")
    parser.add_argument("--out", type=Path, default=Path(".parley") / "sets")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--judge-only", action="store_true", help="leave out what is not trained yet")
    parser.add_argument("options", nargs="*", help="passed on to training, after --")
    given = parser.parse_args(arguments)
    mode = "quick" if given.quick else "full"
    results = []
    for name in given.sets:
        assistant = write_set(name, given.data, given.out / name)
        for seed in given.seeds:
            bundle = given.out / f"{name}-{mode}-{seed}"
            if not (bundle / "manifest.json").exists():
                if given.judge_only:
                    continue
                _train(assistant, bundle, seed, [*given.options, *(["--quick"] if given.quick else [])])
            results.append(judge_set(name, mode, seed, assistant, bundle))
            (bundle / "result.json").write_text(json.dumps(asdict(results[-1]), indent=1))
    print(make_table(results))


def _train(assistant: Path, bundle: Path, seed: int, options: Sequence[str]) -> None:
    command = [
        sys.executable,
        "-m",
        "model_artifacts.training.nlu",
        "--assistant",
        str(assistant),
        "--out",
        str(bundle),
    ]
    before = os.times()
    subprocess.run([*command, "--seed", str(seed), *options], check=True)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    (bundle / "cpu.json").write_text(json.dumps(round(spent)))


def judge_set(name: str, mode: str, seed: int, assistant: Path, bundle: Path) -> Result:
    """The set's test part, read for the first time."""
    cases = examine(load_model(bundle), read_files([assistant / "held_out" / "nlu.yml"]).examples)
    inside, outside = [case for case in cases if not case.outside], [case for case in cases if case.outside]
    labels = any(case.judged.gold_spans for case in cases)
    spent = bundle / "cpu.json"
    return Result(
        name, mode, seed,
        intent=sum(case.likely == case.expected for case in inside) / len(inside),
        accepted=sum(case.right for case in inside) / len(inside),
        refused_outside=sum(case.right for case in outside) / len(outside) if outside else None,
        auroc=score_out_of_scope_auroc(cases),
        span_f1=score_entity_f1(cases) if labels else None,
        span_f1_asked=_with_questions(cases, assistant / ASKED),
        sentence=sum(_whole(case) for case in inside) / len(inside) if labels else None,
        megabytes=round(sum((bundle / file).stat().st_size for file in FILES) / 1e6, 1),
        milliseconds=round(statistics.median(case.milliseconds for case in cases), 2),
        train_cpu_seconds=json.loads(spent.read_text()) if spent.exists() else None,
    )  # fmt: skip


def _with_questions(cases: Sequence[Case], file: Path) -> float | None:
    if not file.exists():
        return None
    common = total = 0
    for case, asked in zip(cases, json.loads(file.read_bytes()), strict=True):
        understood = case.judged.understanding
        entities, others = (
            [in_rasas_form(entity) for entity in part] for part in (understood.entities, understood.alternatives)
        )
        for entity in asked:
            entities = choose_alternative({(entity, None, None)}, entities, others)
        found = {
            (entity["entity"], entity["start"], entity["end"], entity.get("role") or "", entity.get("group") or "")
            for entity in entities
        }
        common += len(found & case.judged.gold_spans)
        total += len(found) + len(case.judged.gold_spans)
    return 2 * common / total


def _whole(case: Case) -> bool:
    return case.likely == case.expected and case.judged.right_entities


def make_table(results: Sequence[Result]) -> Table:
    """The mean over the seeds, and with more than one their standard deviation."""
    shown = Table(
        "Public sets",
        ("set", "mode", "seeds", "intent", "kept in scope", "refused out of scope", "AUROC", "span F1", "... asked",
         "sentence", "MB", "CPU ms", "training CPU-s"),
    )  # fmt: skip
    for name, mode in dict.fromkeys((result.name, result.mode) for result in results):
        here = [result for result in results if (result.name, result.mode) == (name, mode)]
        shown.add(
            name, mode, str(len(here)),
            _cell([result.intent for result in here], 100),
            _cell([result.accepted for result in here], 100),
            _cell([result.refused_outside for result in here], 100),
            _cell([result.auroc for result in here], 1, 3),
            _cell([result.span_f1 for result in here], 100),
            _cell([result.span_f1_asked for result in here], 100),
            _cell([result.sentence for result in here], 100),
            _cell([result.megabytes for result in here], 1),
            _cell([result.milliseconds for result in here], 1),
            _cell([result.train_cpu_seconds for result in here], 1, 0),
        )  # fmt: skip
    return shown


def _cell(values: Sequence[float | None], scale: float, digits: int = 1) -> str:
    known = [scale * value for value in values if value is not None]
    if not known:
        return ""
    spread = f" ±{statistics.stdev(known):.{digits}f}" if len(known) > 1 else ""
    return f"{statistics.mean(known):.{digits}f}{spread}"


if __name__ == "__main__":
    main(sys.argv[1:])
