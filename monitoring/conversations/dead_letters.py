"""Dead letters on the command line: lists and explains them, and sends their events again.

A replayed event goes to the broker with the id that it always had, so whatever stages did with it before is not done
twice. Its expirytime stays: the person who gets the answer now is told that it is late.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import Queue

from knative.local.broker.events import read_event, to_message
from knative.local.routes import Routes, load
from knative.local.runs import NotThere, Run, broker_of, run_of, store_of, waited
from knative.local.stages import ROOT, STAGES, service
from shared.errors import Failure, Rejected, Unavailable
from shared.events.catalogue import EventDeadlettered, MessageReceived, RepliesDecided, TurnCompleted
from shared.events.identity import token
from shared.outbound import Outbound
from shared.stores.ports import DeadLetter, Store

ANSWERED = re.compile(r"(?P<destination>\S+) answered (?P<code>\S+?)(?:: (?P<body>.*))?", re.DOTALL)
AT_ONCE = 16
"""Conversations whose events are sent again at the same time."""
RETRIED = ("404", "408", "409", "429")
MEANINGS = {
    "400": "the stage refused the event itself; it will refuse it again, unless the stage or its bundle changed",
    "409": "the conversation stayed busy, or others kept changing it, for as long as the broker tried",
    "422": "the stage has a bug with this event; its log says where, and a replay meets it again until it is mended",
    "413": "the event is larger than the stage takes",
    "429": "the stage was asked too often for as long as the broker tried",
    "500": "the stage failed or did not answer; its log has the cause",
    "502": "the stage answered something that is no event",
    "503": "the stage could not reach what it needs (store, platform, action server) for as long as the broker tried",
    "504": "the stage did not answer in time",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """A dead letter in words."""

    stage: str
    code: str
    answer: str
    """What the stage said, if anything."""
    attempts: str
    meaning: str


def explain(letter: DeadLetter, routes: Routes, run: Run | None) -> Explained:
    """Which stage gave it up, after how many attempts as far as that is known, and what that means."""
    match = ANSWERED.fullmatch(letter.cause)
    destination, code, body = match.group("destination", "code", "body") if match else ("unknown", "unknown", "")
    tries = re.search(r"after (\d+) attempts", body or "")
    if tries:
        attempts = tries[1]
    elif code in RETRIED or code[:1] == "5":
        retries = {trigger.policy.retry for trigger in routes.triggers.values()}
        attempts = f"{max(retries) + 1} (as the manifests have it)" if retries else "unknown"
    else:
        attempts = "1 (an answer that is not retried)"
    return Explained(
        _stage(destination, letter, routes, run), code, (body or "").strip(), attempts, MEANINGS.get(code, "")
    )


def _stage(destination: str, letter: DeadLetter, routes: Routes, run: Run | None) -> str:
    """The stage by its name or its address; on one machine ports change with each run, then by who takes the type."""
    if destination.replace("-", "_") in STAGES:
        return destination
    if run is not None and (stage := run.stage_at(destination)) is not None:
        return stage
    attributes = {name: value for name, value in letter.event.items() if isinstance(value, str)}
    takers = {trigger.subscriber for trigger in routes.triggers.values() if trigger.accepts(attributes)}
    names = [stage for stage in STAGES if _address(stage) in takers]
    return f"{' or '.join(names)} (at {destination})" if names else destination


def render_dead_letter(letter: DeadLetter, explained: Explained) -> str:
    """The letter as it is listed; without what people wrote."""
    replayed = f"\n  replayed   {_when(letter.replayed_at)}" if letter.replayed_at is not None else ""
    meaning = f"\n  meaning    {explained.meaning}" if explained.meaning else ""
    said = f": {_brief(explained.answer)}" if explained.answer else ""
    return (
        f"{letter.id}\n  kept       {_when(letter.kept_at)}\n  type       {letter.type}\n  stage      {explained.stage}"
        f"\n  cause      {explained.code}{said}{meaning}\n  attempts   {explained.attempts}{replayed}"
    )


def every(store: Store, now: float, since: float = 0.0) -> Iterator[DeadLetter]:
    """All letters kept after `since`, oldest first."""
    while page := store.dead_letters.list_kept(now, since):
        yield from page
        since = page[-1].kept_at


def replay(letter: DeadLetter, store: Store, broker: str, outbound: Outbound, *, wait: float, now: float) -> str:
    """Publish the letter's event again and say what came of it within `wait` seconds."""
    event = letter.event
    headers, body = to_message(read_event(json.dumps({**event, "purpose": "replay"})))
    # Before it is sent: given up again at once, it would be taken for the letter that is there.
    store.dead_letters.mark_replayed(letter.id, now)
    try:
        answered = outbound.post(broker, body, headers, 10.0)
        if answered.status in (400, 413, 415):
            raise Rejected(f"the broker refused it with {answered.status}: it is no event that this pipeline takes")
        if not 200 <= answered.status < 300:
            raise Unavailable(f"the broker answered {answered.status}")
    except BaseException:
        store.dead_letters.mark_replayed(letter.id, letter.replayed_at)
        raise
    if letter.type in (TurnCompleted.TYPE, EventDeadlettered.TYPE):
        return "sent to be counted; nothing else happens with it"
    return (
        waited(lambda: _outcome(letter, event, store, now), wait) or f"on its way; nothing recorded within {wait:g} s"
    )


def _outcome(letter: DeadLetter, event: Mapping[str, object], store: Store, since: float) -> str | None:
    again = store.dead_letters.get(letter.id, time.time())
    if again is not None and again.replayed_at is None and again.kept_at >= since:
        return f"given up again: {_brief(again.cause)}"
    if letter.type == RepliesDecided.TYPE:
        return "delivered" if _delivered(letter, event, store) else None
    message = str(event.get("message") or event.get("id"))
    turn = store.conversations.load(letter.conversation, message, time.time()).turn
    effects = turn.document.get("effects", {}) if turn is not None else {}
    if any(effect["type"] == RepliesDecided.TYPE for effect in effects.values()):
        return "its turn is decided and recorded" if letter.type == MessageReceived.TYPE else "its turn is decided"
    return None


def _delivered(letter: DeadLetter, event: Mapping[str, object], store: Store) -> bool:
    """Whether these replies were sent or posted; a claim that ends as it begins only looks."""
    ident, now = str(event["id"]), time.time()
    posts = store.outbox.read_after(letter.conversation, 0, now, 1000)
    if any(post.document.get("message") == event.get("message") for post in posts):
        return True
    claim = store.ledger.claim(token(ident), letter.conversation, "replay", now, 0.0, now + 60)
    if claim.state == "claimed":
        store.ledger.release(token(ident), "replay")
    return claim.state == "settled"


def routes() -> Routes:
    return load(ROOT / "knative" / "base", {service(stage): _address(stage) for stage in STAGES})


def read_timestamp(text: str, now: float) -> float:
    """A time as people write it: 30m, 2h, 3d (ago), or ISO 8601."""
    if match := re.fullmatch(r"(\d+)([smhd])", text):
        return now - int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 30m, 2h, 3d or 2026-01-31T12:00:00Z") from exc
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _address(stage: str) -> str:
    return f"http://{service(stage)}"


def _when(at: float | None) -> str:
    return _iso(at or 0.0).replace("T", " ")


def _iso(at: float) -> str:
    return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=at)).isoformat(timespec="seconds").replace("+00:00", "Z")


def _brief(text: str) -> str:
    return " ".join(text.split())[:200]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task deadletters | task replay", description=__doc__)
    parser.add_argument("what", choices=("list", "replay"))
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--port", type=int, help="of the running assistant, where there are several")
    parser.add_argument("--all", action="store_true", help="replay: every letter that was not replayed yet")
    parser.add_argument("--since", type=lambda text: read_timestamp(text, time.time()), help="30m, 2h, 3d, or ISO 8601")
    parser.add_argument("--wait", type=float, default=30.0, help="replay: seconds to wait for each event's outcome")
    options = parser.parse_args(arguments)
    try:
        store = store_of(options.assistant)
        try:
            return _list(store, options) if options.what == "list" else _replay(store, options)
        finally:
            store.close()
    except (NotThere, Failure, FileNotFoundError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1


def _list(store: Store, options: argparse.Namespace) -> int:
    run = run_of(options.assistant, options.port)
    chosen = [
        letter
        for letter in every(store, time.time(), options.since or 0.0)
        if not options.ids or letter.id in options.ids
    ]
    known = routes()
    for letter in chosen:
        print(render_dead_letter(letter, explain(letter, known, run)))
    open_ = sum(letter.replayed_at is None for letter in chosen)
    print(
        f"{len(chosen)} dead letters, {open_} not replayed" + ("; send them again: task replay -- --all" * bool(open_))
    )
    return 0


def _replay(store: Store, options: argparse.Namespace) -> int:
    now = time.time()
    if options.ids:
        letters = {ident: store.dead_letters.get(ident, now) for ident in options.ids}
    elif options.all or options.since is not None:
        kept = every(store, now, options.since or 0.0)
        letters = {letter.id: letter for letter in kept if letter.replayed_at is None}
    else:
        print("parley: name the ID of a dead letter, or --all, or --since 2h", file=sys.stderr)
        return 2
    found = [letter for letter in letters.values() if letter is not None]
    failures = len(letters) - len(found)
    for ident in (ident for ident, letter in letters.items() if letter is None):
        print(f"{ident}: there is no dead letter {ident}")
    broker, outbound = broker_of(options.assistant, options.port), Outbound()
    for letter, said, done in replay_all(found, store, broker, outbound, options.wait):
        failures += not done
        print(f"{letter.id}: {said}", flush=True)
    outbound.close()
    print(f"{len(letters) - failures} of {len(letters)} replayed")
    return 1 if failures else 0


def replay_all(
    letters: Sequence[DeadLetter], store: Store, broker: str, outbound: Outbound, wait: float
) -> Iterator[tuple[DeadLetter, str, bool]]:
    """What came of each as soon as it is known, and whether that is well: many conversations at a time, and the events
    of one in the order in which they were given up, each after the one before."""
    conversations: dict[str, list[DeadLetter]] = {}
    for letter in sorted(letters, key=lambda letter: letter.kept_at):
        conversations.setdefault(letter.conversation or letter.id, []).append(letter)
    told: Queue[tuple[DeadLetter, str, bool]] = Queue()

    def replay_one_after_the_other(of_conversation: Sequence[DeadLetter]) -> None:
        for letter in of_conversation:
            try:
                said = replay(letter, store, broker, outbound, wait=wait, now=time.time())
                told.put((letter, said, not said.startswith("given up again")))
            except Failure as exc:
                told.put((letter, str(exc), False))
            except Exception as exc:
                told.put((letter, f"this tool has a bug: {type(exc).__name__}", False))
                raise

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for of_conversation in conversations.values():
            pool.submit(replay_one_after_the_other, of_conversation)
        for _ in letters:
            yield told.get()


if __name__ == "__main__":
    sys.exit(main())
