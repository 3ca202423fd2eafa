"""An author talks with the running assistant, sees why it answers, and teaches it: a real browser, real stages."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import expect

from knative.local.ports import find_free_ports
from model_artifacts.templates.__main__ import create_assistant
from tests.e2e.conftest import ROOT, running
from tests.e2e.test_assistant import eventually
from tests.e2e.webchat.conftest import browser, open_page, screenshots

__all__ = ["browser", "open_page", "screenshots"]
Open = Callable[..., Any]


@dataclass(frozen=True)
class Inspected:
    url: str
    address: str
    """As it was printed, with the token."""
    assistant: Path


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inspected]:
    folder = tmp_path_factory.mktemp("inspected")
    made = create_assistant("dentist", "booking", folder / "bot")
    with running(folder, arguments=["--assistant", str(made), "--watch"]) as assistant:
        (port,) = find_free_ports(1)
        of = assistant.url.rpartition(":")[2]
        command = [sys.executable, "-m", "monitoring.conversations.inspector", "--assistant", str(made)]
        output = folder / "inspector.txt"
        environ = {**os.environ, "PARLEY_HOME": str(folder), "PYTHONPATH": str(ROOT)}
        with output.open("wb") as sink:
            process = subprocess.Popen(
                [*command, "--of", of, "--port", str(port)],
                cwd=ROOT,
                env=environ,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        try:
            found = eventually(lambda: re.search(r"inspector at (\S+)", output.read_text()), 30)
            address = found[1].replace("localhost", "127.0.0.1")
            eventually(lambda: answers(f"http://127.0.0.1:{port}/"), 30)
            yield Inspected(f"http://127.0.0.1:{port}", address, made)
        finally:
            process.terminate()
            process.wait(20)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def say(page: Any, text: str, answer: str) -> None:
    page.get_by_placeholder("Say something").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator("#log")).to_contain_text(answer, timeout=30_000)
    expect(page.locator("#why .words")).to_contain_text(text.split()[0], timeout=10_000)


def test_a_turn_is_shown_with_all_that_decided_it(inspected: Inspected, open_page: Open, screenshots: Path) -> None:
    since = time.perf_counter()
    page = open_page(inspected.address)
    expect(page.get_by_role("heading", name="bot")).to_be_visible()
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].duration")
    assert loaded < 300 * max(1.0, (os.getloadavg()[0] or 1) / 2), (loaded, time.perf_counter() - since)
    say(page, "can I come tomorrow?", "what time")
    why = page.locator("#why")
    expect(why.locator("mark")).to_contain_text("tomorrow")
    expect(why).to_contain_text("book_appointment")
    expect(why).to_contain_text("appointment_date")
    expect(why.locator("pre").first).to_contain_text("rule: Ask for day, hour, name and number")
    expect(why.locator(".steps .action.now")).to_contain_text("booking_form")
    expect(why).to_contain_text("data/rules.yml")
    for stage in ("nlu", "dialogue"):
        expect(why.locator(".bar", has_text=stage).first).to_be_visible()
    page.screenshot(path=str(screenshots / "inspector-light.png"))


def test_a_corrected_intent_is_written_with_comments_kept_and_learned(inspected: Inspected, open_page: Open) -> None:
    nlu = inspected.assistant / "data" / "nlu.yml"
    before = nlu.read_text()
    page = open_page(inspected.address)
    say(page, "scrap the whole thing", "Sorry")
    page.get_by_label("Intent").select_option("cancel")
    page.get_by_role("button", name="This is right").click()
    expect(page.get_by_role("status")).to_contain_text("Written to data/nlu.yml:")
    after = nlu.read_text().splitlines()
    assert [line for line in after if line not in before.splitlines()] == ["      - scrap the whole thing"]

    def understood() -> bool:
        page.get_by_role("button", name="New conversation").click()
        page.get_by_placeholder("Say something").fill("scrap the whole thing")
        page.keyboard.press("Enter")
        expect(page.locator("#why .bar").first).to_be_visible(timeout=20_000)
        return "I leave it" in page.locator("#log").inner_text()

    eventually(understood, 60)


def test_an_entity_is_marked_by_click(inspected: Inspected, open_page: Open) -> None:
    page = open_page(inspected.address)
    page.get_by_placeholder("Say something").fill("maybe whitsun would suit me")
    page.keyboard.press("Enter")
    words = page.locator("#why .words")
    expect(words).to_contain_text("whitsun", timeout=30_000)
    while words.locator("mark").count():
        words.locator("mark").first.click()
    words.locator("span", has_text="whitsun").click()
    page.get_by_label("Entity of the chosen words").select_option("date")
    expect(words.locator("mark")).to_contain_text("whitsun")
    page.get_by_label("Intent").select_option("inform")
    page.get_by_role("button", name="This is right").click()
    expect(page.get_by_role("status")).to_contain_text("Written to data/nlu.yml:")
    assert "- maybe [whitsun](date) would suit me" in (inspected.assistant / "data" / "nlu.yml").read_text()


def test_a_conversation_is_kept_as_a_test_story(inspected: Inspected, open_page: Open) -> None:
    page = open_page(inspected.address)
    say(page, "hello there", "Dentist")
    say(page, "how much is it?", "40 euros")
    page.get_by_role("button", name="Keep as test story").click()
    expect(page.get_by_role("status")).to_contain_text("Kept at tests/test_stories.yml:")
    stories = yaml.safe_load((inspected.assistant / "tests" / "test_stories.yml").read_text())["stories"]
    steps = stories[-1]["steps"]
    assert [step.get("intent") or step.get("action") for step in steps] == [
        "greet", "utter_greet", "ask_prices", "utter_prices",
    ]  # fmt: skip


def test_dark_and_on_a_phone(inspected: Inspected, open_page: Open, screenshots: Path) -> None:
    phone = {"viewport": {"width": 390, "height": 780}, "color_scheme": "dark"}
    page = open_page(inspected.address, **phone)
    say(page, "can I come on Friday?", "what time")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 28)"
    page.screenshot(path=str(screenshots / "inspector-phone-dark.png"), full_page=True)


def test_whoever_has_no_token_reads_and_writes_nothing(inspected: Inspected) -> None:
    for path, body in (("assistant", None), ("say", {"sender": "x", "text": "hello"}), ("example", {})):
        data = None if body is None else json.dumps(body).encode()
        for headers in ({}, {"x-inspector-token": "guess"}, {"host": "evil.example"}):
            request = urllib.request.Request(f"{inspected.url}/api/{path}", data, headers)
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=10)
            assert refused.value.code == 401
            refused.value.close()
