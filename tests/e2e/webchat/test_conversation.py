"""A person talks to the whole assistant on the chat page: browser, gateway, broker, every stage, store, outbox."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.e2e.conftest import Running

Open = Callable[..., Any]
SECONDS = 30_000
"""The first message finds every stage cold."""


def ask(page: Any, text: str) -> str:
    """Write the text, wait for the end of the turn, and say what was answered."""
    before = page.locator("li.bot").count()
    page.get_by_label("Your message").fill(text)
    page.get_by_label("Your message").press("Enter")
    expect(page.locator("li.bot").nth(before)).to_be_visible(timeout=SECONDS)
    expect(page.locator("#state")).to_have_text("Ready", timeout=SECONDS)
    return " ".join(page.locator("li.bot .bubble").all_inner_texts()[before:])


def test_a_conversation_goes_through_the_broker_and_survives_a_reload(
    assistant: Running, open_page: Open, screenshots: Path
) -> None:
    page = open_page(assistant.url)
    assert ask(page, "hello")
    found = ask(page, "search for a video about horror movies")
    assert "horror" in found.lower()
    page.screenshot(path=screenshots / "conversation.png")
    said = page.locator("li.bot .bubble").all_inner_texts()
    page.reload()
    expect(page.locator("li.me .bubble")).to_have_text(["hello", "search for a video about horror movies"])
    assert page.locator("li.bot .bubble").all_inner_texts() == said
    assert ask(page, "thank you")


def test_a_form_is_filled_with_buttons_and_words_on_a_phone(
    assistant: Running, open_page: Open, screenshots: Path
) -> None:
    page = open_page(
        assistant.url, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, device_scale_factor=2
    )
    ask(page, "I want to order a pizza")
    page.screenshot(path=screenshots / "form.png")
    for _ in range(3):
        choices = page.locator(".choices").last.get_by_role("button", disabled=False)
        if not choices.count():
            break
        before = page.locator("li.bot").count()
        choices.first.tap()
        expect(page.locator("li.bot").nth(before)).to_be_visible(timeout=SECONDS)
        expect(page.locator("#state")).to_have_text("Ready", timeout=SECONDS)
    page.screenshot(path=screenshots / "form-answered.png")
    assert page.locator(".choices").count() >= 1
    assert page.locator(".trouble").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_two_people_do_not_see_each_other(assistant: Running, open_page: Open) -> None:
    first, second = open_page(assistant.url), open_page(assistant.url)
    ask(first, "hello")
    assert second.locator("li").count() == 0
    ask(second, "goodbye")
    assert first.locator("li.me .bubble").all_inner_texts() == ["hello"]
