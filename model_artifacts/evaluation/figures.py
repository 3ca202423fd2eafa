"""The figures of a report as PNG images."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from model_artifacts.evaluation.cases import Case
from model_artifacts.evaluation.folds import Point
from model_artifacts.evaluation.scores import count_confusions, measure_reliability, measure_trade_off
from shared.events.meaning import ANSWERED

RIGHT, WRONG, OUTSIDE, QUIET = "#059669", "#dc2626", "#d97706", "#94a3b8"
MAIN = "#2563eb"
PAIRS = 12
SIZE = (7.2, 4.4)


def draw_figures(cases: Sequence[Case], report: Mapping[str, Any], curve: Sequence[Point]) -> dict[str, bytes]:
    """Name -> PNG; a figure that the test set has nothing for is left out."""
    drawn: dict[str, bytes | None] = {
        "confusion": _draw_confusion(cases),
        "confidence": _draw_confidence(cases),
        "reliability": _draw_reliability(cases),
        "entities": _draw_entities(report),
        "parts": _draw_parts(report),
        "threshold": _draw_threshold(cases, float(report["model"]["min_energy"])),
        "documents": _draw_documents(report.get("documents")),
        "latency": _draw_latency(cases),
        "learning_curve": _learning_curve(curve),
    }
    return {name: image for name, image in drawn.items() if image is not None}


def _draw_confusion(cases: Sequence[Case]) -> bytes | None:
    """What is taken for what, among the intents of the worst pairs."""
    pairs = count_confusions(cases)[:PAIRS]
    if not pairs:
        return None
    names = sorted({name for pair, _ in pairs for name in pair})
    place = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)))
    for case in cases:
        if case.expected in place and case.judged.intent in place:
            counts[place[case.expected], place[case.judged.intent]] += 1
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    side = 3.2 + 0.36 * len(names)

    def draw(axes: Axes) -> None:
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row in range(len(names)):
            for column in range(len(names)):
                if counts[row, column]:
                    wrong = row != column
                    colour = WRONG if wrong else "white" if shares[row, column] > 0.5 else "black"
                    axes.text(column, row, f"{counts[row, column]:.0f}", ha="center", va="center", color=colour,
                              fontsize=8, fontweight="bold" if wrong else "normal")  # fmt: skip
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor", fontsize=8)
        axes.set_yticks(range(len(names)), names, fontsize=8)
        axes.set_xlabel("understood")
        axes.set_ylabel("expected")

    return _render_png(draw, "The most confused intents", (side + 1.2, side))


def _draw_confidence(cases: Sequence[Case]) -> bytes:
    groups = [
        ("right", RIGHT, [case.confidence for case in cases if not case.outside and case.likely == case.expected]),
        ("wrong", WRONG, [case.confidence for case in cases if not case.outside and case.likely != case.expected]),
        ("out of scope", OUTSIDE, [case.confidence for case in cases if case.outside]),
    ]

    def draw(axes: Axes) -> None:
        shown = [group for group in groups if group[2]]
        axes.hist([values for _, _, values in shown], bins=np.linspace(0, 1, 21).tolist(), stacked=True,
                  color=[colour for _, colour, _ in shown],
                  label=[f"{name} ({len(values)})" for name, _, values in shown])  # fmt: skip
        axes.set_yscale("symlog", linthresh=10)
        axes.yaxis.set_major_formatter("{x:.0f}")
        axes.set_xlabel("confidence of the best intent")
        axes.set_ylabel("examples")
        axes.legend(loc="upper left", frameon=False)

    return _render_png(draw, "Confidence of what is right, wrong and out of scope")


def _draw_reliability(cases: Sequence[Case]) -> bytes | None:
    bins = measure_reliability(cases)
    if not bins:
        return None

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=QUIET, linestyle="--", label="honest")
        means, right, counts = zip(*bins, strict=True)
        axes.plot(means, right, color=MAIN, zorder=2)
        axes.scatter(means, right, s=[12 + 160 * count / max(counts) for count in counts], color=MAIN, zorder=3)
        for mean, share, count in bins:
            axes.annotate(str(count), (mean, share), textcoords="offset points", xytext=(7, -11), fontsize=8)
        axes.set_xlim(0, 1.02)
        axes.set_ylim(0, 1.05)
        axes.set_xlabel("mean confidence")
        axes.set_ylabel("share that is right")
        axes.legend(loc="lower right", frameon=False)

    return _render_png(draw, "Reliability (numbers: examples in each tenth)")


def _draw_entities(report: Mapping[str, Any]) -> bytes | None:
    entities = {name: row for name, row in report["entities"].items() if row["support"]}
    if not entities:
        return None
    names = sorted(entities, key=lambda name: entities[name]["f1"])

    def draw(axes: Axes) -> None:
        scores = [entities[name]["f1"] for name in names]
        axes.barh(names, scores, color=MAIN, height=0.7)
        for row, name in enumerate(names):
            label = f"{entities[name]['f1']:.2f}  ({entities[name]['support']})"
            axes.text(entities[name]["f1"] + 0.01, row, label, va="center", fontsize=8)
        axes.set_xlim(0, 1.18)
        axes.tick_params(axis="y", labelsize=8)
        axes.set_xlabel("F1 of exact spans (examples)")

    return _render_png(draw, "Entities", (SIZE[0], 1.4 + 0.26 * len(names)))


def _draw_parts(report: Mapping[str, Any]) -> bytes | None:
    """What is wholly right in each part of the test and each harder form, by both bundles where two are compared."""
    parts, comparison = report["slices"], report.get("comparison")
    if not parts:
        return None
    names = list(parts)[::-1]
    rows = np.arange(len(names))

    def draw(axes: Axes) -> None:
        height = 0.38 if comparison else 0.7
        shift = height / 2 if comparison else 0.0
        axes.barh(rows + shift, [parts[name]["sentence_accuracy"] for name in names], height, color=MAIN, label="this")
        if comparison:
            other = [comparison["slices"][name]["sentence_accuracy"] for name in names]
            axes.barh(rows - shift, other, height, color=QUIET, label="other")
        for row, name in zip(rows, names, strict=True):
            if comparison is None or not comparison["differences"][name]["sure"]:
                continue
            difference = comparison["differences"][name]["difference"]
            best = max(side[name]["sentence_accuracy"] for side in (parts, comparison["slices"]))
            colour = RIGHT if difference > 0 else WRONG
            axes.text(best + 0.01, float(row), f"{100 * difference:+.1f}", va="center", fontsize=8, color=colour)
        axes.set_yticks(rows, [f"{name} ({parts[name]['examples']})" for name in names], fontsize=8)
        axes.set_xlim(0, 1.1)
        axes.set_xlabel("intent and all entities right" + ("; in points: sure differences" if comparison else ""))
        if comparison:
            axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncol=2, frameon=False, fontsize=8)

    return _render_png(draw, "Parts and harder forms", (SIZE[0], 1.4 + (0.36 if comparison else 0.26) * len(names)))


def _draw_threshold(cases: Sequence[Case], chosen: float) -> bytes | None:
    points = measure_trade_off(cases)
    if not points:
        return None

    def draw(axes: Axes) -> None:
        axes.plot([inside for _, inside, _ in points], [outside for _, _, outside in points], color=MAIN)
        _, inside, outside = min(points, key=lambda point: abs(point[0] - chosen))
        axes.scatter(
            [inside], [outside], color=WRONG, zorder=3, label=f"chosen on validation: {inside:.3f}, {outside:.3f}"
        )
        axes.set_xlabel("accuracy in scope, what is refused being wrong")
        axes.set_ylabel("recall out of scope")
        axes.legend(loc="lower left", frameon=False)

    return _render_png(draw, "What each threshold of the energy costs and brings")


def _draw_documents(documents: Mapping[str, Any] | None) -> bytes | None:
    """What the documents' gate refuses, by the confidence from which a passage is an answer."""
    if not documents:
        return None
    levels = [point["confidence"] for point in documents["points"]]

    def draw(axes: Axes) -> None:
        for name, colour, label in (
            ("others_refused", RIGHT, f"not in the documents ({documents['others']})"),
            ("answerable_refused", WRONG, f"answerable ({documents['answerable']})"),
        ):
            axes.plot(levels, [point[name] for point in documents["points"]], color=colour, label=label)
        axes.axvline(ANSWERED, color=QUIET, linestyle="--", label="the gate")
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("confidence from which a passage is the answer")
        axes.set_ylabel("share of the questions that is refused")
        axes.legend(loc="center right", frameon=False)

    return _render_png(draw, "Questions to the documents: what is refused")


def _draw_latency(cases: Sequence[Case]) -> bytes:
    def draw(axes: Axes) -> None:
        axes.scatter([case.pieces for case in cases], [case.milliseconds for case in cases], s=9, color=MAIN, alpha=0.4)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("pieces of the text")
        axes.set_ylabel("CPU milliseconds")

    return _render_png(draw, "Time of understanding a text")


def _learning_curve(curve: Sequence[Point]) -> bytes | None:
    if len(curve) < 2:
        return None

    def draw(axes: Axes) -> None:
        sizes = [point.examples for point in curve]
        axes.plot(sizes, [point.intent_accuracy for point in curve], color=MAIN, marker="o", label="intents, accuracy")
        if any(point.entity_f1 is not None for point in curve):
            f1 = [np.nan if point.entity_f1 is None else point.entity_f1 for point in curve]
            axes.plot(sizes, f1, color=OUTSIDE, marker="o", label="entities, F1")
        axes.set_xlabel("examples learned")
        axes.legend(loc="lower right", frameon=False)

    return _render_png(draw, "Learning curve")


def _render_png(draw: Callable[[Axes], None], title: str, size: tuple[float, float] = SIZE) -> bytes:
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    draw(axes)
    axes.set_title(title, fontsize=11, loc="left")
    image = BytesIO()
    figure.savefig(image, format="png", dpi=120)
    return image.getvalue()
