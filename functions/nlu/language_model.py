"""How likely a sentence is as one that this assistant is told: the trigrams of its bundle, over words and names.

The files are those of the embedded recogniser (model_artifacts/training/speech): an ARPA file whose words may be
classes (`[title]`), and the members of each class. A name counts as its class where that is likelier than its words.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from shared.errors import Unavailable

FILES = ("speech.lm", "speech.classes")
BEGIN, END = "<s>", "</s>"
UNKNOWN = -6.0
"""log10 of the probability of a word that is neither the assistant's nor frequent in English."""
LONGEST = 80
"""Words of a sentence that are looked at."""
PATHS = 16
"""Ways of reading the words so far as words and names that are followed."""
History = tuple[str, ...]


class LanguageModel:
    """The trigrams of one assistant; reads only, so that threads may share it."""

    def __init__(self, path: Path) -> None:
        """Raises Unavailable where the files in `path` are not what was compiled."""
        try:
            self._found, self._left = _read_arpa((path / "speech.lm").read_text(encoding="utf-8"))
            self._names = _read_classes((path / "speech.classes").read_text(encoding="utf-8"))
        except (OSError, ValueError) as exc:
            raise Unavailable(f"the language in {path} cannot be read ({exc}); run `task compile`") from exc
        self._longest = max(map(len, self._names), default=0)

    def score(self, words: Sequence[str]) -> float:
        """log10 of the probability of the words as a whole sentence; divide by their number plus one to compare."""
        words = words[:LONGEST]
        paths: list[dict[History, float]] = [{} for _ in range(len(words) + 1)]
        paths[0][(BEGIN,)] = 0.0
        for at in range(len(words)):
            best = sorted(paths[at].items(), key=lambda path: -path[1])[:PATHS]
            for end, token, weight in self._readings(words, at):
                reached = paths[end]
                for history, total in best:
                    after = (*history, token)[-2:]
                    found = total + weight + self._after(token, history)
                    if found > reached.get(after, -1e9):
                        reached[after] = found
        return max(total + self._after(END, history) for history, total in paths[-1].items())

    def _readings(self, words: Sequence[str], at: int) -> Iterator[tuple[int, str, float]]:
        """What begins at a word: where it ends, as which token it counts, and the weight of a name in its class."""
        yield at + 1, words[at], 0.0
        for end in range(at + 1, min(len(words), at + self._longest) + 1):
            for name, weight in self._names.get(tuple(words[at:end]), ()):
                yield end, name, weight

    def _after(self, token: str, history: History) -> float:
        """log10 P(token | the two before), by the shorter history where the longer one was never seen so (Katz)."""
        given = 0.0
        for begin in range(len(history)):
            found = self._found.get((*history[begin:], token))
            if found is not None:
                return given + found
            given += self._left.get(history[begin:], 0.0)
        return given + self._found.get((token,), UNKNOWN)


def _read_arpa(text: str) -> tuple[dict[History, float], dict[History, float]]:
    """The probabilities and the back-off weights by their words; ValueError where it is no ARPA file of trigrams."""
    found: dict[History, float] = {}
    left: dict[History, float] = {}
    order = 0
    for line in text.splitlines():
        if line.startswith("\\"):
            order = int(line[1]) if line[1:2].isdigit() else 0
        elif line and order:
            probability, *rest = line.split()
            words = tuple(rest[:order])
            if len(words) < order:
                raise ValueError("a line of speech.lm has too few words")
            found[words] = float(probability)
            if len(rest) > order:
                left[words] = float(rest[order])
    if (BEGIN,) not in found or (END,) not in found:
        raise ValueError("speech.lm does not say how sentences begin and end")
    return found, left


def _read_classes(text: str) -> Mapping[History, Sequence[tuple[str, float]]]:
    """The classes that a name belongs to, with log10 of its share in each, by its words."""
    from math import log10

    names: dict[History, list[tuple[str, float]]] = {}
    inside = ""
    for line in text.splitlines():
        first, _, second = line.partition(" ")
        if first == "LMCLASS":
            inside = second
        elif first == "END":
            inside = ""
        elif inside and first:
            words = tuple(first.partition(":")[0].split("_"))
            names.setdefault(words, []).append((inside, log10(max(float(second), 1e-12))))
    return names
