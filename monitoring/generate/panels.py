"""The parts that Grafana dashboards are made of, as plain JSON values."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
"""Chosen at the top of the dashboard, so that it works beside whatever Prometheus a Grafana has."""
WIDTH = 24
"""Grafana's grid has so many columns."""
SCHEMA_VERSION = 39

Kind = Literal["timeseries", "stat", "table", "bargauge", "heatmap", "text"]
_OURS = re.compile(r"\b(parley[_:][a-z0-9_:]+|ALERTS|kn_serving_[a-z_]+)\b(?:\{([^}]*)\})?(?![\w:(])")


@dataclass(frozen=True, slots=True)
class Query:
    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    kind: Kind
    queries: tuple[Query, ...]
    about: str
    """What the panel says, for the reader who hovers over it."""
    unit: str = "short"
    width: int = 12
    height: int = 8
    stacked: bool = False
    maximum: float | None = None
    text: str = ""
    """Markdown, of a panel of the kind text."""
    link: str = ""
    """Where a value leads, with Grafana's `${__data.fields...}` in it."""


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice at the top of the dashboard."""

    name: str
    label: str
    query: str


NAMESPACE = Variable("namespace", "Namespace", "label_values(parley_turn_outcomes_total, namespace)")


def derive_panel_id(title: str) -> int:
    """A panel's number, from its title alone: what links to it goes on doing so when others come and go."""
    return zlib.crc32(title.encode()) % 1_000_000


def narrow_namespaces(expr: str) -> str:
    """The expression with each of Parley's series narrowed to the chosen namespaces (where nobody has any: all)."""

    def narrowed(found: re.Match[str]) -> str:
        labels = [part for part in (found.group(2), 'namespace=~"$namespace"') if part]
        return f"{found.group(1)}{{{','.join(labels)}}}"

    return _OURS.sub(narrowed, expr)


def build_dashboard(
    uid: str, title: str, about: str, variables: Sequence[Variable], rows: Sequence[Row]
) -> dict[str, Any]:
    """The dashboard, with a choice of data source and namespace; the same rows give the same JSON."""
    panels: list[dict[str, Any]] = []
    top = 0
    for row in rows:
        panels.append(_build_row(derive_panel_id(f"row: {row.title}"), row.title, top))
        top += 1
        left = height = 0
        for panel in row.panels:
            if left + panel.width > WIDTH:
                left, top, height = 0, top + height, 0
            panels.append(_build_panel(derive_panel_id(panel.title), panel, left, top))
            left, height = left + panel.width, max(height, panel.height)
        top += height
    return {
        "uid": uid,
        "title": title,
        "description": about,
        "tags": ["parley"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timezone": "browser",
        "links": [
            {
                **_build_link("Parley", ""),
                "type": "dashboards",
                "tags": ["parley"],
                "includeVars": True,
                "keepTime": True,
            }
        ],
        "annotations": {"list": []},
        "templating": {"list": [_SOURCE, *(_build_variable(variable) for variable in (NAMESPACE, *variables))]},
        "panels": panels,
    }


def _build_link(title: str, url: str) -> dict[str, Any]:
    return {
        "asDropdown": False,
        "icon": "external link",
        "includeVars": False,
        "keepTime": False,
        "tags": [],
        "targetBlank": False,
        "title": title,
        "tooltip": "",
        "type": "link",
        "url": url,
    }


def _build_row(number: int, title: str, top: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": "row",
        "title": title,
        "collapsed": False,
        "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1},
        "panels": [],
    }


def _build_panel(number: int, panel: Panel, left: int, top: int) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "custom": _build_custom(panel)}
    if panel.unit == "short" and panel.kind in ("stat", "bargauge", "table"):
        # `increase` makes fractions of counts.
        defaults["decimals"] = 0
    if panel.link:
        defaults["links"] = [_build_link("Open", panel.link)]
    if panel.unit == "percentunit":
        defaults["min"] = 0
    if panel.maximum is not None:
        defaults["max"] = panel.maximum
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": DATASOURCE,
        "gridPos": {"x": left, "y": top, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _build_options(panel.kind) | ({"content": panel.text} if panel.kind == "text" else {}),
        "targets": [
            _build_target(chr(ord("A") + index), query, panel.kind) for index, query in enumerate(panel.queries)
        ],
        **({"transformations": _TABLE} if panel.kind == "table" else {}),
    }


def _build_target(ref: str, query: Query, kind: Kind) -> dict[str, Any]:
    now = kind in ("stat", "table", "bargauge")
    return {
        "refId": ref,
        "datasource": DATASOURCE,
        "expr": narrow_namespaces(query.expr),
        "legendFormat": query.legend or "__auto",
        "editorMode": "code",
        "instant": now,
        "range": not now,
        "exemplar": kind == "timeseries" and "_bucket" in query.expr,
        "format": {"table": "table", "heatmap": "heatmap"}.get(kind, "time_series"),
    }


def _build_custom(panel: Panel) -> dict[str, Any]:
    if panel.kind == "table":
        return {"align": "auto", "inspect": False}
    if panel.kind != "timeseries":
        return {}
    return {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 30 if panel.stacked else 8,
        "showPoints": "never",
        "spanNulls": True,
        "stacking": {"group": "A", "mode": "normal" if panel.stacked else "none"},
    }


_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_TABLE = [{"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": {}}}]


def _build_options(kind: Kind) -> dict[str, Any]:
    match kind:
        case "timeseries":
            return {
                "legend": {"calcs": ["mean", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }
        case "stat":
            return {
                "colorMode": "value",
                "graphMode": "none",
                "justifyMode": "auto",
                "orientation": "auto",
                "reduceOptions": _LAST,
                "textMode": "auto",
                "wideLayout": True,
                "showPercentChange": False,
                "percentChangeColorMode": "standard",
            }
        case "bargauge":
            return {
                "displayMode": "basic",
                "orientation": "horizontal",
                "reduceOptions": _LAST,
                "showUnfilled": True,
                "valueMode": "color",
                "namePlacement": "auto",
                "sizing": "auto",
                "minVizWidth": 8,
                "minVizHeight": 16,
                "maxVizHeight": 300,
                "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False},
            }
        case "text":
            return {"mode": "markdown"}
        case "table":
            return {"cellHeight": "sm", "frameIndex": 0, "showHeader": True}
        case "heatmap":
            return {
                "calculate": False,
                "cellGap": 1,
                "color": {
                    "mode": "scheme",
                    "scheme": "Oranges",
                    "fill": "dark-orange",
                    "exponent": 0.5,
                    "steps": 64,
                    "reverse": False,
                },
                "yAxis": {"axisPlacement": "left"},
                "showValue": "never",
                "legend": {"show": True},
                "tooltip": {"mode": "single"},
                "exemplars": {"color": "rgba(255,0,255,0.7)"},
            }


_SOURCE: dict[str, Any] = {
    "type": "datasource",
    "name": "datasource",
    "label": "Data source",
    "query": "prometheus",
    "current": {"selected": False, "text": "default", "value": "default"},
    "hide": 0,
    "includeAll": False,
    "multi": False,
    "options": [],
    "refresh": 1,
    "regex": "",
    "skipUrlSync": False,
}


def _build_variable(variable: Variable) -> dict[str, Any]:
    return {
        "type": "query",
        "name": variable.name,
        "label": variable.label,
        "datasource": DATASOURCE,
        "query": variable.query,
        "definition": variable.query,
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "sort": 1,
        "hide": 0,
        "skipUrlSync": False,
        "regex": "",
        "options": [],
    }
