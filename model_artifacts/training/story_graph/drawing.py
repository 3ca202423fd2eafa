"""Trees of steps as one SVG: time runs to the right, what may come next stands below each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from model_artifacts.training.story_graph.tree import Kind, Node

ROW = 38
HEIGHT = 26
GAP = 34
MARGIN = 28
LETTER = 7.3
"""Width of a letter of the font below at 12 pixels, with room to spare."""
LONGEST = 40
"""Letters of a label; a longer one is cut, and shown whole by the pointer."""

STYLE: dict[Kind, tuple[str, str, str]] = {
    "message": ("#dbeafe", "#1d4ed8", "what a person says: the intent, with its entities"),
    "response": ("#f1f5f9", "#475569", "a response"),
    "action": ("#fef3c7", "#b45309", "an action of the project"),
    "form": ("#dcfce7", "#15803d", "a form"),
    "state": ("#ffffff", "#94a3b8", "what holds there: a slot, an active form"),
    "checkpoint": ("#fae8ff", "#a21caf", "a checkpoint"),
    "anything": ("#ffffff", "#64748b", "any conversation"),
}
"""Fill, line and meaning of each kind of step."""


@dataclass(slots=True)
class Placed:
    """A node with its place: the middle of its left side."""

    node: Node
    depth: int
    y: float
    after: "list[Placed]" = field(default_factory=list)


def draw(title: str, sections: Sequence[tuple[str, Node]]) -> str:
    """The SVG of these trees, one below the other, each under its heading."""
    parts: list[str] = []
    y = 118.0
    widest = 900.0
    for heading, tree in sections:
        if not tree.after:
            continue
        parts.append(f'<text class="h" x="{MARGIN}" y="{y:.0f}">{escape(heading)}</text>')
        rows = iter(range(1_000_000))
        placed = _place_node(tree, 0, rows, y + 34)
        columns = _place_columns(placed)
        parts += _draw_edges(placed, columns)
        parts += _draw_nodes(placed, columns)
        widest = max(widest, _find_right_edge(placed, columns) + MARGIN)
        y += 34 + next(rows) * ROW + 30
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{widest:.0f}" height="{y:.0f}" '
        f'viewBox="0 0 {widest:.0f} {y:.0f}" font-family="system-ui, sans-serif" font-size="12">',
        "<style>.t{font-size:20px;font-weight:600}.h{font-size:15px;font-weight:600}.e{fill:#475569;font-style:italic}"
        "path{fill:none;stroke:#94a3b8;stroke-width:1.2}</style>",
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text class="t" x="{MARGIN}" y="42">{escape(title)}</text>',
        *_draw_legend(),
    ]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"


def _place_node(node: Node, depth: int, rows: Iterator[int], top: float) -> Placed:
    after = [_place_node(child, depth + 1, rows, top) for child in node.after.values()]
    y = (after[0].y + after[-1].y) / 2 if after else top + next(rows) * ROW
    # A node with one story through it stays on that story's line; one that parts stands in the middle.
    return Placed(node, depth, y, after)


def _place_columns(top: Placed) -> list[float]:
    """Where each column begins."""
    widths: list[float] = []
    for placed in _list_all(top):
        if placed.node.kind == "end":
            # Names of stories stand in rows of their own.
            continue
        while len(widths) <= placed.depth:
            widths.append(0.0)
        widths[placed.depth] = max(widths[placed.depth], _measure_width(placed.node))
    starts = [float(MARGIN)]
    for width in widths:
        starts.append(starts[-1] + width + GAP)
    return starts


def _list_all(placed: Placed) -> Iterator[Placed]:
    yield placed
    for child in placed.after:
        yield from _list_all(child)


def _find_right_edge(top: Placed, columns: Sequence[float]) -> float:
    """Where the name that reaches furthest ends."""
    return max(
        columns[placed.depth] + _measure_width(placed.node) + 10 + len(child.node.label) * 6.6
        for placed in _list_all(top)
        for child in placed.after
        if child.node.kind == "end"
    )


def _measure_width(node: Node) -> float:
    return len(_cut(node.label)) * LETTER + 22


def _cut(label: str) -> str:
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"


def _draw_edges(top: Placed, columns: Sequence[float]) -> Iterator[str]:
    for placed in _list_all(top):
        x = columns[placed.depth] + _measure_width(placed.node)
        for child in placed.after:
            if child.node.kind == "end":
                continue
            to = columns[child.depth]
            turn = to - GAP / 2
            yield (
                f'<path d="M{x:.0f} {placed.y:.1f} H{turn - GAP / 2:.0f} '
                f'C{turn:.0f} {placed.y:.1f} {turn:.0f} {child.y:.1f} {to:.0f} {child.y:.1f}"/>'
            )


def _draw_nodes(top: Placed, columns: Sequence[float]) -> Iterator[str]:
    for placed in _list_all(top):
        node = placed.node
        if node.kind == "end":
            continue
        # A story's name follows its last step at once, wherever the column ends.
        x = columns[placed.depth]
        fill, line, _ = STYLE[node.kind]
        width = _measure_width(node)
        radius = HEIGHT / 2 if node.kind == "message" else 5
        dashes = ' stroke-dasharray="4 3"' if node.kind in ("state", "anything", "checkpoint") else ""
        label = _cut(node.label)
        whole = f"<title>{escape(node.label)}</title>" if label != node.label else ""
        yield (
            f'<g>{whole}<rect x="{x:.0f}" y="{placed.y - HEIGHT / 2:.1f}" width="{width:.0f}" height="{HEIGHT}" '
            f'rx="{radius:.0f}" fill="{fill}" stroke="{line}"{dashes}/>'
            f'<text x="{x + width / 2:.0f}" y="{placed.y + 4:.1f}" text-anchor="middle">{escape(label)}</text></g>'
        )
        for child in placed.after:
            if child.node.kind == "end":
                name = escape(child.node.label)
                yield f'<text class="e" x="{x + width + 10:.0f}" y="{child.y + 4:.1f}">{name}</text>'


def _draw_legend() -> Iterator[str]:
    x = float(MARGIN)
    for kind, (fill, line, meaning) in STYLE.items():
        radius = 9 if kind == "message" else 3
        dashes = ' stroke-dasharray="4 3"' if kind in ("state", "anything", "checkpoint") else ""
        yield (
            f'<rect x="{x:.0f}" y="62" width="26" height="18" rx="{radius}" fill="{fill}" stroke="{line}"{dashes}/>'
            f'<text x="{x + 32:.0f}" y="75">{escape(meaning)}</text>'
        )
        x += 32 + len(meaning) * 6.4 + 18
