"""The chat page in a real browser, in front of the stand-in: what people see, press and are told."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from shared.events.catalogue import Reply
from tests.e2e.webchat.standin import Standin

PHONE = {"viewport": {"width": 375, "height": 667}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
Open = Callable[..., Any]


def write(page: Any, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_label("Your message").press("Enter")


def bots(page: Any) -> Any:
    return page.locator("li.bot .bubble")


def test_a_message_is_answered_and_the_typing_is_shown_meanwhile(
    standin: Standin, open_page: Open, screenshots: Path
) -> None:
    page = open_page(standin.url)
    expect(page).to_have_title("Parley")
    expect(page.get_by_text("Write a message to begin.")).to_be_visible()
    page.screenshot(path=screenshots / "welcome.png")
    standin.answering.clear()
    write(page, "hello there")
    expect(page.locator("#typing")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Typing…")
    page.screenshot(path=screenshots / "typing.png")
    standin.answering.set()
    expect(bots(page)).to_have_text(["You said: hello there"])
    expect(page.locator("#typing")).to_be_hidden()
    expect(page.get_by_role("status")).to_have_text("Ready")
    assert standin.received[0].locale == "en-GB"


def test_a_button_says_its_title_and_sends_its_payload(standin: Standin, open_page: Open, screenshots: Path) -> None:
    page = open_page(standin.url)
    write(page, "buttons")
    page.screenshot(path=screenshots / "buttons.png")
    page.get_by_role("button", name="Horror").click()
    expect(page.locator("li.me .bubble")).to_have_text(["buttons", "Horror"])
    expect(bots(page)).to_have_text(["What kind of film would you like?", "You said: /inform_horror"])
    assert standin.received[1].text == "/inform_horror"
    expect(page.get_by_role("button", name="Comedy")).to_be_disabled()
    expect(page.get_by_role("button", name="Horror")).to_have_attribute("aria-pressed", "true")
    page.screenshot(path=screenshots / "chosen.png")


def test_text_is_never_taken_as_html_and_addresses_become_links(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    write(page, "links")
    expect(bots(page)).to_contain_text(["<b>Not bold</b> <img src=x onerror=alert(1)>"])
    link = page.get_by_role("link", name="https://example.invalid/a?b=1&c=2")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    assert page.locator("li.bot img, li.bot b").count() == 0


def test_a_picture_is_shown(standin: Standin, open_page: Open, screenshots: Path) -> None:
    page = open_page(standin.url)
    write(page, "picture")
    picture = page.get_by_alt_text("Picture from the assistant")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 320
    page.screenshot(path=screenshots / "picture.png")


def test_a_turn_without_replies_ends_the_typing(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    write(page, "nothing")
    expect(page.locator("#typing")).to_be_visible()
    expect(page.locator("#typing")).to_be_hidden()
    assert bots(page).count() == 0


def test_the_conversation_is_restored_on_reload_and_goes_on(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    write(page, "first")
    expect(bots(page)).to_have_text(["You said: first"])
    page.reload()
    expect(page.locator("li.me .bubble")).to_have_text(["first"])
    expect(bots(page)).to_have_text(["You said: first"])
    write(page, "second")
    expect(bots(page)).to_have_text(["You said: first", "You said: second"])
    assert len({message.sender for message in standin.received}) == 1


def test_an_answer_that_came_while_the_page_was_away_is_there_on_return(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    standin.answering.clear()
    write(page, "question")
    expect(page.locator("#typing")).to_be_visible()
    page.goto("about:blank")
    standin.answering.set()
    page.goto(standin.url)
    expect(bots(page)).to_have_text(["You said: question"])


def test_a_new_conversation_begins_empty_under_another_name(
    standin: Standin, open_page: Open, screenshots: Path
) -> None:
    page = open_page(standin.url)
    write(page, "old")
    expect(bots(page)).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.screenshot(path=screenshots / "dialog.png")
    page.get_by_role("button", name="Cancel").click()
    expect(bots(page)).to_have_count(1)
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Start new").click()
    expect(page.get_by_text("Write a message to begin.")).to_be_visible()
    write(page, "new")
    expect(bots(page)).to_have_text(["You said: new"])
    assert len({message.sender for message in standin.received}) == 2


def test_leaving_a_conversation_that_awaits_an_answer_does_not_hold_up_the_next(
    standin: Standin, open_page: Open
) -> None:
    page = open_page(standin.url)
    standin.answering.clear()
    write(page, "never mind")
    expect(page.locator("#typing")).to_be_visible()
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Start new").click()
    standin.answering.set()
    write(page, "hello")
    expect(bots(page)).to_have_text(["You said: hello"], timeout=3000)


def test_a_message_that_is_not_taken_says_so_and_can_be_tried_again(
    standin: Standin, open_page: Open, screenshots: Path
) -> None:
    page = open_page(standin.url, expected="503")
    standin.broken = True
    write(page, "important")
    expect(page.locator(".trouble")).to_contain_text("Not sent.")
    page.screenshot(path=screenshots / "failed.png")
    standin.broken = False
    page.get_by_role("button", name="Try again").click()
    expect(bots(page)).to_have_text(["You said: important"])
    expect(page.locator(".trouble")).to_have_count(0)


def test_an_answer_that_never_comes_is_given_up_and_asked_for_again_as_the_same_message(
    standin: Standin, open_page: Open
) -> None:
    page = open_page("about:blank")
    page.clock.install()
    page.route("**/messages?*", lambda route: route.fulfill(json={"messages": []}))
    page.goto(standin.url)
    standin.answering.clear()
    write(page, "anybody?")
    expect(page.locator("#typing")).to_be_visible()
    page.clock.run_for(121_000)
    expect(page.locator(".trouble")).to_contain_text("No answer came.")
    expect(page.locator("#typing")).to_be_hidden()
    standin.answering.set()
    page.unroute("**/messages?*")
    page.get_by_role("button", name="Try again").click()
    expect(bots(page)).to_have_text(["You said: anybody?"])
    assert len(standin.ids) == 2
    assert len(set(standin.ids)) == 1


def test_a_person_who_took_over_is_heard_though_nothing_was_asked(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    write(page, "a person, please")
    expect(bots(page)).to_have_text(["One takes over."])
    standin.operator("Hello, this is Ann.")
    # The page looks every four seconds then, instead of every twenty.
    expect(bots(page)).to_have_text(["One takes over.", "Hello, this is Ann."], timeout=15_000)


def test_two_tabs_show_one_conversation(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    other = page.context.new_page()
    other.goto(standin.url)
    write(page, "hello")
    expect(bots(other)).to_have_text(["You said: hello"])
    write(other, "me too")
    expect(bots(page)).to_have_text(["You said: hello", "You said: me too"])
    assert len({message.sender for message in standin.received}) == 1


def test_a_server_that_goes_away_and_comes_back_loses_nothing(open_page: Open, screenshots: Path) -> None:
    standin = Standin()
    with standin.running():
        page = open_page(standin.url, expected="ERR_")
        write(page, "before")
        expect(bots(page)).to_have_count(1)
        standin.port = int(standin.url.rsplit(":", 1)[1])
    write(page, "during")
    expect(page.locator(".trouble")).to_contain_text("Not sent.")
    page.screenshot(path=screenshots / "gone.png")
    with standin.running():
        page.get_by_role("button", name="Try again").click()
        expect(bots(page)).to_have_text(["You said: before", "You said: during"])


def test_what_is_written_offline_goes_out_when_the_connection_is_back(
    standin: Standin, open_page: Open, screenshots: Path
) -> None:
    page = open_page(standin.url, expected="ERR_")
    page.context.set_offline(True)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    write(page, "later")
    expect(page.locator(".trouble")).to_contain_text("Not sent.")
    page.screenshot(path=screenshots / "offline.png")
    page.context.set_offline(False)
    expect(page.get_by_text("You are offline.")).to_be_hidden()
    expect(bots(page)).to_have_text(["You said: later"])
    assert len(standin.received) == 1


def test_an_idle_page_asks_for_nothing(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    write(page, "hello")
    expect(bots(page)).to_have_count(1)
    expect(page.locator("#typing")).to_be_hidden()
    time.sleep(0.3)
    before = list(standin.requests)
    time.sleep(2.5)
    assert standin.requests == before


def test_the_page_works_with_the_keyboard_alone(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    expect(page.get_by_label("Your message")).to_be_focused()
    page.keyboard.type("buttons")
    page.keyboard.press("Shift+Enter")
    assert page.get_by_label("Your message").input_value() == "buttons\n"
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Comedy")
    expect(button).to_be_visible()
    # The button for files, two for how good the answer was, and the other button of the answer lie between.
    for _ in range(6):
        page.keyboard.press("Shift+Tab")
        if button.evaluate("element => element === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(bots(page)).to_contain_text(["What kind", "You said: /inform_comedy"])
    expect(page.get_by_label("Your message")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it_without_scrolling_sideways(
    standin: Standin, open_page: Open, screenshots: Path, scheme: str
) -> None:
    page = open_page(standin.url, color_scheme=scheme, **PHONE)
    write(page, "long")
    expect(bots(page)).to_have_count(8)
    write(page, "buttons")
    expect(page.get_by_role("button", name="Surprise me")).to_be_visible()
    page.screenshot(path=screenshots / f"phone-{scheme}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = page.get_by_role("button", name="Send").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 667
    for button in page.get_by_role("button").all():
        if button.is_visible():
            assert (button.bounding_box() or {})["height"] >= 36


def test_the_page_is_cached_for_as_long_as_it_is_the_same(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    script = page.evaluate("document.querySelector('script').src")
    assert "?v=" in script
    lasting = page.request.get(script)
    assert "immutable" in lasting.headers["cache-control"]
    asked = {"accept": "text/html"}
    index = page.request.get(standin.url, headers=asked)
    assert index.headers["cache-control"] == "no-cache"
    assert page.request.get(standin.url, headers={**asked, "if-none-match": index.headers["etag"]}).status == 304
    assert "script-src 'self'" in index.headers["content-security-policy"]
    assert "unsafe" not in index.headers["content-security-policy"]


HOSTILE = [
    Reply(attachment={"type": "image", "payload": {"src": 7}}),
    Reply(attachment={"payload": None}),
    Reply(
        custom={
            "payload": {"elements": [None, {"title": {"a": 1}, "buttons": "x", "image_url": "javascript:alert(1)"}]}
        }
    ),
    Reply(text="<script>alert(1)</script> **[x](javascript:alert(1))**"),
    Reply(image="javascript:alert(1)"),
]
STORED = """{"conversation": null, "after": 0, "entries": [null, 7, {"who": "bot", "at": 1, "number": 1,
 "message": {"text": 7, "buttons": {"a": 1}, "attachment": {"payload": 3}, "custom": 5}},
 {"who": "bot", "at": "x", "message": {}}, {"who": "me", "id": "a", "text": "hello", "at": 1, "status": "answered"}]}"""


def test_one_broken_message_or_stored_entry_never_stops_the_page(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    page.evaluate("text => localStorage.setItem('parley.chat', text)", STORED)
    page.reload()
    expect(page.locator("li.me .bubble")).to_have_text(["hello"])
    standin.replies = lambda text: tuple(HOSTILE) if text == "hostile" else (Reply(text="still here"),)
    write(page, "hostile")
    expect(page.locator("#typing")).to_be_hidden()
    write(page, "and now?")
    expect(bots(page).last).to_have_text("still here")
    assert page.locator("#log script, #log a[href^=javascript], #log img[src^=javascript]").count() == 0


def test_who_comes_back_after_the_outbox_expired_is_answered(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    for text in ("one", "two"):
        write(page, text)
        expect(bots(page).last).to_have_text(f"You said: {text}")
    name = page.evaluate("JSON.parse(localStorage.getItem('parley.chat')).conversation")
    standin.delivery["STORE"].upkeep.forget(f"webchat:{name}")
    write(page, "three")
    expect(bots(page)).to_have_text(["You said: one", "You said: two", "You said: three"])
    expect(page.locator("#typing")).to_be_hidden()


def test_a_text_that_is_too_long_is_not_cut_and_says_so(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    page.get_by_label("Your message").fill("x" * 4003)
    expect(page.locator("#notice")).to_have_text("3 characters too many.")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    assert page.get_by_label("Your message").input_value() == "x" * 4003
