"""The widget inside a website of another origin, in a real browser, under a strict policy of that website."""

import base64
import gzip
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from functions.gateway.assets import FOLDER
from knative.local.ports import find_free_ports
from tests.e2e.webchat.standin import Standin
from tests.e2e.webchat.test_accessibility import RULES
from tests.e2e.webchat.test_page import PHONE, Open
from tests.loopback import served

SECRET = "w" * 32
PAGE = """<!doctype html><html lang="{lang}"{dir}><head><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>A shop</h1><p>Everything that you need.</p></main>
<script src="{bot}/widget.js" {attributes}></script></body></html>"""


@dataclass
class Website:
    """A website that has the widget, and the assistant behind it."""

    url: str
    standin: Standin
    attributes: str = ""
    lang: str = "en"
    direction: str = ""

    def serve_page(self, _: Any) -> Any:
        bot = self.standin.url
        policy = f"default-src 'none'; script-src {bot}; frame-src {bot}; base-uri 'none'; form-action 'none'"
        fields = {"bot": bot, "attributes": self.attributes, "lang": self.lang, "dir": self.direction}
        headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": policy}
        return PAGE.format(**fields), 200, headers


@contextmanager
def website(allowed: bool = True, host: str = "localhost", **settings: str) -> Iterator[Website]:
    (port,) = find_free_ports(1)
    # Another name of this machine is another origin and another site; at the same one the browser lets the frame
    # keep what it wrote.
    origin = f"http://{host}:{port}"
    standin = Standin(settings={"CORS_ORIGINS": origin if allowed else "https://other.example", **settings})
    with ExitStack() as stack:
        stack.enter_context(standin.running())
        site = Website(f"{origin}/", standin)
        stack.enter_context(served(site.serve_page, port))
        yield site


@pytest.fixture
def site() -> Iterator[Website]:
    with website() as found:
        yield found


def chat(page: Any) -> Any:
    return page.frame_locator("iframe")


def talk(page: Any, text: str) -> None:
    chat(page).get_by_label("Your message").fill(text)
    chat(page).get_by_label("Your message").press("Enter")
    # On a busy machine the page in the frame takes its time.
    expect(chat(page).locator("li.bot .bubble").last).to_have_text(f"You said: {text}", timeout=20_000)


def test_a_visitor_opens_the_bubble_and_talks(site: Website, open_page: Open, screenshots: Path) -> None:
    site.attributes = 'data-title="Ann of the shop" data-color="#0b6e4f" data-start="/session_start"'
    page = open_page(site.url)
    page.screenshot(path=screenshots / "widget-closed.png")
    page.get_by_role("button", name="Open the chat").click()
    expect(chat(page).get_by_role("heading", name="Ann of the shop")).to_be_visible()
    # The assistant speaks first, and the words that made it are not shown.
    expect(chat(page).locator("li.bot .bubble")).to_have_text(["You said: /session_start"])
    expect(chat(page).locator("li.me")).to_have_count(0)
    talk(page, "hello")
    page.screenshot(path=screenshots / "widget-open.png")
    chat(page).get_by_role("button", name="Close the chat").click()
    expect(page.locator("iframe")).to_be_hidden()
    expect(page.get_by_role("button", name="Open the chat")).to_be_focused()


def test_a_website_needs_no_attributes_where_the_assistants_folder_says_how_it_looks(open_page: Open) -> None:
    look = {"title": "Ann", "color": "#0b6e4f", "position": "left", "theme": "dark", "starters": ["From the folder"]}
    with website(CHAT_SETTINGS=json.dumps(look)) as site:
        page = open_page(site.url, color_scheme="light")
        bubble = page.get_by_role("button", name="Open the chat")
        place = bubble.bounding_box()
        assert place["x"] < 100
        assert bubble.evaluate("(it) => getComputedStyle(it).backgroundColor") == "rgb(11, 110, 79)"
        bubble.click()
        expect(chat(page).get_by_role("heading", name="Ann")).to_be_visible()
        expect(chat(page).get_by_role("button", name="From the folder")).to_be_visible()
        assert chat(page).locator(".chat").evaluate("(it) => getComputedStyle(it).backgroundColor") == "rgb(20, 22, 29)"
        site.attributes = 'data-theme="light" data-position="right" data-starters="First | Second"'
        page = open_page(site.url, color_scheme="dark")
        page.get_by_role("button", name="Open the chat").click()
        assert page.get_by_role("button", name="Close the chat").first.bounding_box()["x"] > 500
        expect(chat(page).locator("#starters button")).to_have_text(["First", "Second"])
        assert (
            chat(page).locator(".chat").evaluate("(it) => getComputedStyle(it).backgroundColor") == "rgb(255, 255, 255)"
        )


def test_nothing_is_asked_before_it_is_opened_nor_while_nobody_talks(site: Website, open_page: Open) -> None:
    page = open_page(site.url)
    time.sleep(1)
    assert site.standin.requests == ["GET /widget.js"]
    page.get_by_role("button", name="Open the chat").click()
    talk(page, "hello")
    expect(chat(page).get_by_role("status")).to_have_text("Ready")
    time.sleep(0.3)
    before = list(site.standin.requests)
    time.sleep(2.5)
    assert site.standin.requests == before


def test_a_website_that_is_not_on_the_list_shows_nothing(open_page: Open) -> None:
    with website(allowed=False) as site:
        page = open_page(site.url, expected="frame-ancestors")
        page.get_by_role("button", name="Open the chat").click()
        time.sleep(1)
        assert not any("webchat" in request for request in site.standin.requests)
        assert site.standin.received == []


def test_the_website_opens_closes_sends_and_hears(site: Website, open_page: Open) -> None:
    page = open_page(site.url)
    page.evaluate(
        "window.heard = []; for (const name of ['open', 'close', 'message', 'sent'])"
        " parley.on(name, (detail) => heard.push([name, detail?.text]))"
    )
    page.evaluate("parley.send('from the shop')")
    expect(chat(page).locator("li.bot .bubble")).to_have_text(["You said: from the shop"])
    page.evaluate("parley.close(); parley.close()")
    expect(page.locator("iframe")).to_be_hidden()
    page.wait_for_function("heard.length === 4")
    assert page.evaluate("heard") == [
        ["open", None],
        ["sent", "from the shop"],
        ["message", "You said: from the shop"],
        ["close", None],
    ]


def identity(user: str) -> str:
    content = base64.urlsafe_b64encode(json.dumps({"user": user, "exp": time.time() + 60}).encode()).decode()
    content = content.rstrip("=")
    return f"{content}.{hmac.new(SECRET.encode(), content.encode(), hashlib.sha256).hexdigest()}"


def test_a_signed_visitor_goes_on_elsewhere_and_another_does_not_see_it(open_page: Open) -> None:
    with website(WIDGET_SECRET=SECRET) as site:
        for user, seen in (("ann", []), ("ann", ["You said: by ann"]), ("bob", [])):
            site.attributes = f'data-identity="{identity(user)}"'
            page = open_page(site.url)
            page.get_by_role("button", name="Open the chat").click()
            talk(page, f"by {user}")
            expect(chat(page).locator("li.bot .bubble")).to_have_text([*seen, f"You said: by {user}"])
        senders = [message.sender for message in site.standin.received]
        assert senders[0] == senders[1] != senders[2]


def test_a_signed_visitor_keeps_their_own_words_on_the_websites_next_page(open_page: Open) -> None:
    with website(host="127.0.0.1", WIDGET_SECRET=SECRET) as site:
        site.attributes = f'data-identity="{identity("ann")}"'
        page = open_page(site.url)
        page.get_by_role("button", name="Open the chat").click()
        talk(page, "hello")
        # Each page of the website signs anew.
        site.attributes = f'data-identity="{identity("ann")}" data-title="Ann"'
        page.reload()
        page.get_by_role("button", name="Open the chat").click()
        expect(chat(page).get_by_role("heading", name="Ann")).to_be_visible()
        talk(page, "again")
        expect(chat(page).locator("li.me .bubble")).to_have_text(["hello", "again"])
        assert len({message.sender for message in site.standin.received}) == 1


def test_nobody_can_write_before_the_page_can_take_it(site: Website, open_page: Open) -> None:
    page = open_page(site.url)
    held: list[Any] = []
    page.route("**/chat.js*", lambda route: held.append(route))
    page.get_by_role("button", name="Open the chat").click()
    expect(chat(page).get_by_label("Your message")).to_be_disabled()
    while not held:
        page.wait_for_timeout(50)
    expect(chat(page).get_by_label("Your message")).to_be_disabled()
    held[0].continue_()
    talk(page, "hello")


@pytest.mark.parametrize("screen", ["desk", "phone"])
def test_axe_finds_nothing_wrong_in_the_website_and_the_frame(
    site: Website, open_page: Open, screenshots: Path, screen: str
) -> None:
    page = open_page(site.url, reduced_motion="reduce", bypass_csp=True, **(PHONE if screen == "phone" else {}))
    for state in ("closed", "open"):
        if state == "open":
            page.get_by_role("button", name="Open the chat").click()
            talk(page, "hello")
            page.screenshot(path=screenshots / f"widget-{screen}.png")
        results = Axe().run(page, options=RULES)
        assert results.violations_count == 0, f"{state}:\n{results.generate_report()}"


def test_the_keyboard_opens_writes_and_closes(site: Website, open_page: Open) -> None:
    page = open_page(site.url)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(chat(page).get_by_label("Your message")).to_be_focused()
    page.keyboard.type("hello")
    page.keyboard.press("Enter")
    expect(chat(page).locator("li.bot .bubble")).to_have_text(["You said: hello"])
    page.keyboard.press("Escape")
    expect(page.locator("iframe")).to_be_hidden()
    expect(page.get_by_role("button", name="Open the chat")).to_be_focused()


def test_languages_that_are_written_from_the_right(site: Website, open_page: Open, screenshots: Path) -> None:
    site.lang, site.direction, site.attributes = "he", ' dir="rtl"', 'data-position="left"'
    page = open_page(site.url)
    page.get_by_role("button", name="Open the chat").click()
    expect(chat(page).locator("html")).to_have_attribute("dir", "rtl")
    talk(page, "שלום")
    page.screenshot(path=screenshots / "widget-rtl.png")


def test_the_widget_speaks_the_websites_language(site: Website, open_page: Open) -> None:
    site.lang = "de"
    page = open_page(site.url)
    page.get_by_role("button", name="Chat öffnen").click()
    expect(chat(page).get_by_label("Ihre Nachricht")).to_be_visible()
    expect(chat(page).get_by_role("status")).to_have_text("Bereit")


def test_the_widget_is_small() -> None:
    assert len(gzip.compress((Path(FOLDER) / "widget.js").read_bytes())) < 15 * 1024
