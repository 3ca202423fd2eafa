"""Signing in: a token once, then a cookie that no script reads and no other site sends."""

import secrets
import threading
import time
from collections.abc import Callable

from functions.gateway.access import Access, Caller, Unauthorised, is_same_secret
from shared.errors import Failure

COOKIE = "parley_review"
HOURS = 8
FAILURES = 5
"""Wrong tokens of one address in a minute; then it may not sign in for the rest of it, and others may."""
ALL_FAILURES = 100
"""Wrong tokens of all addresses in a minute, for whoever guesses from many."""


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
        self._wrong: list[tuple[float, str]] = []
        """When a wrong token came, and from where."""

    def sign_in(self, token: str, address: str) -> str:
        """A new session for the right token; Unauthorised, or TooMany. An address is what the caller connects from."""
        now = self._clock()
        with self._lock:
            self._wrong = [(at, whose) for at, whose in self._wrong if now - at < 60]
            own = sum(whose == address for _, whose in self._wrong)
            if own >= FAILURES or len(self._wrong) >= ALL_FAILURES:
                raise TooMany("too many wrong tokens; wait a minute")
            if not is_same_secret(token, self._access.token):
                self._wrong.append((now, address))
                raise Unauthorised("this is not the token of REVIEW_TOKEN, or of the address that was printed")
            session = secrets.token_urlsafe(32)
            self._until = {name: until for name, until in self._until.items() if until > now}
            self._until[session] = now + HOURS * 3600
            return session

    def sign_out(self, session: str) -> None:
        with self._lock:
            self._until.pop(session, None)

    def check(self, caller: Caller, session: str) -> None:
        """Raise where the caller may not read conversations."""
        self._access.check_origin(caller)
        with self._lock:
            until = self._until.get(session, 0.0)
        if until <= self._clock():
            raise Unauthorised("sign in with the token of REVIEW_TOKEN, or open the address that was printed")
