"""How well an assistant's documents answer questions that a person wrote: its tests/test_documents.yml.

documents:
- question: how do I connect Telegram?
  under: [Telegram]            # the headings, or titles of pages without any, below which the answer stands
refused: [who invented the telephone?]
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from functions.nlu.knowledge import Knowledge
from functions.nlu.model import Model
from model_artifacts.training.dialogue.documents import read_document
from model_artifacts.training.dialogue.problems import Problems
from model_artifacts.training.nlu.reading import InvalidData
from shared.events.meaning import ANSWERED, Passage

FILE = "test_documents.yml"
NEAR = 3


def judge_documents(assistant: Path, bundle: Path, model: Model) -> dict[str, Any]:
    """Shares of the questions, and those that went wrong; empty where the assistant has no such file.

    Raises InvalidData where the file does not say what is expected.
    """
    path = assistant / "tests" / FILE
    if not path.is_file() or not (bundle / "knowledge.sqlite").is_file():
        return {}
    wanted, refused = _read_questions(path)
    knowledge = Knowledge(bundle, model)
    wrong: list[dict[str, str]] = []
    first = near = answered = kept = 0
    for question, under in wanted:
        found = knowledge.answer(question)
        right = [_stands_under(passage, under) for passage in found]
        first += bool(right and right[0])
        near += any(right[:NEAR])
        if right and right[0] and found[0].confidence >= ANSWERED:
            answered += 1
        else:
            wrong.append({"question": question, "expected": ", ".join(under), "got": _describe(found)})
    for question in refused:
        found = knowledge.answer(question)
        if not found or found[0].confidence < ANSWERED:
            kept += 1
        else:
            wrong.append({"question": question, "expected": "no answer", "got": _describe(found)})
    return {
        "questions": len(wanted),
        "others": len(refused),
        "right_first": _share(first, len(wanted)),
        "right_in_three": _share(near, len(wanted)),
        "answered_right": _share(answered, len(wanted)),
        "refused": _share(kept, len(refused)),
        "wrong": wrong,
    }


def _read_questions(path: Path) -> tuple[list[tuple[str, list[str]]], list[str]]:
    problems = Problems()
    found: Mapping[str, Any] = read_document(path, path.parent, problems) or {}
    try:
        wanted = [
            (str(item["question"]), [str(name) for name in item["under"]]) for item in found.get("documents") or ()
        ]
        return wanted, [str(question) for question in found.get("refused") or ()]
    except (KeyError, TypeError) as exc:
        raise InvalidData(f"{path}: write `documents:` with `question` and `under`, and `refused:`") from exc


def _stands_under(passage: Passage, under: Collection[str]) -> bool:
    return (passage.heading.rpartition(" > ")[2] or passage.title) in under


def _describe(found: tuple[Passage, ...]) -> str:
    return f"{found[0].heading or found[0].title} ({found[0].confidence:.2f})" if found else "nothing"


def _share(count: int, of: int) -> float:
    return round(count / of, 4) if of else 0.0


def describe(row: Mapping[str, Any]) -> str:
    return (
        f"{row['questions']} questions to the documents: right passage first {100 * row['right_first']:.1f} %, "
        f"among three {100 * row['right_in_three']:.1f} %, answered with it {100 * row['answered_right']:.1f} %; "
        f"{row['others']} others: refused {100 * row['refused']:.1f} %"
    )
