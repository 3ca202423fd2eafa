"""Which of an assistant's languages a message is in, and whether its person asks for one.

Two witnesses: the n-grams of py3langid's model, of which training keeps in `languages.bin` what tells the assistant's
languages and the most spoken others apart (model_artifacts.training.nlu.detecting), and the words of each language's
table (functions.nlu.words). Imported only for an assistant of several languages. py3langid itself takes 0.9 s of CPU to
import; this takes a few milliseconds with the first message.
"""

import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import count
from pathlib import Path

from functions.nlu.words import TOKEN, words_of
from functions.nlu.words.naming import find_wish
from shared.events.meaning import Language
from shared.logs import get_logger

log = get_logger(__name__)

FILE = "languages.bin"
SEPARATOR = b"\xff"
"""Between n-grams; no byte of UTF-8."""
LONGEST, SHORTEST = 5, 2
"""Bytes of an n-gram."""
STEPS = 16
"""Weights are whole numbers of 1/16."""
LETTERS = 200
"""No more of a text is looked at."""
WORD = 2.0
"""What a word that only one language's table has counts for it; a word of two languages half of that for each."""
HINT = 2.0
"""What the locale counts for its language: as much as one word."""
ENOUGH = 3
"""Words from which on a text tells its language by itself."""
FOREIGN_LETTERS, FOREIGN, FOREIGN_VOTE = 14, 0.8, 3
"""From so many letters (fewer of another script) and so much certainty on a text is in a language that the assistant
does not know, if not one word in three is of its own and not of that language."""
SCRIPTS = 4
"""Letters of a script that has no blanks from which on a text counts as enough words."""
_UNSPACED = re.compile(r"[\u0e00-\u0fff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff]")


class Detector:
    """Tells the languages of one assistant apart."""

    def __init__(
        self,
        languages: Sequence[str],
        others: Sequence[str] = (),
        grams: bytes = b"",
        weights: bytes = b"",
        words: Mapping[str, int] | None = None,
    ) -> None:
        self._languages = tuple(languages)
        self._words = words
        self._all = (*languages, *others)
        self._grams = grams
        self._weights = memoryview(weights).cast("b")
        self._places: dict[bytes, int] | None = None

    def detect(self, text: str, hint: str | None = None) -> Language:
        """The language of `text`, which holds no names any more; `hint` is the language of the person's locale."""
        words = [match[0].casefold() for match in TOKEN.finditer(text[:LETTERS]) if match[0][0].isalpha()]
        letters = sum(map(len, words))
        enough = len(words) >= ENOUGH or len(_UNSPACED.findall(text)) >= SCRIPTS
        scores = self._score(text[:LETTERS]) if letters else []
        own = scores[: len(self._languages)] or [0.0] * len(self._languages)
        known = self._vote(words)
        seen = any(own) or any(known)
        told = [score + WORD * vote for score, vote in zip(own, known, strict=True)]
        if hint in self._languages:
            told[self._languages.index(hint)] += HINT
        chances = _compute_softmax(told)
        best = max(range(len(told)), key=lambda place: told[place])
        foreign = None
        long = letters >= FOREIGN_LETTERS or (letters >= SCRIPTS and not any(char.isascii() for char in "".join(words)))
        if long and enough and scores and (likely := self._foreign(scores)) is not None:
            # "la" and "con" are Spanish, and no sign of it where the text looks Italian.
            shared = _list_vocabulary(likely)
            told_apart = known if shared.isdisjoint(words) else self._vote([w for w in words if w not in shared])
            foreign = likely if FOREIGN_VOTE * sum(told_apart) < len(words) else None
        return Language(
            self._languages[best],
            round(chances[best], 3) if seen or hint in self._languages else 0.0,
            enough and seen,
            foreign,
        )

    def _vote(self, words: Sequence[str]) -> list[float]:
        """How many of the words each language's table has; one counts less the more of the languages have it."""
        if self._words is None:
            self._words = known_words(self._languages)
        votes = [0.0] * len(self._languages)
        for word in words:
            having = [place for place in range(len(votes)) if self._words.get(word, 0) >> place & 1]
            for place in having:
                votes[place] += 1 / len(having) if len(having) < len(votes) else 0.0
        return votes

    def _foreign(self, scores: Sequence[float]) -> str | None:
        chances = _compute_softmax(scores)
        best = max(range(len(chances)), key=lambda place: chances[place])
        if best < len(self._languages) or sum(chances[len(self._languages) :]) < FOREIGN:
            return None
        return self._all[best]

    def _score(self, text: str) -> list[float]:
        """What the n-grams say for each language, scaled as py3langid does; empty where it has none of them."""
        if self._places is None:
            self._places = dict(zip(self._grams.split(SEPARATOR), count(), strict=False)) if self._grams else {}
        raw = unicodedata.normalize("NFC", text.lower() if text.isupper() else text).encode("utf-8", "replace")
        found: Counter[int] = Counter()
        for end in range(SHORTEST, len(raw) + 1):
            for size in range(min(LONGEST, end), SHORTEST - 1, -1):
                place = self._places.get(raw[end - size : end])
                if place is not None:
                    found[place] += 1
                    break
        if not found:
            return []
        width = len(self._all)
        scores = [0.0] * width
        for place, times in found.items():
            much = math.log1p(times)
            for column, weight in enumerate(self._weights[place * width : (place + 1) * width]):
                scores[column] += much * weight
        scale = STEPS * math.sqrt(len(raw))
        return [score / scale for score in scores]


def open_detector(path: Path, languages: Sequence[str]) -> Detector:
    """The detector of the bundle in `path`; where it has none for these languages, words alone tell them apart."""
    try:
        head, _, rest = (path / FILE).read_bytes().partition(b"\n")
        described = json.loads(head)
        if described["languages"] == list(languages):
            cut = int(described["grams"])
            return Detector(languages, described["others"], rest[:cut], rest[cut:], described.get("words"))
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError) as exc:
        log.warning("languages.bin cannot be read", extra={"fields": {"cause": type(exc).__name__}})
    log.warning("the bundle has no detector for its languages: words alone tell them apart; run `task train`")
    return Detector(languages)


def languages_of(path: Path) -> tuple[str, ...]:
    """The languages that the detector of the bundle in `path` tells apart; none where it has none."""
    try:
        with (path / FILE).open("rb") as file:
            return tuple(json.loads(file.readline())["languages"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def read_language(
    detector: Detector, languages: Sequence[str], text: str, names: Sequence[tuple[int, int]], hints: Mapping[str, str]
) -> Language:
    """The language of a message. `names` are places of its entities, which are names in whatever language; `hints` may
    have the `locale` of the channel, and a `chosen` language (metadata) which counts more than the words."""
    chosen = base_of(hints.get("chosen", ""))
    plain = text
    for start, end in names:
        plain = plain[:start] + " " * (end - start) + plain[end:]
    if not any(char.isalpha() for char in plain):
        # Nothing but names: they hint at a language, and no more.
        spoken = detector.detect(text, base_of(hints.get("locale", "")))
        spoken = Language(spoken.code, min(spoken.confidence, 0.5), False)
    else:
        spoken = detector.detect(plain, base_of(hints.get("locale", "")))
    wish = find_wish(text)
    if chosen in languages:
        return Language(chosen, 1.0, True, None, wish)
    return Language(spoken.code, spoken.confidence, spoken.enough, None if wish else spoken.foreign, wish)


def base_of(code: str) -> str:
    """The language without its region: `pt` of `pt-BR`."""
    return code.replace("_", "-").partition("-")[0].casefold()


def _compute_softmax(scores: Sequence[float]) -> list[float]:
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    whole = sum(powers)
    return [power / whole for power in powers]


def known_words(languages: Sequence[str]) -> dict[str, int]:
    """The single words of the languages' tables, each with a bit for every language that has it."""
    found: dict[str, int] = {}
    for place, language in enumerate(languages):
        for word in _list_vocabulary(language):
            found[word] = found.get(word, 0) | 1 << place
    return found


@lru_cache(maxsize=8)
def _list_vocabulary(language: str) -> frozenset[str]:
    """The single words of a language's table."""
    table = words_of(language)
    if table is None:
        return frozenset()
    phrases = (
        *table.cues, *table.ends, *table.closes, *table.exchanges, *table.joins, *table.articles, *table.verbs,
        *table.asks, *table.auxiliaries, *table.subjects, *table.fillers, *table.yes, *table.no,
    )  # fmt: skip
    return frozenset(word for phrase in phrases for word in phrase.split(" ") if word.isalpha() and len(word) > 1)
