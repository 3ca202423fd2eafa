"""The platforms' own SDKs as oracles: they and ours take and refuse the same webhooks."""

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

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
from shared.channels import discord, gchat, slack, twilio
from shared.channels.port import Forged, Inbound

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
    ours = takes(twilio.verify, inbound, auth_token=port.SECRET)
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
