"""An author reads what people said and corrects it: real browser, real page, the store of a real run."""

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import expect

from knative.local.stages import ASSISTANTS, installation_secret
from shared.events.identity import derive_conversation_id
from shared.telemetry import hash_conversation, use_hash_key
from tests.e2e.conftest import Running
from tests.e2e.review.conftest import ReviewPage, reviewing

Open = Callable[..., Any]
TOKEN = "a-token-of-some-length"


def say(assistant: Running, sender: str, *texts: str) -> str:
    """Say it; the conversation's handle on the page."""
    for text in texts:
        body = json.dumps({"sender": sender, "message": text}).encode()
        url = f"{assistant.url}/webhooks/rest/webhook"
        request = urllib.request.Request(url, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            json.load(answer)
    use_hash_key(installation_secret(assistant.home / "default"))
    return hash_conversation(derive_conversation_id("rest", sender))


def get(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, exc.read().decode()


def show(page: Any, which: str, handle: str) -> None:
    page.get_by_label("Show").select_option(which)
    listed = page.locator(f"nav button[data-handle='{handle}']")
    expect(listed).to_be_visible()
    listed.click()
    expect(page.get_by_role("heading", name=f"Conversation {handle}")).to_be_visible()


def test_an_author_finds_what_was_not_understood_and_corrects_it_with_clicks(
    assistant: Running, review: ReviewPage, open_page: Open, screenshots: Path
) -> None:
    handle = say(assistant, "review-me", "hello", "xylem quokka brumous fnord")
    page = open_page(review.address)
    show(page, "fallback", handle)
    turn = page.get_by_role("article", name="Turn 2")
    expect(turn).to_contain_text("xylem")
    expect(turn).to_contain_text("not understood")
    expect(turn.get_by_role("button", name="Right")).to_be_disabled()
    page.screenshot(path=screenshots / "review.png")
    for left in reversed(range(turn.locator(".said button").count())):
        # Whatever a model takes these words for, they are nothing.
        turn.locator(".said button").first.click()
        page.get_by_role("dialog").get_by_role("button", name="no entity").click()
        expect(turn.locator(".said button")).to_have_count(left)
    expect(turn).to_contain_text("xylem quokka brumous fnord")
    turn.get_by_role("button", name="Intent of turn 2").click()
    page.screenshot(path=screenshots / "review-choose.png")
    page.get_by_label("Filter").fill("play_mus")
    page.get_by_label("Filter").press("Enter")
    turn = page.get_by_role("article", name="Turn 2")
    expect(turn).to_contain_text("was ")
    # Words become an entity by selecting them.
    box = turn.locator(".said span").first
    box.dblclick(position={"x": 12, "y": 10})
    page.get_by_label("Filter").fill("artist")
    page.get_by_role("dialog").get_by_role("button", name="artist").first.click()
    mark = page.get_by_role("article", name="Turn 2").get_by_role("button", name="xylem: artist; change")
    expect(mark).to_be_visible()
    page.screenshot(path=screenshots / "review-corrected.png")
    status, text = get(f"{review.url}/api/examples", cookie=review.sign_in())
    assert status == 200
    (item,) = (entry for entry in yaml.safe_load(text)["nlu"] if entry["intent"] == "play_music")
    assert "- [xylem](artist) quokka brumous fnord" in item["examples"]
    mark.click()
    page.get_by_role("dialog").get_by_role("button", name="no entity").click()
    expect(page.get_by_role("article", name="Turn 2").locator(".said button")).to_have_count(0)
    page.reload()
    show(page, "reviewed", handle)
    expect(page.get_by_role("article", name="Turn 2")).to_contain_text("was ")
    page.get_by_role("article", name="Turn 2").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("article", name="Turn 2").get_by_role("button", name="Set aside")).to_be_visible()
    assert "xylem" not in get(f"{review.url}/api/examples", cookie=review.sign_in())[1]


def test_what_was_right_is_confirmed_and_personal_data_is_hidden(
    assistant: Running, review: ReviewPage, open_page: Open
) -> None:
    handle = say(
        assistant, "+49 170 1234567", "play some jazz", "write to dan@example.com or call +49 170 7654321 <b>now</b>"
    )
    page = open_page(review.address)
    show(page, "all", handle)
    expect(page.get_by_role("article", name="Turn 2")).to_contain_text("write to <email> or call <phone> <b>now</b>")
    page.get_by_role("article", name="Turn 1").get_by_role("button", name="Right").click()
    expect(page.get_by_role("article", name="Turn 1")).to_contain_text("confirmed")
    page.get_by_role("article", name="Turn 2").get_by_role("button", name="Set aside").click()
    expect(page.get_by_role("article", name="Turn 2")).to_contain_text("set aside")
    text = get(f"{review.url}/api/examples", cookie=review.sign_in())[1]
    assert "- play some [jazz](genre)" in text
    assert "write to" not in text
    cookie = review.sign_in()
    paths = (f"conversations/{handle}", "conversations?which=all")
    everything = "".join(get(f"{review.url}/api/{path}", cookie=cookie)[1] for path in paths)
    for secret in ("1234567", "7654321", "dan@example"):
        assert secret not in everything


def test_a_form_that_was_given_up_and_low_confidence_are_found(
    assistant: Running, review: ReviewPage, open_page: Open
) -> None:
    handle = say(assistant, "left-form", "I'd like a large pizza", "Pepperoni Pizza please", "stop", "yes")
    page = open_page(review.address)
    show(page, "abandoned", handle)
    page.get_by_label("Low is below").fill("1")
    page.get_by_label("Low is below").press("Enter")
    show(page, "low", handle)
    expect(page.get_by_role("article", name="Turn 1")).to_contain_text("low confidence")


def test_with_a_token_nobody_reads_without_signing_in(
    assistant: Running, open_page: Open, tmp_path: Path, screenshots: Path
) -> None:
    handle = say(assistant, "secret-person", "hello")
    settings = {"REVIEW_AUTH": "token", "REVIEW_TOKEN": TOKEN}
    with reviewing(assistant.home, tmp_path / "output.txt", **settings) as review:
        url = review.url
        for path in ("domain", "conversations?which=all", f"conversations/{handle}", "examples"):
            assert get(f"{url}/api/{path}")[0] == 401, path
            assert get(f"{url}/api/{path}", authorization=f"Bearer {TOKEN}", cookie="parley_review=x")[0] == 401
        page = open_page(url, expected="401")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.screenshot(path=screenshots / "review-signin.png")
        page.get_by_label("Token").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#notice")).to_contain_text("not the token")
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Sign in").click()
        show(page, "all", handle)
        (cookie,) = page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["secure"]) == (True, "Strict", True)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert get(f"{url}/api/domain", cookie=f"parley_review={cookie['value']}")[0] == 401


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "https://evil.example"}, {"host": "localhost:8095"}, {"x-forwarded-for": "127.0.0.1"}],
)
def test_on_this_machine_who_has_the_printed_address_reads_and_nobody_else(
    review: ReviewPage, headers: dict[str, str]
) -> None:
    """Whatever a proxy on this machine hands on has this machine's address, and no token."""
    assert get(f"{review.url}/api/domain", cookie=review.sign_in())[0] == 200
    assert get(f"{review.url}/api/domain", **headers)[0] == (403 if "origin" in headers else 401)


def test_an_author_marks_words_with_the_keyboard_and_stays_where_they_are(
    assistant: Running, review: ReviewPage, open_page: Open
) -> None:
    handle = say(assistant, "keyboard", "hello", "thank you brumous fnord")
    page = open_page(review.address)
    show(page, "all", handle)
    mark = page.get_by_role("article", name="Turn 2").get_by_role("button", name="Mark words")
    mark.focus()
    for words in ("fnord", "fnord", "artist"):
        page.keyboard.press("Enter")
        page.get_by_label("Filter").fill(words)
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_have_text("Kept.")
    expect(
        page.get_by_role("article", name="Turn 2").get_by_role("button", name="fnord: artist; change")
    ).to_be_visible()
    expect(page.get_by_role("article", name="Turn 2").get_by_role("button", name="Mark words")).to_be_focused()


HOSTILE = "<img src=x onerror=alert(1)> \u202e {{7*7}} </script>"


def test_whatever_people_wrote_is_shown_as_text(assistant: Running, review: ReviewPage, open_page: Open) -> None:
    handle = say(assistant, "hostile", HOSTILE, "\u0000\ud83d\ude00" * 5, "x" * 3000)
    page = open_page(review.address)
    show(page, "all", handle)
    expect(page.locator("article")).to_have_count(3)
    expect(page.locator(".said").first).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("#conversation img, #conversation script").count() == 0


def test_an_author_reviews_by_keys_alone_and_finds_conversations_by_words(
    assistant: Running, review: ReviewPage, open_page: Open, screenshots: Path
) -> None:
    handle = say(assistant, "by-keys", "hello", "zylophonic quibble", "thank you")
    page = open_page(review.address)
    page.get_by_label("Show").select_option("all")
    page.keyboard.press("/")
    page.keyboard.type("zylophonic")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Conversation {handle}")).to_be_visible()
    expect(page.locator("nav li button")).to_have_count(1)
    page.get_by_label("Search").blur()
    page.keyboard.press("j")
    page.keyboard.press("r")
    first = page.get_by_role("article").first
    expect(first).to_contain_text("confirmed")
    # The keyboard stays where it was, so the next key is about the next turn.
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.get_by_role("dialog")).to_contain_text("Which is the first word?")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_role("article").nth(1)).to_contain_text("set aside")
    page.keyboard.press("a")
    expect(page.get_by_role("article").nth(2)).to_contain_text("confirmed")
    expect(page.locator("nav")).to_contain_text("3 of 3 reviewed")
    page.screenshot(path=screenshots / "review-keys.png", full_page=True)


def test_what_an_author_corrected_is_written_into_the_examples_with_one_click(
    assistant: Running, open_page: Open, tmp_path: Path, screenshots: Path
) -> None:
    handle = say(assistant, "to-be-written", "brumous zydeco quodlibet", "play some jazz for me@example.org")
    own = tmp_path / "own"
    shutil.copytree(ASSISTANTS / "default", own)
    before = {path: path.read_text() for path in own.glob("data/**/*.yml")}
    store = {
        "STORE_URL": f"sqlite:{assistant.home / 'default' / 'store.db'}",
        "INSTALLATION_SECRET": installation_secret(assistant.home / "default"),
    }
    with reviewing(assistant.home, tmp_path / "output.txt", str(own), **store) as review:
        page = open_page(review.address)
        show(page, "all", handle)
        turn = page.get_by_role("article", name="Turn 1")
        for left in reversed(range(turn.locator(".said button").count())):
            turn.locator(".said button").first.click()
            page.get_by_role("dialog").get_by_role("button", name="no entity").click()
            expect(turn.locator(".said button")).to_have_count(left)
        for number in (1, 2):
            page.get_by_role("button", name=f"Intent of turn {number}").click()
            page.get_by_label("Filter").fill("play_mus")
            page.get_by_label("Filter").press("Enter")
            expect(page.get_by_role("article", name=f"Turn {number}")).to_contain_text("play_music")
            # Its own line: other conversations of this run may say the same before this one is kept.
            own_line = page.locator(f"nav button[data-handle='{handle}']")
            expect(own_line).to_contain_text(f"{number} of 2 reviewed")
        page.get_by_role("button", name="Write into examples").click()
        expect(page.locator("#notice")).to_contain_text("stand in the assistant's files")
        expect(page.locator("#notice")).to_contain_text("words were hidden in it")
        page.screenshot(path=screenshots / "review-written.png")
        written = {path: path.read_text() for path in before}
        added = [line for path in before for line in set(written[path].split("\n")) - set(before[path].split("\n"))]
        assert [line.strip() for line in added if "quodlibet" in line] == ["- brumous zydeco quodlibet"]
        assert not [line for line in added if "for <email>" in line or "example.org" in line]
        assert all(set(before[path].split("\n")) <= set(written[path].split("\n")) for path in before)
        # Once more, and it stands there once.
        page.reload()
        page.get_by_role("button", name="Write into examples").click()
        expect(page.locator("#notice")).to_contain_text("stand in the assistant's files")
        assert {path: path.read_text() for path in before} == written
