"""Conversations of the web chat: given out with a signature, so that no others are taken, and no store is asked.

A name is 24 characters that nobody guesses and 16 of a signature, both in base64url. It is a secret: who knows it reads
along. Where a website signed who its visitor is, the name derives from that, and is the same on all of their devices.
"""

import base64
import json
import os
import time
from collections.abc import Callable, Sequence

from functions.gateway.access import Forbidden, Unauthorised, is_same_secret
from shared.config import Misconfigured
from shared.digest import hmac_sha256
from shared.errors import Unavailable

UNIQUE, SIGNED = 18, 12
"""Bytes of each part."""
MAX_TOKEN = 2000
MAX_USER = 200
MIN_SECRET = 32


class Conversations:
    """Gives conversations out and knows its own again."""

    def __init__(
        self, installation: Sequence[str], identity_secret: str = "", *, now: Callable[[], float] = time.time
    ) -> None:
        """`installation`: the secrets of this installation, the one in use first; those after it still count."""
        if identity_secret and len(identity_secret) < MIN_SECRET:
            raise Misconfigured(f"parley: WIDGET_SECRET must have at least {MIN_SECRET} characters")
        self._keys = [hmac_sha256(secret.encode(), b"web chat conversations") for secret in installation]
        self._identity = identity_secret.encode()
        self._now = now

    def issue(self, identity: str | None = None) -> str:
        """A new conversation; with a token of the website's, the one of its user. Unauthorised where that is wrong.

        Unavailable without INSTALLATION_SECRET.
        """
        if not self._keys:
            raise Unavailable("the web chat needs INSTALLATION_SECRET on the gateway; `task up` makes one")
        if identity is None:
            return self._sign(os.urandom(UNIQUE))
        return self._sign(hmac_sha256(self._keys[0], b"user\n" + self._verify_user(identity).encode())[:UNIQUE])

    def check(self, name: str) -> None:
        """Raise Forbidden where it was not given out here."""
        if not self._keys:
            raise Unavailable("the web chat needs INSTALLATION_SECRET on the gateway; `task up` makes one")
        try:
            parts = base64.urlsafe_b64decode(name.encode("ascii"))
        except ValueError:
            parts = b""
        unique, signature = parts[:UNIQUE], parts[UNIQUE:]
        # Each with the same effort, so that the answer's delay tells nothing.
        known = [is_same_secret(signature.hex(), _sign_unique(key, unique).hex()) for key in self._keys]
        if len(parts) != UNIQUE + SIGNED or not any(known):
            raise Forbidden("this conversation was not given out here; POST /webhooks/webchat/conversations gives one")

    def _sign(self, unique: bytes) -> str:
        return base64.urlsafe_b64encode(unique + _sign_unique(self._keys[0], unique)).decode()

    def _verify_user(self, token: str) -> str:
        """Whom the website says its visitor is: base64url of {"user", "exp"}, a dot, and in hex the HMAC-SHA256 of that
        base64url with WIDGET_SECRET."""
        content, _, signature = token.partition(".")
        if not self._identity:
            raise Unauthorised("this gateway knows no website's visitors: set WIDGET_SECRET on it")
        signed = hmac_sha256(self._identity, content.encode("utf-8", "replace")).hex()
        if len(token) > MAX_TOKEN or not is_same_secret(signature, signed):
            raise Unauthorised("the identity is not signed with WIDGET_SECRET")
        try:
            document = json.loads(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)))
            user, ends = document["user"], document["exp"]
        except (ValueError, TypeError, KeyError, RecursionError) as exc:
            raise Unauthorised('the identity must be {"user": ..., "exp": seconds since 1970}') from exc
        if not isinstance(user, str) or not 0 < len(user) <= MAX_USER or type(ends) not in (int, float):
            raise Unauthorised('the identity must be {"user": ..., "exp": seconds since 1970}')
        if not ends > self._now():
            raise Unauthorised("the identity has ended; the website must sign a new one")
        return user


def _sign_unique(key: bytes, unique: bytes) -> bytes:
    return hmac_sha256(key, unique)[:SIGNED]
