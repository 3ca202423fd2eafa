"""The public keys of platforms (JWK sets): fetched when a signature needs them, and kept."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from shared.channels.port import Channel, Forged, Inbound, KeysNeeded, Parsed, Settings
from shared.errors import Unavailable
from shared.events.wire import JSON
from shared.outbound import Outbound

KEEP = 24 * 3600.0
"""Seconds; Microsoft asks to look every day."""
FETCH_PAUSE = 5.0
"""Seconds between two fetches, so that made-up key names cannot make us call the platform each time."""
TIMEOUT = 2.0


class Keys:
    """Keeps key sets by address; the addresses come from settings and code, never from a message."""

    def __init__(self, outbound: Outbound, clock: Callable[[], float] = time.monotonic) -> None:
        self._outbound = outbound
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, JSON]] = {}
        self._fetching = threading.Lock()
        self._fetched: dict[str, float] = {}

    def parse(self, module: Channel, inbound: Inbound, settings: Settings) -> Parsed:
        """What the channel makes of the webhook, with the keys that it asks for.

        Forged where even fresh keys are not those that signed it.
        """
        try:
            return module.parse(replace(inbound, keys=self._fetch_known()), settings)
        except KeysNeeded as needed:
            self._fetch(needed.address)
        try:
            return module.parse(replace(inbound, keys=self._fetch_known()), settings)
        except KeysNeeded as exc:
            raise Forged("signed with a key that the platform does not publish") from exc

    def _fetch_known(self) -> Mapping[str, JSON]:
        now = self._clock()
        with self._lock:
            return {address: keys for address, (at, keys) in self._kept.items() if now - at < KEEP}

    def _fetch(self, address: str) -> None:
        """Look at the address, one at a time: who comes meanwhile waits, and takes what was found."""
        with self._fetching:
            if self._clock() - self._fetched.get(address, -KEEP) < FETCH_PAUSE:
                if address not in self._fetch_known():
                    raise Unavailable(f"{address} did not answer with keys a moment ago")
                return
            self._fetched[address] = self._clock()
            answered = self._outbound.request("GET", address, timeout=TIMEOUT)
            try:
                keys = json.loads(answered.body) if answered.status == 200 else None
            except (ValueError, RecursionError):
                keys = None
            if not isinstance(keys, dict):
                raise Unavailable(f"{address} did not answer with keys, but with {answered.status}")
            with self._lock:
                self._kept[address] = (self._clock(), keys)
