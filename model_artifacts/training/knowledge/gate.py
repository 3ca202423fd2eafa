"""The gate: from which evidence on a passage is an answer, fitted on the documents' own text.

Nobody wrote questions for the documents, so they are made: of a sentence some words are kept, as people ask, and of a
heading its words. Each is asked twice: of all documents, and with its own document left out, where the honest answer
is that it is not in there. A logistic function of similarity and words is fitted to both, and its threshold refuses so
many of the unanswerable.
"""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from functions.nlu.knowledge import Found, Gate, Knowledge
from model_artifacts.training.knowledge.passages import Passage

QUESTIONS = 400
"""Made of sentences at most, twice as many with headings."""
KEPT = (0.35, 0.75)
"""The share of a sentence's words that a question keeps."""
REFUSED = 0.96
"""So many unanswerable questions are refused, at least."""
ASKING = ("what is", "how do I", "when was", "who", "where can I find", "which", "why", "")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Asked:
    """A made question and the best that was found for it."""

    question: str
    answerable: bool
    found: Found


def make_questions(passages: Sequence[Passage], seed: int = 0) -> list[tuple[str, int]]:
    """Questions with the place of the passage that answers each; the same for the same documents."""
    rng = random.Random(seed)
    places = [place for place, passage in enumerate(passages) if passage.text]
    made: list[tuple[str, int]] = []
    for place in rng.sample(places, min(QUESTIONS, len(places))):
        passage = passages[place]
        if passage.question:
            made.append((passage.question, place))
        words = _WORD.findall(rng.choice(passage.sentences))
        if len(words) >= 4:
            kept = max(3, round(len(words) * rng.uniform(*KEPT)))
            start = rng.randrange(max(1, len(words) - 12))
            near = words[start : start + 12]
            chosen = sorted(rng.sample(range(len(near)), min(kept, len(near))))
            made.append((" ".join((rng.choice(ASKING), *(near[index] for index in chosen))).strip() + "?", place))
        if passage.headings and len(_WORD.findall(passage.headings[-1])) >= 2:
            made.append((f"{rng.choice(ASKING)} {passage.headings[-1]}?".strip(), place))
    return made


def ask_all(knowledge: Knowledge, passages: Sequence[Passage], questions: Sequence[tuple[str, int]]) -> list[Asked]:
    """Each question of all documents, and of all but its own."""
    asked = []
    for question, place in questions:
        found = knowledge.search(question)
        if not found:
            continue
        asked.append(Asked(question, True, found[0]))
        own = passages[place].document
        elsewhere = [item for item in found if passages[item.place].document != own]
        if elsewhere:
            asked.append(Asked(question, False, elsewhere[0]))
    return asked


def fit_gate(asked: Sequence[Asked], spread: float) -> Gate:
    """The gate that tells answerable questions from others; an open one where there is nothing to learn from."""
    labels = np.array([item.answerable for item in asked], float)
    if len(asked) < 20 or labels.min() == labels.max():
        return Gate(bias=-0.5, similarity=1.0, words=0.1, spread=spread)
    features = np.array([(1.0, item.found.similarity, item.found.words) for item in asked])
    weights = _fit_logistic(features, labels)
    bias, similarity, words = (round(weight, 4) for weight in weights)
    gate = Gate(bias, similarity, words, round(spread, 4))
    unanswerable = sorted(gate.judge(item.found) for item in asked if not item.answerable)
    threshold = unanswerable[min(len(unanswerable) - 1, int(REFUSED * len(unanswerable)))]
    # Moved so that the threshold reads as even odds: real questions are asked in other words than made ones.
    moved = gate.bias - math.log(threshold / (1 - threshold))
    return Gate(round(moved, 4), gate.similarity, gate.words, gate.spread)


def _fit_logistic(features: "np.typing.NDArray[np.float64]", labels: "np.typing.NDArray[np.float64]") -> list[float]:
    """Newton's method with a little ridge; both classes weigh the same. Neither weight may speak against an answer."""
    balance = np.where(labels > 0, 0.5 / labels.sum(), 0.5 / (1 - labels).sum()) * len(labels)
    weights = np.zeros(features.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        gradient = features.T @ (balance * (chance - labels)) + 1e-3 * weights
        curvature = (features * (balance * chance * (1 - chance))[:, None]).T @ features + 1e-3 * np.eye(len(weights))
        weights -= np.linalg.solve(curvature, gradient)
    return [float(weights[0]), max(0.0, float(weights[1])), max(0.0, float(weights[2]))]
