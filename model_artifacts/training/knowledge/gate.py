"""The gate: from which evidence on a passage is an answer, fitted on the documents' own text.

Nobody wrote questions for the documents, so they are made: of a sentence some words are kept, as people ask, and of a
heading its words; some of them give way to other words, because nobody asks in the words of the page. Each is asked
twice: of all documents, and with its own document left out, where the honest answer is that it is not in there, unless
another one has all of its words. Everyday questions that no team's documents answer stand beside them.

What was found is weighed as the search weighs it, and by the share of the question's words that the passage has: made
questions are too unlike real ones for weights of their own (fitted ones refuse 3 to 20 points less of German, see
tests/bench/README.md). The threshold is fitted: where most of both are told apart (Youden 1950).
"""

import random
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from functions.nlu.answerable import Found, Gate, cut_words, measure_cover
from functions.nlu.knowledge import Knowledge
from functions.nlu.words import words_of
from model_artifacts.training.knowledge.everyday import list_everyday
from model_artifacts.training.knowledge.passages import Passage

QUESTIONS = 400
"""Made of sentences at most, twice as many with headings."""
WORDS = (2, 8)
"""Words of a sentence that a question keeps."""
REPLACED = 0.35
"""The share of its words that give way to others."""
SIMILARITY, MATCHED, COVERED = 1.3, 0.5, 2.0
"""What a standard deviation of similarity, BM25 a word, and all words of the question count."""
BELOW = 0.1
"""Where in a gap between refused and answered questions the threshold lies, from below."""
NEAR = 3
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Asked:
    """A made question and the best that was found for it."""

    question: str
    answerable: bool
    found: Found
    covered: float
    """The share of its words that the passage has."""
    right: bool = False
    """Whether that stands under the heading it was made of."""
    near: bool = False
    """Whether one of the first three headings is that."""


def make_questions(passages: Sequence[Passage], common: Collection[str] = (), seed: int = 0) -> list[tuple[str, int]]:
    """Questions with the place of the passage that answers each; the same for the same documents. Words that are
    `common` in them are not asked for."""
    rng = random.Random(seed)
    places = [place for place, passage in enumerate(passages) if passage.text]
    made: list[tuple[str, int]] = []
    for place in rng.sample(places, min(QUESTIONS, len(places))):
        passage = passages[place]
        asking = _asking(passage.language)
        strange = [
            word
            for question in list_everyday([passage.language])
            for word in _WORD.findall(question)
            if len(word) > 3 and word not in common
        ]
        if passage.question:
            made.append((_replace_words(passage.question.split(), common, strange, rng), place))
        every = _WORD.findall(rng.choice(passage.sentences))
        words = [word for word in every if len(word) > 2 and word.lower() not in common]
        if len(words) >= WORDS[0]:
            kept = min(len(words), rng.randint(*WORDS))
            start = rng.randrange(max(1, len(words) - 2 * kept))
            near = words[start : start + 2 * kept]
            chosen = [near[index] for index in sorted(rng.sample(range(len(near)), kept))]
            made.append((_replace_words([rng.choice(asking), *chosen, "?"], common, strange, rng), place))
        if passage.headings:
            made.append(
                (_replace_words([rng.choice(asking), *passage.headings[-1].split()], common, strange, rng), place)
            )
    return made


def _asking(language: str) -> Sequence[str]:
    table = words_of(language[:2])
    return (*sorted(table.asks), "") if table is not None else ("",)


def _replace_words(words: Sequence[str], common: Collection[str], strange: Sequence[str], rng: random.Random) -> str:
    """The question of these words, some of those that tell something replaced; the first or the last of them stays."""
    telling = [
        place for place, word in enumerate(words) if _WORD.search(word) and word.lower().strip("?") not in common
    ]
    replaced = {
        place: rng.choice(strange)
        for place in (telling[1:] if rng.random() < 0.5 else telling[:-1])
        if strange and rng.random() < REPLACED
    }
    return " ".join(replaced.get(place, word) for place, word in enumerate(words)).strip()


def ask_all(
    knowledge: Knowledge, passages: Sequence[Passage], questions: Sequence[tuple[str, int]], languages: Sequence[str]
) -> list[Asked]:
    """Each question of all documents and of all but its own, and as many everyday questions."""
    stems = [cut_words(passage.searched) for passage in passages]

    def ask(question: str, found: Found, *, answerable: bool) -> Asked:
        covered = measure_cover(knowledge.weigh_words(question), stems[found.place])
        return Asked(question, answerable, found, covered)

    asked = []
    for question, place in questions:
        found = knowledge.search(question)
        if not found:
            continue
        own = _section(passages[place])
        order = list(dict.fromkeys(_section(passages[item.place]) for item in found))
        asked.append(replace(ask(question, found[0], answerable=True), right=order[0] == own, near=own in order[:NEAR]))
        others = [item for item in found if passages[item.place].document != passages[place].document]
        if others and (elsewhere := ask(question, others[0], answerable=False)).covered < 1:
            asked.append(elsewhere)
    every = list_everyday(languages)
    everyday = [
        ask(question, found[0], answerable=False) for question in every if (found := knowledge.search(question))
    ]
    return asked + everyday * max(1, len(questions) // len(every))


def _section(passage: Passage) -> tuple[str, ...]:
    """What tells it from others: pieces of one section are one answer."""
    return (passage.document, *passage.headings) if passage.heading else (passage.document, passage.text)


def fit_gate(asked: Sequence[Asked], spread: float) -> Gate:
    """The gate that tells answerable questions from others; an open one where there is nothing to learn from."""
    labels = np.array([item.answerable for item in asked], float)
    gate = Gate(0.0, round(SIMILARITY / max(spread, 1e-3), 4), MATCHED, COVERED, round(spread, 4))
    known = np.array(
        [gate.similarity * i.found.similarity + MATCHED * i.found.words + COVERED * i.covered for i in asked]
    )
    if len(asked) < 20 or labels.min() == labels.max():
        # A passage that is a little like it and has half of its words.
        return replace(gate, bias=-round(SIMILARITY * 2.5 + COVERED / 2, 4))
    levels = np.unique(known)
    right = [np.mean(known[labels > 0] >= level) - np.mean(known[labels == 0] >= level) for level in levels]
    best = int(np.argmax(right))
    # Near to the next one below it: real questions share fewer words with a page than those made of it, which shows
    # where few questions leave a wide gap.
    below = float(levels[max(0, best - 1)])
    return replace(gate, bias=-round(below + BELOW * (float(levels[best]) - below), 4))


def measure_gate(gate: Gate, asked: Sequence[Asked]) -> dict[str, Any]:
    """What the gate lets through of the made questions: for confidences from 0.05 to 0.95 the share of answerable
    questions that are refused below it, and of the others; and what is refused where 5 % of the answerable are."""
    answerable = np.array([gate.judge(item.found, item.covered) for item in asked if item.answerable])
    others = np.array([gate.judge(item.found, item.covered) for item in asked if not item.answerable])
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
        "right_in_three": round(float(np.mean([item.near for item in asked if item.answerable])), 4),
        "refused_at_5_percent": round(float(np.mean(others < np.quantile(answerable, 0.05))), 4),
        "points": points,
    }
