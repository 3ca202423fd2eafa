"""The loop of an author: what is saved is live within a second or a few, and nobody in a conversation notices."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_artifacts.templates.__main__ import create_assistant
from tests.e2e.conftest import Running, running
from tests.e2e.test_assistant import eventually, post, say


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    folder = tmp_path_factory.mktemp("edited")
    made = create_assistant("dentist", "booking", folder / "bot")
    with running(folder, arguments=["--assistant", str(made), "--watch"]) as assistant:
        yield assistant, made


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


def wait_for_output(assistant: Running, pattern: str, since: int, seconds: float = 60.0) -> str:
    """The lines that the runner wrote after so many characters, once one of them is like this."""

    def read_output() -> str | None:
        text = assistant.output.read_text(errors="replace")[since:]
        return text if re.search(pattern, text) else None

    return str(eventually(read_output, seconds))


def count_output(assistant: Running) -> int:
    return len(assistant.output.read_text(errors="replace"))


def test_a_changed_response_is_live_and_told_with_what_it_did(edited: tuple[Running, Path]) -> None:
    assistant, made = edited
    assert "I am Dentist" in say(assistant, "ann", "hello")
    since = count_output(assistant)
    edit(made / "domain.yml", "Hello! I am Dentist.", "Welcome to Dr. Molar.")
    eventually(lambda: "Welcome to Dr. Molar" in say(assistant, "bob", "hello"), 60)
    told = wait_for_output(assistant, r"stored turns go another way", since)
    assert "edit: response utter_greet changed" in told
    assert re.search(r"[1-9]\d* of the last \d+ stored turns", told)
    assert "rest:ann" not in told


def test_a_new_example_is_understood_and_scored(edited: tuple[Running, Path]) -> None:
    assistant, made = edited
    say(assistant, "cleo", "I need an appointment")
    since = count_output(assistant)
    edit(made / "data" / "nlu.yml", "      - never mind\n", "      - never mind\n      - scrap the whole thing\n")
    told = wait_for_output(assistant, r"\+1 example of cancel; intents \d+ % of (\d+) -> \d+ % of \1", since)
    assert "not taken in" not in told
    assert "I leave it" in say(assistant, "cleo", "scrap the whole thing")


def test_a_mistake_is_told_with_its_place_and_changes_nothing(edited: tuple[Running, Path]) -> None:
    assistant, made = edited
    since = count_output(assistant)
    edit(made / "domain.yml", "  utter_goodbye:", " utter_goodbye:")
    told = wait_for_output(assistant, r"domain\.yml:\d+: error: this is not YAML", since)
    assert "not taken in; the assistant goes on as it was" in told
    assert "Goodbye" in say(assistant, "dan", "bye bye")
    edit(made / "domain.yml", " utter_goodbye:", "  utter_goodbye:")


def test_a_page_that_is_no_yaml_is_told_and_the_next_edit_is_taken_in(edited: tuple[Running, Path]) -> None:
    assistant, made = edited
    since = count_output(assistant)
    edit(made / "page.yml", "title: Dentist", "title: [Dentist")
    wait_for_output(assistant, r"edit: (?s:.)*goes on as it was", since)
    since = count_output(assistant)
    edit(made / "page.yml", "title: [Dentist", "title: Dr. Molar")
    wait_for_output(assistant, r"edit: page\.yml", since)


def test_an_action_is_changed_and_one_that_cannot_be_loaded_is_not_taken(edited: tuple[Running, Path]) -> None:
    assistant, made = edited
    actions = made / "actions" / "__init__.py"
    since = count_output(assistant)
    edit(actions, "def action_book(call: Call) -> Result:", "def action_book(call: Call -> Result:")
    wait_for_output(assistant, r"actions/__init__\.py:\d+: error: this is not Python", since)
    since = count_output(assistant)
    edit(actions, "def action_book(call: Call -> Result:", "def action_book(call: Call) -> Result:")
    edit(actions, "from collections.abc import Mapping\n", "from collections.abc import Mapping, nothing\n")
    wait_for_output(assistant, r"actions did not start.*(?s:.)*the assistant goes on as it was", since)
    since = count_output(assistant)
    edit(actions, "from collections.abc import Mapping, nothing\n", "from collections.abc import Mapping\n")
    edit(actions, "day=day", 'day="Shrove Tuesday"')
    wait_for_output(assistant, r"edit: actions/__init__\.py \(", since)
    for words in ("an appointment please", "3 December", "at 10:30", "Ann Lee", "030 1234567"):
        say(assistant, "eve", words)
    assert "Shrove Tuesday" in say(assistant, "eve", "yes please")


def test_nobody_in_the_middle_of_a_conversation_notices(edited: tuple[Running, Path]) -> None:
    assistant, made = edited
    say(assistant, "fay", "an appointment please")
    failed: list[object] = []
    ended = threading.Event()

    def talk(sender: str) -> None:
        while not ended.is_set():
            status, answer = post(f"{assistant.url}/webhooks/rest/webhook", {"sender": sender, "message": "hello"})
            if status != 200 or not answer:
                failed.append((status, answer))
            time.sleep(0.01)

    talking = [threading.Thread(target=talk, args=(f"g{number}",)) for number in range(3)]
    for thread in talking:
        thread.start()
    try:
        for before, after in 2 * (("/ask_hours", "/help"), ("/help", "/ask_hours")):
            since = count_output(assistant)
            edit(made / "domain.yml", f"payload: {before}", f"payload: {after}")
            wait_for_output(assistant, r"edit: response utter_greet changed", since)
    finally:
        ended.set()
        for thread in talking:
            thread.join()
    assert not failed
    assert "what time" in say(assistant, "fay", "tomorrow").lower()
