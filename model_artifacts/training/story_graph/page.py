"""The graph as one HTML file: dragged and zoomed, searched, with how often each rule and story decided."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

from shared.events.wire import JSON

TEMPLATE = Path(__file__).with_name("page.html")


def count_decisions(turns: Iterable[Mapping[str, JSON]]) -> Counter[str]:
    """How often each rule and story decided in these turns, by its name and place."""
    return Counter(str(note["source"]) for turn in turns for note in turn.get("decided_by", ()) if note.get("source"))


def write_page(title: str, svg: str, names: Iterable[str], counts: Mapping[str, int]) -> str:
    """The page; `names` are all rules and stories as `counts` names them."""
    listed = [[name, counts.get(name, 0)] for name in names]
    reached = sum(1 for _, count in listed if count)
    coverage = f"{reached} of {len(listed)} rules and stories decided in {sum(counts.values())} stored decisions"
    # Within a script nothing may end it.
    data = json.dumps(listed, ensure_ascii=False).replace("<", "\\u003c")
    page = TEMPLATE.read_text(encoding="utf-8")
    for place, text in (("TITLE", escape(title)), ("COVERAGE", escape(coverage)), ("GRAPH", svg), ("DATA", data)):
        page = page.replace(f"<!--{place}-->", text)
    return page
