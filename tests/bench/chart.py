"""Lines over time as an SVG image, without a library."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 860, 260, 64, 34, 30, 150
COLOURS = ("#2563eb", "#dc2626", "#059669", "#7c3aed", "#d97706")


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram; several are drawn below each other."""

    title: str
    unit: str
    lines: Sequence[Line]
    across: str = ""
    """What runs from left to right, where that is not what all panels share."""


def svg(panels: Sequence[Panel], across: str = "seconds") -> str:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT * len(panels)}" '
        'font-family="system-ui, sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate(0 {number * HEIGHT})">{_panel(panel, across)}</g>')
    return "\n".join([*parts, "</svg>\n"])


def _panel(panel: Panel, across: str) -> str:
    points = [point for line in panel.lines for point in line.points] or [(0.0, 0.0)]
    first, last = min(x for x, _ in points), max(x for x, _ in points) or 1.0
    # What begins near nothing begins at nothing.
    first = 0.0 if first < last / 4 else first
    highest = (max(y for _, y in points) or 1.0) * 1.08
    width, height, beside = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM, WIDTH - RIGHT + 8

    def format_point(x: float, y: float) -> str:
        return f"{LEFT + (x - first) / (last - first or 1.0) * width:.1f},{TOP + height - y / highest * height:.1f}"

    parts = [f'<text x="{LEFT}" y="18" font-weight="600">{escape(panel.title)}</text>']
    for step in range(5):
        y = TOP + height - step / 4 * height
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{LEFT + width}" y2="{y:.1f}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_short(highest * step / 4)}</text>')
        x, value = LEFT + step / 4 * width, first + (last - first) * step / 4
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 14}" text-anchor="middle">{_short(value)}</text>')
    parts.append(f'<text x="{beside + 12}" y="{HEIGHT - 14}" fill="#6b7280">{escape(panel.across or across)}</text>')
    parts.append(f'<text x="{beside}" y="{TOP - 8}" fill="#6b7280">{escape(panel.unit)}</text>')
    for number, line in enumerate(panel.lines):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(format_point(x, y) for x, y in line.points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        parts.append(f'<text x="{beside}" y="{TOP + 14 + 16 * number}" fill="{colour}">{escape(line.name)}</text>')
    return "".join(parts)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
