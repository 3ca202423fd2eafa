"""Cold start: from the start of the process to the first answered event, for each stage and for the REST chain."""

import json
import statistics
import tempfile
import time
from pathlib import Path

from knative.local.send import find_sample
from tests.bench.processes import first_answer, measure_cost, stages
from tests.bench.table import Table

STAGES = ("gateway", "speech", "nlu", "dialogue", "actions", "delivery", "observer", "dead_letter")
CHAIN = ("gateway", "nlu", "dialogue", "actions")
EVENT = {"content-type": "application/cloudevents+json"}
REST = {"content-type": "application/json"}


def each_stage(assistant: str, runs: int) -> Table:
    """Each stage alone, answering its sample event (the gateway: its health page, for it takes no event)."""
    table = Table(
        f"Cold start of each stage alone, process start to first answer (functions-framework, median of {runs})",
        ("stage", "CPU ms", "wall ms", "RSS MB", "PSS MB"),
    )
    for stage in STAGES:
        measured = [_one(stage, assistant) for _ in range(runs)]
        table.add(stage, *(f"{statistics.median(column):.0f}" for column in zip(*measured, strict=True)))
    return table


def _one(stage: str, assistant: str) -> tuple[float, float, float, float]:
    with tempfile.TemporaryDirectory() as scratch, stages([stage], assistant, Path(scratch)) as started:
        one = started[stage]
        if stage == "gateway":
            status, body = first_answer(one.port, "/webhooks/webchat/conversations", b"", REST)
        else:
            status, body = first_answer(one.port, "/", find_sample(stage).read_bytes(), EVENT)
        wall = time.perf_counter() - one.since
        if status >= 400:
            raise SystemExit(f"{stage} answered {status}: {body.decode(errors='replace')}")
        used = measure_cost(one.process.pid)
        return used.cpu * 1000, wall * 1000, used.rss / 1e6, used.pss / 1e6


def chain(assistant: str, runs: int) -> Table:
    """The REST chain, all four started at once, one message that needs an action."""
    table = Table(
        f"Cold start of the REST chain ({', '.join(CHAIN)} started together, one message, median of {runs})",
        ("", "CPU s", "wall s", "RSS MB", "PSS MB"),
    )
    rows = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as scratch, stages(CHAIN, assistant, Path(scratch)) as started:
            body = json.dumps({"sender": "bench", "message": "search for a video about horror movies"}).encode()
            status, answer = first_answer(started["gateway"].port, "/webhooks/rest/webhook", body, REST)
            wall = time.perf_counter() - started["gateway"].since
            if status != 200 or not json.loads(answer):
                raise SystemExit(f"the chain answered {status}: {answer.decode(errors='replace')}")
            used = [measure_cost(one.process.pid) for one in started.values()]
            rows.append(
                (
                    sum(one.cpu for one in used),
                    wall,
                    sum(one.rss for one in used) / 1e6,
                    sum(one.pss for one in used) / 1e6,
                )
            )
    cpu, wall, rss, pss = (statistics.median(column) for column in zip(*rows, strict=True))
    table.add("REST chain", f"{cpu:.2f}", f"{wall:.2f}", f"{rss:.0f}", f"{pss:.0f}")
    return table
