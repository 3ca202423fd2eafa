"""`python -m tests.bench.languages --data DIR`: learns the sentences of one language and judges every other one.

DIR has a file for each language, `en.jsonl`, `de.jsonl` and so on: one object a line with `text`, `intent` and `slots`
(slot -> words of the text). A fifth of the learned language is kept apart, so that what is lost on the way to another
language can be told from what was never learned.
"""

import argparse
import json
import random
import statistics
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from functions.nlu.model import load_model
from model_artifacts.evaluation.cases import Case, examine
from model_artifacts.evaluation.scores import score_entity_f1
from model_artifacts.training.__main__ import main as train
from model_artifacts.training.nlu.reading import Example, read_files
from tests.bench.nlu_sets import Said, write_examples
from tests.bench.table import Table

HELD_OUT = 5
"""One of so many sentences of the learned language is not learned."""
SELDOM = 0.2
"""A slot that a language marks in less than this share of the learned language's sentences is not marked there: its
value is given in words of the learned language ("open"), and does not stand in the sentence."""


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with a file LANGUAGE.jsonl for each language")
    parser.add_argument("--learn", default="en")
    parser.add_argument("--judge", nargs="+", help="the languages to judge (all that have a file)")
    parser.add_argument("--out", type=Path, default=Path(".parley") / "languages")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("options", nargs="*", help="passed on to training, after --")
    given = parser.parse_args(arguments)
    judged = given.judge or sorted(file.stem for file in given.data.glob("*.jsonl") if file.stem != given.learn)
    languages = list(dict.fromkeys((given.learn, *judged)))
    missing = [language for language in languages if not (given.data / f"{language}.jsonl").is_file()]
    if missing:
        raise SystemExit(f"{given.data} has no {', '.join(f'{language}.jsonl' for language in missing)}")
    assistant = write_assistant(given.data, given.out / f"{given.learn}-{'-'.join(judged)}", languages)
    if not (assistant / "bundle" / "manifest.json").exists():
        train(["--assistant", str(assistant), *(["--quick"] if given.quick else []), *given.options])
    print(judge_languages(assistant, languages))


def write_assistant(data: Path, out: Path, languages: Sequence[str]) -> Path:
    """An assistant that learns the first language, with the sentences of the others, and a fifth of the first, where
    training never looks."""
    learned, *others = (list(_sentences(data / f"{language}.jsonl")) for language in languages)
    order = random.Random(0).sample(range(len(learned)), len(learned))
    apart = {place for number, place in enumerate(order) if number % HELD_OUT == 0}
    (out / "held_out").mkdir(parents=True, exist_ok=True)
    (out / "data").mkdir(exist_ok=True)
    write_examples(out / "data" / "nlu.yml", [said for place, said in enumerate(learned) if place not in apart])
    for language, said in zip(languages, ([learned[place] for place in sorted(apart)], *others), strict=True):
        write_examples(out / "held_out" / f"nlu.{language}.yml", said)
    config = {"language": languages[0], "languages": list(languages)}
    (out / "config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    intents = sorted({said.intent for said in learned})
    entities = sorted({entity for said in learned for *_, entity in said.spans})
    domain = {"version": "3.1", "intents": intents, "entities": entities}
    (out / "domain.yml").write_text(yaml.safe_dump(domain), encoding="utf-8")
    return out


def _sentences(file: Path) -> Iterator[Said]:
    for line in file.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        taken: list[tuple[int, int, str]] = []
        # The longest first: a value may stand within another one.
        for slot, value in sorted(item["slots"].items(), key=lambda pair: -len(str(pair[1]))):
            begin = _find(item["text"], str(value), taken)
            if begin is not None:
                taken.append((begin, begin + len(str(value)), slot))
        yield Said(item["text"], item["intent"], tuple(sorted(taken)))


def _find(text: str, value: str, taken: Sequence[tuple[int, int, str]]) -> int | None:
    """Where the value stands as words of its own, and nothing else was found."""
    folded, wanted, begin = text.lower(), value.lower(), -1
    while wanted and (begin := folded.find(wanted, begin + 1)) >= 0:
        end = begin + len(wanted)
        stands_alone = not folded[begin - 1 : begin].isalnum() and not folded[end : end + 1].isalnum()
        if stands_alone and all(end <= start or begin >= stop for start, stop, _ in taken):
            return begin
    return None


def judge_languages(assistant: Path, languages: Sequence[str]) -> Table:
    model = load_model(assistant / "bundle")
    heads = ("language", "sentences", "intent", "refused", "slot F1", "of slots it marks", "CPU ms (median)")
    table = Table(f"Learned in {languages[0]}", heads)
    marked_in_learned: Mapping[str, float] = {}
    for language in languages:
        known = set(model.specification.intents)
        said = read_files([assistant / "held_out" / f"nlu.{language}.yml"]).examples
        # What the learned language never says cannot be understood in any.
        cases = examine(model, [example for example in said if example.intent in known])
        marked = _count_slots(case.judged.example for case in cases)
        marked_in_learned = marked_in_learned or marked
        seldom = {slot for slot, often in marked_in_learned.items() if marked.get(slot, 0) < SELDOM * often}
        refused = sum(case.judged.intent != case.likely for case in cases)
        table.add(
            language,
            str(len(cases)),
            f"{100 * sum(case.likely == case.expected for case in cases) / len(cases):.1f}",
            f"{100 * refused / len(cases):.1f}",
            f"{100 * (score_entity_f1(cases) or 0.0):.1f}",
            f"{100 * score_slots(cases, seldom):.1f}",
            f"{statistics.median(case.milliseconds for case in cases):.2f}",
        )
    return table


def _count_slots(examples: Iterable[Example]) -> dict[str, float]:
    """Slot -> in how many of the sentences it is marked, a share."""
    said = list(examples)
    counts = Counter(entity for example in said for entity in {a.entity for a in example.annotations})
    return {entity: count / len(said) for entity, count in counts.items()}


def score_slots(cases: Sequence[Case], left_out: Collection[str]) -> float:
    """Span F1 of all slots but those."""
    right = total = 0
    for case in cases:
        gold, found = (
            {span for span in spans if span[0] not in left_out}
            for spans in (case.judged.gold_spans, case.judged.predicted_spans)
        )
        right += len(gold & found)
        total += len(gold) + len(found)
    return 2 * right / total if total else 0.0


if __name__ == "__main__":
    main(sys.argv[1:])
