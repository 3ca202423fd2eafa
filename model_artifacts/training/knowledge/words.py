"""The words of passages, as SQLite's FTS5 finds and weighs them (BM25), and the passages themselves."""

import sqlite3
import zlib
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from functions.nlu.answerable import WORD, cut_words
from functions.nlu.words import words_of
from model_artifacts.training.knowledge.passages import Passage

FILE = "knowledge.sqlite"
COMMON = 0.2
"""A word that more than this share of the passages has is not looked for,"""
COMMON_PASSAGES = 20
"""where there are at least so many of them."""
SHORT = 4
"""Letters of a word that is said of anything."""
STEMMED = ("en",)
"""Languages whose words FTS5's Porter stemmer cuts to their stems."""


def write_words(out: Path, passages: Sequence[Passage], languages: Sequence[str]) -> None:
    """knowledge.sqlite: a row for each passage, and the index of their words. Place n of a passage is rowid n + 1."""
    path = out / FILE
    path.unlink(missing_ok=True)
    tokenizer = "unicode61 remove_diacritics 2"
    if set(languages) <= set(STEMMED):
        tokenizer = f"porter {tokenizer}"
    with sqlite3.connect(path) as db:
        db.execute(
            "CREATE TABLE passages (document TEXT, title TEXT, heading TEXT, link TEXT, date TEXT, language TEXT,"
            " question TEXT, sentences BLOB, key TEXT)"
        )
        db.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (p.document, p.title, p.heading, p.link, p.date, p.language, p.question,
                 zlib.compress("\n".join(p.sentences).encode(), 9), key)
                for p, key in zip(passages, name_passages(passages), strict=True)
            ),
        )  # fmt: skip
        db.execute("CREATE UNIQUE INDEX keys ON passages (key)")
        db.execute(f"CREATE VIRTUAL TABLE words USING fts5(above, text, content='', tokenize='{tokenizer}')")
        db.executemany(
            "INSERT INTO words (rowid, above, text) VALUES (?, ?, ?)",
            ((place + 1, f"{p.title} {p.heading}", p.text) for place, p in enumerate(passages)),
        )
        db.execute("INSERT INTO words (words) VALUES ('optimize')")
        counts = Counter(stem for p in passages for stem in cut_words(p.searched))
        db.execute("CREATE TABLE stems (stem TEXT PRIMARY KEY, passages INTEGER) WITHOUT ROWID")
        db.executemany("INSERT INTO stems VALUES (?, ?)", sorted(counts.items()))
    with sqlite3.connect(path) as db:
        db.execute("VACUUM")


def name_passages(passages: Sequence[Passage]) -> list[str]:
    """A name for each passage, by which a button asks for it: it stays the same where other pages come or go, or its
    own words change, because people press buttons of yesterday."""
    names: list[str] = []
    counts: Counter[tuple[str, ...]] = Counter()
    for passage in passages:
        where = (passage.document, passage.title, *passage.headings)
        counts[where] += 1
        names.append("p" + sha256("\0".join((*where, str(counts[where]))).encode()).hexdigest()[:11])
    return names


def list_common(passages: Sequence[Passage]) -> list[str]:
    """Words that tell nothing of what is asked for: those with which anything is asked in the passages' languages, and
    those that most passages have."""
    asked: set[str] = set()
    for language in sorted({passage.language[:2] for passage in passages}):
        table = words_of(language)
        if table is None:
            continue
        # Longer ones of `common` are an assistant's own: "deliver", "address".
        short = {word for word in table.common if len(word) <= SHORT}
        kinds = (
            table.asks,
            table.auxiliaries,
            table.subjects,
            table.articles,
            table.ends,
            table.joins,
            table.onto,
            short,
        )
        asked.update(word for kind in kinds for phrase in kind for word in WORD.findall(phrase))
    if len(passages) >= COMMON_PASSAGES:
        counts = Counter(word for passage in passages for word in set(WORD.findall(passage.searched.lower())))
        asked |= {word for word, count in counts.items() if count > COMMON * len(passages)}
    return sorted(asked)
