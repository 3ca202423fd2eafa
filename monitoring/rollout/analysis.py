"""What the metrics say of two bundles: a candidate that reads along, or a canary that takes a share of the messages."""

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from knative.local.runs import NotThere
from monitoring.rollout.intervals import Histogram

Samples = Sequence[tuple[Mapping[str, str], float]]
Source = Callable[[str], Samples]
"""The samples of one series name, with their labels."""
LARGEST_PAGE = 32 * 1024 * 1024


def of_page(url: str) -> Source:
    """The observer's page: everything since it started."""
    text = _read(f"{url.rstrip('/')}/metrics").decode()
    found: dict[str, list[tuple[Mapping[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return lambda name: found.get(name, [])


def of_prometheus(url: str, since: str) -> Source:
    """A Prometheus server: what was added in this time, whatever observers there were meanwhile."""

    def samples(name: str) -> Samples:
        query = urllib.parse.urlencode({"query": f"sum without (instance, pod) (increase({name}[{since}]))"})
        answer = json.loads(_read(f"{url.rstrip('/')}/api/v1/query?{query}"))
        if answer.get("status") != "success":
            raise NotThere(f"Prometheus at {url}: {answer.get('error', 'no answer that can be read')}")
        return [(item["metric"], float(item["value"][1])) for item in answer["data"]["result"]]

    return samples


def _read(url: str) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise NotThere(f"{url} is no address; use http://HOST:PORT")
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - checked above
            content: bytes = answer.read(LARGEST_PAGE)
            return content
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.read(LARGEST_PAGE)
    except OSError as exc:
        raise NotThere(f"{url} cannot be reached: {exc}") from exc


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A candidate beside the live bundle, on the same messages."""

    live: str
    candidate: str
    messages: float
    same_intents: float
    same_all: float
    low_confidence: Mapping[str, float]
    """both, live, candidate, neither"""
    failures: float
    confidence: Histogram
    """Of the candidate's less the live one's."""
    times: Mapping[str, Histogram]
    """live, candidate"""
    answers: Mapping[str, float] = field(default_factory=dict)
    """What documents say, same or other; empty where nobody asked them."""
    flips: Sequence[tuple[str, str, float]] = ()
    """Live intent, candidate's intent, messages; the most first."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of a canary: what its own messages came to."""

    name: str
    messages: float
    low_confidence: float
    confidence: Histogram
    times: Histogram
    revisions: frozenset[str] = field(default_factory=frozenset)
    intents: Mapping[str, float] = field(default_factory=dict)
    """Messages by intent; empty where that is not known."""
    troubles: Mapping[str, float] = field(default_factory=dict)
    """What people met: handoffs, abandoned forms, failed actions, displeasure; empty where that is not known."""


def list_candidates(source: Source) -> list[tuple[str, str]]:
    """(live bundle, candidate) of every comparison there is, the one with most messages first."""
    found: dict[tuple[str, str], float] = {}
    for labels, value in source("parley_shadow_messages_total"):
        key = (labels["bundle"], labels["candidate"])
        found[key] = found.get(key, 0.0) + value
    failed = {labels["candidate"] for labels, value in source("parley_shadow_failures_total") if value}
    pairs = sorted(found, key=lambda key: -found[key])
    return pairs + [("none", name) for name in failed if name not in {candidate for _, candidate in pairs}]


def read_shadow(source: Source, live: str, candidate: str) -> Shadowed:
    """What the observer counted where both bundles understood the same messages."""

    def sums(name: str, label: str, **wanted: str) -> dict[str, float]:
        found: dict[str, float] = {}
        for labels, value in source(name):
            if wanted.items() <= labels.items():
                found[labels[label]] = found.get(labels[label], 0.0) + value
        return found

    both = {"bundle": live, "candidate": candidate}
    intents = sums("parley_shadow_messages_total", "intents", **both)
    entirely = sums("parley_shadow_messages_total", "intents", **both, entities="same")
    flips = [
        (labels["intent"], labels["meant"], value)
        for labels, value in source("parley_shadow_flips_total")
        if labels["candidate"] == candidate and value
    ]
    return Shadowed(
        live=live,
        candidate=candidate,
        messages=sum(intents.values()),
        same_intents=intents.get("same", 0.0),
        same_all=entirely.get("same", 0.0),
        low_confidence=sums("parley_shadow_low_confidence_total", "low_confidence", **both),
        failures=sums("parley_shadow_failures_total", "candidate", candidate=candidate).get(candidate, 0.0),
        confidence=_read_histogram(source, "parley_shadow_confidence_difference", both, least=-1.0, most=1.0),
        times={
            model: _read_histogram(source, "parley_shadow_seconds", {"model": model, "candidate": candidate}, most=10.0)
            for model in ("live", "candidate")
        },
        answers=sums("parley_shadow_answers_total", "answers", **both),
        flips=sorted(flips, key=lambda flip: -flip[2]),
    )


def read_arms(source: Source, by: str) -> list[Arm]:
    """What was understood by each bundle, or each revision of the stage, the busiest first."""
    names: dict[str, float] = {}
    revisions: dict[str, set[str]] = {}
    for labels, value in source("parley_intents_total"):
        names[labels[by]] = names.get(labels[by], 0.0) + value
        revisions.setdefault(labels[by], set()).add(labels["revision"])
    found = []
    for name, messages in sorted(names.items(), key=lambda item: -item[1]):
        low_confidence = sum(
            value
            for labels, value in source("parley_unrecognised_total")
            if labels[by] == name and labels["kind"] in ("low_confidence", "out_of_scope")
        )
        confidence = _read_histogram(source, "parley_intent_confidence", {by: name})
        times = _add_histograms(
            _read_histogram(
                source,
                "parley_stage_seconds",
                {"stage": "nlu", "cold": "false", "revision": revision},
                most=10.0,
            )
            for revision in revisions[name]
        )
        intents: dict[str, float] = {}
        for labels, value in source("parley_intents_total"):
            if labels[by] == name:
                intents[labels["intent"]] = intents.get(labels["intent"], 0.0) + value
        troubles = {
            said: sum(
                value
                for labels, value in source("parley_troubles_total")
                if labels[by] == name and labels["trouble"] == trouble
            )
            for trouble, said in TROUBLES.items()
        }
        found.append(
            Arm(name, messages, low_confidence, confidence, times, frozenset(revisions[name]), intents, troubles)
        )
    return found


TROUBLES: Mapping[str, str] = {
    "handed_over": "were handed over",
    "form_abandoned": "gave a form up",
    "action_failed": "met an action that failed",
    "asked_again": "were asked which they meant",
    "displeased": "showed displeasure",
}
"""A trouble in the metrics, and what is said of the people who met it."""


def _read_histogram(
    source: Source, name: str, wanted: Mapping[str, str], least: float = 0.0, most: float = 1.0
) -> Histogram:
    cumulated: dict[float, float] = {}
    for labels, value in source(f"{name}_bucket"):
        if wanted.items() <= labels.items():
            bound = math.inf if labels["le"] == "+Inf" else float(labels["le"])
            cumulated[bound] = cumulated.get(bound, 0.0) + value
    buckets, before = {}, 0.0
    for bound in sorted(cumulated):
        buckets[bound] = max(0.0, cumulated[bound] - before)
        before = cumulated[bound]
    summed = [value for labels, value in source(f"{name}_sum") if wanted.items() <= labels.items()]
    return Histogram(buckets, least, most, sum(summed) if summed else None)


def _add_histograms(histograms: Iterable[Histogram]) -> Histogram:
    buckets: dict[float, float] = {}
    summed: float | None = None
    for one in histograms:
        summed = one.summed if summed is None or one.summed is None else summed + one.summed
        for bound, number in one.buckets.items():
            buckets[bound] = buckets.get(bound, 0.0) + number
    return Histogram(buckets, 0.0, 10.0, summed)
