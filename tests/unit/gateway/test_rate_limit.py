"""How fast one person may write: in one gateway, over several, and while nobody counts for all of them."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.wrappers import Request

from functions.delivery.rate_counts import RateCounts
from functions.gateway.rate_limit import PAUSE_SECONDS, UNASKED, AnonymousLimit, PersonLimit, TooFast, count_by_delivery
from shared.errors import Unavailable
from shared.outbound import Outbound
from shared.stores.opening import open_store
from tests.loopback import Asked, endpoint, served

PERSON = "telegram:42"


@dataclass
class World:
    """Gateways that share one ledger, at a time that the test sets."""

    now: float = 1_800_000_000.0
    store: Any = field(default_factory=lambda: open_store("memory:"))
    asked: int = 0
    down: bool = False

    def __post_init__(self) -> None:
        names = itertools.count()
        self.counts = RateCounts(
            self.store.ledger, owner=lambda: f"o{next(names)}", clock=lambda: self.now, sleep=lambda _: None
        )

    def gateway(self, per_minute: int, burst: int) -> PersonLimit:
        def ask(conversation: str, before: int, messages: int) -> float:
            self.asked += 1
            if self.down:
                raise Unavailable("delivery is down")
            return self.counts.count(conversation, before, messages, per_minute, burst)

        return PersonLimit(per_minute, burst, lambda: self.now, count=ask)


def through(gateways: list[PersonLimit], messages: int, conversation: str = PERSON) -> int:
    """How many of so many messages, one after the other over these gateways in turn, were let through."""
    taken = 0
    for number in range(messages):
        try:
            gateways[number % len(gateways)].take(conversation)
        except TooFast:
            continue
        taken += 1
    return taken


@pytest.mark.parametrize("gateways", [1, 2, 5, 20])
def test_a_burst_over_several_gateways_is_let_through_once(gateways: int) -> None:
    world = World()
    taken = through([world.gateway(60, 30) for _ in range(gateways)], 1000)
    assert 30 <= taken <= 30 + UNASKED * gateways
    assert through([world.gateway(60, 30)], 1, "telegram:another") == 1


@pytest.mark.parametrize("gateways", [1, 3, 10])
def test_in_the_long_run_the_rate_holds_over_all_gateways(gateways: int) -> None:
    world = World()
    limits = [world.gateway(60, 10) for _ in range(gateways)]
    taken = 0
    for _ in range(600):
        taken += through(limits, 2 * gateways)
        world.now += 1
    assert 600 <= taken <= 600 + 10 + UNASKED * gateways + 20


def test_whoever_writes_slowly_is_asked_about_nowhere() -> None:
    world = World()
    limit = world.gateway(60, 30)
    for _ in range(100):
        assert through([limit], 2) == 2
        world.now += 2
    assert world.asked == 0


def test_somebody_who_waited_for_as_long_as_they_were_told_is_let_through() -> None:
    world = World()
    limit = world.gateway(60, 10)
    through([limit], 50)
    with pytest.raises(TooFast) as fast:
        limit.take(PERSON)
    assert fast.value.status == 429
    world.now += fast.value.wait
    limit.take(PERSON)


def test_while_nobody_counts_for_all_each_gateway_does_and_asks_again_later() -> None:
    world = World(down=True)
    limits = [world.gateway(60, 30) for _ in range(2)]
    assert through(limits, 200) == 60
    assert world.asked == 2, "nobody waits for what does not answer"
    world.down = False
    world.now += PAUSE_SECONDS
    assert through(limits, 200) < 20 + 2 * UNASKED
    assert world.asked > 2


def test_a_batch_of_more_than_a_burst_is_taken_when_nothing_else_came() -> None:
    world = World()
    limit = world.gateway(60, 30)
    limit.take(PERSON, 200)
    with pytest.raises(TooFast):
        limit.take(PERSON)


def test_nobody_is_held_back_without_a_limit() -> None:
    assert through([World().gateway(0, 1)], 500) == 500


def post(counts: RateCounts, body: bytes, method: str = "POST") -> tuple[Any, int]:
    answer, status, _ = endpoint({"POST /rate": counts})(Asked(method, "/rate", body=body, content_length=len(body)))
    return json.loads(answer), status


COUNT = {"conversation": PERSON, "before": 0, "count": 1, "per_minute": 60, "burst": 2}


def test_delivery_counts_over_http() -> None:
    counts = World().counts
    body = json.dumps(COUNT).encode()
    assert [post(counts, body)[0]["wait"] for _ in range(3)] == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        json.dumps({**COUNT, "conversation": "a b"}).encode(),
        json.dumps({**COUNT, "count": -1}).encode(),
        json.dumps({**COUNT, "burst": "1"}).encode(),
        b"x" * 5000,
    ],
)
def test_what_is_no_count_is_refused(body: bytes) -> None:
    answer, status = post(World().counts, body)
    assert status in (400, 413)
    assert answer["error"]


def test_counts_are_posted() -> None:
    assert post(World().counts, b"", "GET")[1] == 405


def test_forgetting_a_person_forgets_their_count() -> None:
    world = World()
    world.counts.count(PERSON, 0, 1, 60, 1)
    assert world.store.upkeep.forget(PERSON) == 1


@pytest.fixture
def outbound() -> Iterator[Outbound]:
    outbound = Outbound()
    yield outbound
    outbound.close()


def test_a_gateway_asks_delivery(outbound: Outbound) -> None:
    world = World()

    def delivery(request: Request) -> Any:
        answer, status = post(world.counts, request.get_data())
        return json.dumps(answer), status, {}

    with served(delivery) as url:
        ask = count_by_delivery(outbound, url, 60, 2)
        assert ask is not None
        assert [ask(PERSON, 0, 1), ask(PERSON, 0, 1)] == [0.0, 0.0]
        assert ask(PERSON, 0, 1) > 0


def test_a_delivery_that_cannot_count_is_none_that_answers(outbound: Outbound) -> None:
    with served(lambda _: (b"{}", 500, {})) as url:
        ask = count_by_delivery(outbound, url, 60, 2)
        assert ask is not None
        with pytest.raises(Unavailable):
            ask(PERSON, 0, 1)
    assert count_by_delivery(outbound, "", 60, 2) is None


def refused(limit: AnonymousLimit, address: str, requests: int) -> int:
    found = 0
    for _ in range(requests):
        try:
            limit.take(address)
        except TooFast:
            found += 1
    return found


def test_one_address_may_ask_for_so_much_and_others_are_served() -> None:
    now = [0.0]
    limit = AnonymousLimit(60, 600, clock=lambda: now[0])
    assert refused(limit, "192.0.2.1", 100) == 70
    assert refused(limit, "192.0.2.2", 10) == 0
    now[0] += 10
    assert refused(limit, "192.0.2.1", 100) == 90


def test_an_address_of_ipv6_is_a_network() -> None:
    limit = AnonymousLimit(60, 0, clock=lambda: 0.0)
    assert refused(limit, "2001:db8:1:2::1", 30) == 0
    assert refused(limit, "2001:db8:1:2:ffff::2", 30) == 30
    assert refused(limit, "2001:db8:1:3::1", 30) == 0


def test_all_callers_that_nobody_knows_have_a_limit_together_and_refusals_do_not_use_it_up() -> None:
    limit = AnonymousLimit(10, 100, clock=lambda: 0.0)
    assert refused(limit, "192.0.2.1", 1000) == 995
    assert sum(refused(limit, f"198.51.100.{number}", 1) for number in range(60)) == 15
    with pytest.raises(TooFast, match="nobody knows") as fast:
        limit.take("203.0.113.1")
    assert fast.value.wait == 1.0


def test_without_limits_nobody_is_refused() -> None:
    assert refused(AnonymousLimit(0, 0), "192.0.2.1", 10_000) == 0
