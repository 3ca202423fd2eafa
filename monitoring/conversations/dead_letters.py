"""Dead letters on the command line: lists and explains them, and sends their events again.

A replayed event goes to the broker with the id that it always had, so whatever stages did with it before is not done
twice. Its expirytime stays: the person who gets the answer now is told that it is late.
"""

import argparse
import contextlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import Queue

from knative.cluster.deploy import namespace_of, overlay_of
from knative.cluster.forwarding import forward_port, settings_in
from knative.cluster.rendering import render_overlay
from knative.local.assistants import find_assistant
from knative.local.broker.events import read_event, to_message
from knative.local.routes import Routes, load
from knative.local.runs import NotThere, Run, broker_of, run_of, store_of, wait_for
from knative.local.stages import ROOT, STAGES, name_service
from shared.errors import Failure, Rejected, Unavailable
from shared.events.catalogue import EventDeadlettered, MessageReceived, RepliesDecided, TurnCompleted
from shared.events.identity import to_token
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


def explain(dead_letter: DeadLetter, routes: Routes, run: Run | None) -> Explained:
    """Which stage gave it up, after how many attempts as far as that is known, and what that means."""
    match = ANSWERED.fullmatch(dead_letter.cause)
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
        _name_stage(destination, dead_letter, routes, run), code, (body or "").strip(), attempts, MEANINGS.get(code, "")
    )


def _name_stage(destination: str, dead_letter: DeadLetter, routes: Routes, run: Run | None) -> str:
    """The stage by its name or its address; on one machine ports change with each run, then by who takes the type."""
    if destination.replace("-", "_") in STAGES:
        return destination
    if run is not None and (stage := run.stage_at(destination)) is not None:
        return stage
    attributes = {name: value for name, value in dead_letter.event.items() if isinstance(value, str)}
    takers = {trigger.subscriber for trigger in routes.triggers.values() if trigger.accepts(attributes)}
    names = [stage for stage in STAGES if _find_address(stage) in takers]
    return f"{' or '.join(names)} (at {destination})" if names else destination


def render_dead_letter(dead_letter: DeadLetter, explained: Explained) -> str:
    """The dead letter as it is listed; without what people wrote."""
    replayed = f"\n  replayed   {_write_time(dead_letter.replayed_at)}" if dead_letter.replayed_at is not None else ""
    meaning = f"\n  meaning    {explained.meaning}" if explained.meaning else ""
    said = f": {_shorten(explained.answer)}" if explained.answer else ""
    return (
        f"{dead_letter.id}\n  kept       {_write_time(dead_letter.kept_at)}\n  type       {dead_letter.type}"
        f"\n  stage      {explained.stage}"
        f"\n  cause      {explained.code}{said}{meaning}\n  attempts   {explained.attempts}{replayed}"
    )


def iterate_dead_letters(store: Store, now: float, since: float = 0.0) -> Iterator[DeadLetter]:
    """All dead letters kept after `since`, oldest first."""
    while page := store.dead_letters.list_kept(now, since):
        yield from page
        since = page[-1].kept_at


def replay(dead_letter: DeadLetter, store: Store, broker: str, outbound: Outbound, *, wait: float, now: float) -> str:
    """Publish the dead letter's event again and say what came of it within `wait` seconds."""
    event = dead_letter.event
    headers, body = to_message(read_event(json.dumps({**event, "purpose": "replay"})))
    # Before it is sent: given up again at once, it would be taken for the dead letter that is there.
    store.dead_letters.mark_replayed(dead_letter.id, now)
    try:
        answered = outbound.post(broker, body, headers, 10.0)
        if answered.status in (400, 413, 415):
            raise Rejected(f"the broker refused it with {answered.status}: it is no event that this pipeline takes")
        if not 200 <= answered.status < 300:
            raise Unavailable(f"the broker answered {answered.status}")
    except BaseException:
        store.dead_letters.mark_replayed(dead_letter.id, dead_letter.replayed_at)
        raise
    if dead_letter.type in (TurnCompleted.TYPE, EventDeadlettered.TYPE):
        return "sent to be counted; nothing else happens with it"
    outcome = wait_for(lambda: _wait_for_outcome(dead_letter, event, store, now), wait)
    return outcome or f"on its way; nothing recorded within {wait:g} s"


def _wait_for_outcome(dead_letter: DeadLetter, event: Mapping[str, object], store: Store, since: float) -> str | None:
    again = store.dead_letters.get(dead_letter.id, time.time())
    if again is not None and again.replayed_at is None and again.kept_at >= since:
        return f"given up again: {_shorten(again.cause)}"
    if dead_letter.type == RepliesDecided.TYPE:
        return "delivered" if _is_delivered(dead_letter, event, store) else None
    message = str(event.get("message") or event.get("id"))
    turn = store.conversations.load(dead_letter.conversation, message, time.time()).turn
    effects = turn.document.get("effects", {}) if turn is not None else {}
    if any(effect["type"] == RepliesDecided.TYPE for effect in effects.values()):
        return "its turn is decided and recorded" if dead_letter.type == MessageReceived.TYPE else "its turn is decided"
    return None


def _is_delivered(dead_letter: DeadLetter, event: Mapping[str, object], store: Store) -> bool:
    """Whether these replies were sent or posted; a claim that ends as it begins only looks."""
    ident, now = str(event["id"]), time.time()
    posts = store.outbox.read_after(dead_letter.conversation, 0, now, 1000)
    if any(post.document.get("message") == event.get("message") for post in posts):
        return True
    claim = store.ledger.claim(to_token(ident), dead_letter.conversation, "replay", now, 0.0, now + 60)
    if claim.state == "claimed":
        store.ledger.release(to_token(ident), "replay")
    return claim.state == "settled"


def read_routes() -> Routes:
    return load(ROOT / "knative" / "base", {name_service(stage): _find_address(stage) for stage in STAGES})


def read_timestamp(text: str, now: float) -> float:
    """A time as people write it: 30m, 2h, 3d (ago), or ISO 8601."""
    if match := re.fullmatch(r"(\d+)([smhd])", text):
        return now - int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 30m, 2h, 3d or 2026-01-31T12:00:00Z") from exc
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _find_address(stage: str) -> str:
    return f"http://{name_service(stage)}"


def _write_time(at: float | None) -> str:
    return _write_iso(at or 0.0).replace("T", " ")


def _write_iso(at: float) -> str:
    return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=at)).isoformat(timespec="seconds").replace("+00:00", "Z")


def _shorten(text: str) -> str:
    return " ".join(text.split())[:200]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task deadletters | task replay", description=__doc__)
    parser.add_argument("what", choices=("list", "replay"))
    parser.add_argument("ids", nargs="*", metavar="ID")
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--env", default="", help="those of a cluster: an overlay, as for `task deploy`")
    parser.add_argument("--port", type=int, help="of the running assistant, where there are several")
    parser.add_argument("--all", action="store_true", help="replay: every dead letter that was not replayed yet")
    parser.add_argument("--since", type=lambda text: read_timestamp(text, time.time()), help="30m, 2h, 3d, or ISO 8601")
    parser.add_argument("--wait", type=float, default=30.0, help="replay: seconds to wait for each event's outcome")
    options = parser.parse_args(arguments)
    try:
        with (
            in_cluster(options.env, options.assistant, publishing=options.what == "replay")
            if options.env
            else contextlib.nullcontext()
        ):
            store = store_of(options.assistant)
            try:
                return _list(store, options) if options.what == "list" else _replay(store, options)
            finally:
                store.close()
    except (NotThere, Failure, ValueError, FileNotFoundError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1


@contextlib.contextmanager
def in_cluster(environment: str, assistant: str, *, publishing: bool = True) -> Iterator[None]:
    """The store of an environment, and for `publishing` its broker, as STORE_URL and BROKER_URL while the block lasts;
    what is set already stays. ValueError where they are not to be had."""
    manifests = render_overlay(overlay_of(environment, find_assistant(assistant)) / environment)
    there, namespace = settings_in(manifests), namespace_of(manifests)
    with contextlib.ExitStack() as stack:
        for name in ("STORE_URL", "FIRESTORE_EMULATOR_HOST", *(["BROKER_URL"] if publishing else [])):
            if name in there and not os.environ.get(name):
                within = name != "STORE_URL"
                os.environ[name] = stack.enter_context(forward_port(there[name], namespace)) if within else there[name]
                stack.callback(os.environ.pop, name, None)
        yield


def _list(store: Store, options: argparse.Namespace) -> int:
    run = run_of(options.assistant, options.port)
    chosen = [
        dead_letter
        for dead_letter in iterate_dead_letters(store, time.time(), options.since or 0.0)
        if not options.ids or dead_letter.id in options.ids
    ]
    known = read_routes()
    for dead_letter in chosen:
        print(render_dead_letter(dead_letter, explain(dead_letter, known, run)))
    open_ = sum(dead_letter.replayed_at is None for dead_letter in chosen)
    print(
        f"{len(chosen)} dead letters, {open_} not replayed" + ("; send them again: task replay -- --all" * bool(open_))
    )
    return 0


def _replay(store: Store, options: argparse.Namespace) -> int:
    now = time.time()
    if options.ids:
        dead_letters = {ident: store.dead_letters.get(ident, now) for ident in options.ids}
    elif options.all or options.since is not None:
        kept = iterate_dead_letters(store, now, options.since or 0.0)
        dead_letters = {dead_letter.id: dead_letter for dead_letter in kept if dead_letter.replayed_at is None}
    else:
        print("parley: name the ID of a dead letter, or --all, or --since 2h", file=sys.stderr)
        return 2
    found = [dead_letter for dead_letter in dead_letters.values() if dead_letter is not None]
    failures = len(dead_letters) - len(found)
    for ident in (ident for ident, dead_letter in dead_letters.items() if dead_letter is None):
        print(f"{ident}: there is no dead letter {ident}")
    broker, outbound = broker_of(options.assistant, options.port), Outbound()
    for dead_letter, said, done in replay_all(found, store, broker, outbound, options.wait):
        failures += not done
        print(f"{dead_letter.id}: {said}", flush=True)
    outbound.close()
    print(f"{len(dead_letters) - failures} of {len(dead_letters)} replayed")
    return 1 if failures else 0


def replay_all(
    dead_letters: Sequence[DeadLetter], store: Store, broker: str, outbound: Outbound, wait: float
) -> Iterator[tuple[DeadLetter, str, bool]]:
    """What came of each as soon as it is known, and whether that is well: many conversations at a time, and the events
    of one in the order in which they were given up, each after the one before."""
    conversations: dict[str, list[DeadLetter]] = {}
    for dead_letter in sorted(dead_letters, key=lambda dead_letter: dead_letter.kept_at):
        conversations.setdefault(dead_letter.conversation or dead_letter.id, []).append(dead_letter)
    told: Queue[tuple[DeadLetter, str, bool]] = Queue()

    def replay_one_after_the_other(of_conversation: Sequence[DeadLetter]) -> None:
        for dead_letter in of_conversation:
            try:
                said = replay(dead_letter, store, broker, outbound, wait=wait, now=time.time())
                told.put((dead_letter, said, not said.startswith("given up again")))
            except Failure as exc:
                told.put((dead_letter, str(exc), False))
            except Exception as exc:
                told.put((dead_letter, f"this tool has a bug: {type(exc).__name__}", False))
                raise

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for of_conversation in conversations.values():
            pool.submit(replay_one_after_the_other, of_conversation)
        for _ in dead_letters:
            yield told.get()


if __name__ == "__main__":
    sys.exit(main())
