"""Projects of Rasa 1.x and 2.x: they are recognised, rewritten where that is safe, and the page lists what changed."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml

from model_artifacts.training.importing.__main__ import import_project
from model_artifacts.training.importing.page import render_page
from shared.errors import Rejected

ONE = {
    "domain.yml": """
        intents:
        - greet
        - order
        - help: {triggers: action_help}
        entities: [drink]
        slots:
          drink: {type: text}
          note: {type: unfeaturized}
        templates:
          utter_greet: ["Welcome to the bar", {text: Hello}]
          utter_drink: [{text: "One {drink}."}]
        actions: [utter_greet, utter_drink, action_help]
    """,
    "config.yml": """
        language: en
        pipeline: supervised_embeddings
        policies:
        - name: MemoizationPolicy
        - name: KerasPolicy
        - name: MappingPolicy
        - name: FallbackPolicy
          nlu_threshold: 0.4
          fallback_action_name: utter_greet
    """,
    "data/nlu.md": """
        ## intent:greet
        - hello there
        - good evening
        <!-- nobody says this -->
        ## intent:order
        - a [tea](drink) please
        - bring me [pop](drink:lemonade)
        ## intent:help
        - what can I do
        ## synonym:lemonade
        - fizzy lemon
        ## lookup:drink
          data/drinks.txt
    """,
    "data/drinks.txt": "cocoa\nmilk\n",
    "data/stories.md": """
        ## says hello
        * greet
          - utter_greet
        ## orders
        > began
        * order{"drink": "tea"} OR order
          - slot{"drink": "tea"}
          - utter_drink
    """,
    "tests/conversation_tests.md": """
        ## one
        * greet: hello there
          - utter_greet
    """,
}
TWO = {
    "domain.yml": """
        version: "2.0"
        intents: [greet, book, inform]
        entities: [town, day]
        slots:
          town: {type: text, influence_conversation: false}
          day: {type: text, auto_fill: false}
          nights: {type: any}
        forms:
          stay_form:
            ignored_intents: [greet]
            required_slots:
              town: [{type: from_entity, entity: town}]
              nights: [{type: from_text, not_intent: [greet]}]
        responses:
          utter_greet: [{text: Hello}]
          utter_ask_town: [{text: Where?}]
          utter_ask_nights: [{text: How long?}]
    """,
    "config.yml": "language: en\npolicies:\n- name: RulePolicy\n",
    "data/rules.yml": """
        version: "2.0"
        rules:
        - rule: greet
          steps: [{intent: greet}, {action: utter_greet}]
        - rule: book
          steps: [{intent: book}, {action: stay_form}, {active_loop: stay_form}]
    """,
    "data/nlu.yml": """
        version: "2.0"
        nlu:
        - intent: greet
          examples: |
            - hello
        - intent: book
          examples: |
            - a room in [Rome](town)
        - intent: inform
          examples: |
            - in [Bonn](town)
    """,
}


def bring(tmp_path: Path, files: dict[str, str]) -> tuple[Path, str]:
    for name, text in files.items():
        path = tmp_path / "old" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    (tmp_path / "here").mkdir()
    imported = import_project(tmp_path / "old", "bar", tmp_path / "here")
    return tmp_path / "here" / "bar", " ".join(render_page(imported).split())


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_a_project_of_1_x_is_rewritten_and_compiles(tmp_path: Path) -> None:
    bar, page = bring(tmp_path, ONE)
    assert page.index("It was a project of Rasa 1.x") < page.index("It has")
    assert "data/nlu.md: the examples in Markdown are YAML now, in data/nlu.yml" in page
    assert "`templates:` is `responses:` now" in page
    assert "6 examples" not in page
    assert "5 examples, 3 intents, 1 entity, 2 slots, 2 responses" in page
    assert "1 test story" in page
    assert not list(bar.rglob("*.md"))
    nlu = (bar / "data" / "nlu.yml").read_text()
    assert '[pop]{"entity": "drink", "value": "lemonade"}' in nlu
    assert "    - cocoa" in nlu
    assert read(bar / "data" / "migrated_rules.yml")["rules"] == [
        {"rule": "help triggers action_help", "steps": [{"intent": "help"}, {"action": "action_help"}]},
        {"rule": "what was not understood", "steps": [{"intent": "nlu_fallback"}, {"action": "utter_greet"}]},
    ]
    assert {"name": "FallbackClassifier", "threshold": 0.4} in read(bar / "config.yml")["pipeline"]


def test_stories_in_markdown_say_the_same_in_yaml(tmp_path: Path) -> None:
    bar, _ = bring(tmp_path, ONE)
    hello, orders = read(bar / "data" / "stories.yml")["stories"]
    assert hello["steps"] == [{"intent": "greet"}, {"action": "utter_greet"}]
    assert orders["steps"] == [
        {"checkpoint": "began"},
        {"or": [{"intent": "order", "entities": [{"drink": "tea"}]}, {"intent": "order"}]},
        {"slot_was_set": [{"drink": "tea"}]},
        {"action": "utter_drink"},
    ]
    (one,) = read(bar / "tests" / "test_conversation_tests.yml")["stories"]
    assert one["steps"][0] == {"user": "hello there", "intent": "greet"}


def test_a_project_of_2_x_is_rewritten_as_rasas_own_migration_does_it(tmp_path: Path) -> None:
    bar, page = bring(tmp_path, TWO)
    assert "It was a project of Rasa 2.x" in page
    domain = read(bar / "domain.yml")
    assert domain["forms"] == {"stay_form": {"ignored_intents": ["greet"], "required_slots": ["town", "nights"]}}
    assert domain["slots"]["town"]["mappings"] == [
        {"type": "from_entity", "entity": "town", "conditions": [{"active_loop": "stay_form"}]}
    ]
    assert domain["slots"]["day"]["mappings"] == [{"type": "custom"}]
    assert "the slot mappings of the form stay_form stand with its slots now" in page


def test_a_form_in_python_is_named_with_what_to_write(tmp_path: Path) -> None:
    files = {**ONE, "domain.yml": dedent(ONE["domain.yml"]) + "forms: [order_form]\n"}
    _, page = bring(tmp_path, files)
    assert "the form order_form asks for nothing: 1.x has its slots in Python" in page


def test_errors_that_are_left_begin_with_which_rasa_it_is_and_the_command(tmp_path: Path) -> None:
    files = {**TWO, "data/rules.yml": TWO["data/rules.yml"].replace("{action: utter_greet}", "{action: utter_gone}")}
    with pytest.raises(Rejected, match=r"(?s)^this is a project of Rasa 2\.x.*rasa data migrate.*utter_gone"):
        bring(tmp_path, files)


def test_a_project_of_rasa_3_stays_as_it_is(tmp_path: Path) -> None:
    files = {
        "domain.yml": 'version: "3.1"\nintents: [greet]\nresponses:\n  utter_greet: [{text: Hi}]\n',
        "data/rules.yml": "rules:\n- rule: g\n  steps: [{intent: greet}, {action: utter_greet}]\n",
        "data/nlu.yml": "nlu:\n- intent: greet\n  examples: |\n    - hi\n",
        "data/README.md": "## Notes\n* how we write examples\n",
    }
    bar, page = bring(tmp_path, files)
    assert "It was a project" not in page
    assert (bar / "domain.yml").read_text() == files["domain.yml"]
    assert not (bar / "data" / "README.md").exists()
