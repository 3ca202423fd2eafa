"""Questions that real people asked and no document answered: entries for an FAQ that only lack their answers."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import yaml

from knative.local.runs import NotThere, store_of
from monitoring.conversations.history import conversations_of, turns_of
from monitoring.conversations.redaction import redaction
from shared.errors import Failure
from shared.events.wire import JSON


def find_unanswered(turns: Iterable[Mapping[str, JSON]]) -> Iterator[str]:
    """The texts of turns to which the documents had no answer, or of which nothing was understood though they ask."""
    for turn in turns:
        events = turn.get("events", ())
        outcomes = [(event.get("metadata") or {}).get("knowledge") or {} for event in events if event["event"] == "bot"]
        asked = str(turn.get("text", "")).strip()
        if any(outcome.get("outcome") == "not_found" for outcome in outcomes) and asked and not asked.startswith("/"):
            yield asked


def write_questions(counts: Mapping[str, int]) -> str:
    """YAML of the form that knowledge/faq.yml has, the most frequent question first."""
    listed = sorted(counts, key=lambda text: (-counts[text], text))
    return yaml.safe_dump(
        {"questions": [{"question": text, "answer": "", "asked": counts[text]} for text in listed]},
        allow_unicode=True,
        sort_keys=False,
        width=10_000,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task questions", description=__doc__)
    parser.add_argument("--assistant", default="default")
    options = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    try:
        store, now = store_of(options.assistant), time.time()
        for name in conversations_of(store, now):
            turns = [turn.document for turn in turns_of(store, name, now)]
            redacted = redaction(turns)
            counts.update(redacted.text(text) for text in find_unanswered(turns))
        store.close()
    except (NotThere, Failure, FileNotFoundError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    if not counts:
        print("parley: the documents answered every question that was one for them", file=sys.stderr)
        return 0
    print(write_questions(counts), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
