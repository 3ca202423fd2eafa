"""Spans from tag scores, lookups and patterns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from functions.nlu.entities import Span, Tagged, runs, tag
from functions.nlu.gazetteer import merge
from functions.nlu.model import Label
from tests.unit.nlu.specifications import specification

BOTH = frozenset({"genre", "title"})


def scores(*best: int, strength: float = 6.0) -> np.typing.NDArray[np.float32]:
    """Scores of words whose best tags are these."""
    rows = np.zeros((len(best), 7), np.float32)
    rows[np.arange(len(best)), list(best)] = strength
    return rows


def words_of(text: str) -> list[tuple[int, int]]:
    spans, position = [], 0
    for word in text.split():
        start = text.index(word, position)
        position = start + len(word)
        spans.append((start, position))
    return spans


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


def test_roles_are_kept() -> None:
    (span,) = tag(specification(), scores(0, 5), BOTH).spans
    assert span.label == Label("genre", "not")


def test_entities_that_the_intent_does_not_have_are_not_found() -> None:
    assert tag(specification(), scores(0, 3, 4), {"genre"}).spans == ()
    assert tag(specification(), scores(0, 3, 4), ()).spans == ()


def test_no_words_have_no_spans() -> None:
    assert tag(specification(), np.zeros((0, 7), np.float32), BOTH).spans == ()


@given(arrays(np.float32, (5, 7), elements=st.floats(-1e4, 1e4, width=32)))
def test_any_scores_give_spans_in_order_with_confidences(values: np.typing.NDArray[np.float32]) -> None:
    tagged = tag(specification(), values, BOTH)
    assert all(0 <= span.confidence <= 1.0001 for span in tagged.spans)
    assert all(before.last < after.first for before, after in zip(tagged.spans, tagged.spans[1:], strict=False))


def test_runs_never_join_what_another_label_began() -> None:
    assert runs([0, 1, 2, 4, 0, 3, 4]) == [(1, 2), (3, 3), (5, 6)]


def test_a_lookup_completes_what_the_model_missed_where_it_was_in_doubt() -> None:
    text = "show film noir"
    doubtful = Tagged((), np.array([0.99, 0.6, 0.6]))
    (span,) = merge(specification(), text, words_of(text), doubtful, BOTH)
    assert (span.first, span.last, span.label.entity, span.extractor) == (1, 2, "genre", "lookup")


def test_a_lookup_does_not_speak_where_the_model_is_sure() -> None:
    text = "play it"
    assert merge(specification(), text, words_of(text), Tagged((), np.array([0.99, 0.99])), BOTH) == ()


def test_a_lookup_completes_a_span_that_the_model_cut_short() -> None:
    text = "watch the thing now"
    part = Tagged((Span(2, 2, Label("title"), 0.8),), np.array([0.9, 0.5, 0.1, 0.9]))
    (span,) = merge(specification(), text, words_of(text), part, BOTH)
    assert (span.first, span.last, span.label.entity) == (1, 2, "title")


@pytest.mark.parametrize(("confidence", "entity"), [(0.4, "genre"), (0.9, "title")])
def test_a_lookup_wins_over_another_entity_only_where_the_model_is_unsure(confidence: float, entity: str) -> None:
    tagged = Tagged((Span(0, 0, Label("title"), confidence),), np.array([0.1]))
    (span,) = merge(specification(), "horror", [(0, 6)], tagged, BOTH)
    assert span.label.entity == entity


def test_a_pattern_finds_what_no_span_covers() -> None:
    specified = specification(regexes=[{"entity": "title", "pattern": r"\d{4}"}])
    text = "film 1984 x"
    (span,) = merge(specified, text, words_of(text), Tagged((), np.ones(3)), BOTH)
    assert (span.first, span.last, span.extractor) == (1, 1, "regex")
    assert merge(specified, text, words_of(text), Tagged((), np.ones(3)), {"genre"}) == ()
