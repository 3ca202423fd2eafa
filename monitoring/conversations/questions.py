"""Questions that real people asked and nobody answered: entries for an FAQ that only lack their answers, or a page."""

import argparse
import html
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import yaml

from functions.dialogue.names import NLU_FALLBACK, OUT_OF_SCOPE
from functions.nlu.evidence import Reading
from knative.local.runs import NotThere, store_of
from monitoring.conversations.history import conversations_of, turns_of
from monitoring.conversations.redaction import make_redaction
from shared.errors import Failure
from shared.events.wire import JSON

NEAREST = 3
"""Headings that are told of a question."""


@dataclass(slots=True)
class Question:
    """A question that nobody answered, however it was spelled."""

    text: str
    """As it was asked first."""
    times: int = 0
    last: float = 0.0
    """When it was asked last, in seconds since the epoch."""
    near: list[str] = field(default_factory=list)
    """The headings nearest to it; none where it was near to nothing, or nobody asked the documents."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """One time that one was asked."""

    text: str
    at: float = 0.0
    """In seconds since the epoch."""
    near: Sequence[str] = ()


def find_unanswered(turns: Iterable[Mapping[str, JSON]], language: str = "en") -> Iterator[Unanswered]:
    """Turns to which the documents had no answer, and those of which nothing was understood though they ask."""
    for turn in turns:
        events = turn.get("events", ())
        asked = str(turn.get("text", "")).strip()
        if not asked or asked.startswith("/"):
            continue
        outcomes = [(event.get("metadata") or {}).get("knowledge") or {} for event in events if event["event"] == "bot"]
        told = {outcome.get("outcome") for outcome in outcomes} - {None}
        unknown = turn.get("intent") in (NLU_FALLBACK, OUT_OF_SCOPE) and Reading(asked, language).is_question()
        if "not_found" in told or (unknown and not told):
            user: Mapping[str, JSON] = next((event for event in events if event["event"] == "user"), {})
            passages = (user.get("parse_data") or {}).get("passages") or ()
            near = [" > ".join(filter(None, (p["title"], p["heading"]))) for p in passages[:NEAREST]]
            yield Unanswered(asked, near=near)


def count_questions(asked: Iterable[Unanswered]) -> list[Question]:
    """The questions, the most frequent first; case, signs and spaces do not tell two apart."""
    found: dict[str, Question] = {}
    for one in asked:
        question = found.setdefault(" ".join(re.findall(r"\w+", one.text.casefold())), Question(one.text))
        question.times += 1
        if one.at >= question.last:
            question.last, question.near = one.at, list(one.near)
    return sorted(found.values(), key=lambda question: (-question.times, question.text))


def write_questions(questions: Sequence[Question]) -> str:
    """YAML of the form that knowledge/faq.yml has."""
    listed = [{"question": item.text, "answer": "", "asked": item.times} for item in questions]
    return yaml.safe_dump({"questions": listed}, allow_unicode=True, sort_keys=False, width=10_000)


def render_page(assistant: str, questions: Sequence[Question]) -> str:
    """The questions as one HTML file, which loads nothing."""
    rows = "\n".join(
        f"<tr><td>{html.escape(item.text)}</td><td class=n>{item.times}</td><td class=n>{_write_day(item.last)}</td>"
        f"<td>{'<br>'.join(map(html.escape, item.near)) or 'nothing near'}</td></tr>"
        for item in questions
    )
    return _PAGE.format(
        assistant=html.escape(assistant),
        times=sum(item.times for item in questions),
        count=len(questions),
        rows=rows,
        entries=html.escape(write_questions(questions)),
    )


def _write_day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d") if seconds else ""


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{assistant}: questions that nobody answered</title>
<style>
  body {{ font: 15px/1.5 system-ui, sans-serif; color: #0f172a; margin: 0 auto; padding: 24px; max-width: 1180px; }}
  table {{ border-collapse: collapse; width: 100%; font-size: 14px; }}
  th, td {{ text-align: left; border-bottom: 1px solid #e2e8f0; padding: 5px 10px 5px 0; vertical-align: top; }}
  .n {{ text-align: right; white-space: nowrap; }}
  pre {{ background: #f1f5f9; padding: 12px; overflow-x: auto; }}
</style>
</head>
<body>
<h1>{assistant}: questions that nobody answered</h1>
<p>{count} questions, asked {times} times. Personal data is replaced by its kind.</p>
<table>
<tr><th>question</th><th class=n>asked</th><th class=n>last</th><th>nearest in the documents</th></tr>
{rows}
</table>
<h2>As entries for knowledge/faq.yml</h2>
<p>Fill in the answers; or write a page that answers them, or an example of the intent that was meant.</p>
<pre>{entries}</pre>
</body>
</html>
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task questions", description=__doc__)
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--language", default="en", help="in which questions are told from other words")
    parser.add_argument("--page", type=Path, help="write a page of HTML to this file instead")
    options = parser.parse_args(arguments)
    asked: list[Unanswered] = []
    try:
        store, now = store_of(options.assistant), time.time()
        for name in conversations_of(store, now):
            turns = list(turns_of(store, name, now))
            redacted = make_redaction([turn.document for turn in turns])
            for turn in turns:
                asked += (
                    Unanswered(redacted.redact_text(one.text), turn.at, one.near)
                    for one in find_unanswered([turn.document], options.language)
                )
        store.close()
    except (NotThere, Failure, FileNotFoundError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    questions = count_questions(asked)
    if not questions:
        print("parley: every question was answered", file=sys.stderr)
    elif options.page is None:
        print(write_questions(questions), end="")
    if options.page is not None:
        options.page.parent.mkdir(parents=True, exist_ok=True)
        options.page.write_text(render_page(Path(options.assistant).name, questions), encoding="utf-8")
        print(f"parley: {options.page}: {len(questions)} questions", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
