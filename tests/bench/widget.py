"""What the widget costs a website, in Chromium: `python -m tests.bench.widget [--minutes 5] [--pages 15]`.

How much later the website's largest paint is (pages with and without it in turn, each in a browser without memory), and
how many requests a minute it makes: unopened, open, after a conversation, in a hidden tab. Its size, and its page's.
"""

import argparse
import gzip
import os
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from functions.gateway.assets import FOLDER
from knative.local.ports import find_free_ports
from tests.bench.table import Table
from tests.e2e.webchat.conftest import FLAGS
from tests.e2e.webchat.standin import PIXEL, Standin
from tests.loopback import served

SHOP = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A shop</title>{script}</head><body>
<h1>A shop</h1><img src="{picture}" width="960" height="540" alt="">{words}</body></html>"""
WORDS = "".join(f"<p>{'Everything that you need, and more of it. ' * 8}</p>" for _ in range(40))
PAINTED = """() => new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
  .observe({ type: "largest-contentful-paint", buffered: true }))"""
HIDE = """() => {
  for (const [name, value] of [["hidden", true], ["visibilityState", "hidden"]])
    Object.defineProperty(document, name, { configurable: true, get: () => value });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def measure_paint(browser: Any, addresses: dict[str, str], pages: int) -> Table:
    found: dict[str, list[float]] = {name: [] for name in addresses}
    for number in range(pages + 1):
        for name in sorted(addresses, reverse=bool(number % 2)):
            context = browser.new_context(viewport={"width": 1100, "height": 760})
            page = context.new_page()
            page.goto(addresses[name], wait_until="load")
            taken = page.evaluate(PAINTED)
            found[name] += [taken] if number else []
            context.close()
    table = Table(f"The website's largest paint, ms ({pages} pages each)", ("", "median", "least", "most"))
    for name, values in found.items():
        table.add(name, *(f"{figure:.0f}" for figure in (statistics.median(values), min(values), max(values))))
    later = statistics.median(found["with the widget"]) - statistics.median(found["without"])
    table.add("later by", f"{later:.0f}", "", "")
    return table


def open_chat(page: Any, words: str) -> None:
    page.get_by_role("button", name="Open the chat").click()
    chat = page.frame_locator("iframe")
    if words:
        chat.get_by_label("Your message").fill(words)
        chat.get_by_label("Your message").press("Enter")
        chat.locator("li.bot .bubble").first.wait_for(timeout=30_000)


def measure_idling(browser: Any, address: str, minutes: int) -> Table:
    requests: dict[str, list[float]] = {}
    kinds = {
        "never opened": None,
        "opened, nothing said": "",
        "after a conversation": "hello",
        "the same, hidden": "hi",
    }
    pages = {}
    for kind, words in kinds.items():
        page = browser.new_context(viewport={"width": 1100, "height": 760}).new_page()
        page.goto(address)
        if words is not None:
            open_chat(page, words)
        if "hidden" in kind:
            for frame in page.frames:
                frame.evaluate(HIDE)
        requests[kind] = []
        pages[kind] = page
    # What came with the answer, and the style of its row, is no idling.
    time.sleep(2)
    began = time.monotonic()
    for kind, page in pages.items():
        page.on("request", lambda _, kind=kind: requests[kind].append(time.monotonic() - began))
    page.wait_for_timeout(minutes * 60_000)
    table = Table("Requests in each minute", ("", *(f"{number + 1}." for number in range(minutes))))
    for kind, times in requests.items():
        table.add(kind, *(str(sum(number <= at / 60 < number + 1 for at in times)) for number in range(minutes)))
    return table


def measure_size() -> Table:
    table = Table("Gzipped bytes", ("", "bytes"))
    sizes = {file.name: len(gzip.compress(file.read_bytes(), 9)) for file in Path(FOLDER).iterdir()}
    table.add("widget.js", str(sizes["widget.js"]))
    table.add("the page in its frame, once it is opened", str(sum(sizes.values()) - sizes["widget.js"]))
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.widget", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=int, default=5)
    parser.add_argument("--pages", type=int, default=15)
    options = parser.parse_args(arguments)
    print(f"{datetime.now(UTC):%Y-%m-%d}, load {os.getloadavg()[0]:.1f}\n")
    (port,) = find_free_ports(1)
    site = f"http://localhost:{port}"
    standin = Standin(settings={"CORS_ORIGINS": site})
    with ExitStack() as stack:
        stack.enter_context(standin.running())

        def shop(request: Any) -> Any:
            script = f'<script src="{standin.url}/widget.js" async></script>' if request.path == "/with" else ""
            return SHOP.format(script=script, picture=PIXEL, words=WORDS), 200, {"content-type": "text/html"}

        stack.enter_context(served(shop, port))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=playwright_browser(), args=FLAGS)
        stack.callback(browser.close)
        print(measure_size())
        print(measure_paint(browser, {"without": f"{site}/", "with the widget": f"{site}/with"}, options.pages))
        print(measure_idling(browser, f"{site}/with", options.minutes))
    return 0


def playwright_browser() -> str:
    import shutil

    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit("no chromium on this machine")
    return found


if __name__ == "__main__":
    sys.exit(main())
