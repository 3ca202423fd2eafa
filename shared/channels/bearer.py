"""Bearer tokens on webhooks: JSON Web Tokens checked against the platform's keys, which the edge fetched."""

import base64
import json
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from shared.channels.port import Forged, Inbound, KeysNeeded
from shared.channels.signing import WINDOW
from shared.events.wire import JSON

ALGORITHMS = {"RS256": "SHA256", "RS384": "SHA384", "RS512": "SHA512"}
"""Asymmetric ones only: with a symmetric one the public key would be the secret."""
LONGEST = 16 * 1024
SHORTEST_KEY = 2048
"""Bits (RFC 7518, section 3.3)."""
TOKEN = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")


def verify_claims(
    inbound: Inbound, keys_at: str, audience: str, issuers: Collection[str], status: int = 401
) -> tuple[Mapping[str, JSON], Mapping[str, JSON]]:
    """The claims of the token in the header Authorization, and the key that signed it (RFC 7515, 7519).

    Raises Forged where the token is not valid now, KeysNeeded where the keys are missing or do not hold its key.
    Written out, because a library costs each cold start 75 ms, in which people wait for a sign that they were read, and
    a webhook half of its time; PyJWT checks it in the tests.
    """
    scheme, _, token = inbound.headers.get("authorization", "").partition(" ")
    parts = TOKEN.fullmatch(token) if len(token) <= LONGEST else None
    if scheme.lower() != "bearer" or parts is None:
        raise Forged("the header Authorization must be `Bearer` and a token", status)
    try:
        header, found = _read_object(parts[1]), _read_object(parts[2])
        algorithm = str(header.get("alg", ""))
        if algorithm not in ALGORITHMS:
            raise Forged(f"the token must be signed with {', '.join(ALGORITHMS)}", status)
        if "crit" in header or header.get("b64", True) is not True:
            raise Forged("the token asks for what is not done here", status)
        jwk = _find_key(inbound.keys.get(keys_at), str(header.get("kid", "")))
        if jwk is None:
            raise KeysNeeded(keys_at)
        _check_signature(jwk, algorithm, token.rpartition(".")[0].encode(), _decode_part(parts[3]))
    except (ValueError, TypeError, RecursionError) as exc:
        raise Forged("the token is not valid here: its signature is wrong", status) from exc
    audiences = found.get("aud")
    if audience not in (audiences if isinstance(audiences, list) else [audiences]):
        raise Forged("the token is for another audience", status)
    if found.get("iss") not in issuers:
        raise Forged("the token comes from another issuer", status)
    begins: Any = found.get("nbf", found.get("iat", 0))
    ends: Any = found.get("exp")
    for timestamp in (begins, ends):
        if isinstance(timestamp, bool) or not isinstance(timestamp, int | float):
            raise Forged("the token's times are no numbers", status)
    if not begins - WINDOW <= inbound.now <= ends + WINDOW:
        raise Forged("the token has expired, or is not valid yet; is the clock right?", status)
    return found, jwk


def _check_signature(jwk: Mapping[str, JSON], algorithm: str, signed: bytes, signature: bytes) -> None:
    """ValueError where the key did not make it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    key = _public_key(str(jwk.get("n")), str(jwk.get("e")))
    try:
        key.verify(signature, signed, PKCS1v15(), getattr(hashes, ALGORITHMS[algorithm])())
    except InvalidSignature as exc:
        raise ValueError("the signature is another") from exc


@lru_cache(32)
def _public_key(modulus: str, exponent: str) -> Any:
    """Kept, because platforms sign with the same few keys for weeks, and making one costs as much as using it."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    numbers = (int.from_bytes(_decode_part(part), "big") for part in (exponent, modulus))
    key = RSAPublicNumbers(*numbers).public_key()
    if key.key_size < SHORTEST_KEY:
        raise ValueError("the key is too short")
    return key


def _read_object(part: str) -> dict[str, Any]:
    found = json.loads(_decode_part(part))
    if not isinstance(found, dict):
        raise ValueError("the token holds no objects")
    return found


def _decode_part(part: str) -> bytes:
    return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _find_key(keys: JSON, kid: str) -> dict[str, JSON] | None:
    listed = keys.get("keys") if isinstance(keys, dict) else None
    for key in listed if isinstance(listed, list) else []:
        if isinstance(key, dict) and key.get("kid") == kid and key.get("kty") == "RSA":
            return key
    return None
