"""How well questions are answered from documents: `python -m tests.bench.knowledge --data FILE` (SQuAD's format).

Half of the articles are left out, so that the questions about them have no answer. The gate is the one that compiling
fits without a question of the set.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.nlu.knowledge import Knowledge
from functions.nlu.model import FILES as NLU_FILES
from functions.nlu.model import load_model
from functions.nlu.tables import FILE as TABLES
from model_artifacts.training.knowledge.blocks import Block, Document
from model_artifacts.training.knowledge.compiling import Reading, write_knowledge
from model_artifacts.training.knowledge.passages import Passage, cut_document
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.encoder import DEFAULT, read_encoder
from tests.bench.table import Table


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    places: frozenset[int]
    """The passages of its paragraph; none where its article was left out."""
    answer: str


def read_set(path: Path, left_out: int, language: str) -> tuple[list[Passage], list[Question]]:
    """The passages of every other article, and the questions about all of them."""
    passages: list[Passage] = []
    questions: list[Question] = []
    for number, article in enumerate(json.loads(path.read_bytes())["data"]):
        title = article["title"].replace("_", " ")
        for paragraph in article["paragraphs"]:
            places: frozenset[int] = frozenset()
            if number % 2 != left_out:
                found = list(cut_document(Document(title, title, (Block(paragraph["context"]),)), language))
                places = frozenset(range(len(passages), len(passages) + len(found)))
                passages += found
            questions += [Question(q["question"], places, q["answers"][0]["text"]) for q in paragraph["qas"]]
    return passages, questions


def judge(knowledge: Knowledge, questions: Sequence[Question]) -> dict[str, float]:
    began = time.process_time()
    answers = [(question, knowledge.answer(question.text)) for question in questions]
    seconds = time.process_time() - began
    answerable = [(question, found) for question, found in answers if question.places]
    others = [found for question, found in answers if not question.places]
    odds = sorted(found[0].confidence for _, found in answerable)
    at_five = odds[int(0.05 * len(odds))]
    return {
        "first": _share([found[0].place in question.places for question, found in answerable]),
        "first three": _share([any(p.place in question.places for p in found) for question, found in answerable]),
        "sentence shown": _share([question.answer in found[0].answer for question, found in answerable]),
        "answered": _share([found[0].confidence >= 0.5 for _, found in answerable]),
        "refused": _share([found[0].confidence < 0.5 for found in others]),
        "refused at 5 %": _share([found[0].confidence < at_five for found in others]),
        "CPU ms": round(1000 * seconds / len(questions), 2),
    }


def _share(right: Sequence[bool]) -> float:
    return round(100 * sum(right) / len(right), 1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.knowledge", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--language", default="en")
    parser.add_argument("--encoder", type=Path, default=DEFAULT)
    parser.add_argument("--assistant", type=Path, help="whose bundle's network reads the questions")
    options = parser.parse_args()
    table: Table | None = None
    for left_out in (0, 1):
        passages, questions = read_set(options.data, left_out, options.language)
        with tempfile.TemporaryDirectory() as out:
            reading = model = None
            if options.assistant:
                for name in (*NLU_FILES, TABLES):
                    shutil.copyfile(options.assistant / "bundle" / name, Path(out) / name)
                examples = [example.text for example in read_assistant(options.assistant).nlu.examples]
                reading = Reading(Path(out), examples)
            encoder, languages = read_encoder(options.encoder), (options.language,)
            write_knowledge(Path(out), passages, encoder, languages=languages, model=reading)
            if reading is not None:
                model = load_model(Path(out))
            found = judge(Knowledge(Path(out), model), questions)
        table = table or Table("Answers from documents", ("left out", "passages", *found))
        table.add("odd articles" if left_out else "even articles", str(len(passages)), *map(str, found.values()))
    print(table)


if __name__ == "__main__":
    main()
