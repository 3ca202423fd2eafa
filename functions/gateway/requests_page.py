"""Requests to the gateway by channel and status, as a page for Prometheus: what is known while the broker is away.

Written out, for prometheus-client would cost each cold start of the gateway 30 ms and more. The page is at the traffic
port: Prometheus asks a pod by its own address, so neither Knative's proxy nor its autoscaler hears of it, and no pod
stays awake for it. Whoever comes through a proxy, as everybody from outside does, finds nothing there.
"""

import threading

NAME = "parley_gateway_requests_total"
CLASSES = ("2xx", "4xx", "5xx")


class Requests:
    """Counts what was answered. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], int] = {}

    def count(self, channel: str, status: int) -> None:
        """One request to a channel's webhook was answered with this status; a new channel begins with every class."""
        with self._lock:
            for known in CLASSES:
                self._counts.setdefault((channel, known), 0)
            key = (channel, f"{status // 100}xx")
            self._counts[key] = self._counts.get(key, 0) + 1

    def render(self) -> str:
        """The page, in Prometheus' text format."""
        with self._lock:
            counts = sorted(self._counts.items())
        lines = [f"# HELP {NAME} Requests to webhooks by channel and class of status.", f"# TYPE {NAME} counter"]
        lines += [f'{NAME}{{channel="{channel}",code="{code}"}} {number}' for (channel, code), number in counts]
        return "\n".join(lines) + "\n"
