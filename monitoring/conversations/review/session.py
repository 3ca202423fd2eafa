"""Signing in: a token once, then a cookie that no script reads and no other site sends."""

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Mapping

from functions.gateway.access import Access, Caller, Unauthorised
from shared.errors import Failure

COOKIE = "parley_review"
HOURS = 8
FAILURES = 5
"""Wrong tokens in a minute; then nobody may sign in for the rest of it."""


class TooMany(Failure):
    """Somebody is guessing."""

    status = 429


class Sessions:
    """Who is signed in; in memory, so a restart signs everybody out."""

    def __init__(self, access: Access, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}
        self._wrong: list[float] = []

    @property
    def asks(self) -> bool:
        """Whether a token is asked for."""
        return self._access.auth == "token"

    def sign_in(self, token: str) -> str:
        """A new session for the right token; Unauthorised, or TooMany."""
        now = self._clock()
        with self._lock:
            self._wrong = [at for at in self._wrong if now - at < 60]
            if len(self._wrong) >= FAILURES:
                raise TooMany("too many wrong tokens; wait a minute")
            given, right = token.encode("utf-8", "replace"), self._access.token.encode("utf-8", "replace")
            if not hmac.compare_digest(given, right):
                self._wrong.append(now)
                raise Unauthorised("this is not the token of REVIEW_TOKEN")
            session = secrets.token_urlsafe(32)
            self._until = {name: until for name, until in self._until.items() if until > now}
            self._until[session] = now + HOURS * 3600
            return session

    def sign_out(self, session: str) -> None:
        with self._lock:
            self._until.pop(session, None)

    def check(self, remote: str, headers: Mapping[str, str], session: str) -> None:
        """Raise where the caller may not read conversations."""
        caller = Caller(remote, headers, None)
        if not self.asks:
            self._access.check_rest(caller)
            return
        self._access.check_origin(caller)
        with self._lock:
            until = self._until.get(session, 0.0)
        if until <= self._clock():
            raise Unauthorised("sign in with the token of REVIEW_TOKEN")
