"""JSON Web Tokens with which callers of the unsigned channels show who they are, for REST_AUTH=jwt."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from shared.config import Misconfigured

METHODS = ("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "EdDSA")
SKEW = 30.0
MAX_TOKEN = 16 * 1024


class Jwt:
    """Says whether a token is signed with the key, by the one method that was agreed on, and valid now."""

    def __init__(self, key: str, method: str, *, clock: Callable[[], float] = time.time) -> None:
        found = []
        if method not in METHODS:
            found.append(f"REST_JWT_METHOD must be one of {', '.join(METHODS)}, not {method!r}")
        elif method.startswith("HS") and len(key.encode()) < int(method[2:]) // 8:
            # As long as the hash, says RFC 7518.
            shortest = int(method[2:]) // 8
            found.append(f"REST_AUTH=jwt needs REST_JWT_KEY of at least {shortest} characters for {method}")
        elif method.startswith("HS") and "-----BEGIN" in key:
            found.append(f"REST_JWT_KEY is a public key, which everybody may know, and {method} needs a secret")
        elif not method.startswith("HS") and "-----BEGIN PUBLIC KEY-----" not in key:
            found.append(f"REST_AUTH=jwt needs REST_JWT_KEY: the public key for {method}, in PEM")
        if found:
            raise Misconfigured("\n".join(f"parley: {mistake}" for mistake in found))
        self._key = key
        self._method = method
        self._clock = clock

    def __call__(self, token: str) -> Mapping[str, Any] | None:
        """What a valid token says; None of one that is not."""
        # Imported here, because it costs 75 ms that only those who use it need.
        import jwt

        if not token or len(token) > MAX_TOKEN:
            return None
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                # Only the one: a token must not choose how it is checked.
                algorithms=[self._method],
                options={
                    "require": ["exp"],
                    # Compared below, with the clock that was given.
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_aud": False,
                },
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return None
        begins, ends = claims.get("nbf", 0), claims["exp"]
        numbers = all(isinstance(moment, int | float) and not isinstance(moment, bool) for moment in (begins, ends))
        return claims if numbers and begins - SKEW <= self._clock() <= ends + SKEW else None
