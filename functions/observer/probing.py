"""Says a word by each way in, as a person would, and waits for an answer: what notices an outage in which nobody talks.

REST is asked and answers; a web chat is talked in by the broker, and read in delivery's outbox. Each probe wakes what
it goes through, so its pace is a setting. It shows PROBE_TOKEN, and so counts in no metric of people's.
"""

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib import parse

from shared.errors import Failure, Unavailable
from shared.logs import get_logger
from shared.outbound import Outbound

log = get_logger(__name__)

HEADER = "x-parley-probe"
SENDER = "parley-probe"
"""The sender of REST's probe: one conversation for all of them."""
WAIT = 20
"""Seconds of one look into a web chat's outbox."""
Report = Callable[[str, float | None, int], None]
"""Channel, seconds until the answer or None, and how many in a row had none."""


@dataclass(slots=True)
class Prober:
    """Probes one assistant. `patience`: seconds after which there is no answer any more."""

    url: str
    token: str
    text: str
    outbound: Outbound
    report: Report
    patience: float = 60.0
    clock: Callable[[], float] = time.monotonic
    _conversation: str = ""
    """Of the web chat; kept, so that probes fill no store with conversations."""
    _read: int = 0
    _failures: dict[str, int] = field(default_factory=dict)

    def probe(self, channels: Sequence[str]) -> None:
        """Say a word on each of these channels, one after the other, and report what came of it."""
        for channel in channels:
            started, seconds = self.clock(), None
            try:
                {"rest": self._rest, "webchat": self._probe_webchat}[channel](started + self.patience)
                seconds = self.clock() - started
            except (Failure, ValueError, KeyError, TypeError) as exc:
                # A web chat that is not known any more begins anew.
                self._conversation, self._read = "", 0
                cause = (
                    str(exc) if isinstance(exc, Failure) else f"an answer that cannot be read ({type(exc).__name__})"
                )
                log.warning("a probe had no answer", extra={"fields": {"channel": channel, "cause": cause}})
            self._failures[channel] = 0 if seconds is not None else self._failures.get(channel, 0) + 1
            self.report(channel, seconds, self._failures[channel])

    def _rest(self, end: float) -> None:
        said = self._post("rest/webhook", {"sender": SENDER, "message": self.text}, end)
        if not said:
            raise Unavailable("REST answered without a word")

    def _probe_webchat(self, end: float) -> None:
        if not self._conversation:
            self._conversation = str(self._post("webchat/conversations", {}, end)["conversation"])
        body = {"conversation": self._conversation, "id": str(uuid.uuid4()), "text": self.text}
        self._post("webchat/webhook", body, end)
        while self.clock() < end:
            query = parse.urlencode({"conversation": self._conversation, "after": self._read, "wait": WAIT})
            messages = self._ask("GET", f"webchat/messages?{query}", b"", end)["messages"]
            if messages:
                self._read = max(int(message["number"]) for message in messages)
                return
        raise Unavailable(f"no answer came into the web chat within {self.patience:g} s")

    def _post(self, path: str, body: Mapping[str, Any], end: float) -> Any:
        return self._ask("POST", path, json.dumps(body).encode(), end)

    def _ask(self, method: str, path: str, body: bytes, end: float) -> Any:
        """What is answered, as JSON; Unavailable where that is no 2xx."""
        headers = {"content-type": "application/json", HEADER: self.token}
        url = f"{self.url.rstrip('/')}/webhooks/{path}"
        left = max(1.0, end - self.clock())
        answered = self.outbound.request(method, url, body=body, headers=headers, timeout=left)
        if not 200 <= answered.status < 300:
            raise Unavailable(f"the gateway answered {answered.status} at {path.partition('?')[0]}")
        return json.loads(answered.body or b"null")


def probe_for_ever(prober: Prober, channels: Sequence[str], seconds: float) -> None:
    """Probe every so many seconds, counted from the beginning of each; never returns.

    The first comes after a pause: an assistant that starts together with its observer is not ready yet.
    """
    time.sleep(seconds)
    while True:
        started = time.monotonic()
        try:
            prober.probe(channels)
        except Exception:
            # Whatever is the matter with one probe, the next one is sent; that none comes would look like all is well.
            log.exception("a probe failed")
        time.sleep(max(1.0, seconds - (time.monotonic() - started)))
