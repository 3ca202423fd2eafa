"""Exports of Dialogflow and Lex: what they hold becomes a project that compiles, and what is lost is told."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_artifacts.training.importing.__main__ import import_project
from model_artifacts.training.importing.page import render_page
from shared.errors import Rejected


def write(root: Path, files: dict[str, Any]) -> Path:
    for name, document in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")
    return root


def bring(tmp_path: Path, files: dict[str, Any]) -> tuple[Path, str]:
    (tmp_path / "here").mkdir()
    imported = import_project(write(tmp_path / "agent", files), "shop", tmp_path / "here")
    return tmp_path / "here" / "shop", " ".join(render_page(imported).split())


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def says(*parts: tuple[str, str | None]) -> dict[str, Any]:
    return {"data": [{"text": text, **({"meta": meta, "alias": "x"} if meta else {})} for text, meta in parts]}


def answer(text: str | list[str], **more: Any) -> list[dict[str, Any]]:
    return [{"messages": [{"type": 0, "speech": text}], **more}]


ES = {
    "agent.json": {"language": "en", "displayName": "Florist"},
    "entities/flower.json": {"name": "flower"},
    "entities/flower_entries_en.json": [{"value": "rose", "synonyms": ["rose", "roses"]}],
    "intents/Welcome.json": {"name": "Welcome", "responses": answer(["Hello", "Good day"])},
    "intents/Welcome_usersays_en.json": [says(("hi there", None)), says(("good morning", None))],
    "intents/Order Flowers.json": {
        "name": "Order Flowers",
        "webhookUsed": True,
        "responses": answer(
            "A $flower it is.",
            parameters=[
                {"name": "flower", "dataType": "@flower", "required": True, "prompts": [{"value": "Which flower?"}]}
            ],
        ),
    },
    "intents/Order Flowers_usersays_en.json": [
        says(("send me a ", None), ("rose", "@flower")),
        says(("flowers", None)),
    ],
    "intents/Hours.json": {"name": "Hours", "responses": answer("From 9.", affectedContexts=[{"name": "hours"}])},
    "intents/Hours_usersays_en.json": [says(("when are you open ", None), ("tomorrow", "@sys.date"))],
    "intents/Hours - more.json": {"name": "Hours - more", "contexts": ["hours"], "responses": answer("Until 5.")},
    "intents/Hours - more_usersays_en.json": [says(("until when", None))],
    "intents/Fallback.json": {"name": "Fallback", "fallbackIntent": True, "responses": answer("Pardon?")},
}
LEX = {
    "Bot/Bot.json": {"name": "Bot"},
    "Bot/BotLocales/en_US/SlotTypes/Size/SlotType.json": {
        "name": "Size",
        "slotTypeValues": [{"sampleValue": {"value": "small"}, "synonyms": [{"value": "little"}]}],
    },
    "Bot/BotLocales/en_US/Intents/Buy/Intent.json": {
        "name": "Buy",
        "sampleUtterances": [{"utterance": "a {Size} one please"}, {"utterance": "I want to buy"}],
        "intentClosingSetting": {
            "closingResponse": {"messageGroups": [{"message": {"plainTextMessage": {"value": "Thanks"}}}]}
        },
        "fulfillmentCodeHook": {"enabled": True},
    },
    "Bot/BotLocales/en_US/Intents/Buy/Slots/Size/Slot.json": {
        "name": "Size",
        "slotTypeName": "Size",
        "valueElicitationSetting": {
            "slotConstraint": "Required",
            "promptSpecification": {"messageGroups": [{"message": {"plainTextMessage": {"value": "Which size?"}}}]},
        },
    },
}
CX = {
    "agent.json": {"defaultLanguageCode": "en"},
    "intents/order/order.json": {"parameters": [{"id": "drink", "entityType": "projects/-/entityTypes/drink"}]},
    "intents/order/trainingPhrases/en.json": {
        "trainingPhrases": [{"parts": [{"text": "a "}, {"text": "tea", "parameterId": "drink"}]}]
    },
    "entityTypes/drink/entities/en.json": {"entities": [{"value": "tea", "synonyms": ["tea", "cuppa"]}]},
    "flows/Main/Main.json": {
        "transitionRoutes": [
            {"intent": "order", "triggerFulfillment": {"messages": [{"text": {"text": ["One tea."]}}]}}
        ]
    },
    "flows/Main/pages/Pay.json": {"displayName": "Pay"},
}


def test_an_agent_of_dialogflow_es_becomes_a_project(tmp_path: Path) -> None:
    shop, page = bring(tmp_path, ES)
    assert "It was exported from Dialogflow ES" in page
    assert "order_flowers: it calls a webhook; write that as an action" in page
    domain = read(shop / "domain.yml")
    assert domain["forms"] == {"order_flowers_form": {"required_slots": ["flower"]}}
    assert domain["responses"]["utter_order_flowers"] == [{"text": "A {flower} it is."}]
    assert domain["responses"]["utter_ask_flower"] == [{"text": "Which flower?"}]
    nlu = (shop / "data" / "nlu.yml").read_text()
    assert "    - send me a [rose](flower)\n" in nlu
    assert "- synonym:" in nlu
    assert read(shop / "training.yml") == {"prebuilt": ["time"]}


def test_a_context_allows_its_intent_after_the_one_that_opens_it_alone(tmp_path: Path) -> None:
    shop, _ = bring(tmp_path, ES)
    (story,) = read(shop / "data" / "stories.yml")["stories"]
    assert [step.get("intent") for step in story["steps"]][::2] == ["hours", "hours_more"]
    rules = read(shop / "data" / "rules.yml")["rules"]
    assert not any({"intent": "hours_more"} in rule["steps"] for rule in rules)
    assert any({"intent": "nlu_fallback"} in rule["steps"] for rule in rules)


def test_a_bot_of_lex_becomes_a_project(tmp_path: Path) -> None:
    shop, page = bring(tmp_path, LEX)
    assert "It was exported from Amazon Lex" in page
    assert "buy: it calls a Lambda function; write that as an action" in page
    assert "    - a [small](size) one please\n" in (shop / "data" / "nlu.yml").read_text()
    assert read(shop / "domain.yml")["responses"]["utter_ask_size"] == [{"text": "Which size?"}]


def test_an_agent_of_dialogflow_cx_becomes_a_project(tmp_path: Path) -> None:
    shop, page = bring(tmp_path, CX)
    assert "the page Pay: pages are written as forms and stories" in page
    assert "    - a [tea](drink)\n" in (shop / "data" / "nlu.yml").read_text()
    assert read(shop / "domain.yml")["responses"]["utter_order"] == [{"text": "One tea."}]


def test_what_is_no_json_is_named_and_nothing_outside_is_read(tmp_path: Path) -> None:
    agent = write(tmp_path / "agent", {"agent.json": {"language": "en"}})
    (agent / "intents").mkdir()
    (agent / "intents" / "Broken.json").write_text("{")
    (tmp_path / "here").mkdir()
    with pytest.raises(Rejected, match=r"intents/Broken\.json: this is no JSON"):
        import_project(agent, "shop", tmp_path / "here")
    (agent / "intents" / "Broken.json").unlink()
    (tmp_path / "outside.json").write_text("{}")
    (agent / "intents" / "Link.json").symlink_to(tmp_path / "outside.json")
    with pytest.raises(Rejected, match="a link to something outside"):
        import_project(agent, "shop", tmp_path / "here")
