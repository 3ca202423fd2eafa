"""What an assistant needs at so many messages a second: a small model of measured figures, pure.

What a message costs each stage was measured (tests/bench/README.md: warm, by stage; delivery and observer by their
ratio to dialogue in one run). What the platform allows is documented by its makers, and stands beside its number.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

SMALL = 50.0
"""Messages a second below which one process is recommended."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a stage does for each message."""

    milliseconds: float
    """CPU for each message on one quiet core."""
    request: float
    """Cores that a pod is given when pods are counted."""
    memory: int
    """MB that a pod asks for."""


STAGES: Mapping[str, Work] = {
    "gateway": Work(0.6, 1.0, 48),
    "nlu": Work(1.7, 1.0, 128),
    "dialogue": Work(1.8, 1.0, 48),
    "actions": Work(0.5, 1.0, 48),
    "delivery": Work(0.25, 1.0, 48),
}
OBSERVER = Work(0.13, 1.0, 48)
"""Always one: counters of two would have to be added, and who dies loses some."""
ONE_POD = Work(0.8 * sum(work.milliseconds for work in STAGES.values()), 1.0, 192)
"""The five in one process: 0.8 of the CPU (tests.bench.shapes)."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What differs between installations; every one can be said to `task plan`."""

    busy: float = 0.6
    """Share of a core that may be used on average, so that queues stay short."""
    through_broker: float = 1.0
    """Share of messages that come over the broker; the rest is REST."""
    platform_seconds: float = 0.15
    """Until a platform has answered one reply."""
    hop_seconds: float = 0.004
    """Of one delivery by the broker, besides the stage's own work."""
    store_seconds: float = 0.02
    """Dialogue's calls to Firestore for one event, in one region."""
    core_hour: float = 0.0445
    memory_hour: float = 0.0049
    """GKE Autopilot, general purpose, us-central1, list price: USD for a vCPU and for a GB."""
    run_core_second: float = 0.000024
    run_memory_second: float = 0.0000025
    run_request: float = 0.0000004
    """Cloud Run, billed by request, tier 1, list price: USD for a vCPU-second, a GiB-second and a request."""
    read: float = 0.0000006
    write: float = 0.0000018
    """Firestore, multi-region, list price: USD for a document."""


EVENTS = 1.5
"""Of dialogue for each message: half of all messages need an action."""
READS = 2 * EVENTS + 2
"""Documents for each message: state and turn for each event; delivery's claim and its outcome."""
WRITES = 2 * EVENTS + 3
"""State and turn for each event; claim, outcome and message of delivery."""


@dataclass(frozen=True, slots=True)
class Plan:
    rate: float
    one_pod: bool
    pods: Mapping[str, int]
    cores: float
    partitions: Mapping[str, int]
    """Of the broker's topic, as each ordered Trigger alone would need them; the largest counts."""
    reads: float
    writes: float
    """Of Firestore, documents a second."""
    costs: Mapping[str, float]
    """USD for a million messages, by what is paid for."""
    notes: tuple[str, ...] = field(default=())


def plan(rate: float, given: Assumptions | None = None) -> Plan:
    """What it takes at `rate` messages a second (more than 0)."""
    given = given or Assumptions()
    one = rate <= SMALL
    stages = {"parley": ONE_POD} if one else STAGES
    # Two from where a pod's end would be noticed by many.
    least = 1 if rate <= 1 else 2
    pods = {
        name: max(least, math.ceil(rate * work.milliseconds / 1000 / given.busy / work.request))
        for name, work in stages.items()
    }
    observing = rate * OBSERVER.milliseconds / 1000
    pods["observer"] = max(1, math.ceil(observing / given.busy))
    cores = rate * (sum(work.milliseconds for work in stages.values()) + OBSERVER.milliseconds) / 1000
    partitions = _count_partitions(rate * given.through_broker, given)
    reads, writes = rate * READS, rate * WRITES
    return Plan(
        rate,
        one,
        pods,
        cores,
        partitions,
        reads,
        writes,
        _price_costs(rate, pods, stages, given),
        _write_notes(rate, pods, partitions, writes, observing, given),
    )


def _count_partitions(rate: float, given: Assumptions) -> dict[str, int]:
    """An ordered Trigger has one event of a partition at work at a time: a partition takes as many a second as fit one
    after the other, and half of them, so that they do not queue."""
    seconds = {
        "nlu": STAGES["nlu"].milliseconds / 1000 + given.hop_seconds,
        "dialogue": EVENTS * (STAGES["dialogue"].milliseconds / 1000 + given.store_seconds + given.hop_seconds),
        "delivery": given.platform_seconds + given.store_seconds + given.hop_seconds,
    }
    return {stage: max(1, math.ceil(rate * held / 0.5)) for stage, held in seconds.items()}


def _price_costs(
    rate: float, pods: Mapping[str, int], stages: Mapping[str, Work], given: Assumptions
) -> dict[str, float]:
    works = {**stages, "observer": OBSERVER}
    hourly = sum(
        count * (works[name].request * given.core_hour + works[name].memory / 1000 * given.memory_hour)
        for name, count in pods.items()
    )
    seconds = sum(work.milliseconds for work in stages.values()) / 1000 / given.busy
    memory = max(0.5, sum(work.memory for work in stages.values()) / 1000)
    return {
        "GKE, pods": hourly / 3600 / rate * 1e6,
        "Cloud Run, requests": 1e6
        * (
            seconds * given.run_core_second
            + seconds * memory * given.run_memory_second
            + given.run_request * (1 if len(stages) == 1 else len(stages))
        ),
        "Firestore": 1e6 * (READS * given.read + WRITES * given.write),
    }


def _write_notes(
    rate: float,
    pods: Mapping[str, int],
    partitions: Mapping[str, int],
    writes: float,
    observing: float,
    given: Assumptions,
) -> tuple[str, ...]:
    found = []
    needed = max(partitions.values())
    if needed > 24:
        slowest = max(partitions, key=lambda name: partitions[name])
        found.append(
            f"components/kafka has 24 partitions: set default.topic.partitions to {needed} before the Broker is made "
            f"({slowest} holds one the longest)"
        )
    if writes > 500:
        found.append(
            "Firestore takes 500 writes a second at first and half as many again every 5 minutes: raise traffic "
            "slowly, or warm it up"
        )
    if rate * 2 > 500:
        found.append(
            "fields that grow with time (expire_at) take 500 writes a second while they are indexed: deploy "
            "knative/firestore/firestore.indexes.json, which takes them out"
        )
    found.append("one conversation takes about one message a second: its state is one document, of one write a second")
    if observing > given.busy:
        found.append(
            f"observer uses {observing:.1f} cores and is one process: split its Triggers by channel, or tell it of a "
            "share of the turns, and add the series up in Prometheus"
        )
    if max(pods.values()) > 20:
        most = max(pods, key=lambda name: pods[name])
        found.append(f"overlays/prod stops at max-scale 20 (nlu 50): raise it for {most} to {2 * pods[most]}")
    return tuple(found)
