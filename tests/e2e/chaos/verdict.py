"""What must hold after the storm, read from the store, from the platform and from the logs."""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitoring.conversations.dead_letters import iterate_dead_letters
from monitoring.conversations.history import turns_of
from shared.channels import rest
from shared.events.catalogue import RepliesDecided, Reply
from shared.events.wire import from_wire
from shared.stores.ports import Posted, Store, Turn
from tests.e2e.chaos.faults import Taken
from tests.e2e.chaos.people import SCRIPTS, Talk
from tests.e2e.chaos.stores import Crash

BEFORE, AFTER = 3.0, 0.5
"""Seconds before a kill of delivery or a failure of the store, and after it, in which a reply may be sent and not be
marked: the time that a platform is given for its answer, and what clocks and threads take."""


@dataclass(slots=True)
class Verdict:
    accepted: int = 0
    turns: int = 0
    unsure: int = 0
    """Turns of messages that were published although nobody confirmed it (their sender sent another)."""
    replies: int = 0
    doubles: int = 0
    unexplained: int = 0
    """Doubles outside the documented window."""
    overdue: int = 0
    """Turns whose action did not answer before its deadline, and which the next message brought to their end."""
    overtaken: int = 0
    """Turns whose replies came after those of the next, because dialogue's answer to an action was lost."""
    letters: int = 0
    faults: list[str] = field(default_factory=list)
    """What must not be."""


def judge(talks: Sequence[Talk], store: Store, taken: Sequence[Taken], crashes: Sequence[Crash], logs: Path) -> Verdict:
    """`crashes`: when delivery was killed or its store failed."""
    verdict = Verdict(accepted=sum(len(talk.accepted) for talk in talks))
    received: dict[str, list[Taken]] = {}
    for reply in taken:
        received.setdefault(json.loads(reply.body)["recipient_id"], []).append(reply)
    for talk in talks:
        turns = list(turns_of(store, talk.conversation, time.time()))
        verdict.turns += len(turns)
        _turns(talk, turns, verdict)
        if talk.channel == "webchat":
            _posted(talk, turns, store, verdict)
        else:
            _sent(talk, turns, received.pop(talk.sender, []), crashes, verdict)
    if received:
        verdict.faults.append(f"replies to {len(received)} people who never wrote")
    for letter in iterate_dead_letters(store, time.time()):
        verdict.letters += 1
        if "answered" not in letter.cause:
            verdict.faults.append(f"the dead letter {letter.id} has no cause: {letter.cause!r}")
    _logs(logs, verdict)
    return verdict


def _turns(talk: Talk, turns: Sequence[Turn], verdict: Verdict) -> None:
    """Each accepted message has one turn, decided to its end, in the order of acceptance; nobody else has one."""
    said = [_metadata(turn.document) for turn in turns]
    for turn in turns:
        if not _ended(turn):
            verdict.overdue += 1
            waited = [effect["data"].get("deadline") for effect in turn.document["effects"].values()]
            later = [datetime.fromtimestamp(next_.at, UTC) for next_ in turns if next_.number == turn.number + 1]
            if not later or waited[-1] is None or later[0] < datetime.fromisoformat(waited[-1]):
                verdict.faults.append(f"{talk.conversation}: turn {turn.number} was never decided to its end")
    wanted = [{"n": item["n"], "try": item["try"]} for item in talk.accepted]
    said = name_repeated(said, wanted, talk.unsure)
    verdict.unsure += sum(metadata in talk.unsure for metadata in said)
    if talk.channel == "webchat":
        # The same message, whichever try of it was published.
        order = [metadata.get("n") for metadata in said]
        expected: list[Any] = [item["n"] for item in wanted]
        if [turn.id for turn in turns] != [item["id"] for item in talk.accepted]:
            verdict.faults.append(f"{talk.conversation}: the turns are not those of the accepted ids")
    else:
        order = [metadata for metadata in said if metadata not in talk.unsure]
        expected = wanted
        numbers = [metadata["n"] for metadata in said]
        if numbers != sorted(numbers):
            verdict.faults.append(f"{talk.conversation}: turns in the order {numbers}")
    if order != expected:
        verdict.faults.append(f"{talk.conversation}: accepted {expected}, turns {order}")


def name_repeated(
    said: Sequence[dict[str, Any]], wanted: Sequence[dict[str, Any]], unsure: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What the turns say of themselves, each accepted message under the try that was accepted.

    The gateway knows words again that it could not confirm (functions/gateway/unconfirmed.py): where the broker had
    taken an earlier try, that try's turn is the accepted message's, and there is no second one.
    """
    named = list(said)
    for item in wanted:
        earlier = [place for place, one in enumerate(named) if one["n"] == item["n"] and one in unsure]
        if item not in named and earlier:
            named[earlier[-1]] = item
    return named


def _posted(talk: Talk, turns: Sequence[Turn], store: Store, verdict: Verdict) -> None:
    """The outbox has each turn's messages and its end exactly once, turn after turn."""
    posts: list[Posted] = []
    while page := store.outbox.read_after(talk.conversation, posts[-1].number if posts else 0, time.time()):
        posts += page
    found = [post.document for post in posts]
    expected = [
        {"message": turn.id, **content}
        for turn in turns
        for content in (
            *(part for reply in _replies(turn) for part in rest.render_reply(reply)),
            *([{"end": True}] if _ended(turn) else []),
        )
    ]
    verdict.replies += len(expected)
    missing, extra = _difference(expected, found)
    verdict.doubles += len(extra)
    verdict.unexplained += len(extra)
    if missing:
        verdict.faults.append(f"{talk.conversation}: {len(missing)} messages never reached the outbox")
    elif not extra:
        order = [turn.id for turn in turns]
        _overtaken(talk, turns, [order.index(item["message"]) for item in found if item.get("end")], verdict)


def _sent(
    talk: Talk, turns: Sequence[Turn], taken: Sequence[Taken], crashes: Sequence[Crash], verdict: Verdict
) -> None:
    """The platform took each reply at least once; more often only where its answer was lost or delivery crashed."""
    expected = [message for turn in turns for message in rest.render_messages(_replies(turn), talk.sender)]
    verdict.replies += len(expected)
    missing, extra = _difference(expected, [json.loads(reply.body) for reply in taken])
    if missing:
        verdict.faults.append(f"{talk.conversation}: {len(missing)} replies never reached the platform")
    verdict.doubles += len(extra)
    hit = [crash for crash in crashes if crash.conversation in (None, talk.conversation)]
    allowed = sum(
        not reply.answered or any(crash.since - BEFORE < reply.at < crash.until + AFTER for crash in hit)
        for reply in taken
    )
    verdict.unexplained += max(0, len(extra) - allowed)
    firsts = list(dict.fromkeys(json.dumps(json.loads(reply.body), sort_keys=True) for reply in taken))
    wanted = list(dict.fromkeys(json.dumps(message, sort_keys=True) for message in expected))
    # Two turns may say the same, and then nobody can tell their replies apart.
    ends = [json.dumps(rest.render_messages(_replies(turn), talk.sender)[-1:], sort_keys=True)[1:-1] for turn in turns]
    if not missing and firsts != wanted and len(set(ends)) == len(ends):
        _overtaken(talk, turns, [ends.index(text) for text in firsts if text in ends], verdict)


def _overtaken(talk: Talk, turns: Sequence[Turn], order: Sequence[int], verdict: Verdict) -> None:
    """Replies come in the order of the turns, but for a turn that an action ended: its replies may be overtaken.

    Where dialogue recorded such a turn and its answer to the broker was lost, the next message is decided meanwhile.
    """
    for place, index in enumerate(order):
        if any(earlier > index for earlier in order[:place]):
            verdict.overtaken += 1
            if not any(cause.endswith(".completed") for cause in turns[index].document["effects"]):
                verdict.faults.append(f"{talk.conversation}: the replies of turn {index + 1} came too late: {order}")


def _logs(logs: Path, verdict: Verdict) -> None:
    """Nothing that anybody wrote is in a log."""
    words = [text for script in SCRIPTS for text in script if len(text) > 10]
    for path in logs.iterdir():
        content = path.read_text(errors="replace")
        for text in words:
            if text in content:
                verdict.faults.append(f"{path.name} holds what a person wrote: {text!r}")
        if "Traceback" in content:
            verdict.faults.append(f"{path.name} holds a traceback: {content.split('Traceback')[1][:1500]}")


def _difference(expected: Sequence[Any], found: Sequence[Any]) -> tuple[list[str], list[str]]:
    one, other = (Counter(json.dumps(item, sort_keys=True) for item in items) for items in (expected, found))
    return list((one - other).elements()), list((other - one).elements())


def _ended(turn: Turn) -> bool:
    return any(effect["type"] == RepliesDecided.TYPE for effect in turn.document.get("effects", {}).values())


def _replies(turn: Turn) -> list[Reply]:
    return [from_wire(Reply, reply) for reply in turn.document.get("replies", ())]


def _metadata(document: Mapping[str, Any]) -> dict[str, Any]:
    user = next(event for event in document["events"] if event["event"] == "user")
    return {key: user["metadata"][key] for key in ("n", "try")}
