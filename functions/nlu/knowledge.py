"""Passages of the assistant's own documents that may answer a question (functions.nlu.documents asks for them).

Two searches look for them: words (BM25 of SQLite's FTS5) and meaning (the nearest rows to the question's vector, found
by the runtime that nlu has loaded). What they say of a passage is joined into one score, and a gate that was fitted
when the documents were compiled says how likely it holds an answer.
"""

import json
import math
import re
import sqlite3
import threading
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from functions.nlu.encoding import encode
from functions.nlu.model import Model
from functions.nlu.onnx_runtime import UNDERSTANDING, open_model
from functions.nlu.onnx_runtime.session import LibrarySession, PackageSession
from shared.errors import Unavailable
from shared.events.meaning import Passage

FILES = ("knowledge.sqlite", "knowledge.onnx", "knowledge.bin", "knowledge.tokenizer.json")
LAYERS = "layers"
"""The output of nlu's own model that a question's vector is made of, and the input of the search then."""
MATCHED = 100
"""Passages that the search for words tells."""
TOLD = 4
"""Passages that go on the event."""
LONGEST = 1000
"""Characters of a question that are read."""
WORDS = 24
"""Words of a question that are looked for."""
SENTENCES = 2
"""Sentences of a passage that answer."""
SHORT = 320
"""Characters of a passage that is shown whole."""
MEANING, SENTENCE = 1.0, 0.7
"""What the similarity of the whole passage and of its best sentence count."""
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found, as the two searches see it."""

    place: int
    score: float
    """Of both, joined; comparable within one question."""
    similarity: float
    """Cosine of the question to the passage or to its best sentence, whichever is larger."""
    words: float
    """BM25 for each word of the question that was looked for."""
    sentences: Mapping[int, float]
    """The similarity of those of its sentences that are among the nearest."""


@dataclass(frozen=True, slots=True)
class Gate:
    """How likely the best passage holds an answer: a logistic function of how it was found."""

    bias: float = 0.0
    similarity: float = 0.0
    words: float = 0.0
    spread: float = 0.1
    """Standard deviation of similarities, which puts them beside words."""
    answered: float = 0.5
    """From this probability on it is an answer."""

    def judge(self, found: Found) -> float:
        return 1 / (1 + math.exp(-(self.bias + self.similarity * found.similarity + self.words * found.words)))


class Knowledge:
    """The documents of one bundle. Safe for threads."""

    def __init__(self, path: Path, model: Model | None = None) -> None:
        """Raises Unavailable where the files in `path` are not what was compiled. `model`: that of the same bundle,
        where its network reads the questions."""
        try:
            self._words = sqlite3.connect(
                f"file:{path / FILES[0]}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            facts = dict(self._words.execute("SELECT name, value FROM facts").fetchall())
            columns = [row[1] for row in self._words.execute("PRAGMA table_info(passages)")]
            # Bundles compiled before passages had names: their buttons say the place.
            self._named = "key" in columns
            self.gate = Gate(**json.loads(facts["gate"]))
            self.common_words = frozenset(json.loads(facts["common"]))
            self._first_rows = array("i", facts["first_rows"])
            self._session = open_model(str(path / FILES[1]), ("scores", "rows"))
            self._layers = None
            if LAYERS in facts:
                if model is None or not isinstance(model.session, LibrarySession | PackageSession):
                    raise ValueError("its questions are read by the bundle's own model")
                self._tokenizer = model.tokenizer
                self._layers = model.session.asking((LAYERS, UNDERSTANDING[0]))
            else:
                # The network of this bundle has too little of what questions and answers have in common.
                self._tokenizer = Tokenizer.from_file(str(path / FILES[3]))
        except (sqlite3.Error, KeyError, ValueError, TypeError) as exc:
            raise Unavailable(
                f"the documents in {path} cannot be opened ({exc}); compile them with `task compile`"
            ) from exc
        self._lock = threading.Lock()

    def answer(self, question: str) -> tuple[Passage, ...]:
        """The passages that answer best, with how likely each does; none where no word and no meaning was found."""
        return tuple(self._passage(found) for found in self.search(question)[:TOLD])

    def search(self, question: str) -> list[Found]:
        """What was found, best first."""
        passages = len(self._first_rows)
        ids = encode(self._tokenizer, question[:LONGEST]).ids
        if self._layers is None:
            scores, (rows,) = self._session.run(ids)
        else:
            scores, (rows,) = self._session.run_numbers(LAYERS, self._layers.run(ids)[0])
        floor = scores[-1] if len(scores) < self._rows else -1.0
        whole: dict[int, float] = {}
        sentences: dict[int, dict[int, float]] = {}
        for row, score in zip(map(int, rows), scores, strict=True):
            if row < passages:
                whole[row] = score
            else:
                place = bisect_right(self._first_rows, row) - 1
                sentences.setdefault(place, {})[row - self._first_rows[place]] = score
        matched = self._match(question)
        found = []
        for place in {*whole, *sentences, *matched}:
            one = whole.get(place, floor)
            best = max(sentences.get(place, {}).values(), default=floor)
            words = matched.get(place, 0.0)
            score = (MEANING * one + SENTENCE * best) / self.gate.spread + words
            found.append(Found(place, score, max(one, best), words, sentences.get(place, {})))
        return sorted(found, key=lambda item: (-item.score, item.place))

    @property
    def _rows(self) -> int:
        return self._first_rows[-1] + 1 if self._first_rows else 0

    def _match(self, question: str) -> dict[int, float]:
        """Place -> BM25 a word. Words that most passages have tell nothing and cost the most, so they are left out."""
        every = list(dict.fromkeys(word.lower() for word in _WORD.findall(question)))[:WORDS]
        words = [word for word in every if word not in self.common_words] or every
        if not words:
            return {}
        query = " OR ".join(f'"{word}"' for word in words)
        with self._lock:
            rows = self._words.execute(
                "SELECT rowid, bm25(words, 2.0, 1.0) AS score FROM words WHERE words MATCH ? ORDER BY score LIMIT ?",
                (query, MATCHED),
            ).fetchall()
        return {rowid - 1: -score / math.sqrt(len(words)) for rowid, score in rows}

    def read(self, key: str) -> Passage | None:
        """A whole passage; None where none has this name."""
        if self._named:
            return self._load("key = ?", key, 1.0, None)
        return self._load("rowid = ?", int(key) + 1, 1.0, None) if key.isdecimal() and len(key) < 10 else None

    def _passage(self, found: Found) -> Passage:
        passage = self._load("rowid = ?", found.place + 1, self.gate.judge(found), found)
        if passage is None:
            raise Unavailable("the documents' files do not fit together; compile them with `task compile`")
        return passage

    def _load(self, where: str, value: int | str, confidence: float, found: Found | None) -> Passage | None:
        key = "key" if self._named else "''"
        columns = f"rowid, {key}, title, heading, link, date, language, question, sentences"
        with self._lock:
            row = self._words.execute(f"SELECT {columns} FROM passages WHERE {where}", (value,)).fetchone()  # noqa: S608
        if row is None:
            return None
        rowid, key, title, heading, link, date, language, question, packed = row
        sentences = zlib.decompress(packed).decode().split("\n")
        shown = sentences if found is None or question else choose_sentences(sentences, found.sentences)
        return Passage(
            place=rowid - 1,
            confidence=confidence,
            answer=" ".join(shown),
            whole=len(shown) == len(sentences),
            title=title,
            heading=heading,
            link=link,
            date=date,
            language=language,
            key=key,
        )


def choose_sentences(sentences: Sequence[str], similar: Mapping[int, float]) -> Sequence[str]:
    """The sentences that answer best, in their order; a short passage is shown whole."""
    if sum(map(len, sentences)) <= SHORT:
        return sentences
    best = sorted(range(len(sentences)), key=lambda place: (-similar.get(place, -1.0), place))[:SENTENCES]
    return [sentences[place] for place in sorted(best)]
