"""A word into pieces: BERT's longest match from the left, SentencePiece's likeliest reading."""

from collections.abc import Callable

from functions.nlu.pieces.vocabulary import BEGINNING, INSIDE, MARK, Vocabulary

Piece = tuple[int, int, int]
"""The id of a piece, its first character in the word, and the one after its last."""
Read = Callable[[str], list[Piece]]
LONGEST_WORD = 100
"""Characters; BERT takes a longer word for an unknown one."""
UNLIKELY = 10.0
"""How much less likely a character without a piece is than the unlikeliest piece."""


def make_word_reader(vocabulary: Vocabulary) -> Read:
    """The reader of words of this kind of pieces."""
    unknown = int(vocabulary.settings["unknown"])
    if vocabulary.settings["kind"] == "wordpiece":
        return lambda word: match_longest(vocabulary, unknown, word)
    least = float(vocabulary.settings["least"]) - UNLIKELY
    return lambda word: read_likeliest(vocabulary, unknown, least, word)


def match_longest(vocabulary: Vocabulary, unknown: int, word: str) -> list[Piece]:
    """WordPiece (Wu et al. 2016): the longest piece, then the longest that goes on from there; a word that comes to no
    end is unknown as a whole."""
    found: list[Piece] = []
    start, size = 0, len(word)
    if size > LONGEST_WORD:
        return [(unknown, 0, size)]
    while start < size:
        longest, pieces = vocabulary.find(word[start : start + BEGINNING])
        mark = INSIDE if start else ""
        for end in range(min(size, start + longest), start, -1):
            piece = pieces.get(mark + word[start:end])
            if piece is not None:
                break
        else:
            return [(unknown, 0, size)]
        found.append((piece[1], start, end))
        start = end
    return found


def read_likeliest(vocabulary: Vocabulary, unknown: int, least: float, word: str) -> list[Piece]:
    """Unigram (Kudo 2018): the reading with the largest sum of scores, by Viterbi. Characters without a piece score
    `least` each, and those that stand together are one unknown piece. Places are of the word without MARK."""
    word = MARK + word
    size = len(word)
    best = [0.0] + [-1e300] * size
    path = [(0, unknown)] * (size + 1)
    """For each place where the last piece before it begins, and its id."""
    for start in range(size):
        here = best[start]
        longest, pieces = vocabulary.find(word[start : start + BEGINNING] if start else word[: BEGINNING + 1])
        alone = False
        for end in range(start + 1, min(size, start + longest) + 1):
            piece = pieces.get(word[start:end])
            if piece is not None:
                alone = alone or end == start + 1
                if here + piece[0] > best[end]:
                    best[end] = here + piece[0]
                    path[end] = start, piece[1]
        if not alone and here + least > best[start + 1]:
            best[start + 1] = here + least
            path[start + 1] = start, unknown
    found: list[Piece] = []
    end = size
    while end:
        start, number = path[end]
        if number == unknown and found and found[-1][0] == unknown:
            found.append((number, start, found.pop()[2]))
        else:
            found.append((number, start, end))
        end = start
    # MARK stands at the place of the first character.
    return [(number, max(0, start - 1), max(1, end - 1)) for number, start, end in reversed(found)]
