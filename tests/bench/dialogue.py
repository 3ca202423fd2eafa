"""What the dialogue costs to compile, to load and to decide with: `task bench:dialogue`."""

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from functions.dialogue.decide import begin, resume
from functions.dialogue.incoming import Incoming
from functions.dialogue.remote import Answer
from functions.dialogue.state import State, document_of, state_of
from functions.dialogue.table import Table as Compiled
from functions.dialogue.table import read_table
from knative.local.stages import ASSISTANTS, ROOT
from model_artifacts.training.dialogue.compilation import POLICY, compile_project, dump_dialogue
from model_artifacts.training.dialogue.exporting import write_policy
from model_artifacts.training.dialogue.learning import learn
from tests.bench.table import Table

T = TypeVar("T")

BOTS = ROOT.parent / "shared" / "bots"
"""Public projects that lie beside a checkout; without them the table has the default assistant alone."""
CONFIG = """
policies:
- name: MemoizationPolicy
  max_history: 5
- name: RulePolicy
- name: TEDPolicy
  max_history: 5
"""
TURNS = 4
"""Of a story."""


def projects() -> Table:
    """Each bot: what compiling and learning take, and what comes of it."""
    table = Table(
        "Compiling each bot (CPU ms, least of 3; TED is added where the project lacks it)",
        ("bot", "rules", "stories", "compile ms", "learn ms", "dialogue.json kB", "policy.json kB", "load ms"),
    )
    found = [ASSISTANTS / "default", *(sorted(BOTS.iterdir()) if BOTS.is_dir() else ())]
    for project in found:
        if not (project / "domain.yml").is_file():
            continue
        compile_ms, compiled = _least(partial(compile_project, project))
        text = dump_dialogue(compiled.data).encode()
        learn_ms, network = 0.0, b""
        if compiled.paths:
            learn_ms, learned = _least(partial(learn, compiled.paths, 5))
            network = write_policy(learned)
        load_ms, _ = _least(partial(read_table, text), 9)
        rules = sum(story.is_rule for story in compiled.stories)
        table.add(
            project.name,
            str(rules),
            str(len(compiled.stories) - rules),
            f"{compile_ms:.0f}",
            f"{learn_ms:.0f}",
            f"{len(text) / 1000:.0f}",
            f"{len(network) / 1000:.0f}",
            f"{load_ms:.1f}",
        )
    return table


def growth(sizes: Sequence[int]) -> Table:
    """Stories of four turns from a growing vocabulary; conversations follow them, and leave them every third turn."""
    table = Table(
        "Growth (CPU time; `decide` takes one message through a whole turn: session, slots, two actions and listening)",
        (
            *("stories", "compile s", "learn s", "dialogue.json kB", "load ms", "decide p50 ms", "p99 ms"),
            *("learned turns p50 ms", "state kB"),
        ),
    )
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            project = write_project(Path(scratch) / "bot", size)
            compile_ms, compiled = _least(partial(compile_project, project), 1 if size > 500 else 3)
            text = dump_dialogue(compiled.data).encode()
            learn_ms, learned = _least(partial(learn, compiled.paths, 5), 1)
            files = {POLICY: write_policy(learned)}
            load_ms, _ = _least(partial(read_table, text), 5)
            loaded = read_table(text, "bench", files.__getitem__)
            usual, unusual, kilobytes = _decide(loaded, size)
        table.add(
            f"{size:,}",
            f"{compile_ms / 1000:.2f}",
            f"{learn_ms / 1000:.2f}",
            f"{len(text) / 1000:.0f}",
            f"{load_ms:.1f}",
            f"{statistics.median(usual):.3f}",
            f"{statistics.quantiles(usual, n=100)[98]:.3f}",
            f"{statistics.median(unusual):.3f}" if unusual else "-",
            f"{kilobytes:.1f}",
        )
    return table


def write_project(folder: Path, size: int) -> Path:
    """A project with so many stories; the same each time."""
    chosen = random.Random(7)
    words = max(12, int(size**0.5) * 2)
    stories = [_story(chosen, words) for _ in range(size)]
    (folder / "data").mkdir(parents=True)
    domain = {
        "version": "3.1",
        "intents": [f"i{number}" for number in range(words)],
        "entities": ["thing"],
        "slots": {"thing": {"type": "text", "mappings": [{"type": "from_entity", "entity": "thing"}]}},
        "responses": {f"utter_{number}": [{"text": f"Answer {number}"}] for number in range(words)},
    }
    (folder / "domain.yml").write_text(json.dumps(domain))
    (folder / "config.yml").write_text(CONFIG)
    (folder / "data" / "stories.yml").write_text(
        json.dumps({"version": "3.1", "stories": list(_list_stories(stories))})
    )
    return folder


def _story(chosen: random.Random, words: int) -> list[tuple[str, str]]:
    turns = []
    before = ""
    for _ in range(TURNS):
        intent = f"i{chosen.randrange(words)}"
        # What is answered hangs on the message and on what was said before, so that no two stories contradict.
        answer = f"utter_{hash_of(intent, before) % words}"
        turns.append((intent, answer))
        before = answer
    return turns


def hash_of(*parts: str) -> int:
    return int.from_bytes("/".join(parts).encode()) % 1_000_003


def _list_stories(stories: Sequence[Sequence[tuple[str, str]]]) -> Iterator[dict[str, object]]:
    for number, turns in enumerate(stories):
        steps = [step for intent, action in turns for step in ({"intent": intent}, {"action": action})]
        yield {"story": f"story {number}", "steps": steps}


def _decide(table: Compiled, size: int) -> tuple[list[float], list[float], float]:
    """CPU ms of turns that stories decide, and of those that the learned policy does; kB of a state."""
    chosen, words = random.Random(7), max(12, int(size**0.5) * 2)
    stories = [_story(chosen, words) for _ in range(size)]
    usual: list[float] = []
    unusual: list[float] = []
    sizes: list[float] = []
    for conversation in range(60):
        state = State()
        turns = stories[conversation % size]
        for number in range(10):
            strange = number >= TURNS or number % 3 == 2
            intent = turns[number][0] if not strange else f"i{chosen.randrange(words)}"
            message = Incoming(f"m{conversation}-{number}", intent, "ann", intent, 0.9, channel="rest")
            now = 1_700_000_000.0 + number
            started = time.process_time()
            decision = begin(table, state, message, now, 30.0)
            if decision.request is not None:
                decision = resume(table, decision.state, Answer("done"), now, 30.0)
            milliseconds = (time.process_time() - started) * 1000
            learned = any(note.get("ranking") for note in decision.progress.decided_by)
            (unusual if learned else usual).append(milliseconds)
            document = json.dumps(document_of(decision.state))
            sizes.append(len(document) / 1000)
            state = state_of(json.loads(document))
    return usual, unusual, statistics.mean(sizes)


def _least(work: Callable[[], T], times: int = 3) -> tuple[float, T]:
    """The least CPU ms that the work took, and what it gave."""
    best, result = float("inf"), None
    for _ in range(times):
        started = time.process_time()
        result = work()
        best = min(best, (time.process_time() - started) * 1000)
    return best, cast(T, result)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task bench:dialogue", description=__doc__)
    parser.add_argument("--stories", type=int, nargs="*", default=[10, 100, 200, 1_000, 10_000])
    parser.add_argument("--only", choices=("projects", "growth"))
    options = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    print(f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} CPUs, load {load:.1f}\n")
    if options.only != "growth":
        print(projects(), flush=True)
    if options.only != "projects":
        print(growth(options.stories), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
