"""The report page: one HTML file that holds its figures, to be opened or sent."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from model_artifacts.evaluation.cases import Case
from model_artifacts.evaluation.scores import describe_span
from model_artifacts.training.nlu.evaluation import Span

SHOWN = 40


def render_page(report: Mapping[str, Any], images: Mapping[str, bytes], cases: Sequence[Case]) -> str:
    """The report as HTML; texts of the test set are shown, so it is as private as they are."""
    environment = Environment(
        loader=PackageLoader("model_artifacts.evaluation", "templates"), autoescape=select_autoescape(default=True)
    )
    wrong = sorted((case for case in cases if not case.right), key=lambda case: -case.confidence)
    spans = [case for case in cases if case.judged.example.marked and not case.judged.right_entities]
    return environment.get_template("report.html").render(
        report=report,
        images={name: base64.b64encode(image).decode() for name, image in images.items()},
        wrong=[_write_row(case) for case in wrong[:SHOWN]],
        wrong_total=len(wrong),
        spans=[_compare_spans(case) for case in spans[:SHOWN]],
        spans_total=len(spans),
        slowest=[_write_row(case) for case in sorted(cases, key=lambda case: -case.milliseconds)[:10]],
    )


def _write_row(case: Case) -> dict[str, Any]:
    return {
        "text": _shorten(case.text),
        "place": case.judged.example.place,
        "expected": case.expected,
        "got": case.judged.intent,
        "likely": case.likely,
        "confidence": case.confidence,
        "pieces": case.pieces,
        "milliseconds": case.milliseconds,
    }


def _compare_spans(case: Case) -> dict[str, Any]:
    gold, found = case.judged.gold_spans, case.judged.predicted_spans
    wrong = _list_words(case, found - gold)
    if not all(case.judged.values):
        wrong += [f"{entity}: {value!r} as its value" for entity, value in case.judged.wrong_values]
    return {
        "text": _shorten(case.text),
        "place": case.judged.example.place,
        "missed": _list_words(case, gold - found),
        "wrong": wrong,
    }


def _list_words(case: Case, spans: set[Span]) -> list[str]:
    return [describe_span(case.text, span) for span in sorted(spans, key=lambda span: span[1:])]


def _shorten(text: str) -> str:
    return text if len(text) <= 160 else text[:159] + "…"
