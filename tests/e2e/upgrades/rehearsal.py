"""An upgrade and its rollback under load: people talk while every stage goes to the new revision and back."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from knative.local.stages import STAGES
from monitoring.conversations.history import turns_of
from shared.stores.opening import open_store
from tests.contract.activator.hosting import until
from tests.e2e.chaos.faults import Chances, Faults, Platform
from tests.e2e.chaos.people import SCRIPTS, SETTINGS, Talk, talks
from tests.e2e.chaos.verdict import Verdict, judge
from tests.e2e.upgrades.rolling import NEW, OLD, Rolling, rolling


@dataclass(slots=True)
class Report:
    verdict: Verdict
    rest: int
    """Messages over REST, each answered once."""
    moved: Counter[str]
    """How often each stage's traffic changed."""
    counted: dict[str, Counter[str]]
    """Of each revision: requests and starts."""
    seconds: float
    faults: list[str] = field(default_factory=list)


def rehearse(
    home: Path, roots: Mapping[str, Path], *, conversations: int, turns: int, seed: int = 1,
    extra: Mapping[str, Mapping[str, str]] | None = None,
) -> Report:  # fmt: skip
    """Old alone, then over and back at every stage while people talk, then old alone again: a rollback."""
    started = time.monotonic()
    faults = Faults(seed)
    faults.chances = Chances(0, 0, 0, 0)
    platform, over = Platform(faults), threading.Event()
    settings = {**SETTINGS, "PUBLISH_TIMEOUT": "15"}
    with platform.serving() as url, rolling(home, roots, {**settings, "CALLBACK_URL": url}, extra or {}) as world:
        until(lambda: _answers(world.ports["broker"]), "the broker answers")
        world.send({OLD: 1}, *STAGES)
        told = _talk(world, 2, turns, seed + 100)
        roller = threading.Thread(target=world.roll, args=(over, seed))
        roller.start()
        with ThreadPoolExecutor(2) as pool:
            rest = [pool.submit(_over_rest, world, f"rest{number}", turns * 2) for number in range(2)]
            try:
                told += _talk(world, conversations, turns, seed)
                problems = [problem for one in rest for problem in one.result()]
            finally:
                over.set()
                roller.join()
        # Rolled back: those who talked to any revision go on with the old one.
        world.send({OLD: 1}, *STAGES)
        problems += _over_rest(world, "rest0", 2)
        told += _talk(world, 2, turns, seed + 200)
        until(lambda: _quiet(world), "all is delivered")
    store = open_store(f"sqlite:{home / 'store.db'}")
    try:
        verdict = judge(told, store, platform.taken, [], home / "logs")
        counts = [len(list(turns_of(store, f"rest:rest{number}", time.time()))) for number in range(2)]
    finally:
        store.close()
    if counts != [turns * 2 + 2, turns * 2]:
        problems.append(f"REST conversations have {counts} turns instead of {[turns * 2 + 2, turns * 2]}")
    if verdict.unexplained:
        problems.append(f"{verdict.unexplained} replies were doubled")
    if verdict.letters:
        problems.append(f"{verdict.letters} dead letters")
    counted: dict[str, Counter[str]] = {name: Counter() for name in (OLD, NEW)}
    for ingress in world.ingresses.values():
        for name, revision in ingress.revisions.items():
            counted[name].update(revision.counts)
    return Report(verdict, sum(counts), world.moved, counted, time.monotonic() - started, [*verdict.faults, *problems])


def render_report(report: Report) -> str:
    verdict = report.verdict
    requests = ", ".join(f"{counts['requests']} by {name}" for name, counts in report.counted.items())
    lines = [
        f"{report.seconds:.0f} s; traffic moved {sum(report.moved.values())} times; requests: {requests}",
        f"{verdict.accepted} messages through the broker, {report.rest} over REST: {verdict.turns + report.rest} turns",
        f"{verdict.replies} replies through the broker, {verdict.doubles} doubled, {verdict.letters} dead letters",
        *(f"WRONG: {fault}" for fault in report.faults[:20]),
        f"{len(report.faults)} faults" if report.faults else "nothing lost, nothing doubled, nothing out of order",
    ]
    return "\n".join(lines)


def _talk(world: Rolling, conversations: int, turns: int, seed: int) -> list[Talk]:
    return talks(world.ports["gateway"], conversations, turns, seed, 300.0, 4)


def _over_rest(world: Rolling, sender: str, turns: int) -> list[str]:
    """What went wrong, saying `turns` things over REST."""
    problems = []
    for number in range(turns):
        text = SCRIPTS[number % len(SCRIPTS)][0]
        status, answer = _post(world.ports["gateway"], {"sender": sender, "message": text})
        if status != 200 or not answer:
            problems.append(f"REST answered {status} {str(answer)[:200]}")
    return problems


def _post(port: int, body: Any) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/webhooks/rest/webhook", json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def _stats(port: int) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/stats")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def _answers(port: int) -> bool:
    try:
        return bool(_stats(port))
    except OSError:
        return False


def _quiet(world: Rolling) -> bool:
    return not any(counts["queued"] for counts in _stats(world.ports["broker"])["triggers"].values())
