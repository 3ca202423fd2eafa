"""JSON Web Tokens of callers: valid ones let in, and nothing else does."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from functions.gateway.access import Caller, Unauthorised, read_access
from functions.gateway.tokens import Jwt
from knative.platforms import port
from shared.config import Misconfigured

SECRET = "a secret that is long enough to sign with, whatever the method of signing is"
NOW = 1_800_000_000.0
CLAIMS = {"user": {"username": "me", "role": "user"}, "exp": NOW + 60}
PUBLIC = (
    port.make_token_key()
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


def valid(token: str, key: str = SECRET, method: str = "HS256") -> bool:
    return Jwt(key, method, clock=lambda: NOW)(token) is not None


def signed(claims: dict[str, Any], key: Any = SECRET, method: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm=method)


def test_a_token_that_is_signed_and_not_over_is_valid() -> None:
    assert valid(signed(CLAIMS))
    assert valid(signed(CLAIMS, port.make_token_key(), "RS256"), PUBLIC, "RS256")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "." * 20_000,
        signed(CLAIMS, SECRET + "x"),
        signed(CLAIMS, SECRET, "HS512"),
        signed({"user": "me"}),
        signed({**CLAIMS, "exp": NOW - 31}),
        signed({**CLAIMS, "nbf": NOW + 31}),
        jwt.encode(CLAIMS, "", algorithm="none"),
        signed(CLAIMS)[:-2],
        "\ud800",
    ],
)
def test_any_other_is_not(token: str) -> None:
    assert not valid(token)


def test_a_public_key_does_not_sign_as_a_secret() -> None:
    """A token that says HS256 must not be checked with the public key as its secret."""
    header, claims, _ = signed(CLAIMS).split(".")
    import base64
    import hashlib
    import hmac

    mac = hmac.new(PUBLIC.encode(), f"{header}.{claims}".encode(), hashlib.sha256).digest()
    forged = f"{header}.{claims}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    assert not valid(forged, PUBLIC, "RS256")


@pytest.mark.parametrize(
    ("key", "method", "words"),
    [
        ("short", "HS256", "32 characters"),
        (SECRET, "none", "REST_JWT_METHOD must be one of"),
        (PUBLIC, "HS256", "needs a secret"),
        (SECRET, "RS256", "the public key for RS256"),
    ],
)
def test_what_cannot_be_checked_with_is_said_at_start(key: str, method: str, words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        read_access("jwt", "", (), key, method)


def test_the_gateways_rules_take_it_from_the_header_or_the_query() -> None:
    rules = read_access("jwt", "", (), SECRET)
    token = signed({**CLAIMS, "exp": 4_000_000_000})
    rules.check_rest(Caller("203.0.113.9", {"authorization": f"Bearer {token}"}, None))
    rules.check_rest(Caller("203.0.113.9", {}, token))
    for caller in (Caller("127.0.0.1", {"host": "localhost"}, None), Caller("203.0.113.9", {}, token + "x")):
        with pytest.raises(Unauthorised, match="JSON Web Token"):
            rules.check_rest(caller)
