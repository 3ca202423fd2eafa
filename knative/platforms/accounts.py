"""Made-up accounts on every platform: the settings that make gateway and delivery use a stand-in, and the keys to sign.

The keys are made anew in each process; a gateway in another process fetches the public ones from the stand-in.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

SECRET = "simulated-secret"  # noqa: S105 - made up
TOKEN = "simulated-token"  # noqa: S105 - made up
APP = "11111111-2222-3333-4444-555555555555"
PROJECT = "1234567890"

CHAT = "chat@system.gserviceaccount.com"


@cache
def discord_key() -> ed25519.Ed25519PrivateKey:
    """Derived from the secret, because Discord's public key is a setting and not fetched."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(SECRET.encode()).digest())


@cache
def token_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwks() -> dict[str, Any]:
    """The public key in the form in which Microsoft and Google publish theirs."""
    numbers = token_key().public_key().public_numbers()
    key = {
        "kty": "RSA",
        "kid": key_name(),
        "use": "sig",
        "alg": "RS256",
        "n": _base64url(numbers.n),
        "e": _base64url(numbers.e),
        "endorsements": ["msteams"],
    }
    return {"keys": [key]}


def key_name() -> str:
    """Another for another key, so that a gateway that kept the last run's key looks again."""
    return hashlib.sha256(str(token_key().public_key().public_numbers().n).encode()).hexdigest()[:12]


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


@cache
def _pem() -> str:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return token_key().private_bytes(serialization.Encoding.PEM, form, plain).decode()


def environment(stand_in: str) -> dict[str, str]:
    """The settings of gateway and delivery for all platforms, with the stand-in in the place of their servers."""
    account = {"client_email": "bot@simulated.example", "private_key": _pem()}
    keys = f"{stand_in}/keys"
    return {
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_API_URL": f"{stand_in}/slack",
        "TELEGRAM_SECRET_TOKEN": SECRET,
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": f"{stand_in}/telegram",
        "WHATSAPP_APP_SECRET": SECRET,
        "WHATSAPP_VERIFY_TOKEN": SECRET,
        "WHATSAPP_ACCESS_TOKEN": TOKEN,
        "WHATSAPP_API_URL": f"{stand_in}/whatsapp",
        "MESSENGER_APP_SECRET": SECRET,
        "MESSENGER_VERIFY_TOKEN": SECRET,
        "MESSENGER_PAGE_TOKEN": TOKEN,
        "MESSENGER_API_URL": f"{stand_in}/messenger",
        "TWILIO_AUTH_TOKEN": SECRET,
        "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
        "TWILIO_API_URL": f"{stand_in}/twilio",
        "DISCORD_PUBLIC_KEY": discord_key().public_key().public_bytes_raw().hex(),
        "DISCORD_API_URL": f"{stand_in}/discord",
        "TEAMS_APP_ID": APP,
        "TEAMS_APP_PASSWORD": SECRET,
        "TEAMS_API_URL": f"{stand_in}/teams",
        "TEAMS_LOGIN_URL": f"{stand_in}/login",
        "TEAMS_KEYS_URL": keys,
        "GCHAT_PROJECT_NUMBER": PROJECT,
        "GCHAT_SERVICE_ACCOUNT": json.dumps(account),
        "GCHAT_API_URL": f"{stand_in}/gchat",
        "GCHAT_TOKEN_URL": f"{stand_in}/login/token",
        "GCHAT_KEYS_URL": keys,
        "LINE_CHANNEL_SECRET": SECRET,
        "LINE_ACCESS_TOKEN": TOKEN,
        "LINE_API_URL": f"{stand_in}/line",
    }


def settings(platform: str, stand_in: str = "https://stand-in.example") -> dict[str, str]:
    """The settings of one platform as its channel names them."""
    lead = platform.upper() + "_"
    return {
        name.removeprefix(lead).lower(): value for name, value in environment(stand_in).items() if name.startswith(lead)
    }


def signed(
    platform: str, body: bytes, url: str, now: float, *, content_type: str = "application/json"
) -> Mapping[str, str]:
    """The headers with which the platform would send these bytes at this time."""
    headers = {"content-type": content_type}
    stamp = str(int(now))
    match platform:
        case "slack":
            signature = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
            headers |= {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={signature}"}
        case "telegram":
            headers["x-telegram-bot-api-secret-token"] = SECRET
        case "whatsapp" | "messenger":
            signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            headers["x-hub-signature-256"] = f"sha256={signature}"
        case "twilio":
            pairs = sorted(set(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))
            whole = (url + "".join(key + value for key, value in pairs)).encode("utf-8", "surrogatepass")
            headers["x-twilio-signature"] = base64.b64encode(hmac.new(SECRET.encode(), whole, "sha1").digest()).decode()
        case "discord":
            signature = discord_key().sign(stamp.encode() + body).hex()
            headers |= {"x-signature-timestamp": stamp, "x-signature-ed25519": signature}
        case "teams":
            service = _service(body)
            issuer = {"iss": "https://api.botframework.com", "aud": APP, "serviceurl": service}
            headers["authorization"] = f"Bearer {_token(issuer, now)}"
        case "gchat":
            headers["authorization"] = f"Bearer {_token({'iss': CHAT, 'aud': PROJECT}, now)}"
        case "line":
            signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
            headers["x-line-signature"] = signature
    return headers


def _service(body: bytes) -> str:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(document.get("serviceUrl", "")) if isinstance(document, dict) else ""


def _token(claims: Mapping[str, Any], now: float) -> str:
    import jwt

    times = {"nbf": int(now) - 60, "exp": int(now) + 3600}
    return jwt.encode({**claims, **times}, token_key(), algorithm="RS256", headers={"kid": key_name()})
