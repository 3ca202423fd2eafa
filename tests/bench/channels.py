"""CPU of a webhook's check and parsing, and of rendering replies, by channel: `python -m tests.bench.channels`.

What is measured are the platforms' own tables (tests/unit/channels/cases): signed webhooks of every kind that is heard,
and each of the replies. CPU of the thread, because a machine's other work is none of ours.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable, Sequence

from knative.platforms import catalogue as platforms
from shared.channels.catalogue import PLATFORMS, find_channel
from shared.channels.port import Recipient
from shared.events.catalogue import Button, Reply
from tests.bench.table import Table
from tests.unit.channels.accounts import ADDRESSES, SETTINGS
from tests.unit.channels.cases.case import Case
from tests.unit.channels.test_cases import TABLES
from tests.unit.channels.test_parsing import inbound

LONG = Reply(
    "**Your order**\n\n" + "\n".join(f"{number}. A large margherita with olives, [menu](https://example.com/{number})"
                                      for number in range(1, 40)),
    tuple(Button(f"Choice {number}", f'/choose{{"number": {number}}}') for number in range(1, 10)),
)  # fmt: skip
"""A reply of 2,700 characters with marks and nine buttons: longer than any that assistants should send."""


def measure(works: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Milliseconds of CPU of each call, `rounds` of every one, warm."""
    for work in works:
        work()
    found = []
    gc.collect()
    for _ in range(rounds):
        for work in works:
            began = time.thread_time_ns()
            work()
            found.append((time.thread_time_ns() - began) / 1e6)
    return sorted(found)


def parsing(name: str) -> list[Callable[[], object]]:
    settings = platforms.list_settings(name)

    def parse(case: Case) -> Callable[[], object]:
        webhook = case.webhook()
        asked = inbound(name, webhook.body, webhook.content_type)
        return lambda: find_channel(name).parse(asked, {**settings, **case.settings})

    return [parse(case) for case in TABLES[name].cases]


def rendering(name: str) -> list[Callable[[], object]]:
    to = Recipient("person", ADDRESSES[name], f"{name}:m1", True)

    def render(replies: Sequence[Reply]) -> Callable[[], object]:
        return lambda: find_channel(name).render(replies, to, SETTINGS[name])

    return [render(line.replies) for line in TABLES[name].rendered] + [render([LONG])]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.channels", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    table = Table("Channels, CPU ms", ("channel", "parse p50", "parse p99", "render p50", "render p99", "both p99"))
    for name in PLATFORMS:
        parse, render = (measure(work(name), options.rounds) for work in (parsing, rendering))
        worst = [found[int(0.99 * len(found))] for found in (parse, render)]
        figures = (statistics.median(parse), worst[0], statistics.median(render), worst[1], sum(worst))
        table.add(name, *(f"{figure:.3f}" for figure in figures))
    print(table)


if __name__ == "__main__":
    main()
