"""Says what so many messages a second need: pods, partitions, documents, money, and how long people wait.

`task plan RATE=1000`; -- --page writes knative/growth/README.md's tables again.
"""

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from knative.growth.model import ONE_POD, STAGES, Assumptions, Plan, plan
from knative.growth.queue import simulate

PAGE = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- task plan -- --page -->", "<!-- end -->"
RATES = (1.0, 10.0, 50.0, 100.0, 1000.0, 10000.0)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task plan", description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=float, default=100.0, help="messages a second")
    parser.add_argument("--page", action="store_true", help="write the tables of the page again")
    for field in dataclasses.fields(Assumptions):
        option = f"--{field.name.replace('_', '-')}"
        parser.add_argument(option, type=float, default=field.default, metavar="NUMBER")
    options = parser.parse_args(arguments)
    given = Assumptions(**{field.name: getattr(options, field.name) for field in dataclasses.fields(Assumptions)})
    if options.page:
        PAGE.write_text(render_page(PAGE.read_text("utf-8")), "utf-8")
        return 0
    if not 0 < options.rate <= 1_000_000 or not 0 < given.busy <= 1:
        parser.error("--rate must be more than 0 and at most 1000000, --busy more than 0 and at most 1")
    print(render_plan(plan(options.rate, given)))
    print(render_waits(options.rate, given))
    return 0


def render_plan(found: Plan) -> str:
    shape = "one pod (overlays/small)" if found.one_pod else "a Service for each stage (overlays/prod)"
    lines = [f"{found.rate:g} messages a second: {shape}, {found.cores:.2f} cores of work", "", "pods of one core"]
    lines += [f"  {name:10}{count:6}" for name, count in found.pods.items()]
    lines += [
        "partitions of the broker's topic",
        *(f"  {name:10}{count:6}" for name, count in found.partitions.items()),
    ]
    lines += [f"Firestore: {found.reads:,.0f} reads and {found.writes:,.0f} writes a second"]
    lines += ["USD for a million messages", *(f"  {name:22}{cost:8.2f}" for name, cost in found.costs.items())]
    return "\n".join([*lines, *(f"* {note}" for note in found.notes)])


def render_waits(rate: float, given: Assumptions) -> str:
    """Simulated: all pods asleep at the first message, and all awake; the stage that holds a message the longest."""
    found = plan(rate, given)
    name = "parley" if found.one_pod else "nlu"
    seconds = (ONE_POD if found.one_pod else STAGES[name]).milliseconds / 1000
    rate, pods = min(rate, 2000.0), max(1, round(found.pods[name] * min(1.0, 2000.0 / rate)))
    cold, warm = (simulate(rate, pods, seconds, awake=awake, lasting=8) for awake in (0, pods))
    lines = [f"seconds until {name} has answered (simulated, {pods} pods, a start of 0.8 s): median, 99 of 100"]
    for asleep, awake in zip(cold, warm, strict=True):
        lines.append(
            f"  second {asleep.second}: from zero {asleep.median:.3f} {asleep.worst:.3f}, "
            f"awake {awake.median:.3f} {awake.worst:.3f}"
        )
    return "\n".join(lines)


def render_page(text: str) -> str:
    """The page with its tables as the model has them now."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{_write_table()}\n{END}{rest.partition(END)[2]}"


def _write_table() -> str:
    names = ("parley", *STAGES, "observer")
    head = ["messages/s", "cores of work", *names, "partitions", "Firestore writes/s", "GKE", "Cloud Run", "Firestore"]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for rate in RATES:
        found = plan(rate)
        cells = [f"{rate:g}", f"{found.cores:.2f}", *(str(found.pods.get(name, "-")) for name in names)]
        cells += [str(max(found.partitions.values())), f"{found.writes:,.0f}"]
        cells += [f"{cost:.2f}" for cost in found.costs.values()]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
