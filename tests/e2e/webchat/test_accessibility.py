"""What axe-core finds wrong with the chat page, in every state that a person meets; nothing is what it may find."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.webchat.standin import Standin
from tests.e2e.webchat.test_page import PHONE, Open, bots, write

States = Callable[[Any], Iterator[str]]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def states(page: Any) -> Iterator[str]:
    """Brings the page from one state to the next, naming each."""
    yield "before anything is said"
    write(page, "buttons")
    expect(page.get_by_role("button", name="Surprise me")).to_be_visible()
    yield "buttons to choose from"
    page.get_by_role("button", name="Comedy").click()
    expect(bots(page)).to_contain_text(["What kind", "You said"])
    yield "a button was pressed"
    write(page, "picture")
    expect(page.locator("img").first).to_be_visible()
    yield "a picture"
    write(page, "long")
    expect(bots(page)).not_to_have_count(0)
    yield "a long conversation"
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "the question before a new conversation"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", ["desk", "phone"])
def test_axe_finds_nothing_wrong(standin: Standin, open_page: Open, scheme: str, screen: str) -> None:
    page = open_page(standin.url, color_scheme=scheme, reduced_motion="reduce", **(PHONE if screen == "phone" else {}))
    axe = Axe()
    for state in states(page):
        results = axe.run(page, options=RULES)
        assert results.violations_count == 0, f"{state}:\n{results.generate_report()}"
        # An empty list of violations is only worth something where rules were applied.
        assert len(results.response["passes"]) > 15


def test_axe_finds_what_is_wrong(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    page.evaluate("document.querySelector('textarea').removeAttribute('aria-label')")
    page.evaluate("document.querySelectorAll('label').forEach(label => label.remove())")
    page.evaluate("document.querySelector('textarea').removeAttribute('placeholder')")
    assert Axe().run(page, options=RULES).violations_count > 0
