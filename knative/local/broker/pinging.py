"""A clock that calls a stage at regular times, in the place of Knative's PingSource."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import aiohttp

log = logging.getLogger("broker")

LIMIT = 60.0
"""Seconds that one call may take."""


@dataclass(frozen=True, slots=True)
class Ping:
    url: str
    seconds: float


def read_pings(pairs: Iterable[str], services: Mapping[str, str]) -> tuple[Ping, ...]:
    """Pings written as `NAME/PATH=SECONDS`, or ValueError."""
    pings = []
    for pair in pairs:
        target, _, every = pair.partition("=")
        name, _, path = target.partition("/")
        try:
            seconds = float(every)
        except ValueError:
            seconds = 0.0
        if name not in services or not 0.1 <= seconds <= 86_400:
            raise ValueError(f"--ping takes NAME/PATH=SECONDS with a NAME of --service; {pair!r} is none")
        base, mark, query = services[name].partition("?")
        pings.append(Ping(f"{base.rstrip('/')}/{path}{mark}{query}", seconds))
    return tuple(pings)


async def keep_pinging(ping: Ping) -> None:
    """Call it until cancelled. A call that fails is told once, and again after one that succeeded."""
    failing = False
    # A kept connection would be closed by the stage between two calls.
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=LIMIT)) as session:
        while True:
            await asyncio.sleep(ping.seconds)
            try:
                async with session.post(ping.url) as answered:
                    problem = "" if answered.status < 300 else f"answered {answered.status}"
            except (aiohttp.ClientError, TimeoutError) as exc:
                problem = f"is not reached ({type(exc).__name__})"
            if problem and not failing:
                # Without the query, which may hold a token.
                log.warning("%s %s; it is called again in %g s", ping.url.partition("?")[0], problem, ping.seconds)
            failing = bool(problem)
