"""What authors say on the review page becomes training data: as an export, and in the examples' own files."""

from pathlib import Path

import pytest
import yaml

from model_artifacts.training.nlu.annotation import read_annotated
from monitoring.conversations.review.app import Pages
from monitoring.conversations.review.judging import export_examples
from shared.errors import Rejected
from shared.stores.memory import memory_store
from shared.stores.ports import Store
from tests.unit.conversations.reviewing import DOMAIN, JAZZ, NOW, handle, keep_turns, pages


def test_exported_examples_are_training_data_again() -> None:
    store = memory_store()
    keep_turns(store, "web:me", JAZZ)
    page = pages(store)
    name = handle(page)
    page.judge(
        name, "1", {"intent": "play_music", "pieces": page.conversation(name, "0.6")["list"][0]["pieces"]}, "0.6"
    )
    (item,) = yaml.safe_load(page.examples())["nlu"]
    text, (annotation,) = read_annotated(item["examples"].removeprefix("- ").strip())
    assert (item["intent"], text) == ("play_music", "play some jazz, call <phone>")
    assert (annotation.entity, annotation.value, text[annotation.start : annotation.end]) == ("genre", "Jazz", "jazz")


def test_brackets_and_line_breaks_that_people_write_mark_nothing() -> None:
    store = memory_store()
    keep_turns(store, "web:me", {"text": "[x](genre)\n    - intent: evil\u2028\x07 [y]", "intent": "greet"})
    page = pages(store)
    name = handle(page)
    page.judge(name, "1", {"intent": "greet", "pieces": page.conversation(name, "0.6")["list"][0]["pieces"]}, "0.6")
    assert export_examples(store.reviews.list_all(NOW)).splitlines()[-1] == "    - (x)(genre) - intent: evil (y)"


def test_a_reminder_is_no_example_whatever_an_author_says_of_it() -> None:
    store = memory_store()
    keep_turns(store, "web:me", {**JAZZ, "text": "EXTERNAL: EXTERNAL_arrived", "entities": []})
    page = pages(store)
    name = handle(page)
    pieces = page.conversation(name, "0.6")["list"][0]["pieces"]
    page.judge(name, "1", {"intent": "greet", "pieces": pieces}, "0.6")
    assert not yaml.safe_load(page.examples())["nlu"]


def writable(store: Store, assistant: Path) -> Pages:
    return Pages(store, DOMAIN, personal=("address",), keep_seconds=1000.0, now=lambda: NOW, assistant=assistant)


NLU = """version: "3.1"

nlu:
# what people want to hear
- intent: play_music
  examples: |
    - play [jazz](genre)  # the first one
    - put on [Queen](artist)
- intent: greet
  examples: |
    - hello
"""


@pytest.fixture
def assistant(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "nlu.yml").write_text(NLU)
    return tmp_path


def test_what_authors_said_is_written_into_the_examples_and_comments_stay(assistant: Path) -> None:
    store = memory_store()
    keep_turns(
        store, "sms:1",
        {**JAZZ, "text": "some soul please", "entities": [{"entity": "genre", "value": "soul", "start": 5, "end": 9}]},
        {"text": "good morning", "intent": "greet", "confidence": 0.9},
    )  # fmt: skip
    page = writable(store, assistant)
    page.confirm_all(handle(page), "0.2")
    told = page.write_examples()
    assert (len(told["places"]), told["refused"]) == (2, [])
    text = (assistant / "data" / "nlu.yml").read_text()
    assert "    - some [soul](genre) please\n" in text
    assert "    - good morning\n" in text
    assert text.replace("    - some [soul](genre) please\n", "").replace("    - good morning\n", "") == NLU
    # Once more changes nothing.
    page.write_examples()
    assert (assistant / "data" / "nlu.yml").read_text() == text


def test_hidden_words_and_what_stands_in_another_intent_are_refused_with_the_reason(assistant: Path) -> None:
    store = memory_store()
    keep_turns(store, "sms:1", JAZZ, {"text": "hello", "intent": "play_music", "confidence": 0.9})
    page = writable(store, assistant)
    page.confirm_all(handle(page), "0.2")
    told = page.write_examples()
    assert told["places"] == []
    reasons = {one["text"]: one["why"] for one in told["refused"]}
    assert "hidden" in reasons["play some jazz, call <phone>"]
    assert "greet at data/nlu.yml" in reasons["hello"]
    assert (assistant / "data" / "nlu.yml").read_text() == NLU


def test_where_the_files_are_elsewhere_nothing_is_written_and_the_page_knows_it() -> None:
    page = pages(memory_store())
    assert page.domain()["writable"] is False
    with pytest.raises(Rejected, match="export"):
        page.write_examples()
