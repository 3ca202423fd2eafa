"""Texts that nobody labelled, for a student: its teacher reads any text, and so says what to make of it.

They are what people say to the assistant and to others, what its documents say and may be asked, and halves of two
texts put together, which are of no intent and come near several.
"""

import random
from collections.abc import Collection, Sequence
from pathlib import Path

from functions.nlu.gazetteer import fold
from model_artifacts.training.knowledge.everyday import list_everyday
from model_artifacts.training.knowledge.gate import make_questions
from model_artifacts.training.knowledge.passages import cut_document
from model_artifacts.training.knowledge.sources import collect_documents, has_knowledge
from model_artifacts.training.knowledge.words import list_common
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.public import SOURCES
from model_artifacts.training.nlu.reading import Example

MOST = 2500
"""Of each public set, and of the documents' sentences."""
MIXED = 0.15
"""Halves of two texts, as a share of the rest."""


def list_unlabelled(
    assistant: Assistant, source: Path, data: Path | None, kept_out: Collection[Example], cache: Path, seed: int
) -> tuple[str, ...]:
    """Texts for a student of the assistant in the directory `source`, none of them among those `kept_out`. `data` is
    the folder of the public sets; `cache` one for fetched pages."""
    rng = random.Random(f"{seed} unlabelled")
    texts = [example.text for example in assistant.nlu.examples]
    texts += [phrase for _, phrases in sorted(assistant.nlu.lookups.items()) for phrase in phrases]
    texts += list_everyday(assistant.languages)
    if has_knowledge(source):
        texts += _read_documents(assistant, source, cache, rng)
    for name in sorted({str(entry.get("set")) for entry in assistant.public}):
        said = sorted({utterance.text.strip() for utterance in SOURCES[name].read(data / name)}) if data else []
        texts += rng.sample(said, min(MOST, len(said)))
    out = {fold(example.text) for example in kept_out}
    texts = [text for text in dict.fromkeys(texts) if text and fold(text) not in out]
    return (*texts, *(_mix(texts, rng) for _ in range(round(MIXED * len(texts)))))


def _read_documents(assistant: Assistant, source: Path, cache: Path, rng: random.Random) -> list[str]:
    """Sentences of the documents, and questions made of them."""
    collected = collect_documents(source, cache)
    language = collected.language or assistant.language
    passages = [passage for document in collected.documents for passage in cut_document(document, language)]
    sentences = sorted({sentence for passage in passages for sentence in passage.sentences})
    headings = sorted({passage.headings[-1] for passage in passages if passage.headings})
    questions = [question for question, _ in make_questions(passages, list_common(passages))] if passages else []
    return [*questions, *headings, *rng.sample(sentences, min(MOST, len(sentences)))]


def _mix(texts: Sequence[str], rng: random.Random) -> str:
    """The first half of one text and the second of another."""
    first, second = (rng.choice(texts).split() for _ in range(2))
    return " ".join((*first[: (len(first) + 1) // 2], *second[len(second) // 2 :]))
