"""Speaking to the chat page and being spoken to, in a real browser: its microphone is a file that espeak-ng spoke."""

import shutil
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.e2e.webchat.conftest import FLAGS
from tests.e2e.webchat.standin import Standin
from tests.unit.speech.recordings import spoken

Open = Callable[..., Any]
PHONE = {"viewport": {"width": 375, "height": 667}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


@pytest.fixture
def standin() -> Iterator[Standin]:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not here; apt-get install espeak-ng")
    with Standin(listening=True).running() as running:
        yield running


@contextmanager
def browser(microphone: Path | None, executable: str) -> Iterator[Any]:
    flags = [*FLAGS, "--autoplay-policy=no-user-gesture-required"]
    if microphone is not None:
        flags += ["--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={microphone}%noloop"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=flags)
        yield started
        started.close()


@pytest.fixture
def open_microphone_page(standin: Standin) -> Iterator[Open]:
    """Opens the page in a browser that hears this file; without one it has no microphone."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no chromium on this machine; on Debian and Ubuntu: apt-get install chromium")
    running: list[Any] = []
    complaints: list[str] = []

    def open_(microphone: Path | None, *, allowed: bool = True, **options: Any) -> Any:
        running.append(browser(microphone, executable))
        context = (
            running[-1]
            .__enter__()
            .new_context(**{"viewport": {"width": 1100, "height": 760}, "locale": "en-US", **options})
        )
        if allowed:
            context.grant_permissions(["microphone"])
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(standin.url)
        return page

    yield open_
    for one in running:
        one.__exit__(None, None, None)
    assert complaints == []


@pytest.fixture
def jazz(tmp_path: Path) -> Path:
    return voice(tmp_path, "play some jazz")


def voice(folder: Path, text: str) -> Path:
    """The text, after the silence in which the browser opens its microphone, and before some more."""
    spoken(text, folder)
    path = folder / "microphone.wav"
    with wave.open(str(folder / "spoken.wav")) as said, wave.open(str(path), "wb") as out:
        out.setparams(said.getparams())
        second = b"\0\0" * said.getframerate()
        out.writeframes(second + said.readframes(said.getnframes()) + second * 20)
    return path


def mic(page: Any) -> Any:
    return page.locator("#mic")


def until(page: Any, expression: str) -> Any:
    """Wait for something in the page; its policy lets no text become code, so playwright cannot wait there itself."""
    end = time.monotonic() + 20
    while not (value := page.evaluate(expression)):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(50)
    return value


def wait_for_voice(page: Any) -> None:
    """Until the meter has moved, and some more, in which the file is told."""
    until(page, "[...document.querySelectorAll('#level i')].some((bar) => /0\\.[3-9]/.test(bar.style.transform))")
    page.wait_for_timeout(2500)


def test_what_is_spoken_is_heard_shown_and_answered(
    standin: Standin, open_microphone_page: Open, jazz: Path, screenshots: Path
) -> None:
    page = open_microphone_page(jazz)
    mic(page).click()
    expect(mic(page)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#spoken")).to_have_text("Recording. Escape cancels.")
    wait_for_voice(page)
    page.screenshot(path=screenshots / "recording.png")
    expect(page.locator("#clock")).not_to_have_text("0:00")
    page.get_by_label("Send the recording").click()
    expect(page.locator("li.me .bubble.voice")).to_contain_text("play some jazz")
    expect(page.locator("li.bot .bubble")).to_have_text(["You said: play some jazz"])
    page.screenshot(path=screenshots / "heard.png")
    expect(mic(page)).to_have_attribute("aria-pressed", "false")
    assert standin.received[0].locale == "en-US"
    assert standin.received[0].metadata["speech"]["recogniser"] == "pocketsphinx"
    page.reload()
    expect(page.locator("li.me .bubble.voice")).to_contain_text("play some jazz")


@pytest.mark.parametrize("key", [" ", "Alt+m"])
def test_holding_a_key_talks_and_letting_go_sends(open_microphone_page: Open, jazz: Path, key: str) -> None:
    page = open_microphone_page(jazz)
    if key == " ":
        mic(page).focus()
    for part in key.split("+"):
        page.keyboard.down(part)
    expect(mic(page)).to_have_attribute("data-state", "recording")
    wait_for_voice(page)
    for part in reversed(key.split("+")):
        page.keyboard.up(part)
    expect(page.locator("li.bot .bubble")).to_have_text(["You said: play some jazz"])


def test_escape_and_the_cross_send_nothing(standin: Standin, open_microphone_page: Open, jazz: Path) -> None:
    page = open_microphone_page(jazz)
    for by_key in (True, False):
        mic(page).click()
        expect(mic(page)).to_have_attribute("data-state", "recording")
        if by_key:
            page.keyboard.press("Escape")
        else:
            page.get_by_label("Cancel the recording").click()
        expect(mic(page)).to_have_attribute("data-state", "")
        expect(page.locator("#spoken")).to_have_text("Recording cancelled")
        expect(page.get_by_label("Your message")).to_be_visible()
    assert not any("POST" in request for request in standin.requests)


def test_what_is_written_right_after_a_recording_is_sent_when_that_was_heard(
    standin: Standin, open_microphone_page: Open, jazz: Path
) -> None:
    page = open_microphone_page(jazz)
    standin.answering.clear()
    mic(page).click()
    expect(mic(page)).to_have_attribute("data-state", "recording")
    wait_for_voice(page)
    mic(page).click()
    expect(page.locator("li.me .bubble.voice")).to_have_count(1)
    for text in ("no, rock", "or blues"):
        page.get_by_label("Your message").fill(text)
        page.get_by_label("Your message").press("Enter")
    expect(page.locator("li.me .bubble")).to_have_count(3)
    page.wait_for_timeout(700)
    assert len(standin.ids) == 1
    standin.answering.set()
    answers = [f"You said: {text}" for text in ("play some jazz", "no, rock", "or blues")]
    expect(page.locator("li.bot .bubble")).to_have_text(answers)


def test_a_slip_of_the_finger_is_told_how_to_speak(standin: Standin, open_microphone_page: Open, jazz: Path) -> None:
    page = open_microphone_page(jazz)
    mic(page).click()
    expect(mic(page)).to_have_attribute("data-state", "recording")
    mic(page).click()
    expect(page.get_by_role("alert")).to_contain_text("too short")
    assert standin.ids == []


def test_a_long_recording_is_answered_in_pieces_while_it_goes_on(
    standin: Standin, open_microphone_page: Open, jazz: Path, tmp_path: Path
) -> None:
    path = tmp_path / "long.wav"
    with wave.open(str(jazz)) as said, wave.open(str(path), "wb") as out:
        out.setparams(said.getparams())
        heard = said.readframes(said.getframerate() * 4)
        # Again after the pause that ends the piece, and then nothing more.
        out.writeframes(heard + b"\0\0" * said.getframerate() * 12 + heard + b"\0\0" * said.getframerate() * 20)
    page = open_microphone_page(path)
    mic(page).click()
    expect(page.locator("li.bot .bubble")).to_have_text(["You said: play some jazz"], timeout=25_000)
    expect(mic(page)).to_have_attribute("data-state", "recording")
    wait_for_voice(page)
    mic(page).click()
    expect(page.locator("li.bot .bubble")).to_have_text(["You said: play some jazz"] * 2)
    assert len(standin.ids) == 2
    # A pause at the end is no message of its own.
    expect(page.locator("li.me .bubble.voice")).to_have_count(2)


def test_silence_is_noticed_while_recording_and_answered_politely(
    open_microphone_page: Open, tmp_path: Path, screenshots: Path
) -> None:
    path = tmp_path / "silence.wav"
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(b"\0\0" * 16_000 * 20)
    page = open_microphone_page(path)
    mic(page).click()
    expect(page.locator("#hint")).to_contain_text("muted")
    page.screenshot(path=screenshots / "muted.png")
    mic(page).click()
    expect(page.locator("li.bot .bubble")).to_contain_text("I could not hear anything")
    expect(page.locator("li.me .bubble.voice")).to_contain_text("Voice message")


def test_a_microphone_that_is_not_allowed_says_what_to_do(
    open_microphone_page: Open, jazz: Path, screenshots: Path
) -> None:
    page = open_microphone_page(jazz, allowed=False)
    mic(page).click()
    expect(page.get_by_role("alert")).to_contain_text("not allowed")
    page.screenshot(path=screenshots / "denied.png")
    expect(page.get_by_label("Your message")).to_be_visible()


def test_a_machine_without_a_microphone_says_so(open_microphone_page: Open) -> None:
    page = open_microphone_page(None)
    mic(page).click()
    expect(page.get_by_role("alert")).to_contain_text("no microphone")


def test_replies_are_read_aloud_by_the_server_where_the_browser_has_no_voice(
    standin: Standin, open_microphone_page: Open, jazz: Path, screenshots: Path
) -> None:
    page = open_microphone_page(jazz)
    toggle = page.get_by_role("button", name="Read replies aloud")
    expect(toggle).to_have_attribute("aria-pressed", "false")
    page.get_by_label("Your message").fill("in silence")
    page.get_by_label("Your message").press("Enter")
    expect(page.locator("li.bot .bubble")).to_have_count(1)
    assert "POST /webhooks/webchat/aloud" not in standin.requests
    toggle.click()
    page.evaluate(
        "window.played = []; const play = Audio.prototype.play;"
        "Audio.prototype.play = function () { window.played.push(this.src); return play.call(this); }; null"
    )
    page.get_by_label("Your message").fill("aloud")
    page.get_by_label("Your message").press("Enter")
    until(page, "window.played.length === 1 && window.played[0].startsWith('blob:')")
    assert standin.requests.count("POST /webhooks/webchat/aloud") == 1
    # Sentence by sentence, so that the first is heard while the next is made.
    page.get_by_label("Your message").fill("One thing. Another thing.")
    page.get_by_label("Your message").press("Enter")
    until(page, "window.played.length === 3")
    assert standin.requests.count("POST /webhooks/webchat/aloud") == 3
    page.screenshot(path=screenshots / "aloud.png")
    page.reload()
    expect(toggle).to_have_attribute("aria-pressed", "true")


def test_a_browsers_own_voice_is_used_where_it_has_one(
    standin: Standin, open_microphone_page: Open, jazz: Path
) -> None:
    page = open_microphone_page(jazz)
    page.evaluate(
        "window.said = []; speechSynthesis.getVoices = () => [{}];"
        "speechSynthesis.speak = (utterance) => { window.said.push(utterance.text); utterance.onend(); }; null"
    )
    page.get_by_role("button", name="Read replies aloud").click()
    for text in ("buttons", "links"):
        page.get_by_label("Your message").fill(text)
        page.get_by_label("Your message").press("Enter")
        expect(page.get_by_role("status").first).to_have_text("Ready")
    until(page, "window.said.length === 2")
    said = page.evaluate("window.said")
    assert said[0] == "What kind of film would you like? You can choose: Horror, Comedy, Surprise me."
    assert said[1].startswith("See a link")
    assert "POST /webhooks/webchat/aloud" not in standin.requests


def test_on_a_phone_the_recorder_fits(open_microphone_page: Open, jazz: Path, screenshots: Path) -> None:
    page = open_microphone_page(jazz, **PHONE)
    mic(page).tap()
    expect(mic(page)).to_have_attribute("data-state", "recording")
    wait_for_voice(page)
    page.screenshot(path=screenshots / "phone-recording.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    mic(page).tap()
    expect(page.locator("li.me .bubble.voice")).to_contain_text("play some jazz")
    page.screenshot(path=screenshots / "phone-heard.png")


def test_without_a_speech_stage_there_is_no_microphone(open_page: Open) -> None:
    with Standin().running() as running:
        page = open_page(running.url)
        expect(page.get_by_label("Your message")).to_be_visible()
        expect(mic(page)).to_be_hidden()
