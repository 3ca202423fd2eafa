"""The platforms' own SDKs as oracles: they and ours take and refuse the same webhooks."""

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import jwt
import nacl.exceptions
import nacl.signing
from cryptography.hazmat.primitives import serialization
from google.auth import exceptions as google_exceptions
from google.auth import jwt as google_jwt
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

from knative.platforms import catalogue as platforms
from knative.platforms import discord as discord_stand_in
from knative.platforms import gchat as gchat_stand_in
from knative.platforms import port
from shared.channels import discord, gchat, slack
from shared.channels.bearer import verify_claims
from shared.channels.port import Forged, Inbound, KeysNeeded
from shared.channels.twilio.signature import verify as verify_twilio

NOW = 1767225000.0
many = settings(max_examples=200, deadline=None, derandomize=True)
ascii_text = st.text(st.characters(codec="ascii", exclude_characters="\r\n"), max_size=20)


def takes(verify: Callable[[Inbound, Mapping[str, str]], object], inbound: Inbound, **given: str) -> bool:
    """Whether ours takes the webhook."""
    try:
        verify(inbound, given)
    except Forged:
        return False
    return True


class Clock:
    """slack_sdk's clock, standing still."""

    def now(self) -> float:
        return NOW


@many
@given(
    body=st.text(max_size=60),
    away=st.integers(-400, 400),
    change=st.sampled_from([None, "x-slack-signature", "x-slack-request-timestamp"]),
    value=ascii_text | st.just("v0=" + "0" * 64),
)
def test_slacks_verifier_agrees(body: str, away: int, change: str | None, value: str) -> None:
    headers: dict[str, Any] = dict(platforms.sign_webhook("slack", body.encode(), "", NOW + away))
    if change is not None:
        headers[change] = value
    ours = takes(slack.verify, Inbound(body.encode(), headers, now=NOW), signing_secret=port.SECRET)
    oracle = SignatureVerifier(port.SECRET, Clock())  # type: ignore[arg-type]
    try:
        theirs = oracle.is_valid(body, headers["x-slack-request-timestamp"], headers["x-slack-signature"])
    except ValueError:
        # It stumbles over a timestamp that is no number, which is not valid.
        theirs = False
    assert ours == theirs


addresses = st.builds(
    "{}://{}{}/webhooks/twilio/webhook{}".format,
    st.sampled_from(["https", "http"]),
    st.sampled_from(["bot.example.com", "bot", "127.0.0.1"]),
    st.sampled_from(["", ":443", ":80", ":8443"]),
    st.sampled_from(["", "?a=b&c=d", "?x=%C3%A9"]),
)
fields = st.dictionaries(
    st.sampled_from(["Body", "From", "To", "MessageSid", "MediaUrl0", "Ünïcode"]), st.text(max_size=20), max_size=5
)


@many
@given(
    called=addresses,
    signed_for=st.none() | addresses,
    form=fields,
    change=st.booleans(),
)
def test_twilios_validator_agrees(called: str, signed_for: str | None, form: dict[str, str], change: bool) -> None:
    oracle = RequestValidator(port.SECRET)
    signature = oracle.compute_signature(signed_for or called, form)
    sent = {**form, "Body": form.get("Body", "") + "!"} if change else form
    body = urlencode(sent).encode()
    inbound = Inbound(body, {"x-twilio-signature": signature}, url=called)
    ours = takes(verify_twilio, inbound, auth_token=port.SECRET)
    assert ours == oracle.validate(called, sent, signature)


@many
@given(
    body=st.binary(max_size=60),
    change=st.sampled_from(["nothing", "body", "timestamp", "signature"]),
    value=st.text("0123456789abcdefXYZ", max_size=130),
)
def test_libsodium_agrees_on_discords_signatures(body: bytes, change: str, value: str) -> None:
    headers = dict(platforms.sign_webhook("discord", body, "", NOW))
    if change == "timestamp":
        headers["x-signature-timestamp"] += "0"
    if change == "signature":
        headers["x-signature-ed25519"] = value
    sent = body + b"x" if change == "body" else body
    key = discord_stand_in.derive_signing_key().public_key().public_bytes_raw()
    ours = takes(discord.verify, Inbound(sent, headers, now=NOW), public_key=key.hex())
    try:
        signed = headers["x-signature-timestamp"].encode() + sent
        nacl.signing.VerifyKey(key).verify(signed, bytes.fromhex(headers["x-signature-ed25519"]))
        theirs = True
    except (nacl.exceptions.BadSignatureError, nacl.exceptions.ValueError, ValueError):
        theirs = False
    assert ours == theirs


PEM = (
    port.make_token_key()
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    audience=st.sampled_from([gchat_stand_in.PROJECT, "another"]),
    away=st.sampled_from([0, -3600, -7200, 7200]),
    cut=st.integers(0, 3),
)
def test_googles_library_agrees_on_google_chats_tokens(audience: str, away: int, cut: int) -> None:
    now = time.time()
    token = port.sign_token(
        {"iss": gchat_stand_in.CHAT, "aud": gchat_stand_in.PROJECT, "iat": int(now + away)}, now + away
    )
    token = token[: len(token) - cut]
    inbound = Inbound(
        b"{}", {"authorization": f"Bearer {token}"}, now=now, keys={gchat.PROJECT_KEYS: port.encode_jwks()}
    )
    ours = takes(gchat.verify, inbound, project_number=audience)
    try:
        google_jwt.decode(token, {port.name_key(): PEM}, audience=audience, clock_skew_in_seconds=300)
        theirs = True
    except (ValueError, google_exceptions.GoogleAuthError):
        theirs = False
    assert ours == theirs


def test_the_stand_in_signs_as_twilio_does() -> None:
    oracle = RequestValidator(port.SECRET)
    form = {"Body": "hi", "From": "+1"}
    url = "https://bot.example.com/"
    signed = platforms.sign_webhook("twilio", urlencode(form).encode(), url, NOW)["x-twilio-signature"]
    assert signed == oracle.compute_signature(url, form)


def token_of(claims: dict[str, Any], **header: Any) -> str:
    return jwt.encode(claims, port.make_token_key(), algorithm="RS256", headers={"kid": port.name_key(), **header})


CLAIMS = {"iss": "us", "aud": "bot", "exp": 2000, "nbf": 1000}
UNSIGNED = jwt.encode(CLAIMS, "", algorithm="none", headers={"kid": port.name_key()})
MODULUS: str = port.encode_jwks()["keys"][0]["n"]
SYMMETRIC = jwt.encode(CLAIMS, MODULUS, algorithm="HS256", headers={"kid": port.name_key()})
TOKENS = [
    token_of(CLAIMS),
    token_of({**CLAIMS, "aud": ["other", "bot"]}),
    token_of({**CLAIMS, "aud": "other"}),
    token_of({**CLAIMS, "aud": []}),
    token_of({key: value for key, value in CLAIMS.items() if key != "aud"}),
    token_of({key: value for key, value in CLAIMS.items() if key != "exp"}),
    token_of({key: value for key, value in CLAIMS.items() if key != "iss"}),
    token_of(CLAIMS, crit=["x"]),
    UNSIGNED,
    SYMMETRIC,
]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(TOKENS), st.integers(0, 900), st.sampled_from(["", "A", "z", "_", ".", "=", "é", "\n"]))
def test_a_token_is_taken_where_pyjwt_takes_it(token: str, place: int, character: str) -> None:
    """As it is, and with one character another."""
    token = token if not character or place >= len(token) else token[:place] + character + token[place + 1 :]
    keys = {"https://keys": port.encode_jwks()}
    asked = Inbound(b"", {"authorization": f"Bearer {token}"}, now=1500.0, keys=keys)
    try:
        found: Any = verify_claims(asked, "https://keys", "bot", ("us",))[0]
    except (Forged, KeysNeeded):
        found = None
    required: Any = {"require": ["exp", "iss", "aud"], "verify_exp": False, "verify_nbf": False}
    try:
        key = port.make_token_key().public_key()
        expected = jwt.decode(token, key, algorithms=["RS256"], audience="bot", issuer="us", options=required)
    except (jwt.PyJWTError, ValueError):
        expected = None
    if expected is not None and jwt.get_unverified_header(token).get("kid") != port.name_key():
        expected = None
    assert found == expected
