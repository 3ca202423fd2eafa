"""Conversations on the command line: which there are, what was said in one, and one forgotten, with proof."""

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from functions.dialogue.record import is_probe, read_turn
from knative.local.runs import NotThere, Run, read_run, store_file, store_of
from knative.local.stages import find_place
from monitoring.conversations.rendering import render_timestamp, render_turn, shorten
from shared.errors import Failure, Unavailable
from shared.outbound import Outbound
from shared.stores.ports import Store, Turn


def turns_of(store: Store, conversation: str, now: float, *, probes: bool = False) -> Iterator[Turn]:
    """Every turn of a conversation in full, in order; those of the observer's probes, whom nobody needs to read, only
    where they are asked for."""
    after = 0
    while page := store.conversations.history(conversation, now, after):
        shown = (turn for turn in page if probes or not is_probe(turn.document))
        yield from (replace(turn, document=read_turn(turn.document, turn.id)) for turn in shown)
        after = page[-1].number


def conversations_of(store: Store, now: float) -> Iterator[str]:
    after = ""
    while page := store.conversations.list_ids(now, after):
        yield from page
        after = page[-1]


def count_remains(store: Store, conversation: str, now: float) -> dict[str, int]:
    """What each port of the store still shows of a conversation."""
    letters, since = 0, 0.0
    while page := store.dead_letters.list_kept(now, since):
        letters += sum(letter.conversation == conversation for letter in page)
        since = page[-1].kept_at
    return {
        "state": int(store.conversations.load(conversation, "", now).state is not None),
        "turns": len(store.conversations.history(conversation, now)),
        "reminders": sum(
            due.conversation == conversation for due in store.conversations.due(now + 400 * 86400, 100_000)
        ),
        "outbox": len(store.outbox.read_after(conversation, 0, now)),
        "dead letters": letters,
        "list of conversations": int(conversation in conversations_of(store, now)),
    }


def count_traces(file: Path, words: Sequence[str]) -> dict[str, int]:
    """How often these words stand in the bytes of an SQLite file and of its log, deleted pages included."""
    content = b"".join(path.read_bytes() for path in (file, file.with_name(file.name + "-wal")) if path.exists())
    return {word: content.count(word.encode()) for word in words}


def forget_journal(journal: Path, conversation: str) -> int | None:
    """Remove a conversation's events from a broker's journal; None where a running broker holds it."""
    with sqlite3.connect(journal, timeout=0.2) as db:
        try:
            db.execute("PRAGMA secure_delete = ON")
            db.execute("BEGIN IMMEDIATE")
            mine = db.execute("SELECT id FROM events WHERE json_extract(attributes, '$.subject') = ?", (conversation,))
            rows = mine.fetchall()
            db.executemany("DELETE FROM deliveries WHERE event = ?", rows)
            db.executemany("DELETE FROM events WHERE id = ?", rows)
            db.commit()
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as exc:
            if "locked" in str(exc):
                return None
            raise
        finally:
            db.rollback()
    db.close()
    return len(rows)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task history | task forget", description=__doc__)
    parser.add_argument("what", choices=("show", "forget"))
    parser.add_argument("conversation", nargs="?", default="", help="CHANNEL:SENDER; none: the list of them")
    parser.add_argument("--assistant", default="default")
    # The conversation may be named after the options, as the tasks do.
    options = parser.parse_intermixed_args(arguments)
    try:
        store = store_of(options.assistant)
        try:
            if options.what == "forget":
                return _forget(store, options)
            return _show(store, options.conversation) if options.conversation else _list(store)
        finally:
            store.close()
    except (NotThere, Failure, FileNotFoundError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1


def _list(store: Store) -> int:
    now = time.time()
    for conversation in conversations_of(store, now):
        latest = None
        for latest in turns_of(store, conversation, now):  # noqa: B007 - the last one is wanted
            pass
        if latest is not None:
            words = str(latest.document.get("text") or "")
            print(f"{render_timestamp(latest.at)}  {latest.number:>4} turns  {conversation}  {shorten(words, 60)}")
    return 0


def _show(store: Store, conversation: str) -> int:
    found = False
    for turn in turns_of(store, conversation, time.time(), probes=True):
        print(render_turn(turn))
        found = True
    if not found:
        print(f"parley: there is no conversation {conversation!r}; `task history` lists them", file=sys.stderr)
    return 0 if found else 1


def _forget(store: Store, options: argparse.Namespace) -> int:
    conversation, now = options.conversation, time.time()
    if not conversation:
        print("parley: name the conversation: task forget CONVERSATION=CHANNEL:SENDER", file=sys.stderr)
        return 2
    print(f"removed {store.upkeep.forget(conversation)} documents of {conversation}; what is left of it now:")
    left = count_remains(store, conversation, now)
    # What no port shows, the claims of deliveries, is looked for by removing everything once more.
    left["documents in any table or collection"] = store.upkeep.forget(conversation)
    file = store_file(options.assistant)
    if file is not None and file.exists():
        store.close()
        left |= {
            f"{word!r} in the bytes of {file.name}": count for word, count in count_traces(file, [conversation]).items()
        }
    for name, count in left.items():
        print(f"  {count}  {name}")
    running = False
    for journal in sorted(find_place(options.assistant, 0).directory.glob("*/journal.db")):
        removed = forget_journal(journal, conversation)
        if removed is None and (run := read_run(journal.with_name("run.json"))) is not None:
            running, removed = True, forget_in_broker(run, conversation)
        left |= {f"journal {journal.parent.name}": int(removed is None)}
        held = "held by a process that is no run of this assistant: end it, and forget again"
        print(f"  {held if removed is None else f'0  events (removed {removed})'}: journal {journal.parent.name}")
    if running:
        # What was on its way through a broker until now may have brought something back.
        left["documents that came back meanwhile"] = store.upkeep.forget(conversation) and store.upkeep.forget(
            conversation
        )
        print("the assistant runs: a message that is written now would begin the conversation anew")
    return 1 if any(left.values()) else 0


def forget_in_broker(run: Run, conversation: str) -> int:
    """Have a running broker remove a conversation's events, delivered or not; how many there were."""
    outbound = Outbound()
    try:
        body = json.dumps({"subject": conversation}).encode()
        answered = outbound.post(f"{run.addresses['broker']}/forget", body, {"content-type": "application/json"}, 10.0)
    finally:
        outbound.close()
    if answered.status != 200:
        raise Unavailable(f"the running broker answered {answered.status} and still holds what it had; try again")
    return int(json.loads(answered.body)["removed"])


if __name__ == "__main__":
    sys.exit(main())
