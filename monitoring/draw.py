"""Draws the dashboards as images, from a Prometheus: python -m monitoring.draw --prometheus http://localhost:9090

Each panel's own query is asked, as Grafana asks it, and drawn in the place that the dashboard gives it. No Grafana is
needed; what Grafana adds (colours, legends as tables, links) is not shown.
"""

import argparse
import json
import math
import re
import sys
import textwrap
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from monitoring.generate.dashboards import build_dashboards

POINTS = 240
COLUMN, ROW = 0.62, 0.42
"""Inches of a column and a row of Grafana's grid."""
UNITS = {"percentunit": (100, " %"), "s": (1, " s"), "bytes": (1 / 2**20, " MB"), "reqps": (1, "/s"), "short": (1, "")}


@dataclass(frozen=True, slots=True)
class Asked:
    """A Prometheus, and the time that is looked at."""

    url: str
    end: float
    seconds: float

    @property
    def step(self) -> float:
        return max(1.0, self.seconds / POINTS)

    def ask(self, expr: str, *, now: bool) -> list[dict[str, Any]]:
        """The series of an expression, over the time or at its end."""
        # As Grafana does: at least four scrapes, so that a rate has something to be made of.
        window = f"{max(60, round(4 * self.step))}s"
        for name, value in (("$__rate_interval", window), ("$__range", f"{round(self.seconds)}s")):
            expr = expr.replace(name, value)
        expr = re.sub(r"\$\w+", ".*", expr)
        query: dict[str, Any] = (
            {"query": expr, "time": self.end}
            if now
            else {"query": expr, "start": self.end - self.seconds, "end": self.end, "step": self.step}
        )
        place = f"{self.url.rstrip('/')}/api/v1/{'query' if now else 'query_range'}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(place, timeout=60) as answer:  # noqa: S310 - main checks the address
            found: list[dict[str, Any]] = json.load(answer)["data"]["result"]
        return found


def draw_dashboard(dashboard: Mapping[str, Any], asked: Asked) -> Figure:
    """The dashboard as one image."""
    panels = dashboard["panels"]
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    figure = Figure(figsize=(24 * COLUMN, height * ROW + 0.6), facecolor="white", dpi=90)
    total = height + 0.6 / ROW
    figure.text(0.01, 1 - 0.3 / (total * ROW), dashboard["title"], fontsize=13, weight="bold", va="center")
    for panel in panels:
        place = panel["gridPos"]
        left, top = place["x"] / 24, 1 - (place["y"] + 0.6 / ROW) / total
        width, tall = place["w"] / 24, place["h"] / total
        if panel["type"] == "row":
            figure.text(
                left + 0.01, top - tall / 2, panel["title"], fontsize=11, weight="bold", va="center", color="#345"
            )
            continue
        # The names of bars stand beside them.
        margin = 0.16 if panel["type"] == "bargauge" else 0.045
        axes = figure.add_axes(
            (left + margin, top - tall + 1.5 / total, width - margin - 0.02, tall - 3.0 / total)
            if panel["type"] != "stat"
            else (left + 0.01, top - tall + 0.3 / total, width - 0.02, tall - 1.3 / total)
        )
        axes.set_title(panel["title"], fontsize=9, loc="left", pad=4)
        _draw_panel(axes, panel, asked)
    return figure


def _draw_panel(axes: Axes, panel: Mapping[str, Any], asked: Asked) -> None:
    if panel["type"] == "text":
        axes.axis("off")
        wrapped = textwrap.fill(" ".join(panel["options"]["content"].split()), round(panel["gridPos"]["w"] * 9.5))
        axes.text(0.0, 0.98, wrapped, fontsize=7, va="top", transform=axes.transAxes)
        return
    decimals = panel["fieldConfig"]["defaults"].get("decimals")
    factor, unit = UNITS[panel["fieldConfig"]["defaults"].get("unit", "short")]
    axes.tick_params(labelsize=7)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    series = [
        (_name(target["legendFormat"], found["metric"]), found)
        for target in panel["targets"]
        for found in asked.ask(target["expr"], now=target["instant"])
    ]
    if not series:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no data", ha="center", va="center", color="#a33", transform=axes.transAxes)
        return
    match panel["type"]:
        case "stat":
            axes.axis("off")
            value = float(series[0][1]["value"][1]) * factor
            text = f"{_format_number(value, decimals)}{unit}" if math.isfinite(value) else "–"
            axes.text(0.02, 0.45, text, fontsize=19, va="center", transform=axes.transAxes)
        case "bargauge":
            rows = sorted(((float(found["value"][1]) * factor, name) for name, found in series), reverse=True)[:15]
            bars = axes.barh(
                [_cut(name, 40) for _, name in rows][::-1], [value for value, _ in rows][::-1], color="#4a78c4"
            )
            axes.bar_label(bars, [_format_number(value, decimals) for value, _ in rows][::-1], fontsize=6.5, padding=2)
        case "table":
            _draw_table(axes, series, factor, decimals, panel["gridPos"]["w"])
        case "heatmap":
            _draw_heatmap(axes, series, asked)
        case _:
            _draw_lines(axes, panel, series, asked, factor)
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}{unit}"))


def _draw_lines(
    axes: Axes, panel: Mapping[str, Any], series: Sequence[tuple[str, Any]], asked: Asked, factor: float
) -> None:
    begin = asked.end - asked.seconds
    stacked = panel["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"] == "normal"
    base: dict[float, float] = {}
    for name, found in series:
        points = [(float(at) - begin, float(value) * factor) for at, value in found["values"]]
        points = [(at, value) for at, value in points if math.isfinite(value)]
        if not points:
            continue
        times = [at / 60 for at, _ in points]
        if stacked:
            low = [base.get(at, 0.0) for at, _ in points]
            high = [below + value for below, (_, value) in zip(low, points, strict=True)]
            axes.fill_between(times, low, high, alpha=0.6, linewidth=0, label=name)
            base |= {at: value for (at, _), value in zip(points, high, strict=True)}
        else:
            axes.plot(times, [value for _, value in points], linewidth=1.2, label=name)
    axes.set_xlim(0, asked.seconds / 60)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.grid(axis="y", linewidth=0.3)
    axes.set_xlabel("minutes", fontsize=7, labelpad=1)
    if names := axes.get_legend_handles_labels()[1]:
        # No line runs through its names.
        bottom, top = axes.get_ylim()
        inches = axes.get_window_extent().height / axes.figure.dpi
        taken = min(0.6, (0.06 + 0.125 * math.ceil(len(names) / 2)) / inches)
        axes.set_ylim(bottom, bottom + (top - bottom) / (1 - taken))
        axes.legend(fontsize=6, loc="upper left", frameon=False, ncols=2)


def _format_number(value: float, decimals: int | None) -> str:
    return f"{value:.3g}" if decimals is None else f"{value:,.{decimals}f}"


def _draw_table(
    axes: Axes, series: Sequence[tuple[str, Any]], factor: float, decimals: int | None, columns: int
) -> None:
    """The rows, the largest first; what is too long for its column is cut."""
    axes.axis("off")
    names = sorted({name for _, found in series for name in found["metric"]})
    ordered = sorted(series, key=lambda one: -float(one[1]["value"][1]))
    rows = [
        [
            *(found["metric"].get(label, "") for label in names),
            _format_number(float(found["value"][1]) * factor, decimals),
            name,
        ]
        for name, found in ordered
    ][:12]
    heads = [*names, "value", "query"]
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    room = columns * 8
    while sum(widths) > room and max(widths) > 8:
        widths[widths.index(max(widths))] -= 1
    cells = [[_cut(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows]
    shares = [(width + 1) / max(room, sum(widths) + len(widths)) for width in widths]
    # The height of a line is the same, however many there are.
    table = axes.table(
        cellText=cells, colLabels=heads, colWidths=shares, loc="upper left", cellLoc="left", edges="horizontal"
    )
    table.auto_set_font_size(False)
    table.set_fontsize(6.5)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(1, width - 1)]}…"


def _draw_heatmap(axes: Axes, series: Sequence[tuple[str, Any]], asked: Asked) -> None:
    """Numbers per bucket over time; the buckets come cumulated."""
    bounds = sorted({float(found["metric"]["le"].replace("+Inf", "inf")) for _, found in series})
    begin = asked.end - asked.seconds
    columns = round(asked.seconds / asked.step) + 1
    grid = [[0.0] * columns for _ in bounds]
    for _, found in series:
        row = bounds.index(float(found["metric"]["le"].replace("+Inf", "inf")))
        for at, value in found["values"]:
            column = min(columns - 1, max(0, round((float(at) - begin) / asked.step)))
            grid[row][column] += float(value) if math.isfinite(float(value)) else 0.0
    cells = [
        [max(0.0, value - (grid[row - 1][column] if row else 0.0)) for column, value in enumerate(line)]
        for row, line in enumerate(grid)
    ]
    axes.imshow(cells, aspect="auto", origin="lower", cmap="Oranges", extent=(0, asked.seconds / 60, 0, len(bounds)))
    axes.set_yticks(range(len(bounds)), [f"{bound:g}" for bound in bounds], fontsize=6)
    axes.set_xlabel("minutes", fontsize=7, labelpad=1)


def _name(legend: str, labels: Mapping[str, str]) -> str:
    if legend == "__auto":
        return ", ".join(value for name, value in labels.items() if name != "__name__")
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found.group(1), ""), legend)


def draw(url: str, out: Path, seconds: float, end: float | None = None) -> list[Path]:
    """All dashboards as PNG files."""
    out.mkdir(parents=True, exist_ok=True)
    asked = Asked(url, end or time.time(), seconds)
    written = []
    for name, dashboard in build_dashboards().items():
        written.append(out / f"{name}.png")
        draw_dashboard(dashboard, asked).savefig(written[-1])
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m monitoring.draw", description=__doc__)
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090")
    parser.add_argument("--minutes", type=float, default=60.0, help="how far back")
    parser.add_argument("--out", type=Path, default=Path("out/dashboards"))
    options = parser.parse_args(arguments)
    if not options.prometheus.startswith(("http://", "https://")):
        parser.error("--prometheus is an address such as http://127.0.0.1:9090")
    try:
        for path in draw(options.prometheus, options.out, options.minutes * 60):
            print(path)
    except (urllib.error.URLError, OSError) as exc:
        print(f"parley: Prometheus at {options.prometheus} does not answer: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
