"""What a stand-in for a platform is: one object with a made-up account, webhooks, and the rules of the send API.

Written from the platforms' documentation and not from the renderers, so that the two can disagree; what they share is
the table of published limits, `LIMITS` of each channel.
"""

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.channels.fitting import count_utf8, count_utf16
from shared.channels.port import Limit

SECRET = "simulated-secret"  # noqa: S105 - made up
TOKEN = "simulated-token"  # noqa: S105 - made up
GRANTED = "simulated-access-token"
PERSON = "4242"
FORM = "application/x-www-form-urlencoded"
Answer = tuple[int, Any]
"""Status and content of a platform's answer."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook's body."""

    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Unsigned:
    """What a platform signs: a body, the address it is sent to, and the time in seconds since the epoch."""

    body: bytes
    url: str
    now: float


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it came, its path without the platform's name."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the platform made of a request."""

    mistakes: tuple[str, ...]
    shown: tuple[str, ...]
    """Lines: texts, [buttons], <images>."""


Found = Iterator[tuple[str, str]]
"""`mistake` or `shown`, and the words."""


def find_no_message(sent: Sent) -> bool:  # noqa: ARG001 - the signature of `is_sign`
    """For platforms without a sign of typing."""
    return False


def repeat_nothing(sent: Sent) -> tuple[str, Answer] | None:  # noqa: ARG001 - the signature of `once`
    """For platforms that take a request as often as it comes."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """One platform; each module of a platform has one, `STAND_IN`."""

    account: Callable[[str], dict[str, str]]
    """The settings of its channel, for a stand-in at this address."""
    sign: Callable[[Unsigned], Mapping[str, str]]
    """The headers that prove who sends it."""
    text: Callable[[str, int, str], Webhook]
    """A person wrote this; the same number is the same message. The third is the stand-in's address."""
    pressed: Callable[[str, int, str], Webhook]
    """A person pressed a button with this payload."""
    authorised: Callable[[Sent, str], bool]
    """Whether a request shows the token."""
    check: Callable[[Sent], Found]
    """The mistakes of a request, and in words what the person would see."""
    taken: Answer
    wrong: Answer
    denied: Answer
    too_fast: Any = None
    """What the platform says besides 429."""
    is_sign: Callable[[Sent], bool] = find_no_message
    """Whether a request only shows that the assistant is typing."""
    answered: Callable[[bytes], Found] | None = None
    """What a person is told in the webhook's own answer, and its mistakes; None where platforms read no more than its
    status."""
    once: Callable[[Sent], tuple[str, Answer] | None] = repeat_nothing
    """What it takes only once, and what it answers the second time."""


def as_json(document: Mapping[str, Any]) -> Webhook:
    return Webhook(json.dumps(document, ensure_ascii=False).encode())


def as_form(fields: Mapping[str, str]) -> Webhook:
    return Webhook(urlencode(fields).encode(), FORM)


def read_json_object(sent: Sent) -> dict[str, Any]:
    """The request's JSON object; empty where it is none."""
    try:
        document = json.loads(sent.body)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {}


MEASURES: Mapping[str, Callable[[str], int]] = {"UTF-16 units": count_utf16, "characters": len, "bytes": count_utf8}
"""By the unit of a limit; a platform that does not say how it counts is taken to count as browsers do."""


def check_text(text: Any, limit: Limit, what: str) -> Found:
    """A text that people read: not empty, not too long, and not torn out of the middle of a character."""
    if not isinstance(text, str) or not text.strip():
        yield "mistake", f"{what} is empty"
        return
    if (size := MEASURES[limit.unit](text)) > limit.most:
        yield "mistake", f"{what} has {size} {limit.unit}; {limit.most} are taken"
    if unicodedata.category(text[0]) in ("Mn", "Mc", "Me") or text[0] in "\u200d\ufe0f" or text[-1] == "\u200d":
        yield "mistake", f"{what} is torn out of the middle of a character"
    yield "shown", text


def check_label(label: Any, limit: Limit, what: str = "a label") -> Found:
    if not isinstance(label, str) or not 0 < MEASURES[limit.unit](label) <= limit.most:
        yield "mistake", f"{what} must have 1 to {limit.most} {limit.unit}"


def check_count(items: Any, limit: Limit) -> Found:
    if not isinstance(items, list) or not 0 < len(items) <= limit.most:
        yield "mistake", f"there must be 1 to {limit.most} {limit.unit}"


def check_distinct(names: Sequence[Any], what: str) -> Found:
    """Equal titles, and equal ids, are what platforms refuse or people cannot tell apart."""
    if len(set(names)) != len(names):
        yield "mistake", f"{what} must differ"


def show_buttons(labels: Any) -> Found:
    yield "shown", " ".join(f"[{label}]" for label in labels)


@cache
def make_token_key() -> rsa.RSAPrivateKey:
    """Made anew in each process; a gateway in another process fetches the public one from the stand-in."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def encode_private_key() -> str:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return make_token_key().private_bytes(serialization.Encoding.PEM, form, plain).decode()


def encode_jwks() -> dict[str, Any]:
    """The public key in the form in which Microsoft and Google publish theirs."""
    numbers = make_token_key().public_key().public_numbers()
    key = {
        "kty": "RSA",
        "kid": name_key(),
        "use": "sig",
        "alg": "RS256",
        "n": _encode_base64url(numbers.n),
        "e": _encode_base64url(numbers.e),
        "endorsements": ["msteams"],
    }
    return {"keys": [key]}


def name_key() -> str:
    """Another for another key, so that a gateway that kept the last run's key looks again."""
    return hashlib.sha256(str(make_token_key().public_key().public_numbers().n).encode()).hexdigest()[:12]


def sign_token(claims: Mapping[str, Any], now: float) -> str:
    """A JSON Web Token with these claims, valid for an hour."""
    import jwt

    times = {"nbf": int(now) - 60, "exp": int(now) + 3600}
    return jwt.encode({**times, **claims}, make_token_key(), algorithm="RS256", headers={"kid": name_key()})


def _encode_base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def has_bearer_token(sent: Sent, token: str) -> bool:
    """Whether the call carries that token as most platforms take it (RFC 6750, section 2.1)."""
    return sent.headers.get("authorization") == f"Bearer {token}"


def sign_as_meta(unsigned: Unsigned) -> Mapping[str, str]:
    """The header with which Meta signs Messenger's and WhatsApp's webhooks."""
    return {"x-hub-signature-256": "sha256=" + hmac.new(SECRET.encode(), unsigned.body, hashlib.sha256).hexdigest()}
