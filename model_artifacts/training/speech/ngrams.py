"""A trigram model with Witten-Bell smoothing over words and classes, and its ARPA file.

Witten and Bell (1991), method C, interpolated: the weight of the shorter history is the number of different words that
followed the longer one, so that what was seen in few forms (fixed phrases) is trusted more. The lowest level mixes the
assistant's words with those of general English, so that a word that no example has can be heard at all.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

BEGIN, END = "<s>", "</s>"
OWN = 0.8
"""The assistant's part of the lowest level; chosen on validation examples (tests/bench/README.md)."""
NAME, NAME_ANYWHERE = 0.32, 0.063
"""What is left of a class's probability, after words that it was seen after and elsewhere. A name of several words pays
for one only, so that without this "hello there" is heard as a title; chosen on validation examples as well."""


class Trigrams:
    """P(word | the two before)."""

    def __init__(self, sentences: Iterable[Sequence[str]], general: Mapping[str, float], own: float = OWN) -> None:
        """`general` are words with their frequency in general English; all of them can be said."""
        single: Counter[str] = Counter()
        self._pairs: dict[str, Counter[str]] = defaultdict(Counter)
        self._triples: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for sentence in sentences:
            tokens = [BEGIN, *sentence, END]
            for at in range(1, len(tokens)):
                single[tokens[at]] += 1
                self._pairs[tokens[at - 1]][tokens[at]] += 1
                if at > 1:
                    self._triples[tokens[at - 2], tokens[at - 1]][tokens[at]] += 1
        said, common = sum(single.values()), sum(general.values())
        self._single = {
            word: own * single[word] / said + (1 - own) * general.get(word, 0.0) / common
            for word in sorted({*single, *general})
        }

    def find_probability(self, word: str, *before: str) -> float:
        """Of `word` after at most two others, oldest first."""
        if not before:
            return self._single.get(word, 0.0)
        found = self._pairs.get(before[-1]) if len(before) == 1 else self._triples.get((before[0], before[1]))
        shorter = self.find_probability(word, *before[1:])
        if not found:
            return shorter
        return (found[word] + len(found) * shorter) / (found.total() + len(found))

    def write_arpa(self) -> str:
        """The model in the ARPA format, the same for the same sentences."""
        singles = [(None, word) for word in (BEGIN, *self._single)]
        pairs = [(before, word) for before in sorted(self._pairs) for word in sorted(self._pairs[before])]
        triples = [(before, word) for before in sorted(self._triples) for word in sorted(self._triples[before])]
        lines = ["\\data\\", f"ngram 1={len(singles)}", f"ngram 2={len(pairs)}", f"ngram 3={len(triples)}", ""]
        lines += ["\\1-grams:", *self._write_singles()]
        lines += ["", "\\2-grams:"]
        for before, word in pairs:
            left = self._compute_backoff((before, word))
            lines.append(f"{_log(self.find_probability(word, before) * _share(word))} {before} {word} {_log(left)}")
        lines += ["", "\\3-grams:"]
        for (first, second), word in triples:
            lines.append(f"{_log(self.find_probability(word, first, second) * _share(word))} {first} {second} {word}")
        return "\n".join([*lines, "", "\\end\\", ""])

    def _write_singles(self) -> Iterator[str]:
        yield f"-99 {BEGIN} {_log(self._compute_backoff((BEGIN,)))}"
        for word, probability in self._single.items():
            yield f"{_log(probability * _share(word, NAME_ANYWHERE))} {word} {_log(self._compute_backoff((word,)))}"

    def _compute_backoff(self, history: tuple[str, ...]) -> float:
        """The back-off weight. With interpolation it is the share that goes to the shorter history."""
        found = self._pairs.get(history[0]) if len(history) == 1 else self._triples.get((history[0], history[1]))
        return len(found) / (found.total() + len(found)) if found else 1.0


def _share(word: str, of_name: float = NAME) -> float:
    return of_name if word.startswith("[") else 1.0


def _log(probability: float) -> str:
    return f"{math.log10(max(probability, 1e-12)):.4f}"
