"""Bearer tokens on webhooks: JSON Web Tokens checked against the platform's keys, which the edge fetched."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from shared.channels.port import Forged, Inbound, KeysNeeded
from shared.channels.signing import WINDOW
from shared.events.wire import JSON

ALGORITHMS = ("RS256", "RS384", "RS512")
"""Asymmetric ones only: with a symmetric one the public key would be the secret."""
LONGEST = 16 * 1024


def verify_claims(
    inbound: Inbound, keys_at: str, audience: str, issuers: Collection[str], status: int = 401
) -> tuple[Mapping[str, JSON], Mapping[str, JSON]]:
    """The claims of the token in the header Authorization, and the key that signed it.

    Raises Forged where the token is not valid now, KeysNeeded where the keys are missing or do not hold its key.
    """
    # Imported here, because it costs 75 ms that only Teams and Google Chat need.
    import jwt

    token = inbound.headers.get("authorization", "")
    scheme, _, token = token.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > LONGEST:
        raise Forged("the header Authorization must be `Bearer` and a token", status)
    try:
        kid, algorithm = _header(token)
        if algorithm not in ALGORITHMS:
            raise Forged(f"the token must be signed with {', '.join(ALGORITHMS)}", status)
        jwk = _key(inbound.keys.get(keys_at), kid)
        if jwk is None:
            raise KeysNeeded(keys_at)
        key = _public_key(str(jwk.get("n")), str(jwk.get("e")), algorithm)
        found: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=audience,
            # The times are compared below, with the clock that was given.
            options={"require": ["exp", "iss", "aud"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as exc:
        raise Forged("the token is not valid here: its signature or its audience is wrong", status) from exc
    if found["iss"] not in issuers:
        raise Forged("the token comes from another issuer", status)
    begins, ends = found.get("nbf", found.get("iat", 0)), found["exp"]
    for timestamp in (begins, ends):
        if isinstance(timestamp, bool) or not isinstance(timestamp, int | float):
            raise Forged("the token's times are no numbers", status)
    if not begins - WINDOW <= inbound.now <= ends + WINDOW:
        raise Forged("the token has expired, or is not valid yet; is the clock right?", status)
    return found, jwk


@lru_cache(32)
def _public_key(modulus: str, exponent: str, algorithm: str) -> Any:
    """Kept, because platforms sign with the same few keys for weeks, and making one costs as much as using it."""
    import jwt

    return jwt.PyJWK.from_dict({"kty": "RSA", "n": modulus, "e": exponent, "alg": algorithm})


def _header(token: str) -> tuple[str, str]:
    import jwt

    header = jwt.get_unverified_header(token)
    return str(header.get("kid", "")), str(header.get("alg", ""))


def _key(keys: JSON, kid: str) -> dict[str, JSON] | None:
    listed = keys.get("keys") if isinstance(keys, dict) else None
    for key in listed if isinstance(listed, list) else []:
        if isinstance(key, dict) and key.get("kid") == kid and key.get("kty") == "RSA":
            return key
    return None
