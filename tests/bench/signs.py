"""How long people wait for a sign that they were read, all stages at zero: `python -m tests.bench.signs`.

By platform: a signed webhook at the gateway until the platform was told that the assistant is typing, be it by a call
of the gateway's or by the webhook's own answer. With the gateway awake, and with the gateway at zero too.
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from knative.local.stages import STAGES
from knative.platforms import catalogue as platforms
from knative.platforms.port import Webhook
from knative.platforms.standin import Standin, run_stand_in
from tests.bench.table import Table
from tests.bench.waking import World, expect, post, world

PLATFORMS = ("telegram", "discord", "slack", "whatsapp", "messenger", "line", "teams")
IN_THE_ANSWER = {"telegram": "sendChatAction", "discord": '{"type": 5}'}
"""Platforms that take the sign in the webhook's own answer, and what stands there."""
THREAD = {"slack": (b'"ts"', b'"thread_ts": "1.1", "ts"')}
"""Slack has a sign in threads with the assistant alone."""
AIM = 300
PATIENCE = 10.0


def measure_sign(one: World, standin: Standin, name: str, number: int) -> float:
    """Milliseconds from a webhook to its sign."""
    written = platforms.write_text(name, "hello", number, standin.url)
    webhook = Webhook(written.body.replace(*THREAD.get(name, (b"", b""))), written.content_type)
    path = f"/webhooks/{name}/webhook"
    address = f"http://127.0.0.1:{one.ports['gateway']}{path}"
    headers = platforms.sign_webhook(name, webhook.body, address, time.time(), content_type=webhook.content_type)
    standin.signs.clear()
    found: list[float] = []
    since = time.perf_counter()

    def send() -> None:
        answered = post(one.ports["gateway"], path, webhook.body, headers)
        expect(answered, 200)
        if name in IN_THE_ANSWER:
            assert IN_THE_ANSWER[name] in answered[1].decode(), answered
            found.append(time.perf_counter())

    sending = threading.Thread(target=send)
    sending.start()
    while not found and time.perf_counter() - since < PATIENCE:
        if standin.signs:
            found.append(time.perf_counter())
        time.sleep(0.001)
    sending.join()
    if not found:
        raise SystemExit(f"{name}: no sign in {PATIENCE:.0f} s")
    return (found[0] - since) * 1000


@contextlib.contextmanager
def awake(one: World) -> Iterator[None]:
    """The gateway is asked now and then, and stays, while the other stages fall asleep."""
    ended = threading.Event()

    def ask() -> None:
        while not ended.wait(0.15):
            post(one.ports["gateway"], "/webhooks/rest/", b"", {}, "GET")

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        while not all(asleep for stage, asleep in one.sleeping().items() if stage not in ("gateway", "observer")):
            time.sleep(0.05)
        yield
    finally:
        ended.set()
        asking.join()


def measure(assistant: str, runs: int, idle: float) -> Table:
    rows: dict[str, dict[str, list[float]]] = {name: {"awake": [], "asleep": []} for name in PLATFORMS}
    with tempfile.TemporaryDirectory() as scratch, run_stand_in() as standin:
        os.environ.update(platforms.build_environment(standin.url))
        with world(assistant, Path(scratch), standin.url, idle, ahead=True) as one:
            for number in range(runs + 1):
                for place, name in enumerate(PLATFORMS):
                    for kind in ("awake", "asleep"):
                        one.asleep()
                        with awake(one) if kind == "awake" else contextlib.nullcontext():
                            taken = measure_sign(one, standin, name, 1000 * number + 2 * place + (kind == "awake"))
                        # The first round finds files that were never read.
                        rows[name][kind] += [taken] if number else []
    table = Table(
        f"From a webhook to a sign of life, ms, {len(STAGES)} stages at zero (median of {runs}; aim {AIM})",
        ("platform", "gateway awake", "worst", "gateway at zero too", "worst"),
    )
    for name, kinds in rows.items():
        values = [figure for found in kinds.values() for figure in (statistics.median(found), max(found))]
        table.add(name, *(f"{figure:.0f}" for figure in values))
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.signs", description=__doc__.partition("\n")[0])
    parser.add_argument("--assistant", default=os.environ.get("ASSISTANT") or "default")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--idle", type=float, default=0.6, help="seconds without a request before a stage is stopped")
    options = parser.parse_args(arguments)
    print(json.dumps({"date": f"{datetime.now(UTC):%Y-%m-%d}", "python": platform.python_version(),
                      "load": round(os.getloadavg()[0], 1)}))  # fmt: skip
    print(measure(options.assistant, options.runs, options.idle))
    print(f"load after: {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
