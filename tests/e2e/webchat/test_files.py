"""Files that a person sends, and what they think of an answer, in a real browser in front of the stand-in."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from shared.channels.webchat import MAX_PIECE
from tests.e2e.webchat.standin import Standin
from tests.e2e.webchat.test_accessibility import RULES
from tests.e2e.webchat.test_page import Open, bots, write
from tests.loopback import Asked

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf50"
    "0f0003860180b473dd8c0000000049454e44ae426082"
)


def attach(page: Any, name: str, content_type: str, content: bytes) -> None:
    page.locator("#file").set_input_files([{"name": name, "mimeType": content_type, "buffer": content}])


def fetch_kept(standin: Standin, reference: str, content_type: str) -> bytes:
    """The file as operators get it of delivery."""
    query = f"channel=webchat&type=file&reference={reference}&content_type={content_type}".encode()
    body, status, _ = standin.delivery["handle"](Asked("GET", "/attachments", query_string=query))
    assert status == 200, body
    return bytes(body)


def test_a_file_is_sent_and_kept_as_it_was(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    content = bytes(range(256)) * (MAX_PIECE // 256 + 1)
    expect(page.get_by_role("button", name="Attach a file")).to_be_visible()
    attach(page, "ticket.pdf", "application/pdf", content)
    expect(page.locator("li.me .bubble")).to_have_text([f"Attachment: ticket.pdf ({-(-len(content) // 1024)} kB)"])
    expect(bots(page)).to_have_text(["You said: "])
    ((attachment,),) = [message.attachments for message in standin.received]
    assert (attachment.type, attachment.name, attachment.bytes) == ("file", "ticket.pdf", len(content))
    assert fetch_kept(standin, attachment.reference, "application/pdf") == content
    assert sum(request == "POST /webhooks/webchat/files" for request in standin.requests) == 2


def test_a_picture_is_shown_to_whom_sent_it(standin: Standin, open_page: Open, screenshots: Path) -> None:
    page = open_page(standin.url)
    attach(page, "dot.png", "image/png", PNG)
    expect(page.get_by_alt_text("dot.png")).to_be_visible()
    expect(bots(page)).to_have_count(1)
    page.screenshot(path=screenshots / "picture-sent.png")
    page.reload()
    expect(page.locator("li.me .bubble")).to_have_text(["Attachment: dot.png (1 kB)"])


def test_a_large_picture_is_sent_smaller(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url)
    page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(2400, 1200), pen = canvas.getContext("2d");
          const pixels = pen.createImageData(2400, 1200);
          const { data } = pixels;
          for (let at = 0; at < data.length; at += 65536) crypto.getRandomValues(data.subarray(at, at + 65536));
          pen.putImageData(pixels, 0, 0);
          const type = "image/png", blob = await canvas.convertToBlob({ type });
          const file = new File([blob], "photo.png", { type });
          const transfer = new DataTransfer();
          transfer.items.add(file);
          const drop = new DragEvent("drop", { dataTransfer: transfer, bubbles: true });
          document.querySelector(".chat").dispatchEvent(drop);
        }"""
    )
    expect(bots(page)).to_have_count(1, timeout=20_000)
    (attachment,) = standin.received[0].attachments
    assert attachment.content_type == "image/jpeg"
    content = fetch_kept(standin, attachment.reference, "image/jpeg")
    size = page.evaluate(
        "async (bytes) => { const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)])); "
        "return [picture.width, picture.height]; }",
        list(content),
    )
    assert size == [1600, 800]


@pytest.mark.parametrize(
    ("name", "content_type", "content", "words"),
    [
        ("tool.zip", "application/zip", b"x", "Files of this kind cannot be sent: “tool.zip”."),
        ("film.mp4", "video/mp4", bytes(14 * MAX_PIECE + 1), "“film.mp4” has more than 5 MB"),
    ],
)
def test_what_cannot_be_sent_says_why(
    standin: Standin, open_page: Open, name: str, content_type: str, content: bytes, words: str
) -> None:
    page = open_page(standin.url)
    attach(page, name, content_type, content)
    expect(page.get_by_role("alert")).to_contain_text(words)
    assert page.locator("li.me").count() == 0
    assert standin.received == []


def test_a_file_that_was_not_sent_before_the_page_went_asks_for_it_again(standin: Standin, open_page: Open) -> None:
    page = open_page(standin.url, expected="503")
    standin.broken = True
    attach(page, "list.csv", "text/csv", b"a,b")
    expect(page.locator(".trouble")).to_contain_text("Not sent.")
    standin.broken = False
    page.reload()
    expect(page.locator(".trouble")).to_contain_text("the file is not there any more")
    assert standin.received == []


def test_an_installation_that_takes_no_files_offers_none(open_page: Open) -> None:
    with Standin(settings={"UPLOADS": "false"}).running() as standin:
        page = open_page(standin.url)
        expect(page.get_by_label("Your message")).to_be_enabled()
        expect(page.get_by_role("button", name="Attach a file")).to_be_hidden()


def test_a_person_says_whether_an_answer_helped_and_may_think_otherwise(
    standin: Standin, open_page: Open, screenshots: Path
) -> None:
    page = open_page(standin.url)
    write(page, "hello")
    up, down = (
        page.get_by_role("button", name=name, exact=True) for name in ("This was helpful", "This was not helpful")
    )
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(up).to_be_focused()
    down.click()
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(up).to_have_attribute("aria-pressed", "false")
    page.screenshot(path=screenshots / "rated.png")
    write(page, "goodbye")
    expect(bots(page)).to_have_text(["You said: hello", "You said: goodbye"])
    # The answer that was rated keeps its rating, the new one may be rated.
    expect(down).to_have_count(2)
    page.reload()
    expect(down.first).to_have_attribute("aria-pressed", "true")
    assert [helpful for _, helpful in standin.rated] == [True, False]
    assert standin.rated[0][0] == standin.ids[0]
    results = Axe().run(page, options=RULES)
    assert results.violations_count == 0, results.generate_report()


def test_nobody_is_asked_where_the_assistants_page_says_so(open_page: Open) -> None:
    with Standin(settings={"CHAT_SETTINGS": '{"ratings": false}'}).running() as standin:
        page = open_page(standin.url)
        write(page, "hello")
        expect(bots(page)).to_have_text(["You said: hello"])
        expect(page.get_by_role("status")).to_have_text("Ready")
        assert page.get_by_role("button", name="This was helpful").count() == 0
