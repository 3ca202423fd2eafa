"""The drawing of rules and stories: every step and name is in it, what begins alike is drawn once, nothing overlaps."""

import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import pytest

from model_artifacts.training.story_graph.__main__ import draw_graph, main
from model_artifacts.training.story_graph.page import count_decisions, write_page
from tests.architecture.code import ROOT
from tests.unit.dialogue.talking import write_project

SVG = "{http://www.w3.org/2000/svg}"
DOMAIN = """\
version: "3.1"
intents: [greet, bye, leave, book]
entities: [city]
slots:
  place: {type: text, mappings: [{type: from_text, conditions: [{active_loop: trip_form}]}]}
forms:
  trip_form: {required_slots: [place]}
responses:
  utter_greet: [{text: Hello}]
  utter_bye: [{text: Bye}]
  utter_ask_place: [{text: Where to?}]
"""
RULES = """\
rules:
- rule: hello <&> welcome
  steps: [{intent: greet}, {action: utter_greet}]
- rule: book
  steps: [{intent: book}, {action: trip_form}, {active_loop: trip_form}]
- rule: booked
  condition: [{active_loop: trip_form}]
  steps: [{action: trip_form}, {active_loop: null}]
  wait_for_user_input: false
"""
STORIES = """\
stories:
- story: short
  steps: [{intent: greet}, {action: utter_greet}, {intent: bye}, {action: utter_bye}]
- story: longer
  steps:
  - intent: greet
  - action: utter_greet
  - or: [{intent: bye}, {intent: leave}]
  - action: utter_bye
"""


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in xml.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own text


@pytest.fixture
def svg(tmp_path: Path) -> str:
    return draw_graph(write_project(tmp_path / "bot", domain=DOMAIN, rules=RULES, stories=STORIES))


def test_rules_and_stories_are_named_with_their_places(svg: str) -> None:
    found = texts(svg)
    for name in (
        "Rules (3)",
        "Stories (2)",
        "hello <&> welcome  (data/rules.yml:2)",
        "booked  (data/rules.yml:6)",
        "longer  (data/stories.yml:4)",
    ):
        assert name in found


def test_steps_say_what_they_are(svg: str) -> None:
    found = texts(svg)
    for step in ("greet", "trip_form", "trip_form is active", "no form is active", "goes on", "bye | leave"):
        assert step in found


def test_what_begins_alike_is_drawn_once(svg: str) -> None:
    # Once in the rule, once for both stories.
    assert texts(svg).count("utter_greet") == 2


@pytest.mark.parametrize("name", ["default"])
def test_no_two_boxes_of_a_drawing_overlap_and_all_are_within_it(name: str) -> None:
    root = xml.fromstring(draw_graph(ROOT / "model_artifacts" / "assistants" / name))  # noqa: S314 - our own text
    rows: dict[float, list[tuple[float, float]]] = defaultdict(list)
    for group in root.iter(f"{SVG}g"):
        box = group.find(f"{SVG}rect")
        assert box is not None
        x, y, width = (float(box.get(key, "nan")) for key in ("x", "y", "width"))
        rows[y].append((x, x + width))
        assert x + width < float(root.get("width", "0"))
        assert y < float(root.get("height", "0"))
    assert len(rows) > 20
    heights = sorted(rows)
    for boxes in rows.values():
        boxes.sort()
        assert all(left[1] < right[0] for left, right in pairwise(boxes))
    for upper in heights:
        for lower in (height for height in heights if upper < height < upper + 26):
            for one in rows[upper]:
                assert not any(one[0] < other[1] and other[0] < one[1] for other in rows[lower]), (upper, lower)


def test_the_command_writes_the_file_or_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = write_project(tmp_path / "bot", domain=DOMAIN, rules=RULES)
    out = tmp_path / "out" / "stories.svg"
    assert main(["--assistant", str(project), "--out", str(out)]) == 0
    assert out.read_text().startswith("<svg ")
    write_project(project, rules=RULES.replace("utter_greet", "utter_gone"))
    assert main(["--assistant", str(project), "--out", str(out)]) == 1
    assert "there is no response 'utter_gone'" in capsys.readouterr().out


def test_the_page_tells_how_often_each_rule_decided_and_runs_nothing_that_a_name_holds(tmp_path: Path) -> None:
    project = write_project(tmp_path / "bot", domain=DOMAIN, rules=RULES)
    names = ["greet (data/rules.yml:2)", "</script><script>alert(1)</script> (data/rules.yml:9)"]
    turns: list[dict[str, Any]] = [
        {"decided_by": [{"source": names[0]}, {"source": None}]},
        {"decided_by": [{"source": names[0]}]},
    ]
    page = write_page("bot <b>", draw_graph(project), names, count_decisions(turns))
    assert "1 of 2 rules and stories decided in 2 stored decisions" in page
    assert "bot &lt;b&gt;" in page
    assert "<script>alert" not in page
    data = json.loads(page.split('id="data">', 1)[1].split("</script>", 1)[0])
    assert data == [[names[0], 2], [names[1], 0]]
