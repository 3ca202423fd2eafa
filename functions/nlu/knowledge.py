"""Passages of the assistant's own documents that may answer a question (functions.nlu.documents asks for them).

Two searches look for them: words (BM25 of SQLite's FTS5) and meaning (the nearest rows to the question's vector, found
by the runtime that nlu has loaded). What they say of a passage is joined into one score, and a gate that was fitted
when the documents were compiled says how likely it holds an answer.
"""

import json
import math
import sqlite3
import threading
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path

from functions.nlu.answerable import Found, Gate, cut_word, cut_words, list_words, measure_cover, weigh_rarity
from functions.nlu.encoding import encode
from functions.nlu.layers import LAYERS, keep_layers
from functions.nlu.model import Model, open_package_tokenizer
from functions.nlu.onnx_runtime import open_model
from functions.nlu.onnx_runtime.session import LibrarySession, PackageSession
from shared.errors import Unavailable
from shared.events.meaning import Passage

FILES = ("knowledge.sqlite", "knowledge.onnx", "knowledge.bin", "knowledge.tokenizer.json")
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
NAMED = 0.3
"""What the question's words in a sentence count beside its similarity."""


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
            # A bundle of before tells no sections and no stems.
            self._sections = array("i", facts.get("sections", b"")) or range(len(self._first_rows))
            self._weighs = "sections" in facts
            self._session = open_model(str(path / FILES[1]), ("scores", "rows"))
            self._model: LibrarySession | PackageSession | None = None
            if LAYERS in facts:
                self._model = keep_layers(model) if model is not None else None
                if model is None or self._model is None:
                    raise ValueError("its questions are read by the bundle's own model")
                self._tokenizer = model.tokenizer
            else:
                # The network of this bundle has too little of what questions and answers have in common.
                self._tokenizer = open_package_tokenizer(path / FILES[3])
        except (sqlite3.Error, KeyError, ValueError, TypeError) as exc:
            raise Unavailable(
                f"the documents in {path} cannot be opened ({exc}); compile them with `task compile`"
            ) from exc
        self._lock = threading.Lock()

    def answer(self, question: str) -> tuple[Passage, ...]:
        """The passages that answer best, one of each section, with how likely each does; none where no word and no
        meaning was found."""
        weights = self.weigh_words(question)
        told: dict[int, Passage] = {}
        sure = 1.0
        for found in self.search(question):
            section = self._sections[found.place]
            if section not in told:
                told[section] = passage = self._passage(found, weights, sure)
                # What both searches find likelier stays ahead of what the gate alone would prefer.
                sure = passage.confidence
            if len(told) == TOLD:
                break
        return tuple(told.values())

    def weigh_words(self, question: str) -> dict[str, float]:
        """The stems of the question's words, with how rare each is in the documents."""
        if not self._weighs:
            return {}
        words = list(dict.fromkeys(map(cut_word, self._choose_words(question))))
        marks = ",".join("?" * len(words))
        with self._lock:
            query = f"SELECT stem, passages FROM stems WHERE stem IN ({marks})"  # noqa: S608 - question marks alone
            having = dict(self._words.execute(query, words).fetchall())
        return {word: weigh_rarity(len(self._first_rows), having.get(word, 0)) for word in words}

    def search(self, question: str) -> list[Found]:
        """What was found, best first."""
        passages = len(self._first_rows)
        ids = encode(self._tokenizer, question[:LONGEST]).ids
        if self._model is None:
            scores, (rows,) = self._session.run(ids)
        else:
            # nlu's network has run on these pieces just now, for the intent.
            scores, (rows,) = self._session.run_numbers(LAYERS, self._model.read_kept(ids))
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
        words = self._choose_words(question)
        if not words:
            return {}
        query = " OR ".join(f'"{word}"' for word in words)
        with self._lock:
            rows = self._words.execute(
                "SELECT rowid, bm25(words) AS score FROM words WHERE words MATCH ? ORDER BY score LIMIT ?",
                (query, MATCHED),
            ).fetchall()
        return {rowid - 1: -score / math.sqrt(len(words)) for rowid, score in rows}

    def _choose_words(self, question: str) -> list[str]:
        every = list_words(question[:LONGEST], WORDS)
        return [word for word in every if word not in self.common_words] or every

    def read(self, key: str) -> Passage | None:
        """A whole passage; None where none has this name."""
        if self._named:
            return self._load("key = ?", key)
        return self._load("rowid = ?", int(key) + 1) if key.isdecimal() and len(key) < 10 else None

    def _passage(self, found: Found, weights: Mapping[str, float], sure: float) -> Passage:
        passage = self._load("rowid = ?", found.place + 1, found, weights, sure)
        if passage is None:
            raise Unavailable("the documents' files do not fit together; compile them with `task compile`")
        return passage

    def _load(
        self,
        where: str,
        value: int | str,
        found: Found | None = None,
        weights: Mapping[str, float] | None = None,
        sure: float = 1.0,
    ) -> Passage | None:
        key = "key" if self._named else "''"
        columns = f"rowid, {key}, title, heading, link, date, language, question, sentences"
        with self._lock:
            row = self._words.execute(f"SELECT {columns} FROM passages WHERE {where}", (value,)).fetchone()  # noqa: S608
        if row is None:
            return None
        rowid, key, title, heading, link, date, language, question, packed = row
        sentences = zlib.decompress(packed).decode().split("\n")
        shown, confidence = sentences, sure
        if found is not None:
            words = [cut_words(sentence) for sentence in sentences]
            covered = measure_cover(weights or {}, cut_words(f"{title} {heading}").union(*words))
            confidence = min(sure, self.gate.judge(found, covered))
            if not question:
                named = [measure_cover(weights or {}, some) for some in words]
                shown = choose_sentences(sentences, found.sentences, named)
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


def choose_sentences(sentences: Sequence[str], similar: Mapping[int, float], named: Sequence[float]) -> list[str]:
    """The sentences that answer best by similarity and by the share of the question's words, in their order; a short
    passage is shown whole."""
    if sum(map(len, sentences)) <= SHORT:
        return list(sentences)
    lowest = min(similar.values(), default=0.0)
    scores = [similar.get(place, lowest) + NAMED * share for place, share in enumerate(named)]
    best = sorted(range(len(sentences)), key=lambda place: (-scores[place], place))[:SENTENCES]
    return [sentences[place] for place in sorted(best)]
