"""Spans from tag scores, lookups and patterns."""

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from functions.nlu.decoding import FEW, OwnKind
from functions.nlu.entities import Chain, runs, tag, viterbi
from functions.nlu.model import Label
from model_artifacts.training.nlu.tagging import mark_forbidden
from tests.unit.nlu.specifications import specification

BOTH = frozenset({"genre", "title"})


def scores(*best: int, strength: float = 6.0) -> list[list[float]]:
    """Scores of words whose best tags are these."""
    rows = np.zeros((len(best), 7), np.float32)
    rows[np.arange(len(best)), list(best)] = strength
    return [[float(value) for value in row] for row in rows]


def test_a_beginning_and_its_continuation_are_one_span() -> None:
    (span,) = tag(specification(), scores(0, 3, 4, 0), BOTH).spans
    assert (span.first, span.last, span.label.entity) == (1, 2, "title")
    assert span.confidence > 0.9


def test_two_beginnings_side_by_side_are_two_spans() -> None:
    spans = tag(specification(), scores(1, 1, 3), BOTH).spans
    assert [(span.first, span.last) for span in spans] == [(0, 0), (1, 1), (2, 2)]


def test_a_continuation_without_a_beginning_is_never_decoded() -> None:
    spans = tag(specification(), scores(0, 4, 4), BOTH).spans
    assert all(span.label.entity == "title" for span in spans)
    assert [(span.first, span.last) for span in spans] in ([(1, 2)], [(2, 2)], [(1, 1)], [])


def test_a_span_is_as_sure_as_its_least_sure_word() -> None:
    rows = scores(0, 3, 4)
    rows[1][3], rows[2][4], rows[2][0] = 12.0, 6.0, 5.0
    (span,) = tag(specification(), rows, BOTH).spans
    (sure,) = tag(specification(), [rows[0], rows[1]], BOTH).spans
    assert span.confidence < 0.8 < 0.99 < sure.confidence


def test_roles_are_kept() -> None:
    (span,) = tag(specification(), scores(0, 5), BOTH).spans
    assert span.label == Label("genre", "not")


def test_entities_that_the_intent_does_not_have_are_not_found() -> None:
    assert tag(specification(), scores(0, 3, 4), {"genre"}).spans == ()
    assert tag(specification(), scores(0, 3, 4), ()).spans == ()


def test_no_words_have_no_spans() -> None:
    assert tag(specification(), [], BOTH).spans == ()


@given(arrays(np.float32, (5, 7), elements=st.floats(-1e4, 1e4, width=32)))
def test_any_scores_give_spans_in_order_with_confidences(values: np.typing.NDArray[np.float32]) -> None:
    tagged = tag(specification(), values.tolist(), BOTH)
    assert all(0 <= span.confidence <= 1.0001 for span in tagged.spans)
    assert all(before.last < after.first for before, after in zip(tagged.spans, tagged.spans[1:], strict=False))


def test_words_that_may_be_something_else_are_told_with_their_chance() -> None:
    rows = scores(0, 3, 0)
    rows[1][1] = 5.0
    tagged = tag(specification(), rows, BOTH)
    assert [span.label.entity for span in tagged.spans] == ["title"]
    (other,) = tagged.others
    assert (other.first, other.last, other.label.entity) == (1, 1, "genre")
    assert 0.1 < other.confidence < tagged.spans[0].confidence


def test_words_outside_may_be_something_and_words_side_by_side_are_one() -> None:
    rows = scores(0, 0, 0)
    rows[1][3], rows[2][4] = 5.8, 5.8
    tagged = tag(specification(), rows, BOTH)
    assert tagged.spans == ()
    (other,) = tagged.others
    assert (other.first, other.last, other.label.entity) == (1, 2, "title")


def test_where_the_model_is_sure_there_is_nothing_else() -> None:
    assert tag(specification(), scores(0, 3, 4, strength=12.0), BOTH).others == ()


def test_runs_never_join_what_another_label_began() -> None:
    assert runs([0, 1, 2, 4, 0, 3, 4]) == [(1, 2), (3, 3), (5, 6)]


@given(
    arrays(np.float64, (6, 5), elements=st.floats(-30, 30)),
    arrays(np.float64, (5, 5), elements=st.floats(-8, 8) | st.just(-1e4)),
    arrays(np.float64, (2, 5), elements=st.floats(-8, 8)),
)
def test_paths_and_chances_are_those_of_the_whole_sum(
    emissions: np.typing.NDArray[np.float64],
    transitions: np.typing.NDArray[np.float64],
    ends: np.typing.NDArray[np.float64],
) -> None:
    """Against every path through four words, one by one."""
    words, tags = emissions[:4].tolist(), range(5)
    start, end = ends[0].tolist(), ends[1].tolist()
    score = {
        path: start[path[0]]
        + sum(words[place][one] for place, one in enumerate(path))
        + sum(transitions[one][other] for one, other in itertools.pairwise(path))
        + end[path[-1]]
        for path in itertools.product(tags, repeat=4)
    }
    best = max(score.values())
    chain = Chain(list(tags), transitions.tolist(), start, end)
    found = tuple(viterbi(words, transitions.tolist(), start, end))
    assert score[found] == pytest.approx(best)
    weights = {path: math.exp(value - best) for path, value in score.items()}
    if best > -1e3:
        total = sum(weights.values())
        for place, row in enumerate(chain.marginals(words)):
            for one in tags:
                expected = sum(weight for path, weight in weights.items() if path[place] == one) / total
                assert row[one] == pytest.approx(expected, abs=1e-9)


@st.composite
def own_kind(draw: st.DrawFn) -> tuple[list[list[float]], list[list[float]], list[float], list[float]]:
    """Scores of up to five words over up to twenty kinds, and transitions that score 0 but within a kind."""
    kinds, words = draw(st.sampled_from((1, 2, 3, 16, 20))), draw(st.integers(1, 5))
    tags = 2 * kinds + 1
    rng = random.Random(draw(st.integers(0, 2**32)))
    spread = draw(st.sampled_from((0.5, 3.0, 12.0)))
    transitions = [[-1e4 if strange else 0.0 for strange in row] for row in mark_forbidden(tags).tolist()]
    for kind in range(kinds):
        transitions[2 * kind + 1][2 * kind + 2] = rng.gauss(0, 1)
        transitions[2 * kind + 2][2 * kind + 2] = rng.gauss(0, 1)
    start = [-1e4 if tag and tag % 2 == 0 else rng.gauss(0, 1) for tag in range(tags)]
    scores = [[rng.gauss(0, spread) for _ in range(tags)] for _ in range(words)]
    return scores, transitions, start, [rng.gauss(0, 1) for _ in range(tags)]


@given(own_kind())
def test_where_only_a_kind_continues_itself_paths_and_chances_are_the_same(
    given_: tuple[list[list[float]], list[list[float]], list[float], list[float]],
) -> None:
    scores, transitions, start, end = given_
    assert OwnKind.fits(transitions, -1e4)
    lattice = OwnKind(transitions, start, end).read(scores)
    assert lattice.path == viterbi(scores, transitions, start, end)
    tags = range(len(start))
    few = len(start) <= 2 * FEW + 1
    for word, row in enumerate(Chain(list(tags), transitions, start, end).marginals(scores)):
        for tag_index in tags:
            # With many kinds, what is faint in two words at once is left out.
            assert lattice.chance(word, tag_index) == pytest.approx(row[tag_index], abs=1e-9 if few else 0.02)


def test_other_transitions_are_decoded_over_all_pairs() -> None:
    transitions = [[0.0, 0.0, -1e4], [0.0, 0.0, 0.5], [0.0, 0.0, 0.5]]
    assert OwnKind.fits(transitions, -1e4)
    assert not OwnKind.fits([[0.1, 0.0, -1e4], *transitions[1:]], -1e4)
    assert not OwnKind.fits([[0.0, 0.0, 0.0], *transitions[1:]], -1e4)


@pytest.mark.parametrize("score", [800.0, -800.0])
def test_scores_beyond_what_a_number_holds_are_decoded(score: float) -> None:
    transitions = [[0.0, 0.0, -1e4], [0.0, 0.0, 0.5], [0.0, 0.0, 0.5]]
    rows = [[score, score + 5, score], [score, score, score + 5]]
    lattice = OwnKind(transitions, [0, 0, -1e4], [0, 0, 0]).read(rows)
    assert lattice.path == [1, 2]
    assert lattice.chance(1, 2) > 0.95
