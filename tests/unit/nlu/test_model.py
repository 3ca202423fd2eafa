"""What a model's words are: the mean of their pieces, or their first piece in bundles of before."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from functions.nlu.encoding import encode
from functions.nlu.model import Model
from tests.unit.nlu.specifications import specification
from tests.unit.nlu.test_understanding import MODEL


@dataclass
class Counting:
    """A session whose score of each piece is the piece's place."""

    def run(self, ids: Sequence[int]) -> tuple[list[float], list[list[float]]]:
        return [0.0], [[float(place)] for place in range(len(ids))]


@pytest.mark.parametrize(("whole_words", "scores"), [(True, [1.0, 3.5, 6.0]), (False, [1.0, 2.0, 6.0])])
def test_a_word_has_the_mean_of_its_pieces_or_the_first_in_bundles_of_before(
    whole_words: bool, scores: list[float]
) -> None:
    encoded = encode(MODEL.tokenizer, "play antidisestab now")
    assert (encoded.heads, encoded.tails) == ([1, 2, 6], [2, 6, 7])
    model = Model(specification(whole_words=whole_words), MODEL.tokenizer, Counting())
    assert model.run(encoded)[1] == [[score] for score in scores]


def test_a_bundle_that_says_nothing_is_of_before() -> None:
    assert not specification().whole_words
    assert MODEL.specification.whole_words
