"""The gate: from which evidence on a passage is an answer, fitted on the documents' own text.

Nobody wrote questions for the documents, so they are made: of a sentence some words are kept, as people ask, and of a
heading its words. Each is asked twice: of all documents, and with its own document left out, where the honest answer
is that it is not in there. In documents that are all about one thing another one may know it all the same, so everyday
questions that no team's documents answer stand beside them. A logistic function of similarity and words is fitted to
all, and its threshold is where most of both are told apart (Youden 1950).
"""

import math
import random
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from functions.nlu.knowledge import Found, Gate, Knowledge
from model_artifacts.training.knowledge.passages import Passage

QUESTIONS = 400
"""Made of sentences at most, twice as many with headings."""
WORDS = (2, 5)
"""Words of a sentence that a question keeps."""
ASKING = ("what is", "how do I", "when was", "who", "where can I find", "which", "why", "")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Asked:
    """A made question and the best that was found for it."""

    question: str
    answerable: bool
    found: Found
    right: bool = False
    """Whether that is the passage it was made of."""


def make_questions(passages: Sequence[Passage], common: Collection[str] = (), seed: int = 0) -> list[tuple[str, int]]:
    """Questions with the place of the passage that answers each; the same for the same documents. Words that are
    `common` in them are not asked for."""
    rng = random.Random(seed)
    places = [place for place, passage in enumerate(passages) if passage.text]
    made: list[tuple[str, int]] = []
    for place in rng.sample(places, min(QUESTIONS, len(places))):
        passage = passages[place]
        if passage.question:
            made.append((passage.question, place))
        every = _WORD.findall(rng.choice(passage.sentences))
        words = [word for word in every if len(word) > 2 and word.lower() not in common]
        if len(words) >= WORDS[0]:
            kept = min(len(words), rng.randint(*WORDS))
            start = rng.randrange(max(1, len(words) - 2 * kept))
            near = words[start : start + 2 * kept]
            chosen = sorted(rng.sample(range(len(near)), kept))
            made.append((" ".join((rng.choice(ASKING), *(near[index] for index in chosen))).strip() + "?", place))
        if passage.headings:
            made.append((f"{rng.choice(ASKING)} {passage.headings[-1]}?".strip(), place))
    return made


def ask_all(knowledge: Knowledge, passages: Sequence[Passage], questions: Sequence[tuple[str, int]]) -> list[Asked]:
    """Each question of all documents and of all but its own, and as many everyday questions."""
    asked = []
    for question, place in questions:
        found = knowledge.search(question)
        if not found:
            continue
        asked.append(Asked(question, True, found[0], found[0].place == place))
        own = passages[place].document
        elsewhere = [item for item in found if passages[item.place].document != own]
        if elsewhere:
            asked.append(Asked(question, False, elsewhere[0]))
    everyday = [Asked(question, False, found[0]) for question in EVERYDAY if (found := knowledge.search(question))]
    return asked + everyday * max(1, len(questions) // len(EVERYDAY))


def fit_gate(asked: Sequence[Asked], spread: float) -> Gate:
    """The gate that tells answerable questions from others; an open one where there is nothing to learn from."""
    labels = np.array([item.answerable for item in asked], float)
    if len(asked) < 20 or labels.min() == labels.max():
        return Gate(bias=-0.5, similarity=1.0, words=0.1, spread=spread)
    features = np.array([(1.0, item.found.similarity, item.found.words) for item in asked])
    weights = _fit_logistic(features, labels)
    bias, similarity, words = (round(weight, 4) for weight in weights)
    gate = Gate(bias, similarity, words, round(spread, 4))
    odds = np.array([gate.judge(item.found) for item in asked])
    levels = np.unique(odds)
    right = [np.mean(odds[labels > 0] >= level) - np.mean(odds[labels == 0] >= level) for level in levels]
    threshold = float(np.clip(levels[int(np.argmax(right))], 1e-6, 1 - 1e-6))
    # Moved so that the threshold reads as even odds: real questions are asked in other words than made ones.
    moved = gate.bias - math.log(threshold / (1 - threshold))
    return Gate(round(moved, 4), gate.similarity, gate.words, gate.spread)


def measure_gate(gate: Gate, asked: Sequence[Asked]) -> dict[str, Any]:
    """What the gate lets through of the made questions: for confidences from 0.05 to 0.95 the share of answerable
    questions that are refused below it, and of the others; and what is refused where 5 % of the answerable are."""
    answerable = np.array([gate.judge(item.found) for item in asked if item.answerable])
    others = np.array([gate.judge(item.found) for item in asked if not item.answerable])
    if not len(answerable) or not len(others):
        return {}
    points = [
        {
            "confidence": level,
            "answerable_refused": round(float(np.mean(answerable < level)), 4),
            "others_refused": round(float(np.mean(others < level)), 4),
        }
        for level in (round(0.05 * step, 2) for step in range(1, 20))
    ]
    return {
        "answerable": len(answerable),
        "others": len(others),
        "right_first": round(float(np.mean([item.right for item in asked if item.answerable])), 4),
        "refused_at_5_percent": round(float(np.mean(others < np.quantile(answerable, 0.05))), 4),
        "points": points,
    }


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


EVERYDAY = (
    "who painted the mona lisa",
    "how many planets are there in the solar system",
    "what is the tallest building in the world",
    "when did the second world war end",
    "how do I boil an egg",
    "what is the best way to lose weight",
    "who is the president of brazil",
    "how far is the moon",
    "why is the sky blue",
    "what is the largest ocean",
    "how do vaccines work",
    "who wrote romeo and juliet",
    "what language do they speak in austria",
    "how old is the universe",
    "what is the speed of light",
    "when is mother's day",
    "how do I tie a tie",
    "which team won the league last year",
    "what should I wear today",
    "can you sing a song",
    "are you a robot",
    "what is your name",
    "do you love me",
    "how are you today",
    "tell me something funny",
    "what is two plus two",
    "how do I get to the airport",
    "where is the nearest supermarket",
    "book a table for two",
    "set an alarm for seven",
    "turn on the lights",
    "what is on television tonight",
    "recommend a good book",
    "how do I remove a red wine stain",
    "which dog breed is best for children",
    "how do I learn to play the guitar",
    "what is the exchange rate of the dollar",
    "should I buy or rent a house",
    "how do I fix a flat tyre",
    "what happens when we die",
    "who invented the telephone",
    "is chocolate bad for cats",
    "how long does a marathon take",
    "what is the recipe for pancakes",
    "where do penguins live",
    "how do I write a cover letter",
    "what is the population of india",
    "which wine goes with fish",
    "how do I unclog a sink",
    "why do we dream",
)
"""What people ask of anything but a team's documents."""
