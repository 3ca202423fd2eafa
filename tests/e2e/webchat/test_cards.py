"""Cards, carousels and marked text on the page, in a real browser: looked at, pressed, scrolled and read out."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.webchat.standin import MARKDOWN, Standin
from tests.e2e.webchat.test_accessibility import RULES
from tests.e2e.webchat.test_page import PHONE, Open, bots, write

PICTURE = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='320' height='180'><rect width='320' height='180' fill='#467'/>"
    "<circle cx='160' cy='90' r='50' fill='#fc6'/></svg>"
)
LOOKS: dict[str, dict[str, Any]] = {
    "desk": {},
    "phone": PHONE,
    "dark": {"color_scheme": "dark"},
    "dark-phone": {"color_scheme": "dark", **PHONE},
}


def open_with_picture(open_page: Open, url: str, **options: Any) -> Any:
    """The page in a browser that gets the cards' picture from nowhere."""
    page = open_page(url, reduced_motion="reduce", **options)
    page.route("https://picture.invalid/**", lambda route: route.fulfill(content_type="image/svg+xml", body=PICTURE))
    return page


def check_layout(page: Any) -> None:
    """Nothing sticks out of the page, and all cards lie in one row."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(
        "document.querySelector('#scroll').scrollWidth <= document.querySelector('#scroll').clientWidth"
    )
    tops = page.locator(".card").evaluate_all(
        "cards => cards.map(card => Math.round(card.getBoundingClientRect().top))"
    )
    assert len(set(tops)) == 1


@pytest.mark.parametrize("look", LOOKS)
def test_a_carousel_is_one_row_that_scrolls_by_itself(
    standin: Standin, open_page: Open, screenshots: Path, look: str
) -> None:
    page = open_with_picture(open_page, standin.url, **LOOKS[look])
    write(page, "cards")
    expect(page.locator(".card")).to_have_count(7)
    picture = page.locator(".card img")
    expect(picture).to_be_visible()
    check_layout(page)
    assert picture.bounding_box()["width"] >= page.locator(".card").first.bounding_box()["width"] - 2
    row = page.locator(".cards")
    assert row.evaluate("row => row.scrollWidth > row.clientWidth")
    page.screenshot(path=screenshots / f"cards-{look}.png")
    results = Axe().run(page, options=RULES)
    assert results.violations_count == 0, results.generate_report()


def test_the_keyboard_reaches_every_card_and_the_row_scrolls_to_it(standin: Standin, open_page: Open) -> None:
    page = open_with_picture(open_page, standin.url)
    write(page, "cards")
    expect(page.locator(".card")).to_have_count(7)
    page.locator(".card button").first.focus()
    for _ in range(7):
        page.keyboard.press("Tab")
    last = page.get_by_role("button", name="Take 7")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport(ratio=0.9)


def test_a_cards_button_sends_its_payload_and_closes_all_cards(standin: Standin, open_page: Open) -> None:
    page = open_with_picture(open_page, standin.url)
    write(page, "cards")
    menu = page.get_by_role("link", name="Menu")
    expect(menu).to_have_attribute("href", "https://example.invalid/green-bowl")
    page.locator(".card", has_text="Green Bowl").get_by_role("button", name="Order here").click()
    expect(page.locator("li.me .bubble")).to_have_text(["cards", "Order here"])
    expect(bots(page)).to_contain_text(['You said: /order{"place": "Green Bowl"}'])
    expect(page.locator(".card", has_text="Da Mario").get_by_role("button")).to_be_disabled()
    expect(page.locator(".card button[aria-pressed=true]")).to_have_count(1)
    expect(page.locator(".card", has_text="Green Bowl").locator("button[aria-pressed=true]")).to_have_count(1)


def test_a_template_of_messengers_form_is_a_card(standin: Standin, open_page: Open) -> None:
    page = open_with_picture(open_page, standin.url)
    write(page, "one card")
    expect(page.locator(".card strong")).to_contain_text(["Da Mario"])
    assert page.locator("details").count() == 0


def test_cards_in_a_language_from_the_right_begin_at_the_right(
    standin: Standin, open_page: Open, screenshots: Path
) -> None:
    page = open_with_picture(open_page, f"{standin.url}/?lang=he", **PHONE)
    page.locator("#text").fill("hebrew cards")
    page.locator("#text").press("Enter")
    expect(page.locator(".card")).to_have_count(2)
    check_layout(page)
    first, second = (page.locator(".card").nth(number).bounding_box() for number in (0, 1))
    assert first["x"] > second["x"]
    page.screenshot(path=screenshots / "cards-rtl.png")


@pytest.mark.parametrize("look", ["desk", "dark-phone"])
def test_marked_text_is_shown_as_it_was_meant(standin: Standin, open_page: Open, screenshots: Path, look: str) -> None:
    page = open_with_picture(open_page, standin.url, **LOOKS[look])
    write(page, "markdown")
    bubble = bots(page).first
    expect(bubble.locator("strong")).to_have_text(["order"])
    expect(bubble.locator("em")).to_have_text(["on its way", "large"])
    expect(bubble.locator("code")).to_have_text(["A-17"])
    expect(bubble.locator("li")).to_have_text(["two pizzas", "one large salad, see the menu"])
    # Marked words stand in their line, and lists have their marks.
    heights = bubble.locator("li").evaluate_all("items => items.map(item => item.getBoundingClientRect().height)")
    assert heights[1] <= 2 * heights[0]
    assert bubble.locator("li").first.evaluate("item => getComputedStyle(item).display") == "list-item"
    expect(bubble.get_by_role("link", name="the menu")).to_have_attribute("href", "https://example.invalid/menu")
    # What is no mark stays as it was written.
    expect(bots(page).nth(1)).to_have_text(MARKDOWN.splitlines()[-1])
    page.screenshot(path=screenshots / f"markdown-{look}.png")
