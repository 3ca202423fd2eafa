"""Access tokens of platforms that hand them out (OAuth 2.0): asked for when a call needs one, kept until they end."""

import json
import threading
import time
from collections.abc import Callable
from urllib import parse

from shared.channels.port import Grant
from shared.channels.reading import read_number, read_string
from shared.errors import Unavailable
from shared.outbound import Outbound

MARGIN = 60.0
"""Seconds before its end from which a token is not used any more."""
LIFE = 3600
"""Seconds; the longest that Google takes an assertion for."""


class Tokens:
    """Keeps tokens by what they were asked for with; safe to share between threads."""

    def __init__(self, outbound: Outbound, clock: Callable[[], float] = time.time) -> None:
        self._outbound = outbound
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[str, float]] = {}

    def fetch_token(self, grant: Grant, timeout: float) -> str:
        """A token for the grant, or Unavailable that names the place and the reason, never the secret."""
        key = _make_key(grant)
        with self._lock:
            token, until = self._kept.get(key, ("", 0.0))
        if self._clock() < until:
            return token
        token, seconds = self._ask(grant, timeout)
        with self._lock:
            self._kept[key] = (token, self._clock() + seconds - MARGIN)
        return token

    def forget(self, grant: Grant) -> None:
        """The platform did not accept the token: the next call asks for a new one."""
        with self._lock:
            self._kept.pop(_make_key(grant), None)

    def _ask(self, grant: Grant, timeout: float) -> tuple[str, float]:
        form = dict(grant.form)
        if grant.claims:
            form["assertion"] = _make_assertion(grant, self._clock())
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answered = self._outbound.post(grant.url, parse.urlencode(form).encode(), headers, timeout)
        try:
            answer = json.loads(answered.body)
        except (ValueError, RecursionError):
            answer = None
        token = read_string(answer, "access_token")
        if answered.status != 200 or not token:
            error = read_string(answer, "error")
            cause = f" ({error})" if error.replace("_", "").isalnum() and len(error) < 60 else ""
            raise Unavailable(
                f"no access token: its place answered {answered.status}{cause}; are the credentials right?"
            )
        return token, read_number(answer, "expires_in") or 300.0


def _make_key(grant: Grant) -> str:
    return repr((grant.url, sorted(grant.form.items()), sorted(grant.claims.items()), grant.private_key))


def _make_assertion(grant: Grant, now: float) -> str:
    # Imported here, because it costs 75 ms that only Google Chat needs.
    import jwt

    times = {"iat": int(now), "exp": int(now) + LIFE}
    try:
        return jwt.encode({**grant.claims, **times}, grant.private_key, algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as exc:
        raise Unavailable("the private key of the service account cannot be read") from exc
