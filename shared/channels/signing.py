"""Signatures of webhooks: computed over the raw bytes, compared in constant time, within a window of time."""

import base64
import binascii
import hashlib
import hmac
import re

from shared.channels.port import Forged, Settings
from shared.errors import Unavailable

WINDOW = 300
"""Seconds; the window of Slack, and of the Bot Framework's clock skew."""


def require_secret(settings: Settings, name: str, channel: str) -> str:
    """The setting, or Unavailable that says which one is missing: without it nothing can be checked."""
    value = settings.get(name)
    if not value:
        raise Unavailable(f"the channel {channel} is not configured: set {channel.upper()}_{name.upper()}")
    return value


def check(expected: str, found: str | None, what: str, status: int = 401) -> None:
    """Raise Forged where the two differ."""
    # Bytes, because compare_digest refuses text outside ASCII; surrogates, because headers may hold any bytes.
    given = (found or "").encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(expected.encode("utf-8", "surrogatepass"), given):
        raise Forged(f"{what} is missing or wrong", status)


def sign_hex_sha256(key: str, message: bytes) -> str:
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def sign_base64_sha256(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def sign_base64_sha1(key: str, message: bytes) -> str:
    """SHA-1 because Twilio signs so; as an HMAC it is not broken."""
    return base64.b64encode(hmac.new(key.encode(), message, hashlib.sha1).digest()).decode()


def check_time(timestamp: str | None, now: float, what: str, status: int = 401) -> None:
    """Raise Forged where the timestamp is no number, or not within the window before and after now."""
    if timestamp is None or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise Forged(f"{what} is missing or no number", status)
    if abs(now - int(timestamp)) > WINDOW:
        raise Forged(f"{what} is more than {WINDOW} s away from now; is the clock right?", status)


def check_ed25519(public_key: str, signature: str | None, message: bytes, what: str) -> None:
    """Raise Forged where the hexadecimal signature is not that of the message."""
    # Imported here, because it costs 13 ms that only Discord's webhooks need.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
    except ValueError as exc:
        raise Unavailable("DISCORD_PUBLIC_KEY must be the 64 hexadecimal digits of the application's page") from exc
    try:
        key.verify(bytes.fromhex(signature or ""), message)
    except (InvalidSignature, ValueError) as exc:
        raise Forged(f"{what} is missing or wrong") from exc


def from_base64(text: str, name: str) -> bytes:
    """The bytes of a key that is given in base64, or Unavailable that names its setting."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Unavailable(f"{name} must be base64, as the platform's page showed it") from exc
