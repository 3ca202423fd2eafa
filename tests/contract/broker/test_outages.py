"""Accepted means answered: each part away for moments, minutes and an hour, under load; lost 0, doubled 0, in order."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from knative.local.broker.dispatch import Limits
from tests.contract.broker.virtual import ANSWER_WITHIN, VirtualLoop, World
from tests.unit.dialogue.test_stage import TABLE

PEOPLE = 4
EACH = 12
"""Messages of each person, spread over the outage and a minute around it."""
TEXTS = ("/greet", "/go", "/greet")
PARTS = ("store", "disk", "nlu", "dialogue", "actions", "delivery", "dead_letter", "platform")


@pytest.fixture
def it(tmp_path: Path) -> Iterator[World]:
    """A world in which everything works."""
    world = World(TABLE, VirtualLoop(), tmp_path)
    yield world
    world.close()


async def storm(world: World, away: str, seconds: float) -> None:
    """People write on two channels; after half a minute a part goes, and comes back."""
    gap = (seconds + 60) / EACH

    async def talk(channel: str, number: int) -> None:
        await asyncio.sleep(number * 0.7)
        for count in range(EACH):
            await world.say(channel, f"p{number}", count, TEXTS[count % len(TEXTS)])
            await asyncio.sleep(gap)

    async def fail() -> None:
        await asyncio.sleep(30)
        world.parts.away = {away}
        await asyncio.sleep(seconds)
        world.parts.away = set()

    await asyncio.gather(fail(), *(talk(channel, n) for n in range(PEOPLE) for channel in ("webchat", "callback")))
    await world.quiet(4 * seconds + 600)


@pytest.mark.parametrize("seconds", [5, 120, 3600], ids=["5 s", "2 min", "1 h"])
@pytest.mark.parametrize("away", PARTS)
def test_whatever_is_away_every_accepted_message_is_answered_once_and_in_order(
    away: str, seconds: float, it: World
) -> None:
    it.loop.run_until_complete(storm(it, away, seconds))
    assert not any(counts["queued"] for counts in it.dispatcher.counts.values())
    accepted = {conversation: list(messages) for conversation, messages in it.accepted.items()}
    assert sum(map(len, accepted.values())) == 2 * PEOPLE * EACH
    for conversation, messages in accepted.items():
        assert it.turns(conversation) == messages
    answers = {"/greet": ["Hello"], "/go": ["One moment", "Done, None"]}
    if away == "actions" and seconds > 20:
        # Its deadline passed: the assistant went on without it, and said so.
        assert max(Counter(it.calls).values()) == 1
        return
    taken: dict[str, list[str]] = {}
    for body in it.platform.taken:
        posted = json.loads(body)
        taken.setdefault(posted["recipient_id"], []).append(posted["text"])
    for number in range(PEOPLE):
        expected = [text for count in range(EACH) for text in answers[TEXTS[count % len(TEXTS)]]]
        posts = [post for post in it.list_posts(f"webchat:p{number}") if "late" not in post[1]]
        # Each message's replies stand together, in the order in which the messages were accepted.
        assert list(dict.fromkeys(message for message, _ in posts)) == accepted[f"webchat:p{number}"]
        assert [text for _, text in posts] == expected
        assert [text for text in taken[f"p{number}"] if "late" not in text] == expected
    assert Counter(it.completed) == Counter(message for messages in accepted.values() for message in messages)
    assert it.dead_letters() == []
    assert sum(counts["dropped"] for counts in it.dispatcher.counts.values()) == 0


def test_what_waits_for_one_platform_delays_no_other_channel(tmp_path: Path) -> None:
    # More wait for the platform than may be at work at once.
    it = World(TABLE, VirtualLoop(), tmp_path, Limits(backlog=20))
    waited: list[float] = []

    async def talk() -> None:
        it.parts.away = {"platform"}
        for number in range(60):
            await it.say("callback", f"p{number}", 0, "/greet")
        await asyncio.sleep(300)
        for number in range(20):
            began = it.loop.time()
            await it.say("webchat", f"p{number}", 0, "/greet")
            while not it.list_posts(f"webchat:p{number}"):
                await asyncio.sleep(0.05)
            waited.append(it.loop.time() - began)
        it.parts.away = set()
        await it.quiet(3600)

    it.loop.run_until_complete(talk())
    assert max(waited) < 1.0
    assert len(it.platform.taken) == 60
    it.close()


def test_a_bug_is_a_dead_letter_at_once_and_delays_nobody(it: World) -> None:

    def broken(_: object) -> None:
        raise ZeroDivisionError

    it._endpoints["http://nlu"]._events._stage.decide = broken  # type: ignore[attr-defined]

    async def talk() -> None:
        began = it.loop.time()
        await it.say("webchat", "ann", 0, "/greet")
        await it.quiet(3600)
        assert it.loop.time() - began < 5

    it.loop.run_until_complete(talk())
    (letter,) = it.dead_letters()
    assert letter.cause.startswith("nlu answered 422")


def test_what_the_dead_letter_sink_does_not_take_is_kept_and_offered_again_for_a_day(it: World) -> None:

    def broken(_: object) -> None:
        raise ZeroDivisionError

    it._endpoints["http://nlu"]._events._stage.decide = broken  # type: ignore[attr-defined]

    async def talk() -> None:
        it.parts.away = {"store"}
        await it.say("webchat", "ann", 0, "/greet")
        await asyncio.sleep(86400)
        assert it.dispatcher.counts["nlu-on-message-received"]["parked"] > 100
        it.parts.away = set()
        await it.quiet(3600)

    it.loop.run_until_complete(talk())
    assert len(it.dead_letters()) == 1


def test_an_answer_that_comes_late_says_so_and_one_in_time_does_not(it: World) -> None:

    async def talk() -> None:
        await it.say("webchat", "ann", 0, "/greet")
        await it.quiet(600)
        it.parts.away = {"store"}
        await it.say("webchat", "ann", 1, "/greet")
        await asyncio.sleep(ANSWER_WITHIN + 60)
        it.parts.away = set()
        await it.quiet(3600)

    it.loop.run_until_complete(talk())
    said = it.list_posts("webchat:ann")
    assert [text for message, text in said if message == "webchat:ann-0"] == ["Hello"]
    late, hello = [text for message, text in said if message == "webchat:ann-1"]
    assert "late" in late
    assert hello == "Hello"
