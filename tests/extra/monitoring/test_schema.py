"""Every dashboard is what Grafana's published schemas say of dashboards, panels and Prometheus queries."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema
import pytest

from monitoring.generate.dashboards import build_dashboards
from tests.extra.material import material

DASHBOARDS = build_dashboards()


@cache
def schema(name: str) -> dict[str, Any]:
    return dict(json.loads(material("grafana-schema", f"{name}.jsonschema.json").read_text()))


def mistakes(value: Any, schema_name: str, definition: str | None = None) -> list[str]:
    """What the schema, or one definition of it, finds wrong."""
    whole = schema(schema_name)
    asked = {**whole, "$ref": f"#/definitions/{definition}"} if definition else whole
    found: Iterator[Any] = jsonschema.Draft7Validator(asked).iter_errors(value)
    return [f"{error.json_path}: {error.message[:300]}" for error in found]


def panels() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{name}: {panel['title']}", panel)
        for name, dashboard in DASHBOARDS.items()
        for panel in dashboard["panels"]
        if panel["type"] != "row"
    ]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_valid(name: str) -> None:
    assert mistakes(DASHBOARDS[name], "dashboard") == []


@pytest.mark.parametrize(("name", "panel"), panels(), ids=[name for name, _ in panels()])
def test_a_panel_its_options_and_its_queries_are_valid(name: str, panel: dict[str, Any]) -> None:
    assert mistakes(panel, "dashboard", "Panel") == []
    assert mistakes(panel["options"], panel["type"], "Options") == []
    if "FieldConfig" in schema(panel["type"])["definitions"]:
        assert mistakes(panel["fieldConfig"]["defaults"]["custom"], panel["type"], "FieldConfig") == []
    for target in panel["targets"]:
        assert mistakes(target, "prometheus") == []


def test_the_schemas_do_find_mistakes() -> None:
    _, panel = panels()[0]
    assert mistakes({**panel, "gridPos": {"x": "left"}}, "dashboard", "Panel")
    assert mistakes({**panel["options"], "colourMode": "value"}, panel["type"], "Options")
    assert mistakes({"refId": "A"}, "prometheus")
